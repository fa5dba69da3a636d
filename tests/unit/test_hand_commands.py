"""Hold, discard, send and autostart as typed, where no recorder runs and where one does."""

import json
import os
import re
import stat
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.commands.autostart import _quoted, place
from aboveboard.commands.duration import minutes_of
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.commands.person import resume_self
from aboveboard.recorder import settings
from aboveboard.recorder.hand import Hand
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.local_pause import local_pause
from aboveboard.recorder.memory import only_recorder
from aboveboard.recorder.spool import FOLDER_NAME, Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.recorder.wishes import HeldNow, Wishes
from samples.spooled import add


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Home(tmp_path / 'home of 100% "somebody" & co')


def typed(home: Home, *words: str) -> dict[str, object]:
    result = CliRunner().invoke(main, ["--home", str(home.root), "--json", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    facts: dict[str, object] = json.loads(result.stdout)
    return facts


def spool_with_one(home: Home, *, minutes_ago: float) -> Spool:
    spool = Spool(home.folder("recorder") / FOLDER_NAME)
    spool.recover()
    end_ns = SystemClock().boot_ns() - int(minutes_ago * 60e9)
    add(spool, boot_id=boot_id(), start_boot_ns=max(end_ns - 1, 0), end_boot_ns=max(end_ns, 0))
    return spool


@pytest.mark.parametrize(
    ("said", "minutes"),
    [
        ("5", 5),
        ("1.5", 1.5),
        ("90s", 1.5),
        ("5m", 5),
        ("1h", 60),
        ("1h30m", 90),
        ("1H 30m", None),
        ("2h5s", 2 * 60 + 5 / 60),
    ],
)
def test_lengths_of_time_as_people_say_them(said: str, minutes: float | None) -> None:
    assert minutes_of(said) == minutes


@given(st.text(max_size=50))
def test_no_words_break_them(said: str) -> None:
    minutes = minutes_of(said)
    assert minutes is None or minutes >= 0


def test_the_hold_is_ten_minutes_unless_said_otherwise(home: Home) -> None:
    assert typed(home, "hold") == {"hold_minutes": 10.0}
    assert typed(home, "hold", "--minutes", "1h") == {"hold_minutes": 60.0}
    assert settings.load(home.folder("recorder")).hold_minutes == 60
    assert typed(home, "hold", "--minutes", "0") == {"hold_minutes": 0.0}


def test_discarding_without_a_recorder(home: Home) -> None:
    spool_with_one(home, minutes_ago=0.5)
    assert typed(home, "discard", "--minutes", "1", "--yes") == {"deleted": 1, "already_left": 0}
    assert list(Spool(home.folder("recorder") / FOLDER_NAME).held()) == []


def test_discarding_asks_first(home: Home) -> None:
    spool = spool_with_one(home, minutes_ago=0.5)
    result = CliRunner().invoke(main, ["--home", str(home.root), "discard"], input="n\n")
    assert result.exit_code != 0
    assert len(list(spool.held())) == 1


def test_discarding_while_a_recorder_runs_is_done_by_it(home: Home) -> None:
    spool = spool_with_one(home, minutes_ago=0.5)
    folder = home.folder("recorder")
    hold = Hold(600, clock=SystemClock(), boot_id=boot_id())
    uploader = Uploader(None, spool, hold=hold)  # type: ignore[arg-type]
    hand = Hand(folder, spool=spool, hold=hold, uploader=uploader, clock=SystemClock())
    dropped: list[None] = []
    stop = threading.Event()

    def recorder() -> None:
        with only_recorder(folder):
            started.set()
            while not stop.wait(0.01):
                hand.take_in()
                hand.fulfil(lambda: dropped.append(None))

    started = threading.Event()
    thread = threading.Thread(target=recorder)
    thread.start()
    started.wait(5)
    try:
        assert typed(home, "discard", "--minutes", "1", "--yes") == {"deleted": 1, "already_left": 0}
        assert dropped == [None]
    finally:
        stop.set()
        thread.join()


def test_a_pause_made_here_alone_ends_without_the_vault(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home.folder("recorder")
    wishes = Wishes(
        folder,
        person_id="per_00000000000000000000000000",
        clock=SystemClock(),
        boot_id=boot_id(),
        stop=threading.Event(),
        held=lambda: HeldNow(0, 0, 0, None),
    )
    wishes.pause(None)
    assert resume_self(home), "nobody else was told of it"
    assert local_pause(folder) is None


def test_autostart_is_off_until_it_is_turned_on_and_off_again(home: Home) -> None:
    assert typed(home, "autostart")["on"] is False
    assert not place().exists()
    facts = typed(home, "autostart", "on")
    assert facts["on"] is True
    assert facts["runs"] is True
    assert typed(home, "autostart", "status") == facts
    lines = place().read_text(encoding="utf-8").splitlines()
    assert lines[0] == "[Desktop Entry]"
    assert "Type=Application" in lines
    (line,) = [line for line in lines if line.startswith("Exec=")]
    words = launched(line.removeprefix("Exec="))
    assert words[-3:] == ["--home", str(home.root), "record"]
    assert os.access(words[0], os.X_OK)
    place().write_text("\n".join([*lines, "Hidden=true"]), encoding="utf-8")
    assert typed(home, "autostart")["on"] is False, "the desktop's own switch counts"
    assert typed(home, "autostart", "off")["on"] is False
    assert not place().exists()


def test_nothing_but_the_command_turns_autostart_on() -> None:
    source = Path(__file__).parents[2] / "src" / "aboveboard"
    texts = {path.name: path.read_text(encoding="utf-8") for path in source.rglob("*.py")}
    assert {name for name, text in texts.items() if "turn_on(" in text} == {"autostart.py"}
    leaving = {"leaving.py", "parting.py"}  # who leaves has it turned off
    assert {name for name, text in texts.items() if "autostart" in text} == {"autostart.py", "main.py"} | leaving


def launched(value: str) -> list[str]:
    """What a desktop runs: the file's escapes undone, then the line's quotes, then its field codes."""
    undone, place_in = "", 0
    while place_in < len(value):
        if value[place_in] == "\\":
            undone += {"\\": "\\", "n": "\n", "s": " ", "t": "\t", "r": "\r"}[value[place_in + 1]]
            place_in += 2
        else:
            undone += value[place_in]
            place_in += 1
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', undone, re.DOTALL)
    return [(re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL) or bare).replace("%%", "%") for quoted, bare in words]


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r\t"), min_size=1, max_size=40))
def test_any_folder_survives_the_exec_line(folder: str) -> None:
    line = " ".join(_quoted(word) for word in ("program", folder, "record"))
    assert "\n" not in line
    assert launched(line) == ["program", folder, "record"]


def test_what_is_written_is_for_its_owner_alone(home: Home) -> None:
    typed(home, "hold", "--minutes", "5")
    path = home.folder("recorder") / settings.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
