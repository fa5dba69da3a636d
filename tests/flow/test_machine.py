"""What the machine says of itself, over real buses: the lock, sleep, the battery, the network."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dbus_fast import Variant

from aboveboard.recorder.conditions import first_refusal
from aboveboard.recorder.machine import lock, sleep
from aboveboard.recorder.machine.bus import AGAIN_S
from aboveboard.recorder.machine.watch import MachineWatch
from aboveboard.rules.decision import Reason
from aboveboard.stage.display import Display
from aboveboard.wire.confine import available
from samples.disclosed import app, disclosure
from samples.machine_services import GNOME, MOCK, NETWORK, SESSION_PATH, UPOWER, Buses, buses
from samples.x_windows import until

TERMINAL = 7


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display(320, 240) as shown:
        on_terminal(shown, TERMINAL)
        yield shown


def on_terminal(display: Display, number: int) -> None:
    """Say of a display that its server has a virtual terminal, as Xorg's says."""
    conn = display.connect()
    atom = conn.core.InternAtom(False, len("XFree86_VT"), "XFree86_VT").reply().atom
    integer = 19
    conn.core.ChangePropertyChecked(0, conn.get_setup().roots[0].root, atom, integer, 32, 1, [number]).check()
    conn.disconnect()


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Buses]:
    with buses(tmp_path) as running:
        for name, value in running.env.items():
            monkeypatch.setenv(name, value)
        yield running


@contextmanager
def watching(display: Display, supplies: Path = Path("/nonexistent"), *, settle: bool = True) -> Iterator[MachineWatch]:
    watch = MachineWatch(disclosure(app("xterm")), display.name, supplies=supplies)
    watch.start()
    try:
        if settle:
            assert watch.settled.wait(10), watch.failure
        yield watch
    finally:
        watch.close()


def reason(watch: MachineWatch) -> Reason:
    return first_refusal(watch.conditions()).reason


def becomes(watch: MachineWatch, wanted: Reason, *, limit_s: float = 5.0) -> None:
    until(lambda: reason(watch) is wanted, f"{wanted}, not {first_refusal(watch.conditions())}", limit_s=limit_s)


def stays(watch: MachineWatch, wanted: Reason, *, for_s: float = 0.5) -> None:
    end = time.monotonic() + for_s
    while time.monotonic() < end:
        assert reason(watch) is wanted, first_refusal(watch.conditions())
        time.sleep(0.02)


def test_a_machine_without_buses_is_no_error(display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        assert not watch.metered()


def test_before_anybody_was_asked_the_screen_counts_as_locked(display: Display, desktop: Buses) -> None:
    with watching(display, settle=False) as watch:
        assert reason(watch) is Reason.MACHINE_LOCKED


def test_when_the_watch_has_ended_every_condition_says_no(display: Display, desktop: Buses) -> None:
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
    assert reason(watch) is Reason.RULE_ERROR


@pytest.mark.parametrize("member", ["SetLockedHint", "Active"])
def test_logind_says_that_the_session_is_locked_or_not_in_front(display: Display, desktop: Buses, member: str) -> None:
    desktop.template("logind")
    desktop.log_in(terminal=TERMINAL, user=os.getuid())
    away, back = (
        ({"LockedHint": Variant("b", True)}, {"LockedHint": Variant("b", False)})
        if member == "SetLockedHint"
        else ({"Active": Variant("b", False)}, {"Active": Variant("b", True)})
    )
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        desktop.session(**away)
        becomes(watch, Reason.MACHINE_LOCKED)
        desktop.session(**back)
        becomes(watch, Reason.OK)


def test_a_session_that_is_locked_already_is_found_so(display: Display, desktop: Buses) -> None:
    desktop.template("logind")
    desktop.log_in(terminal=TERMINAL, user=os.getuid())
    desktop.session(LockedHint=Variant("b", True))
    with watching(display) as watch:
        assert reason(watch) is Reason.MACHINE_LOCKED


@pytest.mark.parametrize(("terminal", "user"), [(TERMINAL + 1, os.getuid()), (TERMINAL, os.getuid() + 1)])
def test_another_displays_session_says_nothing_about_this_one(
    display: Display, desktop: Buses, terminal: int, user: int
) -> None:
    desktop.template("logind")
    desktop.log_in(terminal=terminal, user=user)
    with watching(display) as watch:
        desktop.session(LockedHint=Variant("b", True))
        stays(watch, Reason.OK)


def test_a_request_to_lock_counts_until_a_locker_had_time_to_speak(
    display: Display, desktop: Buses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "REQUEST_S", 0.6)
    desktop.template("logind")
    desktop.log_in(terminal=TERMINAL, user=os.getuid())
    with watching(display) as watch:
        desktop.session_does("Lock")
        becomes(watch, Reason.MACHINE_LOCKED, limit_s=0.4)
        becomes(watch, Reason.OK)
        desktop.session_does("Lock")
        becomes(watch, Reason.MACHINE_LOCKED, limit_s=0.4)
        desktop.session_does("Unlock")
        becomes(watch, Reason.OK, limit_s=0.4)


def test_gnomes_screen_saver(display: Display, desktop: Buses) -> None:
    desktop.template("gnome_screensaver")
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        desktop.call(GNOME, GNOME[0], "SetActive", "b", True)
        becomes(watch, Reason.MACHINE_LOCKED)
        desktop.call(GNOME, GNOME[0], "SetActive", "b", False)
        becomes(watch, Reason.OK)


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in lock.SAVERS.items() for path in paths])
def test_every_other_desktops_screen_saver_where_it_keeps_its_object(
    display: Display, desktop: Buses, name: str, path: str
) -> None:
    desktop.service(name, path)
    active(desktop, name, path, False)
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        active(desktop, name, path, True)
        becomes(watch, Reason.MACHINE_LOCKED)
        active(desktop, name, path, False)
        becomes(watch, Reason.OK)


def active(desktop: Buses, name: str, path: str, value: bool) -> None:
    desktop.call((name, path), MOCK, "AddMethod", "sssss", name, "GetActive", "", "b", f"ret = {value}")
    desktop.call((name, path), MOCK, "EmitSignal", "sssav", name, "ActiveChanged", "b", [Variant("b", value)])


def test_a_name_that_only_keeps_the_screen_on_says_nothing(display: Display, desktop: Buses) -> None:
    desktop.service("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver")
    with watching(display) as watch:
        stays(watch, Reason.OK)


def test_somebody_elses_signal_is_not_believed(display: Display, desktop: Buses) -> None:
    """Not even one that is sent to the recorder alone, which no match rule holds back."""
    desktop.template("logind")
    desktop.log_in(terminal=TERMINAL, user=os.getuid())
    with watching(display) as watch:
        desktop.send_to_all("system", SESSION_PATH, "org.freedesktop.login1.Session", "Lock")
        stays(watch, Reason.OK)
        desktop.session_does("Lock")
        becomes(watch, Reason.MACHINE_LOCKED)


def test_a_saver_that_dies_while_locked_leaves_its_word(display: Display, desktop: Buses) -> None:
    desktop.template("gnome_screensaver")
    with watching(display) as watch:
        desktop.call(GNOME, GNOME[0], "SetActive", "b", True)
        becomes(watch, Reason.MACHINE_LOCKED)
        desktop.stop(GNOME[0])
        stays(watch, Reason.MACHINE_LOCKED)
        desktop.template("gnome_screensaver")  # it is back, and not active
        becomes(watch, Reason.OK)


def test_another_that_sees_the_unlocking_ends_what_a_dead_one_said(display: Display, desktop: Buses) -> None:
    desktop.template("logind")
    desktop.log_in(terminal=TERMINAL, user=os.getuid())
    desktop.template("gnome_screensaver")
    with watching(display) as watch:
        desktop.call(GNOME, GNOME[0], "SetActive", "b", True)
        desktop.session(LockedHint=Variant("b", True))
        becomes(watch, Reason.MACHINE_LOCKED)
        desktop.stop(GNOME[0])
        stays(watch, Reason.MACHINE_LOCKED)
        desktop.session(LockedHint=Variant("b", False))
        becomes(watch, Reason.OK)


def test_a_saver_that_hangs_counts_as_locked(display: Display, desktop: Buses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.recorder.machine.bus.CALL_S", 0.3)
    monkeypatch.setattr("aboveboard.recorder.machine.bus.AGAIN_S", 0.5)
    assert AGAIN_S > 0.5
    name, path = "org.mate.ScreenSaver", "/org/mate/ScreenSaver"
    desktop.service(name, path)
    code = "import time; time.sleep(1.5); ret = False"
    desktop.call((name, path), MOCK, "AddMethod", "sssss", name, "GetActive", "", "b", code)
    with watching(display) as watch:
        assert reason(watch) is Reason.MACHINE_LOCKED


def test_a_bus_that_goes_away_is_as_good_as_locked_until_it_is_back(display: Display, desktop: Buses) -> None:
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        desktop.end("session")
        becomes(watch, Reason.MACHINE_LOCKED)
        desktop.start("session")
        becomes(watch, Reason.OK, limit_s=10)


def test_sleep_is_a_no_at_once_and_waits_for_the_segment(
    display: Display, desktop: Buses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sleep, "HOLD_S", 60)  # only the looks count here
    desktop.template("logind")
    with watching(display) as watch:
        (held,) = desktop.inhibitors()
        assert list(held[:4]) == ["sleep", "Aboveboard", "closes the recording before sleep", "delay"]
        desktop.sleeping(True)
        until(lambda: watch._sleep._asleep, "sleep was heard of")
        time.sleep(0.3)
        assert len(desktop.inhibitors()) == 1  # nobody has looked yet
        assert reason(watch) is Reason.MACHINE_ASLEEP
        time.sleep(0.3)
        assert len(desktop.inhibitors()) == 1  # whoever looked is closing the segment
        assert reason(watch) is Reason.MACHINE_ASLEEP
        until(lambda: not desktop.inhibitors(), "the delay is given up")
        assert reason(watch) is Reason.MACHINE_ASLEEP
        desktop.sleeping(False)
        becomes(watch, Reason.OK)
        until(lambda: len(desktop.inhibitors()) == 1, "a new delay is taken")
    until(lambda: not desktop.inhibitors(), "nothing is left behind")


def test_a_recorder_that_does_not_look_does_not_keep_the_machine_awake(
    display: Display, desktop: Buses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sleep, "HOLD_S", 0.3)
    desktop.template("logind")
    with watching(display):
        desktop.sleeping(True)
        until(lambda: not desktop.inhibitors(), "the delay is given up")


def test_the_battery_by_upower(display: Display, desktop: Buses) -> None:
    device = (UPOWER[0], "/org/freedesktop/UPower/devices/DisplayDevice")

    def charge(percent: float) -> None:
        changed = {"Percentage": Variant("d", percent), "IsPresent": Variant("b", True)}
        desktop.call(device, MOCK, "UpdateProperties", "sa{sv}", "org.freedesktop.UPower.Device", changed)

    def on_battery(value: bool) -> None:
        changed = {"OnBattery": Variant("b", value)}
        desktop.call(UPOWER, MOCK, "UpdateProperties", "sa{sv}", UPOWER[0], changed)

    desktop.template("upower")
    with watching(display) as watch:
        assert reason(watch) is Reason.OK
        charge(19)
        stays(watch, Reason.OK, for_s=0.3)  # on the mains
        on_battery(True)
        becomes(watch, Reason.MACHINE_ON_BATTERY)
        charge(20)
        becomes(watch, Reason.OK)  # the disclosure says 20
        charge(5)
        becomes(watch, Reason.MACHINE_ON_BATTERY)
        on_battery(False)
        becomes(watch, Reason.OK)


def test_the_battery_by_the_kernel_where_upower_is_not(
    display: Display, desktop: Buses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aboveboard.recorder.machine.power.LOOK_S", 0.2)
    battery = tmp_path / "power_supply" / "BAT0"
    battery.mkdir(parents=True)
    for name, word in {"type": "Battery", "status": "Discharging", "capacity": "12"}.items():
        (battery / name).write_text(f"{word}\n", encoding="ascii")
    with watching(display, battery.parent) as watch:
        assert reason(watch) is Reason.MACHINE_ON_BATTERY
        (battery / "status").write_text("Charging\n", encoding="ascii")
        becomes(watch, Reason.OK)
        (battery / "status").write_text("Discharging\n", encoding="ascii")
        becomes(watch, Reason.MACHINE_ON_BATTERY)
        desktop.template("upower")  # it came: it is believed from now on
        becomes(watch, Reason.OK)
        desktop.stop(UPOWER[0])
        becomes(watch, Reason.MACHINE_ON_BATTERY)


@pytest.mark.parametrize(("value", "wanted"), [(0, False), (1, True), (2, False), (3, True), (4, False)])
def test_the_network(display: Display, desktop: Buses, value: int, wanted: bool) -> None:
    desktop.template("networkmanager")
    desktop.call(NETWORK, MOCK, "AddProperty", "ssv", NETWORK[0], "Metered", Variant("u", 0))
    with watching(display) as watch:
        assert not watch.metered()
        changed = {"Metered": Variant("u", value)}
        desktop.call(NETWORK, MOCK, "UpdateProperties", "sa{sv}", NETWORK[0], changed)
        time.sleep(0.2)
        until(lambda: watch.metered() is wanted, "the network says so", limit_s=2)
        desktop.stop(NETWORK[0])
        until(lambda: not watch.metered(), "nobody knows any more")


def test_an_old_network_manager_does_not_know(display: Display, desktop: Buses) -> None:
    desktop.template("networkmanager")
    with watching(display) as watch:
        stays(watch, Reason.OK, for_s=0.2)
        assert not watch.metered()


def test_a_confined_recorder_still_hears_of_it_all(display: Display, desktop: Buses, tmp_path: Path) -> None:
    """Landlock keeps a process from files, not from the sockets of the buses; /sys and /proc stay readable."""
    if not available():
        pytest.skip("this kernel has no Landlock")
    for name in ("logind", "gnome_screensaver"):
        desktop.template(name)
    own, tests = tmp_path / "own", Path(__file__).parents[1]
    own.mkdir()
    argv = [sys.executable, str(tests / "samples" / "confined_watch.py"), str(own), display.name]
    env = os.environ | {"PYTHONPATH": str(tests)}
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            assert [next(lines).strip() for _ in range(3)] == ["confined", "sees /sys", "ok"]
            assert len(desktop.inhibitors()) == 1
            desktop.call(GNOME, GNOME[0], "SetActive", "b", True)
            assert next(lines).strip() == "machine:locked"
            desktop.call(GNOME, GNOME[0], "SetActive", "b", False)
            assert next(lines).strip() == "ok"
            with subprocess.Popen(
                [sys.executable, str(tests / "samples" / "quiet_locker.py"), "xtrlock"], env=display.env
            ) as locker:
                assert next(lines).strip() == "machine:locked"  # its name was read in /proc
                locker.kill()
            assert next(lines).strip() == "ok"
            desktop.sleeping(True)
            assert next(lines).strip() == "machine:asleep"
            until(lambda: not desktop.inhibitors(), "the delay is given up")
        finally:
            process.kill()


def test_watching_a_quiet_machine_costs_nothing(display: Display, desktop: Buses) -> None:
    """Three seconds with everybody there: not one wake-up of the thread, so no processor time."""
    for name in ("logind", "upower", "networkmanager", "gnome_screensaver"):
        desktop.template(name)
    with watching(display) as watch:
        time.sleep(0.5)
        thread = watch._thread.native_id
        before = switches(thread)
        time.sleep(3)
        assert switches(thread) == before


def switches(thread: int | None) -> int:
    """How often a thread of this process was put on a processor."""
    lines = Path(f"/proc/self/task/{thread}/status").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
