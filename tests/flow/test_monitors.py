"""Monitors of a real X server that come, go and change while it is recorded."""

import struct
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from xcffib import xproto

from aboveboard.formats.recording import Display as Desktop
from aboveboard.formats.recording import Monitor
from aboveboard.recorder.capture.display import atom, connect, pending_events, screen_of
from aboveboard.recorder.capture.monitors import MonitorWatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.stage.display import Display
from samples.disclosed import app, disclosure
from samples.real_server import RealServer
from samples.x_windows import Collected, Windows, until

RED, GREEN = 0xC02010, 0x10C020
EDITOR = "Editor"
STRING = 31


@pytest.fixture
def server() -> Iterator[RealServer]:
    with RealServer() as started:
        yield started


class Followed:
    """A monitor watch on a connection of its own, as the capture uses it."""

    def __init__(self, display: Display) -> None:
        self.conn: Any = connect(display.name)
        mask = xproto.EventMask.PropertyChange | xproto.EventMask.StructureNotify
        self.conn.core.ChangeWindowAttributes(screen_of(self.conn).root, xproto.CW.EventMask, [mask])
        self.watch = MonitorWatch(self.conn)
        self.now = self.watch.read()

    def after_change(self) -> Desktop:
        """The monitors once the watch has said that they changed, and then no more."""
        self.until(lambda monitors: monitors != self.now)
        return self.now

    def until(self, wanted: Any) -> None:
        def told() -> bool:
            changed = [self.watch.changed(event) for event in pending_events(self.conn)]
            if not any(changed):
                return False
            monitors = self.watch.read()
            found = bool(wanted(monitors))
            self.now = monitors if found else self.now
            return found

        until(told, "the watch says that the monitors changed")


@pytest.fixture
def followed(server: RealServer) -> Iterator[Followed]:
    followed = Followed(server)
    yield followed
    followed.conn.disconnect()


def monitor(name: str, x: int, y: int, width: int, height: int, *, primary: bool = False, scale: float = 1) -> Monitor:
    return Monitor(name=name, x=x, y=y, width=width, height=height, primary=primary, scale=scale)


def test_one_monitor_and_its_size(server: RealServer, followed: Followed) -> None:
    assert followed.now.monitors == [monitor("DUMMY0", 0, 0, 1280, 720, primary=True)]
    server.xrandr("--output", "DUMMY0", "--mode", "1024x768")
    assert followed.after_change().monitors == [monitor("DUMMY0", 0, 0, 1024, 768, primary=True)]


def test_a_second_monitor_is_plugged_in_made_the_first_and_pulled_out(server: RealServer, followed: Followed) -> None:
    one, two = monitor("DUMMY0", 0, 0, 1280, 720, primary=True), monitor("DUMMY1", 1280, 0, 800, 600)
    server.xrandr("--addmode", "DUMMY1", "800x600")
    server.xrandr("--output", "DUMMY1", "--mode", "800x600", "--right-of", "DUMMY0")
    followed.until(lambda now: now.monitors == [one, two])
    server.xrandr("--output", "DUMMY1", "--primary")
    assert {(each.name, each.primary) for each in followed.after_change().monitors} == {
        ("DUMMY0", False),
        ("DUMMY1", True),
    }
    server.xrandr("--output", "DUMMY1", "--off")
    followed.until(lambda now: [(each.name, each.width) for each in now.monitors] == [("DUMMY0", 1280)])


def test_a_tall_monitor_and_one_above_another(server: RealServer, followed: Followed) -> None:
    server.xrandr("--newmode", "tall", "60", "600", "610", "620", "630", "1000", "1010", "1020", "1030")
    server.xrandr("--addmode", "DUMMY1", "tall")
    server.xrandr("--output", "DUMMY1", "--mode", "tall", "--above", "DUMMY0")
    wanted = [monitor("DUMMY0", 0, 1000, 1280, 720, primary=True), monitor("DUMMY1", 0, 0, 600, 1000)]
    followed.until(lambda now: now.monitors == wanted)


def test_a_screen_that_is_divided_into_monitors(server: RealServer, followed: Followed) -> None:
    server.xrandr("--setmonitor", "left", "640/170x720/190+0+0", "DUMMY0")
    server.xrandr("--setmonitor", "right", "640/170x720/190+640+0", "none")
    wanted = [monitor("left", 0, 0, 640, 720), monitor("right", 640, 0, 640, 720)]
    followed.until(lambda now: now.monitors == wanted)
    server.xrandr("--delmonitor", "right")
    followed.until(lambda now: len(now.monitors) == 1)


def test_the_scale_by_x_resources_and_by_the_desktops_settings(server: RealServer, followed: Followed) -> None:
    core, root = followed.conn.core, screen_of(followed.conn).root
    resources = b"*customization:\t-color\nXft.dpi:\t144\nXft.hinting:\t1\n"
    core.ChangeProperty(0, root, atom(followed.conn, "RESOURCE_MANAGER"), STRING, 8, len(resources), resources)
    followed.conn.flush()
    assert [each.scale for each in followed.after_change().monitors] == [1.5]
    desktop = connect(server.name)  # another client, as a settings daemon is
    window = desktop.generate_id()
    desktop.core.CreateWindow(0, window, root, 0, 0, 1, 1, 0, 2, 0, 0, [])
    publish(desktop, window, {"Gdk/WindowScalingFactor": 2, "Xft/DPI": 192 * 1024})
    desktop.core.SetSelectionOwner(window, atom(desktop, f"_XSETTINGS_S{desktop.pref_screen}"), 0)
    desktop.flush()
    assert [each.scale for each in followed.after_change().monitors] == [2.0]
    publish(desktop, window, {"Gdk/WindowScalingFactor": 1, "Xft/DPI": 120 * 1024})
    assert [each.scale for each in followed.after_change().monitors] == [1.25]
    desktop.disconnect()  # the settings daemon ends: the resources are what is left
    assert [each.scale for each in followed.after_change().monitors] == [1.5]


def publish(conn: Any, window: int, values: dict[str, int]) -> None:
    data = struct.pack("<B3xII", 0, 1, len(values))
    for name, value in values.items():
        data += struct.pack("<BxH", 0, len(name)) + name.encode() + bytes(-len(name) % 4) + struct.pack("<Ii", 1, value)
    name = atom(conn, "_XSETTINGS_SETTINGS")
    conn.core.ChangeProperty(0, window, name, name, 8, len(data), data)
    conn.flush()


def test_the_server_without_monitors_is_one(tmp_path: object) -> None:
    with Display(320, 240) as display:
        followed = Followed(display)
        assert [(each.width, each.height, each.scale) for each in followed.now.monitors] == [(320, 240, 1.0)]
        followed.conn.disconnect()


@pytest.fixture
def windows(server: RealServer) -> Iterator[Windows]:
    client = Windows(server.name)
    yield client
    client.disconnect()


def same(sink: Collected, windows: Windows, rect: Rect) -> bool:
    """Is what was delivered for ``rect`` what the server shows there?"""
    part = sink.shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width, :3]
    return part.shape[:2] == (rect.height, rect.width) and bool((part == windows.image(rect)).all())


def test_a_recording_goes_on_whole_at_the_new_size(server: RealServer, windows: Windows) -> None:
    window = windows.show(Rect(50, 40, 500, 400), RED, EDITOR)
    windows.activate(window)
    sink, source = Collected(), X11Source(server.name, disclosure(app(EDITOR), frames_per_second=30))
    source.start(sink)
    try:
        until(lambda: same(sink, windows, Rect(50, 40, 500, 400)), "the window is seen")
        for mode, width, height in (("800x600", 800, 600), ("1024x768", 1024, 768), ("640x480", 640, 480)):
            server.xrandr("--output", "DUMMY0", "--mode", mode)
            until(lambda w=width, h=height: sink.shown.shape[:2] == (h, w), f"a frame of {mode}")
            assert source.screen_size == (width, height)
            resized = next(frame for frame in reversed(sink.frames) if frame.whole)
            assert [patch.rect for patch in resized.patches] == [Rect(0, 0, width, height)]
            windows.paint(window, GREEN if mode != "1024x768" else RED)
            until(lambda: same(sink, windows, Rect(60, 50, 400, 300)), f"what is painted at {mode}")
    finally:
        source.stop()
    assert source.failure() is None
    assert not sink.complaints
    before = (720, 1280)
    for frame in sink.frames:
        if frame.whole:
            before = frame.patches[0].bgrx.shape[:2]
        for patch in frame.patches:  # no patch reaches beyond the picture that it belongs to
            assert patch.rect.x + patch.rect.width <= before[1]
            assert patch.rect.y + patch.rect.height <= before[0]


def test_nothing_breaks_when_the_screen_shrinks_while_it_is_read(server: RealServer, windows: Windows) -> None:
    """A window paints all the time and the screen changes its size forty times: reads and resizes meet."""
    place = Rect(0, 0, 1280, 720)
    window = windows.show(place, RED, EDITOR)
    windows.activate(window)
    sink, source = Collected(), X11Source(server.name, disclosure(app(EDITOR), frames_per_second=30))
    source.start(sink)
    over = threading.Event()

    def paint() -> None:
        painter = Windows(server.name)
        shades = iter(range(10**9))
        while not over.wait(0.001):
            painter.paint(window, next(shades) * 977 & 0xFFFFFF)
        painter.paint(window, GREEN)
        painter.disconnect()

    painting = threading.Thread(target=paint)
    painting.start()
    try:
        for number in range(40):
            server.xrandr("--output", "DUMMY0", "--mode", ("640x480", "1280x720")[number % 2])
        over.set()
        painting.join()
        assert source.failure() is None
        until(lambda: sink.shown.shape[:2] == (720, 1280), "the last size")
        until(lambda: same(sink, windows, Rect(0, 0, 640, 480)), "the last picture")
    finally:
        over.set()
        painting.join()
        source.stop()
    assert source.failure() is None
    assert not sink.complaints
