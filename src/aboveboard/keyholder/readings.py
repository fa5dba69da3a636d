"""Who can read what stands in the ledger, beside the keyholder that writes it?

What an entry says is sealed to the person whom it is about, with the key that their consents name; the keyholder cannot
open it any more. What is about nobody, or about somebody who never consented, is sealed with the record key. The
reading key of a person stays in memory for some thousand entries, or until the process ends; it rests sealed to
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aboveboard.base.errors import Tampered
from aboveboard.formats import consent as consent_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.entry import SALT_BYTES, Entry
from aboveboard.sealing import reading

if TYPE_CHECKING:
    from aboveboard.keyholder.database import Database
    from aboveboard.keyholder.record_key import RecordKey

USES = 4096
"""So many entries at most are sealed under one reading key."""
AT_HAND = 16_384
"""So many people's reading keys are kept in memory."""
OWN = b""
"""In the place of a reading key's id: the keyholder itself can open it."""

Said = tuple[int, bytes, Entry, bytes, bytes]
"""Index, leaf, the entry, its salt, and what can be read."""
Row = tuple[int, bytes, str, bytes | None, bytes | None, bytes | None, bytes | None]
"""Index, leaf, kind, the tag of the person (of what is about nobody: of the grant), the reading key's id, what is
sealed, and the record key's word for all of them. The last three are ``None`` once they were erased, and the tag is,
too."""


@dataclass
class _AtHand:
    key_id: bytes
    key: bytes
    sealed: bytes
    uses: int = 0


class Readings:
    """Seals what entries say. Whatever writes belongs inside ``database.writing()``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._at_hand: dict[bytes, _AtHand] = {}

    def rows(self, said: Iterable[Said]) -> list[Row]:
        """What rests of these entries. A reading key's id is the SHA-256 of its age file; ``OWN``: the record key.

        The reading keys are written with every batch: an earlier one, in which they were made, may have been undone.
        """
        record, used = self._database.record, {}
        found: list[Row] = []
        for index, leaf, entry, salt, readable in said:
            kind, person_id = type(entry).__name__, getattr(entry, "person_id", None)
            person, at_hand = filed_under(record, entry), None
            if person is not None and person_id is not None:
                at_hand = self._reader(person, person_id)
            if at_hand is None or person is None:
                key_id, sealed = OWN, record.seal("entry", salt + readable)
            else:
                at_hand.uses += 1
                used[at_hand.key_id] = (at_hand.key_id, person, at_hand.sealed)
                key_id, sealed = at_hand.key_id, reading.seal_entry(at_hand.key, salt, readable)
            found.append(
                (index, leaf, kind, person, key_id, sealed, mac(record, index, leaf, kind, person, key_id, sealed))
            )
        self._database.run_many("INSERT INTO reading_keys VALUES (?, ?, ?) ON CONFLICT DO NOTHING", list(used.values()))
        return found

    def open_own(self, sealed: bytes) -> tuple[bytes, bytes]:
        """The salt and what can be read of an entry that is sealed with the record key; raises :class:`Tampered`."""
        plain = self._database.record.open("entry", sealed)
        return plain[:SALT_BYTES], plain[SALT_BYTES:]

    def sealed_key(self, key_id: bytes) -> bytes:
        """The age file of a reading key; raises :class:`Tampered`."""
        row = self._database.one("SELECT sealed FROM reading_keys WHERE key_id = ?", (key_id,))
        if row is None or hashlib.sha256(row[0]).digest() != key_id:
            raise Tampered(
                "a reading key of the ledger is missing, or is another",
                cause="the database was changed by hand or damaged",
                fix="restore the keyholder's home from its backup",
            )
        return bytes(row[0])

    def renew(self, person_id: str) -> None:
        """Take another reading key from now on: those to whom it is sealed may have changed."""
        self._at_hand.pop(self._database.record.tag("person", person_id), None)

    def forget(self, person_id: str) -> None:
        """Destroy the reading keys of this person."""
        self.renew(person_id)
        tag = self._database.record.tag("person", person_id)
        self._database.run("DELETE FROM reading_keys WHERE person = ?", (tag,))

    def _reader(self, tag: bytes, person_id: str) -> _AtHand | None:
        found = self._at_hand.get(tag)
        if found is None or found.uses >= USES:
            recipients = self._recipients(person_id)
            if not recipients:
                return None
            made = reading.new_key(recipients)
            found = _AtHand(hashlib.sha256(made.sealed).digest(), made.key, made.sealed)
            if len(self._at_hand) >= AT_HAND:
                self._at_hand.clear()
            self._at_hand[tag] = found
        return found

    def _recipients(self, person_id: str) -> Sequence[str]:
        """The person's own key, as each of their consents names it."""
        rows = self._database.all("SELECT receipt FROM consents WHERE person_id = ?", (person_id,))
        receipts = [consent_format.decode_receipt(envelope_format.decode(bytes(row[0])).body()) for row in rows]
        return sorted({each.person_recipient for each in receipts})


def filed_under(record: RecordKey, entry: Entry) -> bytes | None:
    """The tag by which an entry is found again: its person's, or its grant's where it is about nobody."""
    person_id, grant_id = getattr(entry, "person_id", None), getattr(entry, "grant_id", None)
    if person_id is not None:
        return record.tag("person", person_id)
    return None if grant_id is None else record.tag("grant", grant_id)


def mac(
    record: RecordKey, index: int, leaf: bytes, kind: str, person: bytes | None, key_id: bytes, sealed: bytes
) -> bytes:
    """The record key's word that the row is as it was written."""
    return record.mac(f"{index} {kind} {(person or b'').hex()} {key_id.hex()}\n".encode() + leaf + sealed)
