"""Does each protection of the capture carry weight? Each check is run twice: as built, and with its protection removed.

A check that stays green without its protection would prove nothing.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from aboveboard.formats.recording import Key, Pointer
from aboveboard.recorder.capture import screen, shared_image, windows, x11
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact import gate, pages, shown_judge
from aboveboard.recorder.redact.cover import Boxes
from aboveboard.recorder.redact.layers import COVER
from aboveboard.recorder.redact.timeline import REACH_NS, Focus, FocusTimeline
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.disclosed import app, disclosure
from samples.one_protection import without_pages
from samples.x_windows import Collected, Windows, until

MINE, THEIRS = Rect(20, 20, 300, 200), Rect(150, 100, 300, 200)
BLUE = np.array((0xC0, 0x10, 0x20, 0xFF), np.uint8)
TAB = NAMED_KEYSYMS["Tab"]
SECRET = "zxqjkvw"
PAGE = """<!doctype html><title>Sign in</title><body style="margin:20px;font:14px sans-serif">
<p>Name <input id=name><p>Secret <input type=password id=secret>"""


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
    source = x11.X11Source(display.name, disclosure(app(wm_class)))

    def settle() -> None:
        now_ns = time.time_ns()
        until(lambda: source.decided_ns() > now_ns, "the capture settles")

    source.start(sink)
    try:
        settle()
        yield sink, settle
    finally:
        source.stop()
    assert source.failure() is None


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
        settle()
    client.close(theirs)
    client.close(mine)
    client.disconnect()
    hand.close()
    return sink


def test_the_mask_is_what_keeps_a_strangers_pixels_out(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert blue_pixels(with_a_stranger(display)) == 0
    monkeypatch.setattr(screen, "visible", lambda stack, whole, disclosed: (whole,))
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
    honest = shared_image.SharedImage.grab

    def late(self: Any, drawable: int, rects: list[Rect]) -> Any:
        client.move(theirs, MINE.x + 10, MINE.y + 10)
        client.sync()
        return honest(self, drawable, rects)

    with monkeypatch.context() as patch, watching(display, "Editor") as (sink, settle):
        until(lambda: bool(sink.frames), "the first frame")
        patch.setattr(shared_image.SharedImage, "grab", late)
        client.paint(mine, 0xC02011)
        settle()
    client.close(theirs)
    client.close(mine)
    client.disconnect()
    return sink


def test_a_window_that_jumps_in_is_noticed(display: Display, monkeypatch: pytest.MonkeyPatch) -> None:
    assert blue_pixels(with_a_stranger_that_jumps_in(display, monkeypatch)) == 0
    settled = windows.WindowWatch.settle

    def blind(self: Any) -> None:
        settled(self)
        self._structure = lambda event: None

    monkeypatch.setattr(windows.WindowWatch, "settle", blind)
    assert blue_pixels(with_a_stranger_that_jumps_in(display, monkeypatch)) > 1000


def with_a_password(browser: Browser, *, slow_page_s: float = 0.0) -> Collected:
    """A name, then at once a Tab and a password, as people who know their way type."""
    page = base64.b64encode(PAGE.encode()).decode()
    browser.page.navigate(f"data:text/html;base64,{page}")
    browser.page.evaluate("document.getElementById('name').focus()")
    hand = Xtest(browser.display.name)
    with watching(browser.display, "Chromium") as (sink, settle):
        time.sleep(0.3)
        if slow_page_s:
            wait = f"setTimeout(()=>{{const end=Date.now()+{slow_page_s * 1000};while(Date.now()<end);}},50)"
            browser.page.evaluate(wait)
            time.sleep(0.15)
        hand.tap(TAB)
        hand.type_text(SECRET, 0.0)
        time.sleep(REACH_NS / 1e9 + 0.1)
        settle()
    assert browser.page.evaluate("document.getElementById('secret').value") == SECRET
    hand.close()
    return sink


def leaked(sink: Collected) -> set[str]:
    return {key.text for key in sink.of(Key)} & set(SECRET)


def test_the_judgement_is_what_keeps_a_password_in(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not leaked(with_a_password(browser))
    monkeypatch.setattr(FocusTimeline, "verdict", lambda self, time_ns: (Focus.OPEN, time_ns, None))
    assert leaked(with_a_password(browser)) == set(SECRET)


def test_the_hold_is_what_keeps_the_first_letters_in(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(disclosed: Any, **_: Any) -> gate.Gate:
        return gate.Gate(disclosed, hold_ns=0, focus=FocusTimeline(hold_ns=0, reach_ns=0))

    monkeypatch.setattr(x11, "Gate", hasty)
    # A page that is busy for a moment: else it is up to the machine whether the application tells of the focus in time.
    assert leaked(with_a_password(browser, slow_page_s=0.4))


def test_the_reach_is_what_keeps_a_slow_page_from_telling(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not leaked(with_a_password(browser, slow_page_s=1.0))
    monkeypatch.setattr(x11, "Gate", lambda disclosed, **_: gate.Gate(disclosed, focus=FocusTimeline(reach_ns=0)))
    assert leaked(with_a_password(browser, slow_page_s=1.0))


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


def test_without_the_accessibility_bus_no_key_comes_out(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(self: x11.X11Source) -> str | None:
        return "unix:path=/nonexistent/bus"

    monkeypatch.setattr(x11.X11Source, "_accessibility_address", nowhere)
    assert not with_a_password(browser).of(Key)
