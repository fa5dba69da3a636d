"""Lockers that speak on no bus: found on the display itself, with the real ones where they can run."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import xcffib.shape

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.conditions import first_refusal
from aboveboard.recorder.machine.watch import MachineWatch
from aboveboard.rules.decision import Reason
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from samples.disclosed import app, disclosure
from samples.real_server import RealServer
from samples.x_windows import Windows, until

INTEGER = 19
SCREEN = Rect(0, 0, 320, 240)
QUIET_LOCKER = str(Path(__file__).parents[1] / "samples" / "quiet_locker.py")


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(320, 240) as shown:
        yield shown


@pytest.fixture(autouse=True)
def no_buses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for which in ("SYSTEM", "SESSION"):
        monkeypatch.setenv(f"DBUS_{which}_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")


@pytest.fixture
def windows(display: Display) -> Iterator[Windows]:
    client = Windows(display.name)
    yield client
    client.disconnect()


class Looked:
    def __init__(self, watch: MachineWatch) -> None:
        self.watch = watch

    @property
    def reason(self) -> Reason:
        return first_refusal(self.watch.conditions()).reason

    def becomes(self, wanted: Reason) -> None:
        until(lambda: self.reason is wanted, f"{wanted}, not {first_refusal(self.watch.conditions())}", limit_s=5)

    def stays(self, wanted: Reason) -> None:
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            assert self.reason is wanted, first_refusal(self.watch.conditions())
            time.sleep(0.02)


@contextmanager
def watching(display: Display) -> Iterator[Looked]:
    watch = MachineWatch(disclosure(app("xterm")), display.name)
    watch.start()
    try:
        assert watch.settled.wait(10), watch.failure
        yield Looked(watch)
    finally:
        watch.close()


@contextmanager
def running(display: Display, *argv: str) -> Iterator[None]:
    process = subprocess.Popen(argv, env=display.env, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_i3lock(display: Display) -> None:
    with watching(display) as looked:
        assert looked.reason is Reason.OK
        with running(display, program("i3lock", "i3lock"), "--nofork"):
            looked.becomes(Reason.MACHINE_LOCKED)
            looked.stays(Reason.MACHINE_LOCKED)
        looked.becomes(Reason.OK)


def test_a_locker_that_was_there_before_is_found(display: Display) -> None:
    with running(display, program("i3lock", "i3lock"), "--nofork"):
        with watching(display) as earlier:
            earlier.becomes(Reason.MACHINE_LOCKED)
        with watching(display) as looked:
            assert looked.reason is Reason.MACHINE_LOCKED


def test_a_locker_whose_window_shows_nothing(display: Display) -> None:
    with watching(display) as looked:
        with running(display, sys.executable, QUIET_LOCKER, "xtrlock"):
            looked.becomes(Reason.MACHINE_LOCKED)
        looked.becomes(Reason.OK)
        with running(display, sys.executable, QUIET_LOCKER, "some-tool"):
            looked.stays(Reason.OK)


def test_the_servers_own_screen_saver(display: Display) -> None:
    xset = program("xset", "x11-xserver-utils")
    with watching(display) as looked:
        subprocess.run([xset, "s", "activate"], env=display.env, check=True)
        looked.becomes(Reason.MACHINE_LOCKED)
        with watching(display) as later:
            assert later.reason is Reason.MACHINE_LOCKED
        subprocess.run([xset, "s", "reset"], env=display.env, check=True)
        looked.becomes(Reason.OK)


def number(windows: Windows, name: str, *values: int) -> None:
    atom, root = windows.atom(name), windows.screen.root
    windows.conn.core.ChangePropertyChecked(0, root, atom, INTEGER, 32, len(values), list(values)).check()


def test_xscreensaver_says_so_on_the_root_window(display: Display, windows: Windows) -> None:
    with watching(display) as looked:
        for state in ("LOCK", "BLANK"):
            number(windows, "_SCREENSAVER_STATUS", windows.atom(state), 1_800_000_000, 3)
            looked.becomes(Reason.MACHINE_LOCKED)
            number(windows, "_SCREENSAVER_STATUS", 0, 1_800_000_000, 0)
            looked.becomes(Reason.OK)


def test_a_server_that_lost_its_terminal_has_another_session_before_it(display: Display, windows: Windows) -> None:
    with watching(display) as looked:
        number(windows, "XFree86_has_VT", 0)
        looked.becomes(Reason.MACHINE_LOCKED)
        number(windows, "XFree86_has_VT", 1)
        looked.becomes(Reason.OK)


def test_windows_that_do_not_lock(display: Display, windows: Windows) -> None:
    """A menu, and an application over the whole screen."""
    with watching(display) as looked:
        menu = windows.show(Rect(0, 0, 320, 200), 0x102030, "Editor", bypass=True)
        looked.stays(Reason.OK)
        windows.close(menu)
        whole = windows.show(SCREEN, 0x102030, "Player")
        looked.stays(Reason.OK)
        windows.close(whole)


def test_the_frame_of_a_window_manager_does_not_lock(display: Display, windows: Windows) -> None:
    """i3 and awesome make frames that bypass the window manager, which is themselves."""
    window_manager = Windows(display.name)
    frame = window_manager.show(SCREEN, 0, "", bypass=True)
    client: int = windows.conn.generate_id()
    windows.conn.core.CreateWindow(24, client, windows.screen.root, 0, 0, 320, 240, 0, 1, 0, 1 << 9, [1])
    state = windows.atom("WM_STATE")
    windows.conn.core.ChangeProperty(0, client, state, state, 32, 2, [1, 0])
    windows.sync()
    with watching(display) as looked:
        assert looked.reason is Reason.MACHINE_LOCKED  # an empty frame could be anything
        window_manager.conn.core.ReparentWindow(client, frame, 0, 0)
        window_manager.sync()
        looked.becomes(Reason.OK)
        with watching(display) as later:
            assert later.reason is Reason.OK
    window_manager.disconnect()
    windows.close(client)


def test_an_application_over_everything_that_was_there_before(display: Display, windows: Windows) -> None:
    whole = windows.show(SCREEN, 0x102030, "Player")
    with watching(display) as looked:
        assert looked.reason is Reason.OK
    windows.close(whole)


def test_a_layer_that_lets_the_input_through_does_not_lock(display: Display, windows: Windows) -> None:
    shape = windows.conn(xcffib.shape.key)
    window: int = windows.conn.generate_id()
    windows.conn.core.CreateWindow(24, window, windows.screen.root, 0, 0, 320, 240, 0, 1, 0, 1 << 9, [1])
    set_to, of_input = 0, 2
    shape.Rectangles(set_to, of_input, 0, window, 0, 0, 0, [])
    windows.conn.core.MapWindow(window)
    windows.sync()
    with watching(display) as looked:
        looked.stays(Reason.OK)
    windows.close(window)


def test_a_cover_that_is_moved_into_place_locks(display: Display, windows: Windows) -> None:
    with watching(display) as looked:
        cover = windows.show(Rect(0, 0, 100, 100), 0, "", bypass=True)
        looked.stays(Reason.OK)
        windows.conn.core.ConfigureWindow(cover, 4 | 8, [320, 240])
        windows.sync()
        looked.becomes(Reason.MACHINE_LOCKED)
        windows.conn.core.UnmapWindow(cover)
        windows.sync()
        looked.becomes(Reason.OK)
        windows.close(cover)


def test_one_window_for_each_monitor_locks_only_when_all_are_covered() -> None:
    with RealServer() as server:
        server.xrandr("--addmode", "DUMMY1", "800x600")
        server.xrandr("--output", "DUMMY1", "--mode", "800x600", "--right-of", "DUMMY0")
        client = Windows(server.name)
        with watching(server) as looked:
            client.show(Rect(0, 0, 1280, 720), 0, "", bypass=True)
            looked.stays(Reason.OK)
            right = client.show(Rect(1280, 0, 800, 600), 0, "", bypass=True)
            looked.becomes(Reason.MACHINE_LOCKED)  # the corner below the smaller monitor is nobody's
            client.close(right)
            looked.becomes(Reason.OK)
            server.xrandr("--output", "DUMMY1", "--off")  # what is left is covered
            looked.becomes(Reason.MACHINE_LOCKED)
        client.disconnect()


def test_when_the_display_goes_every_condition_says_no() -> None:
    with Display(320, 240) as shown, watching(shown) as looked:
        assert looked.reason is Reason.OK
        shown.processes.stop()
        until(lambda: looked.reason is not Reason.OK, "a no")
