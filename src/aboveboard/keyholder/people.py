"""Which people does the keyholder hold keys for, and what did they agree to?

Each person has one private key per epoch, wrapped, and one public key of their own, fixed when they were enrolled. A
consent counts only if that key signed it, over a disclosure that a steward known to this keyholder signed and that pins
this keyholder's key. Of somebody who was erased, no name and no key is left: they are known again, by keyed hashes,
when somebody names them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from aboveboard.base.errors import Refused
from aboveboard.formats import consent as consent_format
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.rules.consent import ConsentFacts
from aboveboard.rules.decision import Reason, no

if TYPE_CHECKING:
    from aboveboard.keyholder.database import Database


@dataclass(frozen=True)
class Person:
    """One person. ``tag``: what their entries are filed under. ``erased_at_ns`` and ``erasure_index`` are ``None``
    until their keys were destroyed; from then on ``person_id`` is known only to who names it."""

    person_id: str
    person_key: str
    tag: bytes
    erased_at_ns: int | None
    erasure_index: int | None


@dataclass(frozen=True)
class StoredConsent:
    """A consent as it was verified when it came in, with the disclosure that it is for."""

    facts: ConsentFacts
    receipt: ConsentReceipt
    disclosure: Disclosure


class People:
    """Reads and writes the rows. Writing happens inside ``database.writing()``, by the caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, person_id: str) -> Person | None:
        """The person called ``person_id``, also if they were erased."""
        record = self._database.record
        row = self._database.one(
            "SELECT person_key, erased_at_ns, erasure_index, sealed_key FROM people WHERE person_id IN (?, ?)",
            (person_id, record.erased("person", person_id)),
        )
        if row is None:
            return None
        key = row[0] if row[3] is None else record.open("person key", row[3], person_id).decode()
        return Person(person_id, key, record.tag("person", person_id), row[1], row[2])

    def find_key(self, person_key: str) -> Person | None:
        """The person whose own key is ``person_key``, also if they were erased."""
        record = self._database.record
        row = self._database.one(
            "SELECT person_id, erased_at_ns, erasure_index FROM people WHERE person_key IN (?, ?)",
            (person_key, record.erased("person key", person_key)),
        )
        if row is None:
            return None
        tag = record.tag("person", row[0]) if row[1] is None else record.tag_of(row[0])
        return Person(row[0], person_key, tag, row[1], row[2])

    def any_keys(self) -> bool:
        """Is anybody's key held?"""
        return self._database.one("SELECT 1 FROM identities LIMIT 1") is not None

    def add(self, person_id: str, person_key: str, *, now_ns: int) -> None:
        """Note a new person."""
        self._database.run(
            "INSERT INTO people (person_id, person_key, created_at_ns) VALUES (?, ?, ?)",
            (person_id, person_key, now_ns),
        )

    def add_identity(self, person_id: str, key_epoch: int, *, wrapped: bytes, statement: Envelope) -> None:
        """Keep a wrapped private key and the signed statement about its public half."""
        self._database.run(
            "INSERT INTO identities VALUES (?, ?, ?, ?)",
            (person_id, key_epoch, wrapped, envelope_format.encode(statement)),
        )

    def wrapped(self, person_id: str, key_epoch: int) -> bytes | None:
        """The wrapped private key, or ``None``."""
        row = self._database.one(
            "SELECT wrapped FROM identities WHERE person_id = ? AND key_epoch = ?", (person_id, key_epoch)
        )
        return None if row is None else bytes(row[0])

    def statement(self, person_id: str) -> Envelope | None:
        """The statement about the newest key."""
        row = self._database.one(
            "SELECT statement FROM identities WHERE person_id = ? ORDER BY key_epoch DESC LIMIT 1", (person_id,)
        )
        return None if row is None else envelope_format.decode(bytes(row[0]))

    def epochs(self, person_id: str) -> list[int]:
        """The epochs of which a key is held, oldest first."""
        rows = self._database.all(
            "SELECT key_epoch FROM identities WHERE person_id = ? ORDER BY key_epoch", (person_id,)
        )
        return [int(row[0]) for row in rows]

    def everyone(self) -> list[str]:
        """Everybody of whom a key is held."""
        rows = self._database.all("SELECT DISTINCT person_id FROM identities ORDER BY person_id")
        return [row[0] for row in rows]

    def all_held(self) -> set[tuple[str, int]]:
        """Every person and epoch of which a wrapped key is held."""
        return {(row[0], int(row[1])) for row in self._database.all("SELECT person_id, key_epoch FROM identities")}

    def mark_destroyed(self, person_id: str, key_epoch: int, *, now_ns: int, ledger_index: int) -> None:
        """Delete the wrapped key of one epoch; note that, and when, it was done."""
        self._database.run("DELETE FROM identities WHERE person_id = ? AND key_epoch = ?", (person_id, key_epoch))
        self._database.run(
            "INSERT INTO destroyed_epochs VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (person_id, key_epoch, now_ns, ledger_index),
        )

    def destroyed(self, person_id: str) -> dict[int, int]:
        """By epoch, the ledger entry that says that its key is gone."""
        rows = self._database.all(
            "SELECT key_epoch, ledger_index FROM destroyed_epochs WHERE person_id IN (?, ?)",
            (person_id, self._database.record.erased("person", person_id)),
        )
        return {int(row[0]): int(row[1]) for row in rows}

    def any_destroyed(self) -> bool:
        """Was anybody's key ever destroyed?"""
        return self._database.one("SELECT 1 FROM destroyed_epochs LIMIT 1") is not None

    def destroyed_of(self, held: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
        """Those of these people's epochs whose key is to be gone."""
        rows = self._database.all("SELECT person_id, key_epoch FROM destroyed_epochs")
        gone, record = {(row[0], int(row[1])) for row in rows}, self._database.record
        return [each for each in held if not gone.isdisjoint((each, (record.erased("person", each[0]), each[1])))]

    def forget_destroyed(self) -> None:
        """Delete wrapped keys that are to be gone, wherever they came back from."""
        with self._database.writing():
            for person_id, epoch in self.destroyed_of(self.all_held()):
                self._database.run("DELETE FROM identities WHERE person_id = ? AND key_epoch = ?", (person_id, epoch))
            self._database.commit()

    def note_moved(self, person_id: str, moved: Sequence[tuple[str, str]]) -> None:
        """Headers (old, new; SHA-256, hex) took the place of others: a release of one is one of the sealed file's.

        One statement for all: there may be thousands of a person.
        """
        rows = self._database.all(
            "SELECT header_sha256, sealed_sha256 FROM moved_headers"
            " WHERE header_sha256 IN (SELECT value FROM json_each(?))",
            (json.dumps([before for before, _ in moved]),),
        )
        sealed = {str(row[0]): str(row[1]) for row in rows}
        self._database.run_many(
            "INSERT INTO moved_headers VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(after, person_id, sealed.get(before, before)) for before, after in moved],
        )

    def sealed_header(self, header_sha256: str) -> str:
        """The hash of the header that the file was sealed with, of which this one came by moving; or it itself."""
        row = self._database.one("SELECT sealed_sha256 FROM moved_headers WHERE header_sha256 = ?", (header_sha256,))
        return header_sha256 if row is None else str(row[0])

    def add_consent(self, receipt: ConsentReceipt, signed_receipt: Envelope, signed_disclosure: Envelope) -> None:
        """Keep a verified consent; the same one again changes nothing."""
        self._database.run(
            "INSERT INTO consents VALUES (?, ?, ?, ?) ON CONFLICT (consent_id) DO NOTHING",
            (
                receipt.consent_id,
                receipt.person_id,
                envelope_format.encode(signed_receipt),
                envelope_format.encode(signed_disclosure),
            ),
        )

    def add_disclosure(self, sha256: str, version: int, signed: Envelope) -> None:
        """Keep a verified disclosure; the same one again changes nothing."""
        self._database.run(
            "INSERT INTO disclosures VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
            (sha256, version, envelope_format.encode(signed)),
        )

    def newest_disclosures(self) -> list[Disclosure]:
        """Those with the highest version: one, if nobody signed two; none, if none was filed."""
        rows = self._database.all(
            "SELECT envelope FROM disclosures WHERE version = (SELECT max(version) FROM disclosures)"
        )
        return [_disclosure(bytes(row[0])) for row in rows]

    def consents(self, person: Person) -> list[StoredConsent]:
        """Every consent of ``person``."""
        rows = self._database.all("SELECT receipt, disclosure FROM consents WHERE person_id = ?", (person.person_id,))
        found = []
        for receipt_row, disclosure_row in rows:
            receipt = _receipt(bytes(receipt_row))
            disclosure = _disclosure(bytes(disclosure_row))
            found.append(StoredConsent(ConsentFacts(receipt, erased_at_ns=person.erased_at_ns), receipt, disclosure))
        return found

    def number_releases(self, person_id: str, count: int) -> int:
        """Take the next ``count`` numbers of this person's releases; the first of them. They begin with 1.

        Raises :class:`Refused` for somebody who was erased meanwhile: nothing readable of them is entered any more.
        """
        row = self._database.one(
            "UPDATE people SET releases = releases + ? WHERE person_id = ? AND erased_at_ns IS NULL RETURNING releases",
            (count, person_id),
        )
        if row is None:
            words = no(Reason.CONSENT_ERASED).explain()
            raise Refused(Reason.CONSENT_ERASED, words.sentence, fix=words.next_step)
        return int(row[0]) - count + 1

    def signed_receipt(self, consent_id: str) -> Envelope | None:
        """The receipt called ``consent_id`` as it came in."""
        row = self._database.one("SELECT receipt FROM consents WHERE consent_id = ?", (consent_id,))
        return None if row is None else envelope_format.decode(bytes(row[0]))

    def mark_erased(self, person: Person, *, now_ns: int, ledger_index: int) -> None:
        """Delete the person's wrapped keys, consents and names; note that, and when, it was done."""
        person_id = person.person_id
        for epoch in self.epochs(person_id):
            self.mark_destroyed(person_id, epoch, now_ns=now_ns, ledger_index=ledger_index)
        self._database.run("DELETE FROM moved_headers WHERE person_id = ?", (person_id,))
        self._database.run("DELETE FROM consents WHERE person_id = ?", (person_id,))
        self._database.run(
            "UPDATE people SET erased_at_ns = ?, erasure_index = ? WHERE person_id = ?",
            (now_ns, ledger_index, person_id),
        )
        self.forget_names(person_id, person.person_key)

    def forget_names(self, person_id: str, person_key: str) -> None:
        """Put keyed hashes into the places of an erased person's id and key; the key can be had by who has the id."""
        record = self._database.record
        name = record.erased("person", person_id)
        self._database.run("PRAGMA defer_foreign_keys=ON")
        self._database.run(
            "UPDATE people SET person_id = ?, person_key = ?, sealed_key = ?, order_envelope = NULL"
            " WHERE person_id = ?",
            (
                name,
                record.erased("person key", person_key),
                record.seal("person key", person_key.encode(), person_id),
                person_id,
            ),
        )
        self._database.run("UPDATE destroyed_epochs SET person_id = ? WHERE person_id = ?", (name, person_id))


@lru_cache(maxsize=1024)
def _receipt(envelope: bytes) -> ConsentReceipt:
    """What these bytes say, likewise."""
    return consent_format.decode_receipt(envelope_format.decode(envelope).body())


@lru_cache(maxsize=64)
def _disclosure(envelope: bytes) -> Disclosure:
    """What these bytes say: for everybody the same, and for ever."""
    return disclosure_format.decode(envelope_format.decode(envelope).body())
