"""Is a password typed into a real browser's password field ever delivered? Is what is typed beside it?"""

import base64
import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

from aboveboard.formats.recording import Button, Key, KeyCount, Marker, Pointer, Window
from aboveboard.recorder.capture import accessibility
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.redact.layers import COVER
from aboveboard.recorder.redact.timeline import REACH_NS
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.disclosed import app, disclosure
from samples.one_protection import without_pages
from samples.x_windows import Collected, Windows, until

TAB, RETURN = NAMED_KEYSYMS["Tab"], NAMED_KEYSYMS["Return"]
PAGE = """<!doctype html><title>Sign in</title><body style="margin:20px;font:14px sans-serif">
<p>Name <input id=name autofocus><p>Secret <input type=password id=secret><p>More <input id=more>
<p><button id=reveal onclick="document.getElementById('secret').type='text'">show</button>
<p><button id=busy onclick="const end=Date.now()+1000;while(Date.now()<end);">busy</button>
"""
SECRET = "zxqjkvw"
"""Letters that the open texts below do not have, so that one of them is enough to find out."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Display(width=640, height=480) as display, Browser(display, scale=1) as started:
        yield started


@pytest.fixture
def hand(browser: Browser) -> Iterator[Xtest]:
    browser.page.navigate(f"data:text/html;base64,{base64.b64encode(PAGE.encode()).decode()}")
    focus(browser, "name")
    hand = Xtest(browser.display.name)
    yield hand
    hand.close()


def focus(browser: Browser, field: str) -> None:
    browser.page.evaluate(f"document.getElementById('{field}').focus()")


def value(browser: Browser, field: str) -> str:
    return str(browser.page.evaluate(f"document.getElementById('{field}').value"))


def place(browser: Browser, field: str) -> Rect:
    """Where the field is on the screen (the page's corner is the screen's)."""
    box = browser.page.evaluate(
        f"(r=>[r.x,r.y,r.width,r.height])(document.getElementById('{field}').getBoundingClientRect())"
    )
    return Rect(*(round(side) for side in box))


@pytest.fixture(autouse=True)
def fields_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pages(monkeypatch)


class Watching:
    """A capture of the browser from entering the block to leaving it."""

    def __init__(self, browser: Browser, **levels: str) -> None:
        self.sink = Collected()
        self.source = X11Source(browser.display.name, disclosure(app("Chromium", **levels)))

    def __enter__(self) -> "Watching":
        self.source.start(self.sink)
        self.settle()
        time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        assert self.source.failure() is None
        assert not self.sink.complaints

    def settle(self) -> None:
        """Wait until what happened so far has come out."""
        now_ns = time.time_ns()
        until(lambda: self.source.decided_ns() > now_ns, "the capture settles")

    def typed(self) -> str:
        return "".join(key.text for key in self.sink.of(Key))


def pause() -> None:
    """Longer than what a stretch of secrecy reaches back."""
    time.sleep(REACH_NS / 1e9 + 0.1)


def test_what_is_typed_into_a_password_field_never_comes_out(browser: Browser, hand: Xtest) -> None:
    with Watching(browser) as watching:
        hand.type_text("anna")
        pause()
        hand.tap(TAB)
        hand.type_text(SECRET, 0.0)
        time.sleep(0.5)
        hand.type_text(SECRET)
        hand.tap(TAB)
        time.sleep(0.3)
        hand.type_text("bob")
        watching.settle()
    assert (value(browser, "name"), value(browser, "secret"), value(browser, "more")) == ("anna", 2 * SECRET, "bob")
    assert watching.typed() == "annabob"
    assert not {key.name for key in watching.sink.of(Key)} & set(SECRET)
    reasons = [marker.reason for marker in watching.sink.of(Marker)]
    assert reasons.count("password_field") == 1
    assert all(marker.count == 0 for marker in watching.sink.of(Marker))


def test_what_is_typed_into_a_field_for_a_code_never_comes_out(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "<title>Pay</title><input id=name aria-label=Name autofocus><input id=secret aria-label='Verification code'>"

    def typed() -> str:
        browser.page.navigate(f"data:text/html;base64,{base64.b64encode(page.encode()).decode()}")
        focus(browser, "name")
        hand = Xtest(browser.display.name)
        with Watching(browser) as watching:
            hand.type_text("anna")
            pause()
            hand.tap(TAB)
            hand.type_text(SECRET)
            pause()
            watching.settle()
        hand.close()
        assert value(browser, "secret") == SECRET
        return watching.typed()

    assert typed() == "anna"
    monkeypatch.setattr(accessibility, "asks_for_code", lambda names, attributes: False)
    assert SECRET in typed()


def test_every_key_and_click_in_open_fields_comes_out_on_time(browser: Browser, hand: Xtest) -> None:
    box = place(browser, "more")
    with Watching(browser) as watching:
        sent = hand.type_text("The quick brown fox, 42 times!", 0.02)
        sent += [hand.move(box.x + 5 + step, box.y + 5) for step in range(20)]
        sent += [hand.press(), hand.release()]
        time.sleep(0.2)
        sent += hand.type_text("jumps over", 0.02)
        pause()
        watching.settle()
    got = [timed for timed in watching.sink.events if isinstance(timed.event, Key | Button | Pointer)]
    got.sort(key=lambda timed: timed.time_ns)  # keys are told later than all else
    assert [describe(timed.event) for timed in got] == [
        (one.kind, one.keycode or one.button or (one.x, one.y)) for one in sent
    ]
    assert watching.typed() == "The quick brown fox, 42 times!jumps over"
    errors_ms = [abs(timed.time_ns - truth.wall_ns) / 1e6 for timed, truth in zip(got, sent, strict=True)]
    # This hand shares a process, and so an interpreter, with the capture; test_capture_x11 has one of its own.
    assert np.percentile(errors_ms, 50) <= 2.0


def describe(event: Key | Button | Pointer) -> tuple[str, object]:
    match event:
        case Key():
            return ("key_press" if event.pressed else "key_release"), event.keycode
        case Button():
            return ("button_press" if event.pressed else "button_release"), event.button
        case _:
            return "move", (event.x, event.y)


def test_a_busy_page_that_takes_the_tab_late_tells_nothing(browser: Browser, hand: Xtest) -> None:
    box = place(browser, "busy")
    with Watching(browser) as watching:
        hand.move(box.x + 5, box.y + 5)
        hand.press()
        hand.release()
        time.sleep(0.1)
        # The page is busy for a second. What follows is handled only then, long after it was typed.
        browser_focus_is_slow = time.monotonic()
        for _ in range(4):
            hand.key_press(NAMED_KEYSYMS["Shift_L"])
            hand.tap(TAB)
            hand.key_release(NAMED_KEYSYMS["Shift_L"])
        hand.tap(TAB)
        hand.type_text(SECRET)
        assert time.monotonic() - browser_focus_is_slow < 0.8
        until(lambda: bool(value(browser, "secret")), "the page takes the keys")
        pause()
        watching.settle()
    assert value(browser, "secret") == SECRET
    assert not set(watching.typed()) & set(SECRET)


def test_a_password_field_is_covered_in_the_picture(browser: Browser, hand: Xtest) -> None:
    box = place(browser, "secret")
    windows = Windows(browser.display.name)
    with Watching(browser) as watching:
        hand.tap(TAB)
        hand.type_text("secret")
        pause()
        watching.settle()
    inside = watching.sink.shown[box.y : box.y + box.height, box.x : box.x + box.width]
    assert (inside == np.array(COVER, np.uint8)).all()
    beside = place(browser, "more")
    shown = watching.sink.shown[beside.y : beside.y + beside.height, beside.x : beside.x + beside.width, :3]
    assert (shown == windows.image(beside)).all()
    windows.disconnect()
    first_bullets = [
        patch
        for frame in watching.sink.frames[1:]
        for patch in frame.patches
        if patch.rect.y <= box.y and patch.rect.x <= box.x and not frame.whole
    ]
    for patch in first_bullets:
        part = patch.bgrx[
            box.y - patch.rect.y : box.y - patch.rect.y + box.height,
            box.x - patch.rect.x : box.x - patch.rect.x + box.width,
        ]
        assert (part == np.array(COVER, np.uint8)).all()


def test_a_password_that_is_shown_stays_secret(browser: Browser, hand: Xtest) -> None:
    with Watching(browser) as watching:
        hand.tap(TAB)
        hand.type_text(SECRET)
        time.sleep(0.3)
        browser.page.evaluate("document.getElementById('secret').type='text'")
        time.sleep(0.3)
        hand.tap(TAB)
        time.sleep(0.5)
        hand.key_press(NAMED_KEYSYMS["Shift_L"])
        hand.tap(TAB)
        hand.key_release(NAMED_KEYSYMS["Shift_L"])
        time.sleep(0.3)
        hand.type_text(SECRET)
        pause()
        watching.settle()
    assert set(value(browser, "secret")) == set(SECRET)
    assert not set(watching.typed()) & set(SECRET)


def test_counting_does_not_count_a_password(browser: Browser, hand: Xtest) -> None:
    with Watching(browser, keystrokes="count") as watching:
        hand.type_text("anna")
        pause()
        hand.tap(TAB)
        hand.type_text(SECRET)
        pause()
        watching.settle()
    assert not watching.sink.of(Key)
    assert sum(count.presses for count in watching.sink.of(KeyCount)) == len("anna")


def test_a_browser_that_hangs_is_not_trusted(browser: Browser, hand: Xtest) -> None:
    with Watching(browser) as watching:
        pid = watching.sink.of(Window)[0].pid
        os.kill(pid, signal.SIGSTOP)
        try:
            hand.type_text(SECRET)
            watching.settle()
        finally:
            os.kill(pid, signal.SIGCONT)
        until(lambda: value(browser, "name") == SECRET, "the browser goes on")
        pause()
        watching.settle()
    assert not watching.sink.of(Key)
    assert "focus_unknown" in {marker.reason for marker in watching.sink.of(Marker)}


def test_a_keyboard_grabbed_by_somebody_else_is_not_recorded(browser: Browser, hand: Xtest) -> None:
    """A screen lock or a password prompt takes the keyboard while the browser stays the active window."""
    locker = Windows(browser.display.name)
    prompt = locker.show(Rect(600, 440, 30, 30), 0x202020, "Locker", bypass=True)
    with Watching(browser) as watching:
        hand.type_text("anna")
        time.sleep(0.4)
        locker.grab_keyboard(prompt)
        hand.type_text(SECRET)
        locker.release_keyboard()
        time.sleep(0.4)
        hand.type_text("bob")
        pause()
        watching.settle()
    locker.close(prompt)
    locker.disconnect()
    assert value(browser, "name") == "annabob"
    assert watching.typed() == "annabob"


def test_a_keyboard_grabbed_before_the_start_is_noticed(browser: Browser, hand: Xtest) -> None:
    locker = Windows(browser.display.name)
    prompt = locker.show(Rect(600, 440, 30, 30), 0x202020, "Locker", bypass=True)
    locker.grab_keyboard(prompt)
    with Watching(browser) as watching:
        hand.type_text(SECRET)
        pause()
        watching.settle()
    locker.release_keyboard()
    locker.close(prompt)
    locker.disconnect()
    assert not watching.sink.of(Key)
