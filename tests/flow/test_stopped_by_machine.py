"""The whole recorder on a real display: what is recorded around a lock, a sleep, a battery that runs down?"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dbus_fast import Variant

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Marker, Pointer, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.flow import record
from aboveboard.recorder.machine.watch import MachineWatch
from aboveboard.recorder.status import RecorderStatus
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.machine_services import MOCK, UPOWER, Buses, buses
from samples.one_protection import without_pages
from samples.recorder_world import Participant, Vault, serving
from samples.segments import items_of
from samples.x_windows import Windows, until

QUIET_LOCKER = str(Path(__file__).parents[1] / "samples" / "quiet_locker.py")
NOTICED_NS = 250 * MILLISECOND_NS
"""The recorder looks ten times a second; the rest is for a busy machine."""


@pytest.fixture(autouse=True)
def fields_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    without_pages(monkeypatch)


class Recorded:
    """A person who never rests: the pointer moves over a window that changes its colour, all the while."""

    def __init__(self, vault: Vault, display: Display) -> None:
        self.vault = vault
        self.display = display
        self.statuses: list[RecorderStatus] = []
        self.over = threading.Event()

    def work(self) -> None:
        windows, hand = Windows(self.display.name), Xtest(self.display.name)
        window = windows.show(Rect(0, 0, 320, 240), 0x204060, "Chromium")
        windows.activate(window)
        step = 0
        while not self.over.wait(0.02):
            step += 1
            hand.move(10 + step % 200, 10 + step % 100)
            windows.paint(window, step * 977 & 0xFFFFFF)
        hand.close()
        windows.disconnect()

    def until(self, state: str, why: str = "") -> None:
        def said() -> bool:
            return bool(self.statuses) and self.statuses[-1].state == state and self.statuses[-1].reason.startswith(why)

        until(said, f"{state} {why}; last was {self.statuses[-1:]}", limit_s=15)

    def items(self) -> list[Timed | ScreenPatch]:
        identity = self.vault.who.identity
        sealed = [self.vault.sealed[each.segment_id] for each in self.vault.in_order()]
        return [item for data in sealed for item in items_of(data, identity)]

    def between(self, start_ns: int, end_ns: int) -> list[Timed | ScreenPatch]:
        """What hands did and screens showed in this stretch of wall time."""
        seen = [item for item in self.items() if isinstance(item, ScreenPatch) or isinstance(item.event, Pointer)]
        return [item for item in seen if start_ns <= item.time_ns <= end_ns]

    def markers(self, reason: str) -> list[Marker]:
        events = [item.event for item in self.items() if isinstance(item, Timed)]
        return [event for event in events if isinstance(event, Marker) and event.reason == reason]


@pytest.fixture
def display() -> Iterator[Display]:
    with Display(320, 240) as shown:
        yield shown


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Buses]:
    folder = tmp_path / "buses"
    folder.mkdir()
    with buses(folder) as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running


@contextmanager
def recording(display: Display, home: Path) -> Iterator[Recorded]:
    who = Participant()
    verified = who.settle(home)
    vault = Vault(who, verified.consent.consent_id)
    recorded = Recorded(vault, display)
    watch = MachineWatch(verified.disclosure, display.name)
    watch.start()
    errors: list[BaseException] = []
    stop = threading.Event()

    def body() -> None:
        try:
            record(
                home=home,
                client=client,
                source=X11Source(display.name, verified.disclosure),
                enrolment=verified,
                stop=stop,
                status=recorded.statuses.append,
                conditions=watch.conditions(),
                segment_ns=SECOND_NS // 2,
                flush_s=5,
            )
        except BaseException as error:  # told to the test below
            errors.append(error)

    with serving(vault) as client:
        threads = [threading.Thread(target=body), threading.Thread(target=recorded.work)]
        for thread in threads:
            thread.start()
        try:
            recorded.until("recording")
            time.sleep(2.0)
            yield recorded
            time.sleep(2.5)
        finally:
            stop.set()
            recorded.over.set()
            for thread in threads:
                thread.join(20)
            watch.close()
    assert errors == []


def check(recorded: Recorded, reason: str, start_ns: int, end_ns: int) -> None:
    """Before and after there is much, between the two nothing but the marker that says why."""
    assert len(recorded.between(0, start_ns)) > 20
    assert len(recorded.between(end_ns, 2**62)) > 20
    assert recorded.between(start_ns + NOTICED_NS, end_ns) == []
    (marker,) = recorded.markers(reason)
    assert marker.kind == "gap"
    assert marker.start_ns <= start_ns + NOTICED_NS
    assert marker.end_ns >= end_ns


def test_a_locked_screen_leaves_nothing_between_lock_and_unlock(
    display: Display, tmp_path: Path, desktop: Buses
) -> None:
    """The quietest locker there is: the application stays in view, and goes on changing."""
    with recording(display, tmp_path / "recorder") as recorded:
        locker = subprocess.Popen([sys.executable, QUIET_LOCKER, "xtrlock"], env=display.env)
        recorded.until("waiting", "machine:locked")
        start_ns = time.time_ns()
        time.sleep(1.5)
        end_ns = time.time_ns()
        locker.kill()
        locker.wait()
        recorded.until("recording")
    check(recorded, "screen_locked", start_ns, end_ns)


def test_a_sleep_ends_the_segment_before_and_begins_a_new_one_after(
    display: Display, tmp_path: Path, desktop: Buses
) -> None:
    desktop.template("logind")
    with recording(display, tmp_path / "recorder") as recorded:
        assert len(desktop.inhibitors()) == 1
        desktop.sleeping(True)
        start_ns = time.time_ns()
        until(lambda: not desktop.inhibitors(), "the segment is closed, the machine may sleep", limit_s=2)
        safe = {each.segment_id for each in recorded.vault.in_order()}
        safe |= {path.name for path in (tmp_path / "recorder" / "spool").iterdir()}
        time.sleep(1.0)
        end_ns = time.time_ns()
        desktop.sleeping(False)
        recorded.until("recording")
    check(recorded, "asleep", start_ns, end_ns)
    begun = [each.segment_id for each in recorded.vault.in_order() if each.start_wall_ns < start_ns]
    assert len(begun) > 2
    assert set(begun) <= safe


def test_a_battery_below_the_promise_stops_the_recording(display: Display, tmp_path: Path, desktop: Buses) -> None:
    device = (UPOWER[0], "/org/freedesktop/UPower/devices/DisplayDevice")
    desktop.template("upower")
    changed = {"Percentage": Variant("d", 12.0), "IsPresent": Variant("b", True)}
    desktop.call(device, MOCK, "UpdateProperties", "sa{sv}", "org.freedesktop.UPower.Device", changed)
    with recording(display, tmp_path / "recorder") as recorded:
        desktop.call(UPOWER, MOCK, "UpdateProperties", "sa{sv}", UPOWER[0], {"OnBattery": Variant("b", True)})
        recorded.until("waiting", "machine:on_battery")
        start_ns = time.time_ns()
        time.sleep(1.0)
        end_ns = time.time_ns()
        desktop.call(UPOWER, MOCK, "UpdateProperties", "sa{sv}", UPOWER[0], {"OnBattery": Variant("b", False)})
        recorded.until("recording")
    check(recorded, "on_battery", start_ns, end_ns)
