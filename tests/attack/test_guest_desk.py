"""A policy that acts at a desk on a person's own display changes what is theirs: their settings, their files.

A task of settings is done there. What the person's own session would then say is what counts: whether anything was
asked of its settings' service, and what lies in its home.
"""

import subprocess
from pathlib import Path
from random import Random

import pytest

from aboveboard.base.errors import Unavailable
from aboveboard.stage import borrowed
from aboveboard.stage.borrowed import BorrowedDisplay, GuestDisplay
from aboveboard.stage.desktop.desk import HEIGHT, WIDTH, Desk
from aboveboard.stage.desktop.task import demonstration
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.display import Display
from aboveboard.wire import confine

pytestmark = pytest.mark.skipif(not confine.available(), reason="this kernel has no Landlock; nothing is started there")
TASK = TASKS["settings-look"]


def _services(display: Display) -> str:
    """Who is on the person's session bus."""
    asked = ["dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
             "org.freedesktop.DBus.ListNames"]  # fmt: skip
    return subprocess.run(asked, env=display.env, check=True, capture_output=True, text=True).stdout


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_settings_changed_at_a_guests_desk_are_not_the_persons() -> None:
    with Display(WIDTH, HEIGHT) as display:
        before = _files(display.home)
        with Desk(demonstration(TASK, 0), pace=Random(1), display=GuestDisplay(display.name, display.env)) as desk:
            home = desk.place.work.parent
            desk.work(TASK.solve(desk.words))
            assert desk.done_soon(), "it was not even done"
        assert not home.exists()
        assert "org.xfce.Xfconf" not in _services(display)
        # The accessibility bus of the display touches the second by itself, sooner or later.
        assert _files(display.home) - before <= {"dbus-daemon.log", "runtime/dconf/user"}


def test_without_a_session_of_its_own_it_would_ask_the_persons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection taken away: the application then talks to the service on the person's own bus."""

    class Plain(BorrowedDisplay):
        def __enter__(self) -> "Plain":
            super().__enter__()
            self.env |= {"XDG_CONFIG_HOME": str(self.home / "config"), "XDG_RUNTIME_DIR": str(self.home)}
            return self

    with (
        Display(WIDTH, HEIGHT) as display,
        Desk(demonstration(TASK, 0), pace=Random(1), display=Plain(display.name, display.env)) as desk,
    ):
        desk.work(TASK.solve(desk.words)[:1])
        assert "org.xfce.Xfconf" in _services(display)


def test_where_no_accessibility_bus_answers_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    with Display(WIDTH, HEIGHT) as display:
        monkeypatch.setattr(borrowed.Processes, "start", lambda self, argv, *_: started.append(argv))
        session = {**display.env, "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
        with pytest.raises(Unavailable, match="accessibility bus"), GuestDisplay(display.name, session):
            pass
        assert started == []
