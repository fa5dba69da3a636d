"""Other people's words pop up over what is recorded, shown by the very application that is recorded."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from aboveboard.formats.recording import Pointer, Window
from aboveboard.recorder.capture import x11
from aboveboard.recorder.capture.layout import WindowTree
from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.disclosed import app, disclosure
from samples.x_windows import Collected, Windows, until

MINE, OVER = Rect(20, 20, 400, 300), Rect(200, 100, 180, 90)
MINE_COLOUR, THEIRS_COLOUR = 0xC02010, 0x2010C0
BLUE, RED = (np.array([*colour.to_bytes(3, "little"), 0xFF], np.uint8) for colour in (THEIRS_COLOUR, MINE_COLOUR))
WORDS = "Nora: are you coming?"


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


@dataclass(frozen=True)
class Seen:
    """What came out: pixels of the notification and of the window below it, pointer events over it, titles."""

    theirs: int
    mine: int
    pointed: int
    titles: set[str]


def with_popups(display: Display, *popups: tuple[str, bool], kind: str = "NOTIFICATION") -> Seen:
    """A window in scope; over it one popup after the other, each with its class, and whether it goes round the window
    manager; the pointer goes over them."""
    client, hand = Windows(display.name), Xtest(display.name)
    mine = client.show(MINE, MINE_COLOUR, "Mailer", title="Inbox")
    client.activate(mine)
    sink = Collected()

    def settle() -> None:
        now_ns = time.time_ns()
        until(lambda: source.decided_ns() > now_ns, "the capture settles")

    source = x11.X11Source(display.name, disclosure(app("Mailer")))
    source.start(sink)
    until(lambda: bool(sink.frames), "the first frame")
    for wm_class, bypass in popups:
        hand.move(MINE.x + 5, MINE.y + 5)
        popped = client.show(OVER, THEIRS_COLOUR, wm_class, bypass=bypass, title=WORDS, kind=kind)
        if not bypass:
            client.activate(popped)
        settle()
        for step in range(5):
            hand.move(OVER.x + 10 + step, OVER.y + 10)
        settle()
        client.close(popped)
    source.stop()
    assert source.failure() is None
    client.close(mine)
    client.disconnect()
    hand.close()
    pixels = np.concatenate([patch.bgrx.reshape(-1, 4) for frame in sink.frames for patch in frame.patches])
    over = [one for one in sink.of(Pointer) if OVER.x <= one.x < OVER.x + OVER.width and one.y >= OVER.y]
    return Seen(
        theirs=int((pixels == BLUE).all(axis=1).sum()),
        mine=int((pixels == RED).all(axis=1).sum()),
        pointed=len(over),
        titles={window.title for window in sink.of(Window)},
    )


def test_nothing_of_a_notification_comes_out(display: Display) -> None:
    seen = with_popups(display, ("Mailer", True), ("", True), ("Mailer", False))
    assert (seen.theirs, seen.pointed) == (0, 0)
    assert seen.mine > 1000
    assert seen.titles == {"Inbox"}


def test_a_tooltip_of_the_application_is_its_own(display: Display) -> None:
    seen = with_popups(display, ("", True), kind="TOOLTIP")
    assert seen.theirs > 1000
    assert seen.pointed == 5


def test_the_type_is_what_keeps_it_out(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WindowTree, "_notifies", lambda self, types: False)
    seen = with_popups(display, ("Mailer", True), ("", True), ("Mailer", False))
    assert seen.theirs > 1000
    assert seen.pointed == 15
    assert WORDS in seen.titles
