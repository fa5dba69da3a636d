"""Whoever hides the light stops the recording: within a second something else shows it, or nothing is recorded."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.recorder.capture.layout import WindowTree
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.conditions import first_refusal
from aboveboard.recorder.redact.scope import rule_of, visible
from aboveboard.recorder.tray import notifier
from aboveboard.recorder.tray.tray import Tray
from aboveboard.rules.decision import Reason
from aboveboard.rules.never import OWN_CLASS
from samples.disclosed import app, disclosure
from samples.tray_world import PAUSED, RECORDING, TrayWorld, tray_world, until, waiting

SOON_S = 1.0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TrayWorld]:
    with tray_world(tmp_path / "recorder") as made:
        yield made


def handed_over(world: TrayWorld, tray: Tray, means: str) -> None:
    """Within a second ``means`` shows it; until then, where nothing did, recording was refused."""
    took_s = world.shown_by(tray, means)
    assert took_s < SOON_S
    assert first_refusal([tray]).allowed


def test_the_panel_is_killed(world: TrayWorld) -> None:
    with world.panel() as panel, world.tray() as tray:
        world.shown_by(tray, "panel")
        panel.process.kill()
        handed_over(world, tray, "indicator")
        assert len(world.ours()) == 1
        with world.panel():
            world.shown_by(tray, "panel")
            until(lambda: world.ours() == [], "and the indicator goes")


def test_the_panel_hangs_and_would_show_what_is_no_longer_true(world: TrayWorld) -> None:
    with world.panel() as panel, world.tray(status=PAUSED) as tray:
        world.shown_by(tray, "panel")
        os.kill(panel.process.pid, signal.SIGUSR1)
        time.sleep(0.1)
        tray.show(RECORDING)
        took_s = world.shown_by(tray, "indicator", limit_s=3)
        assert took_s < notifier.READ_S + 0.3


def test_a_panel_that_is_stopped_altogether(world: TrayWorld) -> None:
    with world.panel() as panel, world.tray(status=PAUSED) as tray:
        world.shown_by(tray, "panel")
        time.sleep(0.5)  # what it asked for before it stopped has been answered
        os.kill(panel.process.pid, signal.SIGSTOP)
        tray.show(RECORDING)
        took_s = world.shown_by(tray, "indicator", limit_s=3)
        os.kill(panel.process.pid, signal.SIGCONT)
        assert took_s < notifier.READ_S + 0.3
        world.shown_by(tray, "panel")


def test_the_tray_is_killed(world: TrayWorld) -> None:
    trayer = world.start_trayer()
    with world.tray() as tray:
        world.shown_by(tray, "tray")
        trayer.kill()
        handed_over(world, tray, "indicator")
        world.start_trayer()
        world.shown_by(tray, "tray")
        until(lambda: len(world.ours()) == 1, "and the indicator goes")


def test_the_tray_hides_its_icons(world: TrayWorld) -> None:
    world.start_trayer()
    with world.tray() as tray:
        world.shown_by(tray, "tray")
        ((window, _),) = world.ours()
        core = world.windows.conn.core
        around = core.QueryTree(window).reply().parent
        core.UnmapWindow(around)
        world.windows.sync()
        handed_over(world, tray, "indicator")


def test_the_tray_makes_the_icon_a_dot_of_one_pixel(world: TrayWorld) -> None:
    world.start_trayer()
    with world.tray() as tray:
        world.shown_by(tray, "tray")
        ((window, _),) = world.ours()
        assert world.windows.conn.core.GetGeometry(window).reply().width >= 22
        world.windows.conn.core.ConfigureWindow(window, 12, [1, 1])
        world.windows.sync()
        time.sleep(SOON_S)
        # This tray gives the icon its size back; one that does not has stopped showing it.
        width = world.windows.conn.core.GetGeometry(window).reply().width if tray.means == "tray" else 0
        assert width >= 22 or tray.means == "indicator"


@pytest.mark.parametrize("how", ["unmapped", "destroyed", "moved away", "made tiny", "covered"])
def test_the_indicator_comes_back(world: TrayWorld, how: str) -> None:
    with world.tray() as tray:
        ((window, rect),) = world.ours()
        core = world.windows.conn.core
        if how == "unmapped":
            core.UnmapWindow(window)
        elif how == "destroyed":
            core.DestroyWindow(window)
        elif how == "moved away":
            core.ConfigureWindow(window, 3, [-500, -500])
        elif how == "made tiny":
            core.ConfigureWindow(window, 12, [1, 1])
        else:
            world.windows.show(Rect(0, 0, 640, 480), 0x223344, "Cover", bypass=True)
        world.windows.sync()

        def there() -> bool:
            places = [place for _, place in world.ours()]
            if len(places) != 1 or (places[0].width, places[0].height) != (rect.width, rect.height):
                return False
            place = places[0]
            inside = place.x >= 0 and place.y >= 0 and place.x + place.width <= 640 and place.y + place.height <= 480
            return inside and bool((world.image(place)[:, :, 2] > 240).mean() > 0.5)

        assert until(there, "it is back") < SOON_S
        until(lambda: tray.look().allowed, "and counts")


def test_two_that_fight_for_the_top_do_not_wear_out_the_machine(world: TrayWorld) -> None:
    with world.tray() as tray:
        cover = world.windows.show(Rect(0, 0, 640, 480), 0x223344, "Cover", bypass=True)
        began_s, end_s = time.process_time(), time.monotonic() + 2
        refused = 0
        while time.monotonic() < end_s:
            world.windows.conn.core.ConfigureWindow(cover, 1 << 6, [0])
            world.windows.sync()
            refused += not tray.look().allowed
            time.sleep(0.005)
        assert refused > 50, "while it is covered nothing is recorded"
        assert time.process_time() - began_s < 1.0


def test_nothing_can_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tray_world(tmp_path / "recorder") as world:
        monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
        world.display.name = ":9999"
        with world.tray() as tray:
            decision = tray.look()
    assert not decision.allowed
    assert decision.reason is Reason.INDICATOR_MISSING


def test_the_display_goes_away(tmp_path: Path) -> None:
    with tray_world(tmp_path / "recorder") as world, world.tray() as tray:
        assert tray.look().allowed
        server = world.display.processes._running[0]
        server.kill()
        assert until(lambda: not tray.look().allowed, "it notices") < SOON_S


def test_a_tray_that_hangs_or_breaks_refuses(world: TrayWorld) -> None:
    with world.tray() as tray:
        until(lambda: tray._shown == tray._wanted, "that it records is shown")
        tray._call(time.sleep, 3)
        tray.show(PAUSED)
        assert until(lambda: not tray.look().allowed, "what is shown is not true") < 1.5
        until(lambda: tray.look().allowed, "it is again")

        def fault() -> None:
            raise RuntimeError("a fault in the tray")

        tray._call(fault)
        assert until(lambda: not tray.look().allowed, "it has ended") < SOON_S


def test_the_recorders_own_windows_are_never_recorded(world: TrayWorld) -> None:
    greedy = disclosure(app(OWN_CLASS), app(OWN_CLASS.upper()), app("Chromium"))
    with world.tray() as tray:
        tray._call(lambda: tray._lamp.choose("live"))  # type: ignore[union-attr]
        until(lambda: len(world.ours()) == 2, "the indicator and the live window")
        stack = WindowTree(world.windows.conn).read()
        mine = [each for each in stack if each.client is not None and each.client.wm_class == OWN_CLASS]
        assert len(mine) == 2
        assert all(rule_of(each.client, greedy) is None for each in mine)
        assert visible(stack, Rect(0, 0, 640, 480), greedy) == ()


def test_over_a_locked_screen_nothing_is_shown_or_can_be_used(world: TrayWorld) -> None:
    with world.tray() as tray:
        ((_, rect),) = world.ours()
        tray._call(lambda: tray._lamp.choose("live"))  # type: ignore[union-attr]
        until(lambda: len(world.ours()) == 2, "the live window is open")
        world.click(rect.x + 60, rect.y + 10)
        until(lambda: len(world.ours()) == 3, "and the menu")
        tray.show(waiting("machine:locked"))
        until(lambda: world.ours() == [], "all of it goes")
        assert not tray.look().allowed
        tray.show(waiting("indicator:missing"))  # what the recorder says once it is unlocked
        until(lambda: len(world.ours()) == 1, "the indicator is back")
        until(lambda: tray.look().allowed, "and counts")
