"""kill -9 at every step of a release and of an erasure: after a restart the ledger holds, and nothing left unlogged.

A child process runs the real keyholder; a wrapper around one named step kills it just before or just after that step.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import Refused
from aboveboard.formats import entry, envelope
from aboveboard.formats import release as release_format
from aboveboard.formats.entry import Released
from aboveboard.formats.release import ReleaseAnswer
from aboveboard.keyholder import endings
from aboveboard.keyholder import release as steps
from aboveboard.ledger import tree
from aboveboard.rules.decision import Reason
from samples.keyholder_programme import HOUR_NS, Programme, ask, bytes_of
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness

CHILD = """
import importlib, os, signal, sys
from pathlib import Path
from aboveboard.base.clock import SystemClock
from aboveboard.formats import envelope, release as release_format
from aboveboard.keyholder import endings, release
from aboveboard.keyholder.start import open_desk
from aboveboard.keyholder.home import KeyholderHome

home, what, owner, step, when, question, answer = sys.argv[1:]
place = importlib.import_module(owner.partition(":")[0])
if ":" in owner:
    place = getattr(place, owner.partition(":")[2])
original = getattr(place, step)

def killed(*args, **kwargs):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    original(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

desk = open_desk(KeyholderHome(Path(home)), SystemClock())
if when != "never":
    setattr(place, step, killed)
data = Path(question).read_bytes()
if what == "release":
    found = release.release(desk, desk.vault_key, release_format.decode_request(data))
    Path(answer).write_bytes(release_format.encode(found))
else:
    endings.erase(desk, envelope.decode(data))
    Path(answer).write_bytes(b"done")
"""

RELEASE = "aboveboard.keyholder.release"
FILING = "aboveboard.keyholder.filing"
PUBLISH = "aboveboard.keyholder.publish"
DATABASE = "aboveboard.keyholder.database:Database"
BACKEND = "aboveboard.keyholder.backends.file:FileBackend"


@dataclass(frozen=True)
class Kill:
    """Where the process dies, and whether the entries are durable by then."""

    owner: str
    step: str
    when: str
    logged: bool


RELEASE_KILLS = [
    Kill(RELEASE, "append_entries", "before", logged=False),
    Kill(RELEASE, "append_entries", "after", logged=False),
    Kill(RELEASE, "make_durable", "after", logged=True),
    Kill(PUBLISH, "sign_checkpoint", "after", logged=True),
    Kill(PUBLISH, "gather_cosignatures", "after", logged=True),
    Kill(PUBLISH, "keep_published", "after", logged=True),
    Kill(RELEASE, "reseal", "after", logged=True),
    Kill(RELEASE, "answer", "after", logged=True),
]


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness], SystemClock())
    yield made
    made.close()


def run_child(programme: Programme, tmp_path: Path, what: str, kill: Kill, question: bytes) -> int:
    """Stop the keyholder here, run the child on its home, start the keyholder here again."""
    (tmp_path / "question").write_bytes(question)
    programme.close()
    command = [sys.executable, "-c", CHILD, str(programme.home.path), what, kill.owner, kill.step, kill.when]
    command += [str(tmp_path / "question"), str(tmp_path / "answer")]
    child = subprocess.run(command, check=False, timeout=60)
    programme.reopen_after(old={})
    return child.returncode


def released_entries(programme: Programme) -> int:
    return programme.desk.database.all("SELECT COUNT(*) FROM entries WHERE kind = 'Released'")[0][0]


@pytest.mark.parametrize("kill", RELEASE_KILLS, ids=lambda kill: f"{kill.when}_{kill.step}")
def test_nothing_leaves_unlogged_and_the_ledger_goes_on(programme: Programme, tmp_path: Path, kill: Kill) -> None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    first = ask(granted, [programme.segment(ada)])
    before = steps.release(programme.desk, programme.vault.public, first)
    asked = ask(granted, [programme.segment(ada), programme.segment(ada)])
    status = run_child(programme, tmp_path, "release", kill, release_format.encode(asked))
    assert status == -signal.SIGKILL
    # No key left; entries are there as a whole or not at all.
    assert not (tmp_path / "answer").exists()
    assert released_entries(programme) == (3 if kill.logged else 1)
    # What was on the record still is, and the same request succeeds under a checkpoint that covers everything.
    again = steps.release(programme.desk, programme.vault.public, asked)
    assert violations(programme, [(first, before), (asked, again)]) == []
    leaves = [leaf for _, leaf in programme.on_disk()]
    assert tree.root_of([tree.leaf_hash(leaf) for leaf in leaves]) == programme.desk.entries.head().root


GRANT_KILLS = [
    Kill(RELEASE, "keep_grant", "before", logged=False),
    Kill(FILING, "enter", "after", logged=False),
    Kill(RELEASE, "keep_grant", "after", logged=True),
]


@pytest.mark.parametrize("kill", GRANT_KILLS, ids=lambda kill: f"{kill.when}_{kill.step}")
def test_a_grant_is_kept_with_its_entry_and_its_alarm_or_not_at_all(
    programme: Programme, tmp_path: Path, kill: Kill
) -> None:
    ada = programme.enrol()
    since_ns = programme.clock.wall_ns() - HOUR_NS
    granted = programme.granted([ada], [programme.security], emergency=True, duration_ns=HOUR_NS, since_ns=since_ns)
    asked = ask(granted, [programme.segment(ada)])
    assert run_child(programme, tmp_path, "release", kill, release_format.encode(asked)) == -signal.SIGKILL
    assert not (tmp_path / "answer").exists()
    entries = programme.desk.database.all("SELECT 1 FROM entries WHERE kind = 'Granted'")
    kept = programme.desk.grants.filed(granted.grant_id)
    assert [kept is not None, len(entries), len(programme.desk.alarms.all())] == [kill.logged] * 3
    again = steps.release(programme.desk, programme.vault.public, asked)
    assert len(again.keys) == 1
    assert len(programme.desk.alarms.all()) == 1


def test_left_alone_the_child_releases(programme: Programme, tmp_path: Path) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    unharmed = Kill(RELEASE, "answer", "never", logged=True)
    assert run_child(programme, tmp_path, "release", unharmed, release_format.encode(asked)) == 0
    answer: ReleaseAnswer = release_format.decode_answer((tmp_path / "answer").read_bytes())
    assert violations(programme, [(asked, answer)]) == []
    about = entry.decode(answer.keys[0].readable.encode())
    assert isinstance(about, Released)


ERASURE_KILLS = [
    Kill(DATABASE, "commit", "before", logged=False),
    Kill(DATABASE, "commit", "after", logged=True),
    Kill(BACKEND, "destroy", "after", logged=True),
    Kill(DATABASE, "forget_deleted", "after", logged=True),
]


@pytest.mark.parametrize("kill", ERASURE_KILLS, ids=lambda kill: f"{kill.when}_{kill.step}")
def test_an_erasure_is_whole_after_the_restart_or_did_not_begin(
    programme: Programme, tmp_path: Path, kill: Kill
) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    wrapped = programme.desk.people.wrapped(ada.person_id, 0)
    share_path = programme.home.path / "shares" / f"{ada.person_id}.0"
    share = share_path.read_bytes()
    assert wrapped is not None
    order = envelope.encode(programme.order(ada))
    assert run_child(programme, tmp_path, "erasure", kill, order) == -signal.SIGKILL
    if not kill.logged:
        assert len(steps.release(programme.desk, programme.vault.public, asked).keys) == 1
        return
    # Start-up finished it, before anybody asked.
    left = bytes_of(programme.home.path)
    assert wrapped not in left
    assert share not in left
    assert not share_path.exists()
    with pytest.raises(Refused) as refused:
        steps.release(programme.desk, programme.vault.public, asked)
    assert refused.value.reason == Reason.CONSENT_ERASED
    # Asking again changes nothing.
    size = programme.desk.entries.size()
    endings.erase(programme.desk, programme.order(ada))
    assert programme.desk.entries.size() == size


def test_a_second_keyholder_in_the_same_home_is_refused(programme: Programme) -> None:
    command = [sys.executable, "-c", CHILD, str(programme.home.path), "release", RELEASE, "answer", "never", "", ""]
    child = subprocess.run(command, check=False, timeout=60, capture_output=True, text=True, env={**os.environ})
    assert child.returncode != 0
    assert "another keyholder runs in" in child.stderr
