"""A keyholder's database as an older version left it: what the ledger says lies open beside it."""

import sqlite3
from pathlib import Path

from aboveboard.formats import entry as entry_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.entry import Entry
from aboveboard.formats.grant import Grant
from aboveboard.keyholder.filing import hash_of
from aboveboard.keyholder.schema import ADDED, OPEN_VERSION, SCHEMA
from samples.keyholder_programme import Programme

SAME = ("people", "identities", "consents", "disclosures", "destroyed_epochs", "moved_headers")
AS_THEY_ARE = ("tiles", "checkpoints", "audits")


def open_up(programme: Programme, grants: list[Grant]) -> None:
    """Stop the keyholder, and put a database of ``OPEN_VERSION`` with the same content into the place of its own."""
    said = everything_said(programme)
    orders = [
        (number, programme.desk.database.record.open("order", sealed))
        for number, sealed in programme.desk.database.all("SELECT number, sealed FROM erasure_orders")
    ]
    programme.desk.close()
    path, old = programme.home.database_path, programme.home.path / "open.sqlite"
    connection = sqlite3.connect(old)
    connection.executescript(SCHEMA)
    connection.create_aggregate("joined", 2, _Nothing)  # type: ignore[arg-type]
    for version in range(1, OPEN_VERSION):
        connection.executescript(ADDED[version])
    connection.execute("ATTACH ? AS sealed", (str(path),))
    with connection:
        for table in (*SAME, *AS_THEY_ARE):
            names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
            columns = ", ".join(names)
            connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM sealed.{table}")
        for index, leaf, kind in connection.execute("SELECT ledger_index, leaf, kind FROM sealed.entries").fetchall():
            salt, readable, entry = said.get(index, (None, None, None))
            row = (index, leaf, kind, getattr(entry, "person_id", None), salt, readable)
            connection.execute("INSERT INTO main.entries VALUES (?, ?, ?, ?, ?, ?)", row)
        for grant in grants:
            request = grant_format.decode_request(grant.request.body())
            connection.execute(
                "INSERT INTO main.grants (grant_id, request_sha256, requester, seen_at_ns, document, emergency, keys)"
                " VALUES (?, ?, ?, 1, ?, ?, 1)",
                (grant.grant_id, hash_of(grant), request.requester, grant_format.encode(grant), request.emergency),
            )
        for number, envelope in orders:
            row = (number, f"era_{number}", programme.people[0].person_id, envelope)
            connection.execute("INSERT INTO main.erasure_orders VALUES (?, ?, ?, ?)", row)
        connection.execute(f"PRAGMA user_version={OPEN_VERSION}")
    connection.close()
    for each in programme.home.path.glob("keys.sqlite*"):
        each.unlink()
    (programme.home.path / "record.key").unlink()
    old.rename(path)


def everything_said(programme: Programme) -> dict[int, tuple[bytes, bytes, Entry]]:
    """By index: the salt, what can be read, and the entry, of all that its people and the keyholder can open."""
    rows = programme.desk.database.all("SELECT ledger_index FROM entries WHERE sealed IS NOT NULL")
    found = {}
    for (index,) in rows:
        salt, readable = programme.open(index)
        found[index] = (salt, readable, entry_format.decode(readable))
    return found


def bytes_beside(path: Path) -> bytes:
    """The database and what SQLite keeps beside it."""
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))


class _Nothing:
    """There are no nodes to join in a database that is new."""

    def step(self, place: int, part: bytes) -> None:
        raise AssertionError

    def finalize(self) -> bytes:
        return b""
