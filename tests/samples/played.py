"""Somebody who presses, types and scrolls on a small screen, and the same as a recording or as a film."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Scroll, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.model.screen_changes import changes
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.inverse_dynamics import Done, Lesson
from aboveboard.replay.pixels import encode_png

WIDTH, HEIGHT = 240, 160
FRAME_NS = 100 * MILLISECOND_NS
BUTTON, LETTER, LINE = 28, 9, 4
LETTERS = 6
QUALITY = {
    "libvpx-vp9": {"crf": "4", "b": "0", "deadline": "realtime", "cpu-used": "8"},
    "libx264": {"crf": "4", "preset": "veryfast"},
}
HELD_NS = 60 * MILLISECOND_NS


@dataclass(frozen=True)
class Played:
    """``frames`` as ``(time in ns, pixels)``, and what was done."""

    frames: list[tuple[int, Image]]
    done: list[Done]

    def lesson(self) -> Lesson:
        return Lesson(list(changes(self.frames)), self.done)


def play(seed: int, acts: int = 60) -> Played:
    """Buttons light up and are pressed, letters come one by one, text glides; a clock ticks, which nobody does."""
    draw = np.random.default_rng(seed)
    grey = draw.integers(0, 255, (HEIGHT, WIDTH, 1)).astype(np.uint8)
    screen = np.repeat(grey, 3, axis=2)
    frames: list[tuple[int, Image]] = [(0, screen.copy())]
    done: list[Done] = []
    now = 0

    def show(later: int = 1) -> None:
        nonlocal now
        now += later * FRAME_NS
        frames.append((now, screen.copy()))

    for _ in range(acts):
        now += int(draw.integers(8, 20)) * FRAME_NS
        what = draw.choice(["click", "type", "scroll_down", "scroll_up", "clock"])
        x, y = int(draw.integers(0, WIDTH - 100)), int(draw.integers(0, HEIGHT - 40))
        begin = now - 30 * MILLISECOND_NS
        if what == "click":
            screen[y : y + BUTTON, x : x + BUTTON] = 200
            show()
            done.append(Done("click", now + 170 * MILLISECOND_NS, now + 170 * MILLISECOND_NS, x + BUTTON // 2, y + 14))
            screen[y : y + BUTTON, x : x + BUTTON] = 60
            show(2)
        elif what == "type":
            for letter in range(LETTERS):
                screen[y : y + 12, x + letter * LETTER : x + letter * LETTER + 7] = 0 if letter % 2 else 255
                show(2 if letter else 0)
            done.append(Done("type", begin, now, None, None))
        elif what == "clock":
            screen[0:6, WIDTH - 12 :] = draw.integers(0, 255)
            show(0)
        else:
            by = LINE if what == "scroll_down" else -LINE
            for turn in range(3):
                screen[20:140, 20:100] = np.roll(screen[20:140, 20:100], -by, axis=0)
                show(1 if turn else 0)
            done.append(Done(str(what), begin, now, 60, 80))
    return Played(frames, done)


def recording(played: Played, session_id: str, start_ns: int) -> list[Item]:
    """What our recorder would have made of it: the events, and the screen."""
    opening = Session(
        session_id=session_id,
        sequence=0,
        screen_width=WIDTH,
        screen_height=HEIGHT,
        platform="linux",
        recorder="test",
        clock_error_ns=0,
    )
    window = Window(app="Editor", title="notes", pid=1, x=0, y=0, width=WIDTH, height=HEIGHT)
    items: list[Item] = [Timed(start_ns, opening), Timed(start_ns, window)]
    for time_ns, pixels in played.frames:
        items.append(ScreenPatch(start_ns + time_ns, 0, 0, WIDTH, HEIGHT, True, "png", encode_png(pixels)))
    for one in played.done:
        items += [Timed(start_ns + time_ns, event) for time_ns, event in _events(one)]
    return sorted(items, key=lambda item: item.time_ns)


def _events(one: Done) -> list[tuple[int, Button | Key | Scroll]]:
    if one.kind == "type":
        keys = []
        for letter in range(LETTERS):
            at = one.time_ns + letter * 2 * FRAME_NS
            key = Key(keycode=38, keysym=97, name="a", text="a", pressed=True, modifiers=[])
            keys += [
                (at, key),
                (at + HELD_NS, Key(keycode=38, keysym=97, name="a", text="", pressed=False, modifiers=[])),
            ]
        return keys
    assert one.x is not None
    assert one.y is not None
    if one.kind == "click":
        ends = [(one.time_ns, True), (one.time_ns + HELD_NS, False)]
        return [(at, Button(x=one.x, y=one.y, button=1, pressed=pressed)) for at, pressed in ends]
    turn = 1.0 if one.kind == "scroll_down" else -1.0
    return [(one.time_ns + number * FRAME_NS, Scroll(x=one.x, y=one.y, dx=0.0, dy=turn)) for number in range(3)]


def film(frames: Sequence[tuple[int, Image]], path: Path, *, codec: str = "libvpx-vp9") -> Path:
    """The same as a film of ten frames a second, as it would come from outside."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=QUALITY[codec])
        stream.width, stream.height, stream.pix_fmt = frames[0][1].shape[1], frames[0][1].shape[0], "yuv420p"
        shown = 0
        for number in range(frames[-1][0] // FRAME_NS + 1):
            while shown + 1 < len(frames) and frames[shown + 1][0] <= number * FRAME_NS:
                shown += 1
            picture = av.VideoFrame.from_ndarray(frames[shown][1], format="rgb24")
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


START_NS = 1_800_000_000 * SECOND_NS
