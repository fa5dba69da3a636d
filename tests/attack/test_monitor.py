"""A log that is cut, set back, forked, rewritten, signed anew, or shown differently in two places: the monitor says so,
keeps evidence that convicts the log before anybody, and never forgets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from aboveboard.base.errors import AboveboardError, SetupMissing
from aboveboard.commands.main import main
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.monitor import judge, rounds
from aboveboard.monitor.judge import Finding
from aboveboard.monitor.memory import Memory, read_alarm
from aboveboard.monitor.rounds import Follower, Look
from aboveboard.monitor.watched import WatchedLog, watched
from samples.monitored import FORKED, HONEST, LOG, LOG_KEY, ORIGIN, STRANGER, Point, configure, serving


@dataclass
class World:
    """The log, a mirror of it and a witness, and the monitor's folder. Time stands still but for ``now_s``."""

    home: Path
    log: Point
    mirror: Point
    witness: Point
    watched: WatchedLog
    now_s: float = 0.0

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.follower = Follower(self.watched, Memory(self.home), now_s=lambda: self.now_s)

    def look(self) -> Look:
        self.now_s += 2
        return self.follower.look()

    def alarms(self) -> list[tuple[str, bool]]:
        """Kind, and whether the evidence is enough, of every alarm there ever was."""
        found = [read_alarm(folder)[0] for folder in Memory(self.home).alarms()]
        return [(each.kind, each.convicts) for each in found]

    def folders(self) -> list[Path]:
        return Memory(self.home).alarms()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        log, mirror, witness = (stack.enter_context(serving(Point())) for _ in range(3))
        home = tmp_path / "monitor"
        yield World(home, log, mirror, witness, configure(home, [log, mirror], witness))


def check(folder: Path, key: str = LOG_KEY) -> int:
    """``aboveboard monitor check``, as whoever is handed the folder would."""
    return CliRunner().invoke(main, ["monitor", "check", str(folder), "--log-key", key]).exit_code


def test_a_log_that_grows_raises_no_alarm_and_is_read_whole(world: World) -> None:
    for size in (100, 256, 257, 699, 700):
        world.log.show(HONEST, size)
        result = world.look()
        assert (result.alarms, result.away, result.size, result.read) == ([], [], size, size)
    world.mirror.show(HONEST, 600)  # a mirror and a witness may be behind
    world.witness.show(HONEST, 650)
    for _ in range(4):
        assert world.look().alarms == []
    assert world.alarms() == []


def test_who_does_not_answer_is_named_and_nothing_else(world: World) -> None:
    world.look()
    world.mirror.away = world.witness.away = True
    result = world.look()
    assert (result.alarms, sorted(result.away)) == ([], sorted([world.mirror.url, world.witness.url]))


def cut(world: World) -> None:
    world.log.show(HONEST, 90)


def forked(world: World) -> None:
    world.log.show(FORKED, 100)


def rewritten_and_grown(world: World) -> None:
    world.log.show(FORKED, 300)


def signed_anew_from_the_start(world: World) -> None:
    world.log.show(FORKED, 700)


def rewritten_and_cut(world: World) -> None:
    world.log.show(FORKED, 90)


def signed_by_a_stranger(world: World) -> None:
    world.log.show(HONEST, 120, HONEST.note(120, key=STRANGER))


def not_witnessed(world: World) -> None:
    world.log.show(HONEST, 120, HONEST.note(120, witnessed=False))


def not_signed_at_all(world: World) -> None:
    world.log.show(HONEST, 120, "moved to another address\n")


def a_mirror_of_another_log(world: World) -> None:
    world.mirror.show(FORKED, 100)


def a_mirror_of_another_smaller_log(world: World) -> None:
    world.log.show(HONEST, 200)
    world.witness.show(HONEST, 200)
    world.mirror.show(FORKED, 150)


def a_mirror_of_another_larger_log(world: World) -> None:
    world.mirror.show(FORKED, 300)


def the_witness_was_shown_another(world: World) -> None:
    world.witness.show(FORKED, 100)


@dataclass(frozen=True)
class Case:
    """The first alarm that there must be, and whether its evidence alone convicts."""

    attack: Callable[[World], None]
    kind: str
    convicts: bool


CASES = [
    Case(cut, "rolled_back", convicts=False),
    Case(forked, "forked", convicts=True),
    Case(rewritten_and_grown, "rewritten", convicts=True),
    Case(signed_anew_from_the_start, "rewritten", convicts=True),
    Case(rewritten_and_cut, "rolled_back", convicts=False),
    Case(signed_by_a_stranger, "not_signed", convicts=False),
    Case(not_witnessed, "not_signed", convicts=False),
    Case(not_signed_at_all, "not_signed", convicts=False),
    Case(a_mirror_of_another_log, "split_view", convicts=True),
    Case(a_mirror_of_another_smaller_log, "split_view", convicts=True),
    Case(a_mirror_of_another_larger_log, "split_view", convicts=True),
    Case(the_witness_was_shown_another, "split_view", convicts=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.attack.__name__)
def test_every_lie_raises_its_alarm_once_with_evidence(world: World, case: Case) -> None:
    assert world.look().alarms == []
    case.attack(world)
    world.restart()  # what it has seen is on the disk
    first = world.look()
    assert (case.kind, case.convicts) in world.alarms()
    [folder] = [each for each in first.alarms if read_alarm(each)[0].kind == case.kind]
    assert (check(folder) == 0) is case.convicts
    # The same again is no news; and it is never forgotten, whatever is shown from then on.
    before = world.alarms()
    assert world.look().alarms == []
    world.log.show(HONEST, 200)
    world.restart()
    world.look()
    assert world.alarms()[: len(before)] == before


def test_a_rewritten_shorter_log_convicts_itself_as_soon_as_the_longer_one_can_be_read(world: World) -> None:
    world.look()
    rewritten_and_cut(world)
    world.look()
    # The mirror still has the hashes of the history from before.
    assert ("rewritten", True) in world.alarms() or ("split_view", True) in world.alarms()


def test_what_nobody_can_link_is_not_believed_for_long(world: World) -> None:
    world.look()
    world.log.show(HONEST, 200, FORKED.note(200))  # the signed root is another than that of what it serves
    world.mirror.away = True
    looks = [world.look().alarms for _ in range(4)]
    assert looks[0] == []
    assert ("not_shown", False) in world.alarms()
    world.log.show(HONEST, 200)
    assert world.look().alarms == []


def test_entries_that_do_not_add_up_raise_an_alarm(world: World) -> None:
    world.look()
    world.log.show(HONEST, 300)
    honest = HONEST.leaves[270]
    try:
        HONEST.leaves[270] = b"another story"
        world.look()
    finally:
        HONEST.leaves[270] = honest
    assert world.alarms() == [("not_shown", False)]
    assert world.look().read == 300


def test_without_comparing_no_fork_would_be_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "compare", lambda *_: None)
    world.look()
    forked(world)
    world.look()
    assert world.alarms() == []


def test_evidence_that_was_touched_convicts_nobody(world: World) -> None:
    world.look()
    rewritten_and_grown(world)
    [folder] = world.look().alarms
    assert check(folder) == 0
    assert check(folder, checkpoints.log_key(ORIGIN, STRANGER.public_bytes)) != 0
    for name in ("before.note", "after.note", "alarm.json"):
        path = folder / name
        kept = path.read_bytes()
        for at in range(0, len(kept), 7):
            path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
            exit_code = check(folder)
            assert exit_code in (0, 2, 6)
            if exit_code == 0:  # only where, when and in which words; or a witness's line, which is not needed
                assert name == "alarm.json" or at > kept.index(b"witness.example") - len("— ".encode())
        path.write_bytes(kept)


def test_no_evidence_can_be_made_against_an_honest_log() -> None:
    before, after = HONEST.note(100), HONEST.note(300)
    hashes = tuple(tree.consistency_proof(HONEST.store, 100, 300))
    for root in (tree.root(HONEST.store, 100), tree.root(FORKED.store, 100), bytes(32)):
        for proof in (hashes, hashes[::-1], (), tuple(tree.consistency_proof(FORKED.store, 100, 300))):
            try:
                assert not judge.convicts(Finding("rewritten", before, after, "", "", root, proof), LOG_KEY)
            except AboveboardError:
                continue
    assert not judge.convicts(Finding("forked", before, before, ""), LOG_KEY)
    stranger = checkpoints.sign(Checkpoint(ORIGIN, 100, bytes(32)), STRANGER)
    with pytest.raises(AboveboardError):
        judge.convicts(Finding("forked", before, stranger, ""), LOG_KEY)
    assert judge.convicts(
        Finding("forked", before, checkpoints.sign(Checkpoint(ORIGIN, 100, bytes(32)), LOG), ""), LOG_KEY
    )


def test_without_its_memory_it_does_not_go_on(world: World) -> None:
    world.look()
    forked(world)
    world.look()
    kept = (world.home / "memory.json").read_bytes()
    (world.home / "memory.json").unlink()
    with pytest.raises(SetupMissing, match="lost its memory"):
        world.restart()
    (world.home / "memory.json").write_bytes(kept[:-5])
    with pytest.raises(SetupMissing, match="cannot be read"):
        world.restart()


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b'{"logs": []}',
        b'{"logs": [{"log_key": "x", "points": ["http://127.0.0.1"], "witnesses": [], "quorum": 0}]}',
        msgspec.json.encode({"logs": [{"log_key": LOG_KEY, "points": ["http://a"], "witnesses": [], "quorum": 1}]}),
        msgspec.json.encode({"logs": [{"log_key": LOG_KEY, "points": ["file:///"], "witnesses": [], "quorum": 0}]}),
    ],
)
def test_without_knowing_what_to_follow_it_does_not_start(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "monitor.json").write_bytes(content)
    with pytest.raises(SetupMissing):
        watched(tmp_path)


def test_as_a_process_it_tells_of_a_fork_within_ten_seconds(world: World, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = tmp_path / "tell.py"
    script.write_text(f"import sys\nopen({str(told)!r}, 'w').write(sys.argv[1])\n")
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(tmp_path), "--json", "monitor", "run"]
    with subprocess.Popen(
        [*command, "--tell", f"{sys.executable} {script}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ},
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while not (world.home / "memory.json").exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            began = time.monotonic()
            forked(world)
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            taken_s = time.monotonic() - began
            while not (told.exists() and told.read_text()) and time.monotonic() < began + 60:
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
    assert said["alarm"] in ("forked", "split_view")
    assert taken_s < 10
    assert told.read_text().startswith(said["folder"])
    once = subprocess.run([*command, "--once"], check=False, capture_output=True, text=True, env={**os.environ})
    assert once.returncode == 6
    assert said["folder"] in once.stdout
