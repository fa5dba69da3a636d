"""What a person writes of a task is recorded like other words: redacted, covered, disclosed, granted, in its place."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import mark as command
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.grant import Fidelity
from aboveboard.formats.recording import INSTRUCTION_LIMIT, Task, Timed
from aboveboard.formats.trajectory import Episode
from aboveboard.lab import flow
from aboveboard.lab.dataset.read import Dataset
from aboveboard.recorder import own_covers, wishes
from aboveboard.recorder.memory import only_recorder
from aboveboard.recorder.redact.own_covers import OwnCovers, OwnWords
from aboveboard.recorder.said import LIMIT_BYTES, PIPE_NAME, hear, saying
from aboveboard.recorder.wishes import Answered
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure import may_encode, may_mark
from aboveboard.rules.fidelity import Lowering
from samples.lab_recording import START_NS, segment
from samples.lab_world import LabWorld
from samples.recorder_world import Participant

SECRET = "mira.solano@example.org"
WORDS = f"write to {SECRET} about heron"
TASK = Task(what="begin", instruction=WORDS)


class Told:
    """A recorder that is told, and what it was told."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    def __call__(self, home: Path, kind: str, *, task: Task, limit_s: float) -> Answered:
        self.tasks.append(task)
        return Answered(ask_id="0" * 32)


class Redacted(Participant):
    """Whoever agreed to what is typed, without what is personal in it."""

    def disclosure(self) -> Disclosure:
        return disclosed("redacted", super().disclosure())


def disclosed(keystrokes: Any, made: Disclosure | None = None) -> Disclosure:
    made = made or Participant().disclosure()
    return msgspec.structs.replace(made, apps=[msgspec.structs.replace(made.apps[0], keystrokes=keystrokes)])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    made = Told()
    monkeypatch.setattr(command, "ask_and_wait", made)
    return made


def test_what_is_personal_never_reaches_the_recorder_or_its_disk(tmp_path: Path, told: Told) -> None:
    home = Home(tmp_path)
    Redacted().settle(home.folder("recorder"))
    own_covers.save(home.folder("recorder"), OwnCovers(words=("heron",)))
    with only_recorder(home.folder("recorder")):
        kept = command.mark(home, TASK)
    assert told.tasks == [kept]
    assert kept.instruction.startswith("write to ‹")
    assert not [word for word in (SECRET, "Solano", "heron") if word.casefold() in kept.instruction.casefold()]
    plain = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert plain == []


def test_the_command_says_what_was_kept_and_refuses_what_says_nothing(tmp_path: Path, told: Told) -> None:
    folder = Home(tmp_path).folder("recorder")
    Redacted().settle(folder)

    def run(*words: str) -> tuple[int, str]:
        answered = CliRunner().invoke(main, ["--home", str(tmp_path), "mark", *words])
        return answered.exit_code, answered.output

    with only_recorder(folder):
        code, said = run("begin", f"\x1b[2J\u202e{WORDS}\n")
        assert (code, SECRET in said) == (0, False)
        assert said.startswith("marked: a task begins: “[2Jwrite to ‹"), "no escapes of a terminal"
        assert run("end", "--not-done") == (0, "marked: a task ends, not done\n")
        code, said = run("begin", "--done")
    assert code != 0
    assert "aboveboard mark end" in said
    assert [one.outcome for one in told.tasks] == ["unknown", "failure"]


@given(st.binary(max_size=LIMIT_BYTES + 100))
def test_what_is_said_to_the_recorder_is_heard_once_and_whole_or_not_at_all(data: bytes) -> None:
    with TemporaryDirectory() as name:
        home = Path(name)
        os.mkfifo(home / PIPE_NAME)
        pipe = os.open(home / PIPE_NAME, os.O_RDWR | os.O_NONBLOCK)
        os.write(pipe, data)
        heard = hear(home)
        os.close(pipe)
        try:
            words = data.decode()
        except UnicodeDecodeError:
            words = ""
        assert heard == (words or None if len(data) <= LIMIT_BYTES else None)
        assert hear(home) is None, "nobody says anything any more"


def test_the_words_of_a_task_are_never_in_a_file(tmp_path: Path) -> None:
    with saying(tmp_path, SECRET):
        asked = wishes.ask(tmp_path, "mark", task=TASK)
        assert wishes.asked_in(tmp_path) == asked
        assert (asked.said, asked.task) == (True, Task(what="begin"))
        assert not [each for each in tmp_path.iterdir() if each.is_file() and SECRET.encode() in each.read_bytes()]
        assert hear(tmp_path) == SECRET
    assert [each.name for each in tmp_path.iterdir()] == [wishes.ASKED_NAME]
    (tmp_path / "words").write_text(SECRET)
    for made in (lambda: (tmp_path / PIPE_NAME).symlink_to("words"), lambda: (tmp_path / PIPE_NAME).write_text(SECRET)):
        made()
        assert hear(tmp_path) is None, "only a pipe is listened to"
        (tmp_path / PIPE_NAME).unlink()
    with pytest.raises(BadInput), saying(tmp_path, "x" * (LIMIT_BYTES + 1)):
        pass


def test_where_nothing_records_nothing_is_marked(tmp_path: Path, told: Told) -> None:
    home = Home(tmp_path)
    Redacted().settle(home.folder("recorder"))
    with pytest.raises(Unavailable):
        command.mark(home, Task(what="begin"))
    with pytest.raises(BadInput):
        command.mark(home, Task(what="begin", instruction="x" * 501))
    assert told.tasks == []


@pytest.mark.parametrize("level", ["none", "count", "shape"])
def test_words_are_marked_only_where_typed_words_are_disclosed(level: str) -> None:
    assert may_mark(disclosed(level), TASK).reason == Reason.DISCLOSURE_KIND_NOT_NAMED
    assert may_mark(disclosed(level), Task(what="end", outcome="success")).allowed
    assert may_mark(disclosed("redacted"), TASK).allowed
    assert not may_encode(disclosed("exact").apps[0], TASK).allowed, "a source of events cannot make one"


def derived(tmp_path: Path, **options: Any) -> tuple[list[Episode], list[Task]]:
    world = LabWorld(**options)
    session_id = new_id(Kind.SESSION)
    items = [*segment(session_id, 0, "hello"), Timed(START_NS + 1, Task(what="begin", instruction="say hello"))]
    items.append(Timed(START_NS + 3_800_000_000, Task(what="end", outcome="success")))
    world.upload(world.enrol(), session_id, 0, sorted(items, key=lambda item: item.time_ns))
    made = flow.derive(world, world.grant(), world.identity, world.staff_key, tmp_path, world.trust, clock=world.clock)
    data = Dataset.open(made.path, world.identity)
    found = [row.timed().event for row in data.events() if row.topic == "/task"]
    assert made.totals.unused.get("task", 0) == len(found)
    return list(data.episodes()), [one for one in found if isinstance(one, Task)]


def test_a_mark_begins_and_ends_an_episode_where_what_was_typed_is_granted(tmp_path: Path) -> None:
    episodes, tasks = derived(tmp_path)
    assert [(one.instruction, one.instructed_by, one.outcome) for one in episodes] == [
        ("say hello", "person", "success")
    ]
    assert [one.what for one in tasks] == ["begin", "end"]


def test_without_a_grant_for_what_was_typed_there_is_no_mark(tmp_path: Path) -> None:
    episodes, tasks = derived(tmp_path, kinds=["screen", "pointer", "window"])
    assert {(one.instruction, one.outcome) for one in episodes} == {("", "unknown")}
    assert tasks == []


@pytest.mark.parametrize(("level", "words"), [("exact", WORDS), ("shape", ""), ("count", "")])
def test_below_exact_a_mark_has_no_words(level: Any, words: str) -> None:
    lowered = list(Lowering(Fidelity(keystrokes=level)).lower([Timed(1, TASK)]))
    assert [one.event.instruction for one in lowered if isinstance(one, Timed) and isinstance(one.event, Task)] == [
        words
    ]


def test_what_is_covered_later_is_covered_in_a_mark_too() -> None:
    made = OwnWords(["heron"]).event(TASK)
    assert isinstance(made, Task)
    assert "heron" not in made.instruction
    assert json.loads(msgspec.json.encode(made))["what"] == "begin"
    assert len(("\U0001f600" * INSTRUCTION_LIMIT).encode()) <= LIMIT_BYTES
