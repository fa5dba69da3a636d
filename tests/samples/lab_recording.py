"""Short recordings for the lab, written by hand: a few keys, clicks, and a screen that changes."""

import numpy as np

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Event, Key, Pointer, Scroll, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.pixels import encode_png

START_NS = 1_800_000_000 * SECOND_NS
WIDTH, HEIGHT = 160, 100


def at(milliseconds: float, event: Event, *, start_ns: int = START_NS) -> Timed:
    """``event`` that many milliseconds after the start."""
    return Timed(start_ns + round(milliseconds * MILLISECOND_NS), event)


def press(character: str, *, name: str = "", modifiers: tuple[str, ...] = (), text: str | None = None) -> Key:
    return _key(character, name, modifiers, character if text is None else text, pressed=True)


def release(character: str, *, name: str = "", modifiers: tuple[str, ...] = ()) -> Key:
    return _key(character, name, modifiers, "", pressed=False)


def _key(character: str, name: str, modifiers: tuple[str, ...], text: str, *, pressed: bool) -> Key:
    return Key(
        keycode=sum(map(ord, name or character)) % 60_000,
        keysym=ord(character[0]) if character else 0,
        name=name or character,
        text=text,
        pressed=pressed,
        modifiers=list(modifiers),
    )


def typing(text: str, start_ms: float, gap_ms: float = 80, *, start_ns: int = START_NS) -> list[Timed]:
    """Each character pressed and released, ``gap_ms`` apart."""
    events = []
    for place, character in enumerate(text):
        moment = start_ms + place * gap_ms
        events.append(at(moment, press(character), start_ns=start_ns))
        events.append(at(moment + gap_ms / 2, release(character), start_ns=start_ns))
    return events


def click(x: int, y: int, moment_ms: float, *, button: int = 1, start_ns: int = START_NS) -> list[Timed]:
    """A press and, 60 ms later, a release."""
    return [
        at(moment_ms, Button(button=button, pressed=True, x=x, y=y), start_ns=start_ns),
        at(moment_ms + 60, Button(button=button, pressed=False, x=x, y=y), start_ns=start_ns),
    ]


def picture(shade: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A PNG of one shade, with a corner that tells up from down."""
    pixels = np.full((height, width, 3), shade, np.uint8)
    pixels[:2, :2] = (255, 0, 0)
    return encode_png(pixels)


def whole(moment_ms: float, shade: int, *, start_ns: int = START_NS) -> ScreenPatch:
    time_ns = start_ns + round(moment_ms * MILLISECOND_NS)
    return ScreenPatch(time_ns, 0, 0, WIDTH, HEIGHT, True, "png", picture(shade))


def patch(moment_ms: float, x: int, y: int, shade: int, *, start_ns: int = START_NS) -> ScreenPatch:
    """A patch of 10 × 10 pixels."""
    time_ns = start_ns + round(moment_ms * MILLISECOND_NS)
    return ScreenPatch(time_ns, x, y, 10, 10, False, "png", picture(shade, 10, 10))


def session(session_id: str, sequence: int, moment_ms: float = 0, *, start_ns: int = START_NS) -> Timed:
    opening = Session(
        session_id=session_id,
        sequence=sequence,
        screen_width=WIDTH,
        screen_height=HEIGHT,
        platform="linux",
        recorder="test",
        clock_error_ns=0,
    )
    return at(moment_ms, opening, start_ns=start_ns)


def editor(title: str = "notes.txt", pid: int = 7) -> Window:
    return Window(app="Editor", title=title, pid=pid, x=0, y=0, width=WIDTH, height=HEIGHT)


def segment(session_id: str, sequence: int, text: str) -> list[Item]:
    """Four seconds: a click, some typing, a scroll; the screen changes after the click and at the end."""
    start_ns = START_NS + sequence * 4 * SECOND_NS
    return sorted(
        [
            session(session_id, sequence, start_ns=start_ns),
            at(0, editor(), start_ns=start_ns),
            whole(1, 40 + sequence, start_ns=start_ns),
            at(90, Pointer(x=20, y=20), start_ns=start_ns),
            *click(20, 20, 100, start_ns=start_ns),
            patch(300, 30, 30, 200 + sequence, start_ns=start_ns),
            *typing(text, 1000, start_ns=start_ns),
            at(3500, Scroll(dx=0, dy=1, x=5, y=5), start_ns=start_ns),
            at(3600, Scroll(dx=0, dy=1, x=5, y=5), start_ns=start_ns),
            patch(3900, 50, 50, 220, start_ns=start_ns),
        ],
        key=lambda item: item.time_ns,
    )
