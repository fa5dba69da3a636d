"""Does each protection of the portable source carry weight? Each check runs as built, and with it removed."""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from aboveboard.formats.recording import Key, Pointer
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.portable import lookout, mss_screen, picture, watch
from aboveboard.recorder.capture.portable.parts import x11_parts
from aboveboard.recorder.capture.portable.source import PortableSource
from aboveboard.recorder.redact import gate, pages, shown_judge
from aboveboard.recorder.redact.cover import Boxes
from aboveboard.recorder.redact.layers import COVER
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.disclosed import app, disclosure
from samples.one_protection import without_pages
from samples.x_windows import Collected, Windows, until

MINE, THEIRS = Rect(20, 20, 300, 200), Rect(150, 100, 300, 200)
BLUE = np.array((0xC0, 0x10, 0x20, 0xFF), np.uint8)
SECRET = "zxqjkvw"
PAGE = """<!doctype html><title>Sign in</title><body style="margin:20px;font:14px sans-serif">
<p>Name <input id=name><p>Secret <input type=password id=secret>"""

# On X11, pynput's threads say on stderr that the display ended; the source says it through failure().
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")


@pytest.fixture(autouse=True)
def fields_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pages(monkeypatch)


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Display(width=640, height=480) as display, Browser(display, scale=1) as started:
        yield started


@contextmanager
def watching(display: Display, wm_class: str) -> Iterator[tuple[Collected, Callable[[], None]]]:
    """What a capture delivers, and how to wait until what happened so far has been."""
    sink = Collected()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display.name)
        source = PortableSource(x11_parts(display.name), disclosure(app(wm_class)))
        source.start(sink)

    def settle() -> None:
        now_ns = time.time_ns()
        until(lambda: source.decided_ns() > now_ns or source.failure() is not None, "the capture settles")
        assert source.failure() is None

    try:
        time.sleep(0.7)
        settle()
        yield sink, settle
    finally:
        source.stop()
    assert source.failure() is None
    assert not sink.complaints


def blue_pixels(sink: Collected) -> int:
    """How many pixels of the stranger's window came out."""
    return sum(int((patch.bgrx == BLUE).all(axis=2).sum()) for frame in sink.frames for patch in frame.patches)


def with_a_stranger(display: Display) -> Collected:
    """A window out of scope lies over one in scope, is active, and the pointer moves over it."""
    client, hand = Windows(display.name), Xtest(display.name)
    mine = client.show(MINE, 0xC02010, "Editor")
    theirs = client.show(THEIRS, 0x2010C0, "Stranger")
    client.activate(theirs)
    with watching(display, "Editor") as (sink, settle):
        for step in range(5):
            hand.move(THEIRS.x + 10 + step, THEIRS.y + 10)
        time.sleep(0.3)
        settle()
    client.close(theirs)
    client.close(mine)
    client.disconnect()
    hand.close()
    return sink


def test_the_mask_is_what_keeps_a_strangers_pixels_out(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert blue_pixels(with_a_stranger(display)) == 0
    monkeypatch.setattr(picture, "visible", lambda stack, whole, disclosed: (whole,))
    assert blue_pixels(with_a_stranger(display)) > 1000


def test_the_gate_is_what_keeps_a_strangers_input_out(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not with_a_stranger(display).of(Pointer)
    for module in (gate, pages, shown_judge):
        monkeypatch.setattr(module, "rule_of", lambda window, disclosed: disclosed.apps[0])
    assert with_a_stranger(display).of(Pointer)


def with_a_stranger_that_jumps_in(display: Display, monkeypatch: pytest.MonkeyPatch) -> Collected:
    """The stranger's window is put over the other one between asking where windows lie and reading the pixels."""
    client = Windows(display.name)
    mine = client.show(MINE, 0xC02010, "Editor")
    theirs = client.show(Rect(400, 300, 150, 100), 0x2010C0, "Stranger", bypass=True)
    honest = mss_screen.MssScreen.grab

    def late(self: Any, rect: Rect) -> Any:
        client.move(theirs, MINE.x + 10, MINE.y + 10)
        client.sync()
        return honest(self, rect)

    with monkeypatch.context() as patch, watching(display, "Editor") as (sink, settle):
        until(lambda: len(sink.frames) > 1, "the first frames")
        patch.setattr(mss_screen.MssScreen, "grab", late)
        client.paint(mine, 0xC02011)
        time.sleep(0.5)
        settle()
    client.close(theirs)
    client.close(mine)
    client.disconnect()
    return sink


def test_a_window_that_jumps_in_is_noticed(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert blue_pixels(with_a_stranger_that_jumps_in(display, monkeypatch)) == 0
    monkeypatch.setattr(watch, "places", lambda stack: [])
    assert blue_pixels(with_a_stranger_that_jumps_in(display, monkeypatch)) > 1000


def with_a_password(browser: Browser) -> Collected:
    """A name, then at once a Tab and a password, as people who know their way type."""
    page = base64.b64encode(PAGE.encode()).decode()
    browser.page.navigate(f"data:text/html;base64,{page}")
    browser.page.evaluate("document.getElementById('name').focus()")
    hand = Xtest(browser.display.name)
    with watching(browser.display, "Chromium") as (sink, settle):
        hand.type_text("ann", 0.05)
        time.sleep(0.6)  # more than the hold, by which a secret field counts as one earlier than it said so
        hand.tap(NAMED_KEYSYMS["Tab"])
        hand.type_text(SECRET, 0.0)
        time.sleep(2.0)
        settle()
    assert browser.page.evaluate("document.getElementById('secret').value") == SECRET
    hand.close()
    return sink


def texts(sink: Collected) -> str:
    return "".join(key.text for key in sink.of(Key) if key.pressed)


def test_the_judgement_is_what_keeps_a_password_in(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = with_a_password(browser)
    assert not set(texts(sink)) & set(SECRET)
    assert texts(sink).endswith("ann"), "what is typed into an open field does come out"
    seen = lookout.Lookout.look_at_focus

    def trusting(self: Any, now_ns: int, ended: Any) -> None:
        self._desktop.focus = lambda window: Focus.OPEN
        seen(self, now_ns, ended)

    monkeypatch.setattr(lookout.Lookout, "look_at_focus", trusting)
    assert set(SECRET) <= set(texts(with_a_password(browser)))


def test_the_box_is_what_covers_a_password(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def covered(sink: Collected) -> bool:
        box = browser.page.evaluate(
            "(r=>[r.x,r.y,r.width,r.height])(document.getElementById('secret').getBoundingClientRect())"
        )
        left, top, width, height = (round(side) for side in box)
        field = sink.shown[top : top + height, left : left + width]
        return bool((field == np.array(COVER, np.uint8)).all())

    assert covered(with_a_password(browser))
    monkeypatch.setattr(Boxes, "at", lambda self, time_ns: ())
    assert not covered(with_a_password(browser))
