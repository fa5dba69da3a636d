"""Does a real X server's input and screen come out, exactly, and nothing that is out of scope?"""

import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xcffib
import xcffib.randr

from aboveboard.base.errors import SetupMissing
from aboveboard.formats.recording import Button, Key, Marker, Pointer, Scroll, Window
from aboveboard.recorder.capture.display import connect, pending_events
from aboveboard.recorder.capture.layout import WindowTree
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.redact.layers import OUTSIDE
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.disclosed import app, disclosure
from samples.hand_process import sent_by_another_process
from samples.x_windows import Collected, Windows, until

RED, BLUE, GREEN = 0xC02010, 0x2010C0, 0x10C020
IN_SCOPE, OUT_OF_SCOPE = "Editor", "Stranger"
PLACE = Rect(40, 30, 400, 300)


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(width=640, height=480) as started:
        yield started


@pytest.fixture
def windows(display: Display) -> Iterator[Windows]:
    client = Windows(display.name)
    yield client
    client.disconnect()


@pytest.fixture
def hand(display: Display) -> Iterator[Xtest]:
    hand = Xtest(display.name)
    yield hand
    hand.close()


class Watching:
    """A capture from entering the block to leaving it."""

    def __init__(self, display: Display, *apps: str) -> None:
        self.sink = Collected()
        self.source = X11Source(display.name, disclosure(*(app(name) for name in apps or (IN_SCOPE,))))

    def __enter__(self) -> "Watching":
        self.source.start(self.sink)
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        assert self.source.failure() is None
        assert not self.sink.complaints

    def settle(self) -> None:
        """Wait until what happened so far has come out."""
        now_ns = time.time_ns()
        until(lambda: self.source.decided_ns() > now_ns, "the capture settles")


def shows(sink: Collected, windows: Windows, rect: Rect) -> bool:
    """Does the replay show in ``rect`` what the server does?"""
    part = sink.shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width, :3]
    return part.shape[:2] == (rect.height, rect.width) and bool((part == windows.image(rect)).all())


def colour(sink: Collected, x: int, y: int) -> tuple[int, ...]:
    return tuple(int(value) for value in sink.shown[y, x])


def bgrx(rgb: int) -> tuple[int, ...]:
    return (rgb & 0xFF, rgb >> 8 & 0xFF, rgb >> 16, 0xFF)


def test_every_pointer_event_comes_out_where_and_when_it_was(display: Display, windows: Windows) -> None:
    window = windows.show(PLACE, RED, IN_SCOPE)
    windows.activate(window)
    with Watching(display) as watching:
        until(lambda: shows(watching.sink, windows, PLACE), "the window is known")
        sent = sent_by_another_process(display.name)
        watching.settle()
    got = [timed for timed in watching.sink.events if isinstance(timed.event, Pointer | Button)]
    assert len(got) == len(sent)
    errors_ms = []
    for timed, truth in zip(got, sent, strict=True):
        assert isinstance(timed.event, Pointer | Button)
        assert (timed.event.x, timed.event.y) == (truth.x, truth.y)
        expected = {"move": None, "button_press": True, "button_release": False}[truth.kind]
        assert expected == (timed.event.pressed if isinstance(timed.event, Button) else None)
        errors_ms.append(abs(timed.time_ns - truth.wall_ns) / 1e6)
    assert np.percentile(errors_ms, 95) <= 2.0, np.percentile(errors_ms, [50, 90, 95, 99, 100])
    assert watching.source.clock_error_ns <= 2_000_000
    windows.close(window)


def test_the_wheel_scrolls_one_step_a_press(display: Display, windows: Windows, hand: Xtest) -> None:
    window = windows.show(PLACE, RED, IN_SCOPE)
    windows.activate(window)
    with Watching(display) as watching:
        until(lambda: shows(watching.sink, windows, PLACE), "the window is known")
        hand.move(100, 100)
        for button in (4, 5, 6, 7):
            hand.press(button)
            hand.release(button)
        watching.settle()
    steps = [(scroll.dx, scroll.dy) for scroll in watching.sink.of(Scroll)]
    assert steps == [(0, -1), (0, 1), (-1, 0), (1, 0)]
    assert not watching.sink.of(Button)
    windows.close(window)


def test_the_replay_shows_what_the_server_shows(display: Display, windows: Windows) -> None:
    window = windows.show(PLACE, RED, IN_SCOPE, title="First title")
    with Watching(display) as watching:
        sink = watching.sink
        until(lambda: shows(sink, windows, PLACE), "the first frame")
        assert sink.frames[0].whole
        assert colour(sink, 5, 5) == OUTSIDE, "the desktop is not in scope"
        windows.paint(window, GREEN)
        until(lambda: shows(sink, windows, PLACE) and colour(sink, 60, 60) == bgrx(GREEN), "the new colour")
        assert not sink.frames[-1].whole
        frames = len(sink.frames)
        windows.paint(window, GREEN)
        watching.settle()
        assert len(sink.frames) == frames, "painting the same again is no change"
        watching.source.request_whole_frame()
        until(lambda: len(sink.frames) > frames, "the frame asked for")
        assert sink.frames[-1].whole
        assert isinstance(sink.events[-1].event, Window), "the active window is told again with it"
    told = watching.sink.of(Window)[0]
    assert (told.app, told.title, told.x, told.y) == (IN_SCOPE, "First title", PLACE.x, PLACE.y)
    windows.close(window)


def test_a_window_out_of_scope_is_never_seen(display: Display, windows: Windows, hand: Xtest) -> None:
    mine = windows.show(PLACE, RED, IN_SCOPE)
    stranger_rect = Rect(200, 150, 300, 250)
    with Watching(display) as watching:
        until(lambda: shows(watching.sink, windows, PLACE), "the window in scope")
        other = Windows(display.name)
        stranger = other.show(stranger_rect, BLUE, OUT_OF_SCOPE, title="private matters")
        windows.activate(stranger)
        until(lambda: colour(watching.sink, 220, 170) == OUTSIDE, "the stranger is grey")
        for step in range(40):
            other.move(stranger, 200 - step * 3, 150 + step)
            hand.move(210 - step, 170)
            time.sleep(0.005)
        hand.move(60, 40)
        hand.tap(ord("q"))
        watching.settle()
        pointers = len(watching.sink.of(Pointer))
        other.close(stranger)
        other.disconnect()
        until(lambda: shows(watching.sink, windows, PLACE), "what was hidden shows again")
        watching.settle()
    assert pointers == 0
    assert not watching.sink.of(Key)
    blue = np.array(bgrx(BLUE), np.uint8)
    for frame in watching.sink.frames:
        for patch in frame.patches:
            assert not (patch.bgrx == blue).all(axis=2).any(), "a pixel of the stranger came out"
    assert not any("private" in window.title for window in watching.sink.of(Window))
    assert "app_not_disclosed" in {marker.reason for marker in watching.sink.of(Marker)}
    assert all(marker.count == 0 for marker in watching.sink.of(Marker))
    windows.close(mine)


def test_a_window_that_gets_the_number_of_one_that_is_gone_is_watched(display: Display, windows: Windows) -> None:
    """The manager goes on naming the last active window for a while, or for good; its number is soon used again."""
    looker = connect(display.name)
    try:
        tree, number = WindowTree(looker), windows.conn.generate_id()
        windows.conn.generate_id = lambda: number
        assert tree.facts(number) is None
        windows.show(PLACE, RED, IN_SCOPE, title="before")
        found = tree.facts(number)
        assert found is not None
        assert found.title == "before"
        windows.conn.core.ChangeProperty(0, number, xcffib.xproto.Atom.WM_NAME, 31, 8, 5, b"after")
        windows.sync()
        named = {one.atom for one in pending_events(looker) if isinstance(one, xcffib.xproto.PropertyNotifyEvent)}
        assert xcffib.xproto.Atom.WM_NAME in named
    finally:
        looker.disconnect()


def test_a_menu_belongs_to_who_opened_it(display: Display, windows: Windows) -> None:
    mine = windows.show(PLACE, RED, IN_SCOPE)
    foreign = Windows(display.name)
    with Watching(display) as watching:
        until(lambda: shows(watching.sink, windows, PLACE), "the window in scope")
        menu = windows.show(Rect(450, 40, 100, 100), GREEN, "", bypass=True)
        until(lambda: colour(watching.sink, 460, 50) == bgrx(GREEN), "the menu")
        notice = foreign.show(Rect(60, 60, 100, 100), BLUE, "", bypass=True)
        until(lambda: colour(watching.sink, 80, 80) == OUTSIDE, "somebody else's popup is grey")
    for window in (menu, mine):
        windows.close(window)
    foreign.close(notice)
    foreign.disconnect()


def test_keys_without_accessibility_are_withheld(display: Display, windows: Windows, hand: Xtest) -> None:
    window = windows.show(PLACE, RED, IN_SCOPE)
    windows.activate(window)
    with Watching(display) as watching:
        watching.settle()
        hand.type_text("abc")
        hand.move(123, 101)
        watching.settle()
    assert not watching.sink.of(Key)
    assert watching.sink.of(Pointer)
    assert {marker.reason for marker in watching.sink.of(Marker)} == {"focus_unknown"}
    windows.close(window)


def test_stopping_is_quick_and_final(display: Display, windows: Windows, hand: Xtest) -> None:
    with Watching(display) as watching:
        watching.settle()
        began = time.monotonic()
        watching.source.stop()
        assert time.monotonic() - began < 1.0
        delivered = len(watching.sink.events), len(watching.sink.frames)
        hand.move(100, 100)
        watching.source.stop()
        assert (len(watching.sink.events), len(watching.sink.frames)) == delivered


def test_a_sink_that_fails_ends_the_capture(display: Display) -> None:
    class Failing(Collected):
        def frame(self, frame: object) -> None:
            raise OSError("the disk is full")

    source = X11Source(display.name, disclosure(app(IN_SCOPE)))
    source.start(Failing())
    until(lambda: source.failure() is not None, "the failure shows")
    assert isinstance(source.failure(), OSError)
    source.stop()


def test_a_server_that_goes_away_is_told() -> None:
    with Display(width=320, height=240) as short_lived:
        source = X11Source(short_lived.name, disclosure(app(IN_SCOPE)))
        sink = Collected()
        source.start(sink)
        until(lambda: bool(sink.frames), "the first frame")
    until(lambda: source.failure() is not None, "the failure shows")
    source.stop()
    assert any(marker.kind == "gap" for marker in sink.of(Marker))


def test_a_screen_that_changes_its_size_begins_again(display: Display) -> None:
    with Watching(display) as watching:
        until(lambda: bool(watching.sink.frames), "the first frame")
        assert watching.source.screen_size == (640, 480)
        for size in ((320, 240), (640, 480)):
            resize(display, *size)
            until(lambda size=size: watching.source.screen_size == size, "the new size")
            until(lambda size=size: watching.sink.shown.shape[:2] == size[::-1], "a whole frame of the new size")
            assert watching.sink.frames[-1].whole


def resize(display: Display, width: int, height: int) -> None:
    """Set the screen to another size, as a person does who plugs in a projector."""
    opener: Any = xcffib.connect
    conn = opener(display.name)
    randr: Any = conn(xcffib.randr.key)
    randr.QueryVersion(1, 5).reply()
    root = conn.get_setup().roots[0].root
    resources = randr.GetScreenResources(root).reply()
    for crtc in resources.crtcs:
        no_mode, unrotated = 0, 1
        now = resources.config_timestamp
        randr.SetCrtcConfig(crtc, 0, now, 0, 0, no_mode, unrotated, 0, []).reply()
    randr.SetScreenSizeChecked(root, width, height, width, height).check()
    conn.disconnect()


@pytest.mark.parametrize("missing", ["MIT-SHM", "RECORD", "DAMAGE"])
def test_a_missing_extension_is_named(missing: str) -> None:
    reader, writer = os.pipe()
    argv = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "64x64x24", "-nolisten", "tcp", "-extension", missing]
    server = subprocess.Popen(argv, pass_fds=[writer], stderr=subprocess.DEVNULL)
    try:
        os.close(writer)
        name = ":" + os.read(reader, 16).decode().strip()
        with pytest.raises(SetupMissing, match=missing):
            X11Source(name, disclosure(app(IN_SCOPE)))
    finally:
        os.close(reader)
        server.terminate()
        server.wait()


def test_no_display_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(SetupMissing, match="no display") as none:
        X11Source(None, disclosure(app(IN_SCOPE)))
    assert "make run" in none.value.fix
    with pytest.raises(SetupMissing, match="cannot be opened"):
        X11Source(":4999", disclosure(app(IN_SCOPE)))
