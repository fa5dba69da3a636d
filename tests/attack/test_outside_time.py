"""A stamp of a time authority is kept only if it is of this checkpoint, fresh, and by the authority that was chosen."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import AboveboardError, BadInput, SetupMissing, Tampered, Unavailable
from aboveboard.commands.main import main
from aboveboard.formats import trust as trust_format
from aboveboard.formats.trust import Trust
from aboveboard.keyholder import release as steps
from aboveboard.keyholder import stamps
from aboveboard.ledger import outside_time
from samples.keyholder_programme import Programme, ask
from samples.time_authority import TimeAuthority, running
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with running(TimeAuthority(tmp_path / "authority")) as answering:
        yield answering


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess, authority: TimeAuthority) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness], SystemClock())
    (made.home.path / "time-authority.json").write_text(json.dumps({"url": authority.url}))
    (made.home.path / "time-authority.pem").write_bytes(authority.roots_pem)
    release_one(made)
    yield made
    made.close()


def release_one(programme: Programme) -> None:
    ada = programme.enrol()
    steps.release(programme.desk, programme.vault.public, ask(programme.granted([ada]), [programme.segment(ada)]))


def stamp(programme: Programme) -> Path | None:
    asked = stamps.authority(programme.home.path)
    assert asked is not None
    return stamps.stamp(programme.desk, asked)


def test_the_newest_checkpoint_is_stamped_and_openssl_agrees(programme: Programme, authority: TimeAuthority) -> None:
    kept = stamp(programme)
    assert kept is not None
    note = kept.with_suffix(".note")
    published = programme.desk.entries.kept("published")
    assert published is not None
    assert note.read_text() == published.note
    at = outside_time.check(kept.read_bytes(), note.read_text(), authority.roots_pem)
    assert abs(at - datetime.now(UTC)) < timedelta(minutes=5)
    command = ["openssl", "ts", "-verify", "-data", str(note), "-in", str(kept)]
    said = subprocess.run([*command, "-CAfile", str(authority.folder / "root.pem")], capture_output=True, check=False)
    assert said.returncode == 0, said.stderr
    # The same checkpoint is not stamped twice; the next one is.
    assert stamp(programme) is None
    release_one(programme)
    assert stamp(programme) not in (None, kept)


def another_authority(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, TimeAuthority(authority.folder.parent / "another").signed(query)


def of_another_checkpoint(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, authority.signed(outside_time.ask("another checkpoint").body)


def an_old_answer(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, (authority.folder / "old").read_bytes()


def changed(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    signed = bytearray(authority.signed(query))
    signed[-40] ^= 1
    return 200, bytes(signed)


def refused(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, bytes.fromhex("30053003020102")


def rubbish(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, b"\x30\x82nonsense"


def far_too_much(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 200, bytes(1_000_000)


def an_error(authority: TimeAuthority, query: bytes) -> tuple[int, bytes]:
    return 500, b""


@dataclass(frozen=True)
class Lie:
    answer: Callable[[TimeAuthority, bytes], tuple[int, bytes]]
    error: type[AboveboardError]


LIES = [
    Lie(another_authority, Tampered),
    Lie(of_another_checkpoint, Tampered),
    Lie(an_old_answer, Tampered),
    Lie(changed, Tampered),
    Lie(refused, AboveboardError),
    Lie(rubbish, BadInput),
    Lie(far_too_much, BadInput),
    Lie(an_error, Unavailable),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.answer.__name__)
def test_anything_else_is_not_kept_and_releases_go_on(programme: Programme, authority: TimeAuthority, lie: Lie) -> None:
    published = programme.desk.entries.kept("published")
    assert published is not None
    (authority.folder / "old").write_bytes(authority.signed(outside_time.ask(published.note).body))
    honest = authority.answer
    authority.answer = lambda query: lie.answer(authority, query)
    with pytest.raises(lie.error):
        stamp(programme)
    assert not list((programme.home.path).glob("stamps/*.tsr"))
    release_one(programme)
    authority.answer = honest
    assert stamp(programme) is not None


def test_it_goes_on_by_itself_until_the_keyholder_ends(programme: Programme) -> None:
    stamped = threading.Event()
    original = stamps.stamp

    with pytest.MonkeyPatch.context() as patch:

        def noted(*args: object) -> object:
            found = original(*args)  # type: ignore[arg-type]
            stamped.set()
            return found

        patch.setattr(stamps, "stamp", noted)
        with stamps.stamping(programme.desk):
            assert stamped.wait(60)
    assert len(list(programme.home.path.glob("stamps/*.tsr"))) == 1


def test_whoever_has_the_two_files_can_check_them(
    programme: Programme, authority: TimeAuthority, tmp_path: Path
) -> None:
    kept = stamp(programme)
    assert kept is not None
    trust = Trust(
        origin=programme.log.origin, log_key=programme.log.log_key, witness_keys=programme.witness_keys, quorum=1
    )
    (tmp_path / "trust.json").write_bytes(trust_format.encode(trust))
    command = ["--home", str(tmp_path), "ledger", "time", str(kept.with_suffix(".note")), str(kept)]
    command += ["--authority", str(authority.folder / "root.pem")]
    said = CliRunner().invoke(main, command)
    assert said.exit_code == 0, said.output
    assert f"{datetime.now(UTC):%Y-%m-%d}" in said.output
    note = kept.with_suffix(".note")
    note.write_text(note.read_text() + note.read_text().splitlines()[-1] + "\n")
    assert CliRunner().invoke(main, command).exit_code == 6


def test_without_an_authority_nothing_is_stamped_and_half_of_one_is_refused(programme: Programme) -> None:
    (programme.home.path / "time-authority.pem").unlink()
    with pytest.raises(SetupMissing, match=r"time-authority\.pem is missing"):
        stamps.authority(programme.home.path)
    (programme.home.path / "time-authority.json").write_text("{}")
    with pytest.raises(SetupMissing, match="url"):
        stamps.authority(programme.home.path)
    (programme.home.path / "time-authority.json").unlink()
    with stamps.stamping(programme.desk):
        assert not (programme.home.path / "stamps").exists()
