"""May the keyholder start on what it finds, and does it believe only its own files?"""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, BadInput, NotFound, Refused, SetupMissing, Unavailable
from aboveboard.keyholder import database, endings, filing, publish
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import Programme, ask
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def programme(tmp_path: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def release_some(programme: Programme, count: int) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)] * count)
    steps.release(programme.desk, programme.vault.public, asked)


def change(programme: Programme, sql: str, *values: object) -> None:
    """What somebody who can write the file does to it."""
    connection = sqlite3.connect(programme.home.database_path)
    with connection:
        assert connection.execute(sql, values).rowcount >= 1
    connection.close()


def change_tile(programme: Programme, how: Callable[[bytes], bytes]) -> None:
    """Change the hashes of the first tile."""
    connection = sqlite3.connect(programme.home.database_path)
    with connection:
        [hashes] = connection.execute("SELECT hashes FROM tiles WHERE level = 0 AND position = 0").fetchone()
        connection.execute("UPDATE tiles SET hashes = ? WHERE level = 0 AND position = 0", (how(hashes),))
    connection.close()


def a_leaf_changed(programme: Programme) -> None:
    change(programme, "UPDATE entries SET leaf = ? WHERE ledger_index = 1", b"aboveboard.entry/1\n" + b"0" * 64 + b"\n")


def a_leaf_and_its_hash_changed(programme: Programme) -> None:
    leaf = b"aboveboard.entry/1\n" + b"0" * 64 + b"\n"
    change(programme, "UPDATE entries SET leaf = ? WHERE ledger_index = 5", leaf)
    change_tile(programme, lambda hashes: hashes[: 5 * 32] + tree.leaf_hash(leaf))


def the_last_entry_removed(programme: Programme) -> None:
    change(programme, "DELETE FROM entries WHERE ledger_index = 5")


def a_hash_changed(programme: Programme) -> None:
    change_tile(programme, lambda hashes: bytes(32) + hashes[32:])


def a_hash_removed(programme: Programme) -> None:
    change_tile(programme, lambda hashes: hashes[:-32])


def a_hash_added(programme: Programme) -> None:
    change_tile(programme, lambda hashes: hashes + bytes(32))


def a_tile_removed(programme: Programme) -> None:
    change(programme, "DELETE FROM tiles")


def a_tile_added(programme: Programme) -> None:
    change(programme, "INSERT INTO tiles VALUES (1, 0, ?)", bytes(32))


def filed_under_another_person(programme: Programme) -> None:
    change(programme, "UPDATE entries SET person = ? WHERE ledger_index = 2", bytes(16))


def filed_as_something_else(programme: Programme) -> None:
    change(programme, "UPDATE entries SET kind = 'Revoked' WHERE ledger_index = 2")


def erased_by_half(programme: Programme) -> None:
    change(programme, "UPDATE entries SET sealed = NULL WHERE ledger_index = 2")


def another_story(programme: Programme) -> None:
    change(
        programme,
        "UPDATE entries SET sealed = (SELECT sealed FROM entries WHERE ledger_index = 3) WHERE ledger_index = 4",
    )


def a_checkpoint_by_another_key(programme: Programme) -> None:
    head = programme.desk.entries  # closed; only its origin is used
    note = checkpoints.sign(Checkpoint(head.origin, 0, tree.EMPTY_ROOT), SigningKey.generate())
    change(programme, "UPDATE checkpoints SET note = ?, size = 0 WHERE role = 'signed'", note)


TAMPERINGS: list[Callable[[Programme], None]] = [
    a_leaf_changed,
    a_leaf_and_its_hash_changed,
    the_last_entry_removed,
    a_hash_changed,
    a_hash_removed,
    a_hash_added,
    a_tile_removed,
    a_tile_added,
    filed_under_another_person,
    filed_as_something_else,
    erased_by_half,
    another_story,
    a_checkpoint_by_another_key,
]


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda each: each.__name__)
def test_on_another_ledger_than_it_signed_it_does_not_start(
    programme: Programme, tamper: Callable[[Programme], None]
) -> None:
    release_some(programme, 4)
    assert programme.desk.entries.size() == 6
    programme.desk.close()
    kept = {path: path.read_bytes() for path in programme.home.path.glob("keys.sqlite*")}
    tamper(programme)
    with pytest.raises(SetupMissing, match="is not the one that this keyholder last signed"):
        programme.reopen_after(old={})
    # It is the tampering that it refuses.
    programme.reopen_after(old=kept)
    release_some(programme, 1)


def test_a_crash_before_the_checkpoint_is_made_good_at_start(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    release_some(programme, 1)

    def nobody_answers(*_: object) -> object:
        raise Unavailable("no witness")

    with monkeypatch.context() as patch:
        patch.setattr(publish, "gather_cosignatures", nobody_answers)
        with pytest.raises(Unavailable):
            release_some(programme, 2)
    published = programme.desk.entries.kept("published")
    assert published is not None
    assert published.size == 3
    programme.reopen()
    signed = programme.desk.entries.kept("signed")
    assert signed is not None
    assert signed.size == programme.desk.entries.size() == 7
    publish.try_to_publish(programme.desk)
    published = programme.desk.entries.kept("published")
    assert published is not None
    assert published.size == 7


def test_requests_that_wait_share_a_checkpoint(programme: Programme, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    original = publish.gather_cosignatures

    def counted(desk: object, signed: object) -> object:
        made.append(signed.size)  # type: ignore[attr-defined]
        return original(desk, signed)  # type: ignore[arg-type]

    release_some(programme, 1)
    size = programme.desk.entries.size()
    monkeypatch.setattr(publish, "gather_cosignatures", counted)
    assert publish.checkpoint_covering(programme.desk, size - 1).size >= size - 1
    assert made == []
    release_some(programme, 3)
    assert made == [size + 1, size + 5]


def test_many_at_once_each_get_their_own_entries(programme: Programme) -> None:
    people = [programme.enrol() for _ in range(4)]
    granted = programme.granted(people)
    asked = [ask(granted, [programme.segment(person)] * 3) for person in people * 2]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: steps.release(programme.desk, programme.vault.public, each), asked))
    assert violations(programme, list(zip(asked, answers, strict=True))) == []
    programme.reopen()


def test_commits_are_synchronous_and_deletion_overwrites(programme: Programme) -> None:
    with programme.desk.database.writing():
        settings = {name: programme.desk.database.one(f"PRAGMA {name}") for name in ("synchronous", "secure_delete")}
        assert settings == {"synchronous": (2,), "secure_delete": (1,)}
        assert programme.desk.database.one("PRAGMA journal_mode") == ("wal",)
        programme.desk.database.undo()
    assert programme.home.database_path.stat().st_mode & 0o777 == 0o600


def test_a_full_disk_releases_nothing(programme: Programme) -> None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    asked = ask(granted, [programme.segment(ada)] * 100)
    filing.file_grant(programme.desk, granted)
    before = programme.on_disk()
    [pages] = programme.desk.database.one("PRAGMA page_count") or [0]
    programme.desk.database.run(f"PRAGMA max_page_count={pages}")
    with pytest.raises(Unavailable, match="full"):
        steps.release(programme.desk, programme.vault.public, asked)
    assert programme.on_disk() == before
    programme.desk.database.run("PRAGMA max_page_count=1000000")
    steps.release(programme.desk, programme.vault.public, asked)


def test_a_home_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    home = KeyholderHome(tmp_path / "keyholder")
    home.prepare()
    home.path.chmod(0o755)
    with pytest.raises(SetupMissing, match="0755"):
        home.prepare()


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.sqlite"
    opened = database.Database(path)
    opened.run("PRAGMA user_version=999")
    opened.close()
    with pytest.raises(SetupMissing, match="version 999"):
        database.Database(path)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(SetupMissing, match="cannot be opened"):
        database.Database(path)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("service.json", None, "missing"),
        ("service.json", b"{}", "vault_key"),
        ("service.json", b'{"vault_key": "ed25519:short"}', "cannot be read"),
        ("witnesses.json", None, "missing"),
        ("witnesses.json", b"[]", "0 witnesses"),
        ("witnesses.json", b'[{"name": "w", "url": "http://127.0.0.1:1", "verifier_key": "x"}]', "verifier key"),
    ],
)
def test_without_knowing_whom_to_believe_it_does_not_start(
    programme: Programme, name: str, content: bytes | None, why: str
) -> None:
    path = programme.home.path / name
    kept = path.read_bytes()
    programme.desk.close()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises((SetupMissing, BadInput), match=why):
        programme.reopen_after(old={})
    path.write_bytes(kept)
    programme.reopen_after(old={})


def test_a_roster_that_is_gone_or_does_not_parse_believes_nobody(programme: Programme) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    path = programme.home.path / "roster.json"
    for content in (b'{"staff": [', b'{"staff": []}'):
        path.write_bytes(content)
        with pytest.raises((Refused, BadInput)):
            steps.release(programme.desk, programme.vault.public, asked)
    path.unlink()
    with pytest.raises(Refused):
        steps.release(programme.desk, programme.vault.public, asked)


def test_the_log_is_served_as_tiles_that_rebuild_its_root(programme: Programme) -> None:
    ada = programme.enrol()
    granted = programme.granted([ada])
    segment = programme.segment(ada)
    for count in (300, 219):
        steps.release(programme.desk, programme.vault.public, ask(granted, [segment] * count))
    endings.revoke(programme.desk, programme.revocation(granted.grant_id, programme.steward))
    entries, published = programme.desk.entries, programme.desk.entries.kept("published")
    assert published is not None
    assert published.size == 522
    root = checkpoints.parse(published.note)[0].root
    nodes = tiles.TileNodes(lambda tile: entries.tile(tiles.path(tile), published.size), published.size)
    assert nodes.audited_root() == tree.root(nodes, published.size) == root
    leaves = []
    for name in ("000", "001", "002.p/10"):
        bundle = entries.tile(f"entries/{name}", published.size)
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            leaves.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
    assert [leaf for _, leaf in programme.on_disk()] == leaves
    for name in ("0/003", "0/002.p/11", "2/000.p/1", "entries/002"):
        with pytest.raises(NotFound):
            entries.tile(name, published.size)
    for name in ("entries/1", "0/0", "../../keys", "64/000", "0/000.p/256", "entries/entries/000"):
        with pytest.raises(AboveboardError):
            entries.tile(name, published.size)
