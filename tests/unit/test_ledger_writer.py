"""Do many callers share one commit, does each get its own entries or its own error, and do the hashes stay right?"""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.formats import entry as entry_format
from aboveboard.formats.entry import Entry
from aboveboard.keyholder import audit
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.entries import Entries, KeptCheckpoint, LoggedEntry
from aboveboard.keyholder.schema import ADDED, SCHEMA
from aboveboard.keyholder.writer import Writer
from aboveboard.ledger import proof, tree
from aboveboard.ledger.tree import MemoryStore
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import Programme, ask
from samples.ledger_entries import ended
from samples.witness_process import running_witness


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "keys.sqlite")
    yield made
    made.close()


def leaf_hash(logged: LoggedEntry) -> bytes:
    return tree.leaf_hash(entry_format.leaf(logged.salt, logged.readable))


def test_what_is_entered_and_its_signature_become_durable_together_or_not_at_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    failing = [False]

    def sign() -> None:
        if failing[0]:
            raise Unavailable("nothing can be signed")
        entries.keep("signed", KeptCheckpoint(entries.size(), f"a note of {entries.size()}"))

    writer = Writer(database, entries, sign)
    writer.submit(lambda: [ended()]).durable()
    assert entries.kept("signed") == KeptCheckpoint(1, "a note of 1")
    failing[0] = True
    with pytest.raises(Unavailable):
        writer.submit(lambda: [ended()]).durable()
    assert entries.size() == 1, "what is not signed is not entered"
    failing[0] = False
    commit, shown = database.commit, []

    def look() -> None:
        with ThreadPoolExecutor(1) as pool:  # another thread sees what is durable
            shown.append(pool.submit(entries.kept, "signed").result())
        commit()

    monkeypatch.setattr(database, "commit", look)
    writer.submit(lambda: [ended()]).durable()
    assert shown == [KeptCheckpoint(1, "a note of 1")], "nobody is shown a signature before the commit"
    assert entries.kept("signed") == KeptCheckpoint(2, "a note of 2")


def test_a_lone_release_waits_twice_for_its_own_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its entry with the signature, and the checkpoint that was co-signed: a third wait would cost it milliseconds."""
    with running_witness(tmp_path / "witness") as witness:
        programme = Programme(tmp_path / "programme", [witness], SystemClock())
        asked = ask(programme.granted([person := programme.enrol()]), [programme.segment(person)])
        steps.release(programme.desk, programme.vault.public, asked)
        commits: list[int] = []
        commit = programme.desk.database.commit
        monkeypatch.setattr(programme.desk.database, "commit", lambda: (commits.append(1), commit())[1])
        steps.release(programme.desk, programme.vault.public, asked)
        programme.close()
    assert len(commits) == 2


def test_one_commit_is_enough_for_all_that_wait(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    writer = Writer(database, entries)
    commits: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    original = database.commit

    def slowly() -> None:
        commits.append(entries.size())
        if len(commits) == 1:
            begun.set()
            assert go_on.wait(60)
        original()

    monkeypatch.setattr(database, "commit", slowly)
    with ThreadPoolExecutor(20) as pool:
        first = pool.submit(lambda: writer.submit(lambda: [ended("first")]).durable())
        assert begun.wait(60)
        pending = [writer.submit(lambda: [ended(), ended()], 2) for _ in range(19)]
        assert not first.done()
        assert entries.size() == 0  # who reads meanwhile does not wait, and sees what is durable
        rest = [pool.submit(each.durable) for each in pending]
        go_on.set()
        assert [each.index for each in first.result(60)] == [0]
        logged = [each for result in rest for each in result.result(60)]
    assert commits == [1, 39]
    assert [each.index for each in logged] == list(range(1, 39))
    assert entries.size() == 39


def test_an_error_of_one_is_told_to_that_one_and_leaves_none_of_its_rows(database: Database) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    writer = Writer(database, entries)

    def fails() -> list[Entry]:
        database.run("INSERT INTO disclosures VALUES ('sha', 1, x'00')")
        raise BadInput("not this one")

    pending = [writer.submit(lambda: [ended()]), writer.submit(fails), writer.submit(lambda: [ended()])]
    assert [each.index for each in pending[0].durable()] == [0]
    with pytest.raises(BadInput, match="not this one"):
        pending[1].durable()
    assert [each.index for each in pending[2].durable()] == [1]
    assert database.one("SELECT COUNT(*) FROM disclosures") == (0,)


def test_when_the_commit_fails_everybody_is_told_and_nothing_is_written(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    writer = Writer(database, entries)
    writer.submit(lambda: [ended()]).durable()

    def full() -> None:
        raise Unavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(database, "commit", full)
        pending = [writer.submit(lambda: [ended()]) for _ in range(3)]
        for each in pending:
            with pytest.raises(Unavailable, match="full"):
                each.durable()
    assert entries.size() == 1
    [logged] = writer.submit(lambda: [ended()]).durable()
    assert logged.index == 1
    assert tree.root(entries, 2) == entries.head().root


def test_a_transaction_that_the_disk_undid_is_not_gone_on_with(database: Database) -> None:
    """A full disk may undo all of it: what came after would be written bit by bit, each for itself."""
    entries = Entries(database, "keyholder.example/ledger")
    writer = Writer(database, entries)

    def undone() -> list[Entry]:
        database.undo()
        raise Unavailable("the disk is full")

    pending = [writer.submit(undone), writer.submit(lambda: [ended()])]
    for each in pending:
        with pytest.raises(Unavailable):
            each.durable()
    assert entries.size() == 0
    assert database.one("SELECT COUNT(*) FROM tiles") == (0,)


def test_tiles_give_the_hashes_of_the_definition_whatever_the_batches(database: Database) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    plain = MemoryStore()
    random = Random(7)
    size = 0
    while size < 3000:
        count = random.choice([1, 2, 5, 255, 256, 257, 600])
        with database.writing():
            logged = entries.append([ended() for _ in range(count)])
            database.commit()
        size = tree.append(plain, size, [leaf_hash(each) for each in logged])
        assert tree.root(entries, size) == tree.root(plain, size)
        old = random.randrange(1, size + 1)
        assert tree.consistency_proof(entries, old, size) == tree.consistency_proof(plain, old, size)
        last = logged[-1]
        hashes = tree.inclusion_proof(entries, last.index, size)
        proof.check_inclusion(leaf_hash(last), last.index, size, hashes, tree.root(plain, size))
    for level, index in random.sample(sorted(plain.nodes), 300):
        assert entries.get(level, index) == plain.nodes[level, index]


def test_what_was_undone_is_not_remembered(database: Database) -> None:
    entries = Entries(database, "keyholder.example/ledger")
    with database.writing():
        entries.append([ended() for _ in range(256)])
        gone = entries.get(8, 0)
        database.undo()
    with database.writing():
        logged = entries.append([ended() for _ in range(256)])
        database.commit()
    assert entries.get(8, 0) == tree.root_of([leaf_hash(each) for each in logged]) != gone
    assert entries.get(3, 0) == tree.root_of([leaf_hash(each) for each in logged[:8]])


def test_a_database_from_before_tiles_keeps_its_log(tmp_path: Path) -> None:
    """Until version 3, each hash was a row of its own; they become tiles when the database is opened."""
    path = tmp_path / "old.sqlite"
    old = sqlite3.connect(path, isolation_level=None)
    old.executescript(SCHEMA + "".join(ADDED[version] for version in (1, 2)) + "PRAGMA user_version=3;")
    old.execute("BEGIN")
    nodes, leaves = MemoryStore(), []
    for index in range(700):
        salt, readable = bytes(32), entry_format.encode(ended())
        leaves.append(entry_format.leaf(salt, readable))
        old.execute("INSERT INTO entries VALUES (?, ?, 'Revoked', NULL, ?, ?)", (index, leaves[-1], salt, readable))
    size = tree.append(nodes, 0, [tree.leaf_hash(leaf) for leaf in leaves])
    rows = [(level, index, value) for (level, index), value in reversed(nodes.nodes.items())]
    old.executemany("INSERT INTO nodes VALUES (?, ?, ?)", rows)
    old.execute("COMMIT")
    old.close()
    database = Database(path)
    entries = Entries(database, "keyholder.example/ledger")
    assert entries.head().root == tree.root(nodes, size)
    assert list(audit.audit(entries, SigningKey.generate())) == [256, 512, 700, 700]
    with database.writing():
        entries.append([ended() for _ in range(400)])
        database.commit()
    assert len(list(audit.audit(entries, SigningKey.generate()))) == 6
    database.close()
