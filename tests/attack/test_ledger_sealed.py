"""Whoever gets the keyholder's database learns nobody's name of who opened whose recordings, and nothing at all of
whoever was erased. A database from before is sealed when it is opened, whatever interrupts that.
"""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import SetupMissing, Tampered
from aboveboard.formats import entry as entry_format
from aboveboard.formats.entry import KeysDestroyed, Released
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.grant import Grant, decode_request
from aboveboard.keyholder import audit, endings, filing, openings, readings, seal_up, standing
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.database import Database
from aboveboard.ledger import verify
from aboveboard.sealing.keys import Identity
from aboveboard.viewer.sealed_openings import opened
from samples.keyholder_programme import HOUR_NS, Participant, Programme, ask, bytes_of
from samples.open_database import bytes_beside, open_up
from samples.witness_process import WitnessProcess, running_witness

CHANGED = "UPDATE entries SET readable = CAST(replace(readable, ?, ?) AS BLOB) WHERE kind = 'Released'"
WHY = "to learn whether clicking can be learnt"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def lived(programme: Programme) -> tuple[Participant, Participant, list[Grant]]:
    """Two people; three keys of one and one of the other under a grant that is then revoked; an emergency."""
    ada, bob = programme.enrol(), programme.enrol()
    granted = programme.granted([ada, bob], reason=WHY)
    segments = [programme.segment(each) for each in (ada, ada, bob, ada)]
    steps.release(programme.desk, programme.vault.public, ask(granted, segments))
    now_ns = programme.clock.wall_ns()
    emergency = programme.granted(
        [ada], [programme.security], emergency=True, duration_ns=HOUR_NS, since_ns=now_ns - HOUR_NS, reason=WHY
    )
    filing.file_grant(programme.desk, emergency)
    endings.revoke(programme.desk, programme.revocation(granted.grant_id, programme.steward))
    return ada, bob, [granted, emergency]


def who_and_why(programme: Programme, grants: list[Grant]) -> list[bytes]:
    """What a thief would look for: who asked and who said yes, for what, under which grant."""
    words = [WHY, "a small policy", "the study was ended early", "Ravi", "Sam (security)"]
    staff = [each.staff.staff_id for each in (programme.researcher, programme.security, programme.representative)]
    ids = [each.grant_id for each in grants] + [decode_request(each.request.body()).request_id for each in grants]
    signed = [grant.request.payload for grant in grants]
    return [each.encode() for each in (*words, *staff, *ids, *signed)]


def listed(programme: Programme, person: Participant) -> list[str]:
    """The segments that the person sees as opened, each proven to be in the log."""
    found = programme.openings_of(person)
    log, seen = programme.log, []
    checkpoint = verify.verify_checkpoint(found.checkpoint, log.origin, log.log_key, programme.witness_keys, 1)
    for each in found.entries:
        leaf = entry_format.leaf(bytes.fromhex(each.salt), each.readable.encode())
        verify.verify_inclusion(leaf, each.index, [decode_base64(part) for part in each.proof], checkpoint)
        said = entry_format.decode(each.readable.encode())
        seen += [said.segment_id] if isinstance(said, Released) else []
    return seen


def looks_for_who(programme: Programme) -> None:
    """The attack: everything in the database that says who opened, why, or under which grant."""
    _, _, grants = lived(programme)
    left = bytes_beside(programme.home.database_path)
    assert [each for each in who_and_why(programme, grants) if each in left] == []


def test_a_stolen_database_tells_how_often_and_not_who_opened_whose(programme: Programme) -> None:
    looks_for_who(programme)
    assert programme.desk.database.all("SELECT COUNT(*) FROM entries WHERE kind = 'Released'") == [(4,)]
    counts = "SELECT COUNT(*) FROM entries WHERE kind = 'Released' GROUP BY person ORDER BY 1"
    assert programme.desk.database.all(counts) == [(1,), (3,)]
    assert len(listed(programme, programme.people[0])) == 3
    assert len(standing.alarms(programme.desk, programme.people[0].key.public).alarms) == 1


def test_without_sealing_it_would_tell(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_the_clear(key: bytes, salt: bytes, readable: bytes) -> bytes:
        return salt + readable

    monkeypatch.setattr(readings.reading, "seal_entry", in_the_clear)
    with pytest.raises(AssertionError):
        looks_for_who(programme)


def test_the_keyholder_itself_with_all_its_keys_cannot_read_who_opened_a_persons(programme: Programme) -> None:
    ada, bob, _ = lived(programme)
    found = openings.openings(programme.desk, ada.key.public)
    assert (found.entries, len(found.sealed)) == ([], 4)
    for each in found.sealed:
        with pytest.raises(Tampered):
            programme.desk.entries.readings.open_own(decode_base64(each.sealed))
    for stranger in (bob.identity, programme.researcher_identity, Identity.generate()):
        assert {each.readable for each in opened(found, stranger).entries} == {""}, "shown, and not readable"
    assert WHY.encode() not in bytes_of(programme.home.path)


def test_a_reading_key_or_an_entry_that_was_exchanged_shows(programme: Programme) -> None:
    ada, bob, _ = lived(programme)
    theirs = openings.openings(programme.desk, bob.key.public)
    listed(programme, ada)
    for sql in (
        "UPDATE reading_keys SET sealed = (SELECT sealed FROM reading_keys WHERE key_id <> ?1) WHERE key_id = ?1",
        "DELETE FROM reading_keys WHERE key_id = ?1",
    ):
        connection = sqlite3.connect(programme.home.database_path)
        with connection:
            assert connection.execute(sql, (bytes.fromhex(theirs.keys[0].key_id),)).rowcount == 1
        connection.close()
        with pytest.raises(Tampered, match="a reading key of the ledger is missing, or is another"):
            list(audit.audit(programme.desk.entries, programme.desk.log_key))


def erase(programme: Programme) -> tuple[Participant, list[bytes]]:
    """Somebody with everything that can be had of a person is erased; what must not be found afterwards."""
    ada, _, grants = lived(programme)
    segments = listed(programme, ada)
    assert ada.person_id.encode() in bytes_of(programme.home.path)
    endings.erase(programme.desk, programme.order(ada))
    names = [ada.person_id, ada.key.public, ada.identity.recipient, ada.recipient, *segments]
    return ada, [each.encode() for each in (*names, grants[1].grant_id)]


def test_after_an_erasure_nothing_names_the_person_in_any_file(programme: Programme) -> None:
    ada, names = erase(programme)
    for _ in range(2):
        left = bytes_of(programme.home.path)
        assert [each for each in names if each in left] == []
        tables = [row[0] for row in programme.desk.database.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in programme.desk.database.all(f"SELECT * FROM {table}")]
        assert len(rows) > 10
        assert ada.person_id not in repr(rows)
        programme.reopen()
    # It still knows them when they are named: by their own key, in an order, in what is asked for them.
    [told] = programme.openings_of(ada).entries
    assert isinstance(entry_format.decode(told.readable.encode()), KeysDestroyed)
    assert endings.erase(programme.desk, programme.order(ada)).ledger_index == told.index
    with pytest.raises(Tampered):
        endings.erase(programme.desk, programme.order(ada, key=programme.vault))
    assert len(endings.of_person(programme.desk, ada.key.public).sealed) == 1


def test_names_that_stay_are_found(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(programme.desk.people), "forget_names", lambda *_: None)
    _, names = erase(programme)
    left = bytes_of(programme.home.path)
    assert [each for each in names if each in left]


def before_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies when all is sealed and nothing is committed."""
    monkeypatch.setattr(seal_up, "People", _dies)


def before_it_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies when all is committed, and what was open still lies in the file."""
    monkeypatch.setattr(Database, "forget_deleted", _dies)


def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes wrong."""


class Died(Exception):
    """The process is gone."""


def _dies(*_: object) -> None:
    raise Died


@pytest.mark.parametrize("dies", [never, before_it_is_written, before_it_is_wiped], ids=lambda each: each.__name__)
def test_an_older_database_is_sealed_when_it_is_opened(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, dies: Callable[[pytest.MonkeyPatch], None]
) -> None:
    ada, bob, grants = lived(programme)
    before = {each.person_id: listed(programme, each) for each in (ada, bob)}
    open_up(programme, grants)
    path = programme.home.database_path
    told = [each for each in who_and_why(programme, grants) if each in bytes_beside(path)]
    assert {b"Ravi", WHY.encode(), grants[0].grant_id.encode(), grants[0].request.payload.encode()} <= {*told}
    if dies is not never:
        with monkeypatch.context() as patch:
            dies(patch)
            with pytest.raises(Died):
                Database(path)
    programme.reopen_after({})
    assert [each for each in who_and_why(programme, grants) if each in bytes_beside(path)] == []
    assert {each.person_id: listed(programme, each) for each in (ada, bob)} == before
    assert list(audit.audit(programme.desk.entries, programme.desk.log_key))
    again = programme.granted([bob])
    assert steps.release(programme.desk, programme.vault.public, ask(again, [programme.segment(bob)])).keys


def test_an_older_database_that_was_changed_is_not_sealed(programme: Programme) -> None:
    _, _, grants = lived(programme)
    open_up(programme, grants)
    with sqlite3.connect(programme.home.database_path) as connection:
        connection.execute(CHANGED, ("Ravi", "Rosa"))
    connection.close()
    with pytest.raises(Tampered, match="does not say what was entered"):
        programme.reopen_after({})
    with sqlite3.connect(programme.home.database_path) as connection:
        connection.execute(CHANGED, ("Rosa", "Ravi"))
    connection.close()
    programme.reopen_after({})


def test_without_its_own_record_key_it_does_not_start(programme: Programme) -> None:
    lived(programme)
    programme.desk.close()
    path = programme.home.path / "record.key"
    kept = path.read_bytes()
    for content in (None, bytes(32), b"short"):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
            path.chmod(0o600)
        with pytest.raises(SetupMissing, match=r"record\.key"):
            programme.reopen_after({})
        path.touch(0o600)
    path.write_bytes(kept)
    programme.reopen_after({})
