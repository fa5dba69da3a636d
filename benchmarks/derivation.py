"""How much faster than real time does one core turn recordings into steps and frames?

Makes a recording of somebody working (a 1280×800 screen that changes with every key and click, 100 pointer events a
second), then reads, cuts and packs it as ``lab.derive`` does. The peer is the same cutting without frames. Patches are
PNG here, which take longer to read than the planes that a recorder writes. Repeat with
``python benchmarks/derivation.py``.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.recording import Button, Key, Pointer, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.derive.steps import Derivation
from aboveboard.replay.pixels import encode_png

WIDTH, HEIGHT = 1280, 800
SEGMENT_S = 4
WHOLE_EVERY = 30
"""A segment in so many begins with a whole picture, the others go on from the one before, as a recorder's do."""
START_NS = 1_800_000_000 * SECOND_NS
PERSON, SESSION = "per_" + "0" * 26, "ses_" + "0" * 26


def segment(sequence: int, rng: np.random.Generator) -> list[Item]:
    """Four seconds: a click a second, five keys a second, a patch for each, and the pointer always on the move."""
    base_ns = START_NS + sequence * SEGMENT_S * SECOND_NS
    desktop = np.full((HEIGHT, WIDTH, 3), 235, np.uint8)
    desktop[::20, ::3] = rng.integers(0, 255, (HEIGHT // 20, WIDTH // 3 + 1, 3), dtype=np.uint8)
    opening = Session(
        session_id=SESSION,
        sequence=sequence,
        screen_width=WIDTH,
        screen_height=HEIGHT,
        platform="x",
        recorder="x",
        clock_error_ns=0,
        screen_continues=sequence % WHOLE_EVERY > 0,
    )
    window = Window(app="Editor", title="notes", pid=1, x=0, y=0, width=WIDTH, height=HEIGHT)
    items: list[Item] = [Timed(base_ns, opening), Timed(base_ns, window)]
    if sequence % WHOLE_EVERY == 0:
        items.append(ScreenPatch(base_ns, 0, 0, WIDTH, HEIGHT, True, "png", encode_png(desktop)))
    for hundredth in range(SEGMENT_S * 100):
        time_ns = base_ns + hundredth * 10 * MILLISECOND_NS + MILLISECOND_NS
        items.append(Timed(time_ns, Pointer(x=hundredth, y=hundredth)))
        if hundredth % 20 == 0:
            key = {"keycode": 38, "keysym": 97, "name": "a", "modifiers": []}
            items.append(Timed(time_ns + 1, Key(text="a", pressed=True, **key)))
            glyph = rng.integers(0, 255, (20, 12, 3), dtype=np.uint8)
            at_x = 40 + hundredth * 2
            items.append(ScreenPatch(time_ns + 2 * MILLISECOND_NS, at_x, 60, 12, 20, False, "png", encode_png(glyph)))
            items.append(Timed(time_ns + 5 * MILLISECOND_NS, Key(text="", pressed=False, **key)))
        if hundredth % 100 == 50:
            items.append(Timed(time_ns + 1, Button(button=1, pressed=True, x=9, y=hundredth)))
            panel = rng.integers(200, 255, (200, 300, 3), dtype=np.uint8)
            items.append(ScreenPatch(time_ns + 3 * MILLISECOND_NS, 500, 300, 300, 200, False, "png", encode_png(panel)))
            items.append(Timed(time_ns + 7 * MILLISECOND_NS, Button(button=1, pressed=False, x=9, y=hundredth)))
    return sorted(items, key=lambda item: item.time_ns)


def derive(segments: list[list[Item]]) -> Derivation:
    deriver = SessionDeriver(PERSON, SESSION, lambda frame: None)
    for sequence, items in enumerate(segments):
        deriver.add(f"seg_{sequence:026}", sequence, items)
    return deriver.finish()


def measure(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--segments", type=int, default=15, help="of four seconds each")
    rng = np.random.default_rng(0)
    recordings = [write_recording(segment(sequence, rng)) for sequence in range(parser.parse_args().segments)]
    recorded_s = len(recordings) * SEGMENT_S
    segments = [list(read_recording(one)) for one in recordings]
    without = [[item for item in items if isinstance(item, Timed)] for items in segments]
    made = derive(segments)
    print(f"{recorded_s} s recorded, {made.events} events, {len(made.steps)} steps, {WIDTH}×{HEIGHT} pixels")
    for name, work in {
        "read the recordings": lambda: [list(read_recording(one)) for one in recordings],
        "cut into steps, with frames": lambda: derive(segments),
        "cut into steps, without frames (peer)": lambda: derive([list(items) for items in without]),
    }.items():
        cpu_s = measure(work)
        print(f"{name:40} {cpu_s:7.3f} s CPU   {recorded_s / cpu_s:9.0f} × real time per core")


if __name__ == "__main__":
    main()
