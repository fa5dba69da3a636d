"""The tray on a real display: a panel on D-Bus, a tray of X11, the indicator; what the person does with each."""

import asyncio
import select
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aboveboard.formats.recording import Marker, Task, Timed, Window
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.discard import Stretch
from aboveboard.recorder.local_pause import HERE_ONLY, PauseWatch, local_pause, resume_here
from aboveboard.recorder.tray.icon import argb_bytes, icon
from aboveboard.recorder.wishes import ASKED_NAME, asked_in
from samples.tray_world import PAUSED, RECORDING, TrayWorld, tray_world, until, waiting

MENU = ("/MenuBar", "com.canonical.dbusmenu")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TrayWorld]:
    with tray_world(tmp_path / "recorder") as made:
        yield made


def labels(tree: list[Any]) -> dict[str, int]:
    """Label → id of all items below ``tree``."""
    number, properties, children = tree
    found = {properties["label"].value: number} if "label" in properties else {}
    for child in children:
        found |= labels(child.value)
    return found


def menu(world: TrayWorld) -> dict[str, int]:
    return labels(asyncio.run(world.call(*MENU, "GetLayout", "iias", [0, -1, []]))[1])


def click(world: TrayWorld, label: str) -> None:
    asyncio.run(world.call(*MENU, "Event", "isvu", [menu(world)[label], "clicked", _nothing(), 0]))


def _nothing() -> Any:
    from dbus_fast import Variant

    return Variant("i", 0)


# A panel on D-Bus


def test_a_panel_shows_each_state_and_its_reason(world: TrayWorld) -> None:
    import hashlib

    with world.panel() as panel, world.tray() as tray:
        until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
        assert tray.means == "panel"
        assert tray.look().allowed
        assert world.ours() == [], "nothing else is shown where a panel does"
        for status, shape, title, words in [
            (PAUSED, "paused", "Paused", "You paused the recording."),
            (waiting("lease:none"), "waiting", "Not recording", "There is no lease"),
            (waiting("capture:incomplete"), "problem", "Not recording", "What was written does not match"),
            (RECORDING, "recording", "Recording", "What you do in the applications you agreed to"),
        ]:
            tray.show(status)
            wanted = hashlib.sha256(argb_bytes(icon(shape, 22))).hexdigest()
            until(lambda wanted=wanted: panel.shown[-1]["icon"] == wanted, f"{shape} is shown")  # type: ignore[misc]
            assert panel.title == f"Aboveboard: {title}"
            assert words in panel.shown[-1]["words"]
            assert panel.shown[-1]["size"] == [22, 22, 22 * 22 * 4]


def test_nothing_is_sent_while_nothing_changes(world: TrayWorld) -> None:
    from dataclasses import replace

    with world.panel() as panel, world.tray() as tray:
        until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
        time.sleep(0.2)
        before, began_s = len(panel.shown), time.process_time()
        for number in range(300):
            tray.show(replace(RECORDING, seconds=number, events=number * 7, frames=number, cpu_s=number / 9))
            time.sleep(0.002)
        assert len(panel.shown) == before
        assert time.process_time() - began_s < 0.15


def test_the_menu_pauses_deletes_sends_and_stops(world: TrayWorld) -> None:
    with world.panel() as panel, world.tray() as tray:
        until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
        click(world, "Pause for 5 minutes")
        pause = local_pause(world.home)
        assert pause is not None
        assert pause.reason == HERE_ONLY
        assert (pause.until_ns or 0) - pause.at_ns == 300 * 10**9
        tray.show(PAUSED)
        until(lambda: "Resume" in menu(world), "it can be resumed")
        click(world, "Resume")
        assert local_pause(world.home) is None
        tray.show(RECORDING)

        until(lambda: "Delete the last 10 minutes…" in menu(world), "it can be deleted")
        click(world, "Delete the last 10 minutes…")
        assert not (world.home / ASKED_NAME).exists(), "one step is not enough"
        click(world, "Delete the last 10 minutes now")
        asked = asked_in(world.home)
        assert asked is not None
        assert asked.kind == "discard"
        assert isinstance(asked.stretch, Stretch)
        assert asked.stretch.until_wall_ns - asked.stretch.since_wall_ns == 600 * 10**9
        click(world, "Send now what is held here")
        asked = asked_in(world.home)
        assert asked is not None
        assert asked.kind == "send"
        click(world, "The task ends now, not done")
        asked = asked_in(world.home)
        assert asked is not None
        assert (asked.kind, asked.task) == ("mark", Task(what="end", outcome="failure"))
        assert not world.stop.is_set()
        click(world, "Stop recording")
        assert world.stop.is_set()


def test_a_pause_that_the_vault_knows_is_not_ended_by_halves(world: TrayWorld) -> None:
    from aboveboard.base.ids import Kind, new_id
    from aboveboard.formats.pause import Pause
    from aboveboard.recorder.local_pause import pause_here

    told = Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=new_id(Kind.PERSON), at_ns=1)
    pause_here(world.home, told)
    with world.panel() as panel, world.tray(status=PAUSED):
        until(lambda: panel.title == "Aboveboard: Paused", "it shows the pause")
        assert "Resume" not in menu(world)
        assert any("where you paused" in label for label in menu(world))
        assert not world.wishes().resume()
        world.wishes().pause(5)
    assert local_pause(world.home) == told, "neither ended nor shortened"


def test_the_outcome_of_a_wish_is_told(world: TrayWorld) -> None:
    with world.panel() as panel, world.tray() as tray:
        until(lambda: panel.title == "Aboveboard: Recording", "the panel shows that it records")
        tray.say("deleted 118 segments of the last 10 minutes; 3 had already left, and are not touched")
        until(lambda: any("118 segments" in label for label in menu(world)), "the menu says it")
        until(lambda: "118 segments" in panel.shown[-1]["words"], "the words beside the icon say it")


# A tray of X11


def test_a_tray_shows_it_where_no_panel_does(world: TrayWorld) -> None:
    world.start_trayer()
    with world.tray() as tray:
        world.shown_by(tray, "tray")
        until(lambda: len(world.ours()) == 1, "one icon")
        ((_, rect),) = world.ours()
        until(lambda: _red(world, rect) > 40, "a solid red dot")
        tray.show(PAUSED)
        until(lambda: _red(world, rect) == 0, "no dot any more")
        assert len(world.ours()) == 1
        x, y = rect.x + rect.width // 2, rect.y + rect.height // 2
        world.click(x, y)
        until(lambda: len(world.ours()) == 2, "the menu opens")
        world.keys("Escape")
        until(lambda: len(world.ours()) == 1, "the menu closes")


def _red(world: TrayWorld, rect: Rect) -> int:
    """How many pixels of the dot's red are there."""
    pixels = world.image(rect).astype(int)
    return int(((pixels[:, :, 2] > 180) & (pixels[:, :, 0] < 90) & (pixels[:, :, 1] < 90)).sum())


# The indicator


def test_the_indicator_shows_it_where_there_is_neither(world: TrayWorld) -> None:
    with world.tray() as tray:
        assert tray.means == "indicator"
        ((_, rect),) = world.ours()
        until(lambda: _red(world, rect) > 40, "a solid red dot")
        assert rect.x + rect.width < 640
        assert rect.y + rect.height < 480
        tray.show(PAUSED)
        until(lambda: _red(world, rect) == 0, "no dot any more")
        pictures = []
        for status in (RECORDING, PAUSED, waiting("lease:none"), waiting("spool:full")):
            tray.show(status)
            time.sleep(0.15)
            grey = world.image(rect).mean(axis=2)
            assert not any(np.abs(grey - other).max() < 60 for other in pictures), "told apart without colour"
            pictures.append(grey)


def test_the_indicator_can_be_dragged_and_opens_the_menu(world: TrayWorld) -> None:
    with world.tray() as tray:
        ((window, rect),) = world.ours()
        x, y = rect.x + 60, rect.y + 10
        world.drag((x, y), (200, 120), (160, 100))
        until(lambda: world.ours()[0][1].x == 100, "it was dragged")
        assert [number for number, _ in world.ours()] == [window], "dragging opens no menu"
        world.click(160, 100)
        until(lambda: len(world.ours()) == 2, "the menu opens")
        world.keys("Down", "Down", "Down", "Return")  # the third: until I resume
        until(lambda: local_pause(world.home) is not None, "it pauses")
        until(lambda: len(world.ours()) == 1, "the menu is gone")
        world.click(160, 100)
        until(lambda: len(world.ours()) == 2, "the menu opens")
        world.click(600, 20)
        until(lambda: len(world.ours()) == 1, "a click elsewhere closes it")
        assert tray.look().allowed


# The hotkey


def test_the_keys_pause_at_once_and_again_resume(world: TrayWorld) -> None:
    other = world.windows.show(Rect(50, 50, 200, 200), 0x334455, "Chromium")
    world.windows.activate(other)
    watch = PauseWatch(world.home)
    with world.tray("Ctrl+Alt+Shift+P") as tray:
        began_s = time.monotonic()
        world.keys("Ctrl+Alt+Shift+p")
        while not watch.paused(now_ns=time.time_ns()):
            assert select.select([watch.fileno()], [], [], 2)[0], "it never paused"
            watch.changed()
        assert time.monotonic() - began_s < 0.1
        tray.show(PAUSED)
        world.keys("Ctrl+Alt+Shift+p")
        until(lambda: local_pause(world.home) is None, "again resumes")
        for lock in ("Caps_Lock", "Num_Lock"):
            world.keys(lock)
            world.keys("Ctrl+Alt+Shift+p")
            until(lambda: local_pause(world.home) is not None, f"with {lock} too")
            resume_here(world.home)
            world.keys(lock)
    watch.close()


def test_keys_that_another_program_has_are_said_and_not_fatal(world: TrayWorld) -> None:
    core, root, letter_p, control_alt_shift = world.windows.conn.core, world.windows.screen.root, 33, 1 | 4 | 8
    core.GrabKeyChecked(False, root, control_alt_shift, letter_p, 1, 1).check()
    with world.panel() as panel, world.tray("Ctrl+Alt+Shift+P") as tray:
        until(lambda: tray.look().allowed, "it is shown all the same")
        until(lambda: "belongs to another program" in panel.shown[-1].get("words", ""), "and says so")


# The live window


def painted(colour: tuple[int, int, int]) -> Frame:
    pixels = np.full((480, 640, 4), 255, np.uint8)
    pixels[:, :, :3] = colour
    return Frame(1, (Pixels(Rect(0, 0, 640, 480), pixels),), whole=True)


def test_the_live_window_shows_what_is_written_and_deletes_at_the_second_press(tmp_path: Path) -> None:
    with tray_world(tmp_path / "recorder", width=800, height=700) as world, world.tray() as tray:
        assert not world.feed.wants_whole
        tray._call(lambda: tray._lamp.choose("live"))  # type: ignore[union-attr]
        until(lambda: len(world.ours()) == 2, "it opens")
        assert world.feed.wants_whole
        world.feed.event(Timed(1, Window(app="Web browser", title="", pid=0, x=0, y=0, width=0, height=0)))
        world.feed.event(Timed(2, Marker(kind="suppressed", reason="password_field", start_ns=1, end_ns=2)))
        world.feed.frame(painted((200, 30, 200)))
        rect = max((rect for _, rect in world.ours()), key=lambda each: each.height)

        def magenta() -> int:
            return int((world.image(rect) == (200, 30, 200)).all(axis=2).sum())

        until(lambda: magenta() > 20_000, "the picture")
        world.feed.frame(painted((30, 200, 30)))
        until(lambda: magenta() == 0, "and what it becomes")

        def press(x: int) -> None:
            world.click(rect.x + x, rect.y + rect.height - 30)

        press(200)
        time.sleep(0.3)
        assert not (world.home / ASKED_NAME).exists(), "one press is not enough"
        press(200)
        until((world.home / ASKED_NAME).exists, "two are")
        press(60)
        until(lambda: local_pause(world.home) is not None, "it pauses")
        press(380)
        until(lambda: len(world.ours()) == 1, "it closes")
        assert world.feed.snapshot() is not None
        world.feed.frame(painted((200, 30, 200)))
        again = world.feed.snapshot()
        assert again is not None
        assert again.picture is None, "nothing is kept once it is closed"
