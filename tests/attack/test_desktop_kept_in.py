"""A policy presses anything: in an application of the stage it can read and write its own home and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from aboveboard.stage.desktop import desk as desk_module
from aboveboard.stage.desktop.desk import Desk
from aboveboard.stage.desktop.moves import key, type_into
from aboveboard.stage.desktop.task import files, held_out
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.processes import wait_for
from aboveboard.wire import confine

pytestmark = pytest.mark.skipif(not confine.available(), reason="this kernel has no Landlock; nothing is started there")


def _typed(folder: Path) -> tuple[bool, str]:
    """Type into a real terminal: whether it wrote into ``folder``, and what it read there."""
    (folder / "secret").write_text("the neighbour's\n", encoding="utf-8")
    with Desk(held_out(TASKS["terminal-command"], 0)) as desk:
        command = f"touch {folder}/mark; cat {folder}/secret > read; mkdir done"
        desk.work([type_into("", command, "terminal"), key("Return")])
        assert wait_for(lambda: "done" in files(desk.place.work), 10.0), "the terminal does not work at all"
        read = files(desk.place.work).get("read")
    return (folder / "mark").exists(), (read or b"").decode()


def test_what_is_typed_into_a_terminal_reaches_nothing_outside(tmp_path: Path) -> None:
    assert _typed(tmp_path) == (False, "")


def test_without_it_everything_is_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "open_to_all.py").write_text("import os, sys\nos.execv(sys.argv[2], sys.argv[2:])\n", encoding="utf-8")
    runner = "import runpy, sys; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    argv = [sys.executable, "-c", runner, str(tmp_path / "open_to_all.py")]
    monkeypatch.setattr(desk_module, "kept_in", lambda home: [*argv, str(home)])
    assert _typed(tmp_path) == (True, "the neighbour's\n")


def test_where_the_kernel_cannot_keep_it_in_nothing_is_started(tmp_path: Path) -> None:
    broken = (
        "import sys, landlock; from aboveboard.stage.desktop import kept_in\n"
        "def refuse(*_): raise landlock.LandlockError('not in this kernel')\n"
        "kept_in.Ruleset = refuse; kept_in.main()"
    )
    argv = [sys.executable, "-c", broken, str(tmp_path), "/bin/sh", "-c", "echo started"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "is not started" in done.stderr
    assert not done.stdout
