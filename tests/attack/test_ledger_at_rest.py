"""The stored log is changed where the last start has audited it already. It is found while the keyholder runs, and by
``aboveboard ledger audit``; from then on nothing is released. And no start can be made to skip what it has to look at.
"""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import SetupMissing, Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.ledger import audit_stored
from aboveboard.keyholder import audit, database, endings, publish, watch
from aboveboard.keyholder import release as steps
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.sealing import reading
from aboveboard.sealing.signatures import SigningKey
from aboveboard.sealing.unseal import unseal
from samples.keyholder_programme import Programme, ask, bytes_of
from samples.ledger_entries import ended
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    """More than three hundred entries, all of them audited at the start."""
    made = Programme(tmp_path, [witness])
    ada = made.enrol()
    steps.release(made.desk, made.vault.public, ask(made.granted([ada]), [made.segment(ada)] * 10))
    with made.desk.database.writing():
        made.desk.entries.append([ended() for _ in range(300)])
        made.desk.database.commit()
    made.reopen()
    yield made
    made.close()


def change(programme: Programme, sql: str, *values: object) -> None:
    connection = sqlite3.connect(programme.home.database_path)
    with connection:
        assert connection.execute(sql, values).rowcount == 1
    connection.close()


def tell_another_story(programme: Programme) -> None:
    """In an entry that the last start has audited, and the next does not look at: well sealed, for the right reader."""
    *_, key_id, sealed, _ = programme.desk.entries.rows(7, 8)[0]
    assert key_id is not None
    assert sealed is not None
    [ada] = programme.people
    key = unseal(programme.desk.entries.readings.sealed_key(key_id), ada.identity)
    salt, readable = reading.open_entry(key, sealed)
    assert b"Ravi" in readable
    another = reading.seal_entry(key, salt, readable.replace(b"Ravi", b"Eve"))
    change(programme, "UPDATE entries SET sealed = ? WHERE ledger_index = 7", another)


def release_one(programme: Programme) -> None:
    ada = programme.enrol()
    steps.release(programme.desk, programme.vault.public, ask(programme.granted([ada]), [programme.segment(ada)]))


def look(programme: Programme) -> None:
    watch.look(programme.desk, threading.Event())


def test_a_start_hashes_what_came_since_the_last(programme: Programme) -> None:
    entries, key = programme.desk.entries, programme.desk.log_key
    size = entries.size()
    assert 300 < size < 512
    assert audit.audited(entries, key) == size
    assert list(audit.audit(entries, key, size)) == [size, size]
    assert list(audit.audit(entries, key)) == [256, size, size]


def test_a_log_that_grows_meanwhile_is_not_taken_for_a_changed_one(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries, original = programme.desk.entries, programme.desk.entries.shape

    def and_grows() -> object:
        found = original()
        programme.desk.writer.submit(lambda: [ended() for _ in range(300)]).durable()
        publish.sign_checkpoint(programme.desk)
        return found

    monkeypatch.setattr(entries, "shape", and_grows)
    assert list(audit.audit(entries, programme.desk.log_key))


@pytest.mark.parametrize("restarted", [False, True])
def test_a_change_before_that_is_found_while_it_runs_and_ends_all_releases(
    programme: Programme, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    monkeypatch.setattr(watch, "SHARE", 1.0)
    look(programme)
    tell_another_story(programme)
    if restarted:
        programme.reopen()
    release_one(programme)  # nobody has looked again yet
    look(programme)
    before = len(programme.on_disk())
    with pytest.raises(Tampered, match="entry 7, or what it says, is not as it was entered"):
        release_one(programme)
    assert len(programme.on_disk()) == before


def test_the_operator_finds_it_at_once(tmp_path: Path, witness: WitnessProcess) -> None:
    made = Programme(tmp_path, [witness])
    try:
        release_one(made)
        home = Home(tmp_path)
        assert home.folder("keyholder") == made.home.path
        size = made.desk.entries.size()
        assert audit_stored(home) == size
        change(made, "UPDATE entries SET kind = 'Revoked' WHERE ledger_index = ?", size - 1)
        with pytest.raises(Tampered, match="is not as it was entered"):
            audit_stored(home)
    finally:
        made.close()


def test_without_a_keyholder_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(SetupMissing, match="there is no keyholder"):
        audit_stored(Home(tmp_path))


def test_what_is_erased_is_gone_also_from_a_file_that_is_too_large_to_be_written_anew(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "COMPACT_BYTES", 0)
    people = [programme.enrol() for _ in range(6)]
    granted = programme.granted(people)
    answers = []
    for _ in range(2):
        for person in people:
            asked = ask(granted, [programme.segment(person)] * 3)
            answers.append(steps.release(programme.desk, programme.vault.public, asked))
    gone = []
    for person in people[::2]:
        wrapped = programme.desk.people.wrapped(person.person_id, 0)
        assert wrapped is not None
        said = [key for each in answers for key in each.keys if person.person_id in key.readable]
        assert len(said) == 6
        opened = programme.desk.database.all(
            "SELECT sealed FROM entries WHERE ledger_index IN (SELECT value FROM json_each(?))"
            " UNION SELECT sealed FROM reading_keys WHERE person = ?",
            (str([key.entry_index for key in said]), programme.desk.database.record.tag("person", person.person_id)),
        )
        assert len(opened) == 7
        gone += [wrapped, person.person_id.encode(), *(row[0] for row in opened)]
    before = bytes_of(programme.home.path)
    assert all(each in before for each in gone)
    for person in people[::2]:
        endings.erase(programme.desk, programme.order(person))
    left = bytes_of(programme.home.path)
    assert not any(each in left for each in gone)
    assert list(audit.audit(programme.desk.entries, programme.desk.log_key))


def test_an_audit_that_the_log_s_key_has_not_signed_saves_nothing(programme: Programme) -> None:
    """A checkpoint is no audit, and neither is a note by another key: the start looks at all of it."""
    entries = programme.desk.entries
    signed = entries.kept("signed")
    assert signed is not None
    head = entries.head()
    by_another = checkpoints.sign(Checkpoint(f"{head.origin}/audited", head.size, head.root), SigningKey.generate())
    tell_another_story(programme)
    own = entries.last_audit()
    assert own is not None
    programme.desk.close()
    for note in (signed.note, by_another, own.note.replace(f"\n{own.size}\n", "\n300\n"), ""):
        change(programme, "UPDATE audits SET note = ?", note)
        with pytest.raises(SetupMissing, match="entry 7, or what it says, is not as it was entered"):
            programme.reopen_after(old={})
    change(programme, "UPDATE audits SET note = ?", own.note)
    programme.reopen_after(old={})


def test_hashes_over_what_was_audited_must_still_lead_to_what_was_signed(programme: Programme) -> None:
    [hashes] = programme.desk.database.one("SELECT hashes FROM tiles WHERE level = 1") or [b""]
    assert len(hashes) == 32
    programme.desk.close()
    change(programme, "UPDATE tiles SET hashes = ? WHERE level = 1", bytes(32))
    with pytest.raises(SetupMissing, match="is not the one that this keyholder last signed"):
        programme.reopen_after(old={})
    change(programme, "UPDATE tiles SET hashes = ? WHERE level = 1", hashes)
    programme.reopen_after(old={})
