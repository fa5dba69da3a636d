"""How does a database in which everything could be read become one that tells nobody who opened whose recordings?

In one transaction when it is opened: tables that named people are renamed, their rows sealed into new ones, and the old
ones dropped. Then the file is cleared of what was dropped (``Database.forget_deleted``); a crash before either repeats
it. An entry whose text does not belong to its leaf stops it: nobody could tell afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aboveboard.base.errors import Tampered
from aboveboard.formats import entry as entry_format
from aboveboard.keyholder.alarms import alarm_row
from aboveboard.keyholder.people import People
from aboveboard.keyholder.readings import Readings
from aboveboard.keyholder.schema import SEALED

if TYPE_CHECKING:
    from aboveboard.keyholder.database import Database

AT_ONCE = 4096
REPLACED = {
    "entries": "entries_person",
    "grants": None,
    "revocations": None,
    "alarms": "alarms_person",
    "erasure_orders": "erasure_orders_person",
}
"""Tables that named people, each with its index."""


def seal_up(database: Database) -> None:
    """Inside ``database.writing()``, on one of version ``OPEN_VERSION``. Raises :class:`Tampered`."""
    for table, index in REPLACED.items():
        if index is not None:
            database.run(f"DROP INDEX {index}")
        database.run(f"ALTER TABLE {table} RENAME TO open_{table}")
    for statement in SEALED.split(";"):
        if statement.strip():
            database.run(statement)
    database.run("INSERT INTO record_check VALUES (1, ?)", (database.record.check(),))
    _entries(database)
    _grants(database)
    _alarms(database)
    _orders(database)
    for table in REPLACED:
        database.run(f"DROP TABLE open_{table}")
    people = People(database)
    for person_id, person_key in database.all(
        "SELECT person_id, person_key FROM people WHERE erased_at_ns IS NOT NULL"
    ):
        people.forget_names(person_id, person_key)


def _entries(database: Database) -> None:
    readings, after = Readings(database), -1
    while found := database.all(
        "SELECT ledger_index, leaf, kind, person_id, salt, readable FROM open_entries WHERE ledger_index > ?"
        " ORDER BY ledger_index LIMIT ?",
        (after, AT_ONCE),
    ):
        after = found[-1][0]
        told = [row for row in found if row[4] is not None or row[5] is not None]
        for index, leaf, _, _, salt, readable in told:
            if salt is None or readable is None or leaf != entry_format.leaf(salt, readable):
                raise Tampered(
                    f"entry {index} does not say what was entered",
                    cause="the database was changed by hand or damaged",
                    fix="restore the newest backup of the keyholder's home; do not go on with this one",
                )
        gone = [(*row[:3], None, None, None, None) for row in found if row[4] is None and row[5] is None]
        said = [
            (index, leaf, entry_format.decode(readable), salt, readable) for index, leaf, _, _, salt, readable in told
        ]
        database.run_many("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", [*readings.rows(said), *gone])


def _grants(database: Database) -> None:
    record = database.record
    for grant_id, request_sha256, requester, seen_at_ns, document, emergency, keys, review, told_at_ns in database.all(
        "SELECT grant_id, request_sha256, requester, seen_at_ns, document, emergency, keys, review, told_at_ns"
        " FROM open_grants"
    ):
        database.run(
            "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                record.tag("grant", grant_id),
                request_sha256,
                record.seal("requester", requester.encode(), grant_id),
                seen_at_ns,
                None if document is None else record.seal("grant", document, grant_id),
                record.seal("emergency", grant_id.encode()) if emergency else None,
                keys,
                None if review is None else record.seal("review", review, grant_id),
                told_at_ns,
            ),
        )
    for grant_id, by, by_role, at_ns, envelope in database.all("SELECT * FROM open_revocations"):
        database.run(
            "INSERT INTO revocations VALUES (?, ?, ?, ?, ?)",
            (
                record.tag("grant", grant_id),
                record.tag("staff", by),
                by_role,
                at_ns,
                record.seal("revocation", envelope, grant_id),
            ),
        )


def _alarms(database: Database) -> None:
    for number, at_ns, kind, grant_id, person_id, words in database.all(
        "SELECT number, at_ns, kind, grant_id, person_id, words FROM open_alarms ORDER BY number"
    ):
        database.run(
            "INSERT INTO alarms VALUES (?, ?, ?, ?, ?, ?)",
            (number, *alarm_row(database.record, at_ns, kind, grant_id, person_id, words)),
        )


def _orders(database: Database) -> None:
    record = database.record
    for number, erasure_id, person_id, envelope in database.all("SELECT * FROM open_erasure_orders ORDER BY number"):
        database.run(
            "INSERT INTO erasure_orders VALUES (?, ?, ?, ?)",
            (number, record.tag("order", erasure_id), record.tag("person", person_id), record.seal("order", envelope)),
        )
