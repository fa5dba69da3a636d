"""What must people hear of at once?

An emergency was granted; a policy could not be applied. Each alarm is kept until its person is erased, said in the
keyholder's own log, and told to whoever asks and may know: the person whom it names, and all who approve or are
stewards.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.alarm import Alarm, AlarmKind
from aboveboard.formats.fields import Document, decode_json, encode_json

if TYPE_CHECKING:
    from aboveboard.keyholder.database import Database
    from aboveboard.keyholder.record_key import RecordKey

LISTED = 200
LIMIT_BYTES = 64 * 1024
AGAIN_NS = 60 * SECOND_NS
log = logging.getLogger("aboveboard.keyholder")


class Said(Document, frozen=True):
    """What an alarm says, as it rests."""

    grant_id: str
    words: str


class Alarms:
    """Reads and writes the rows. :meth:`keep` and :meth:`forget` belong inside ``database.writing()``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, kind: AlarmKind, words: str, *, at_ns: int, grant_id: str = "", person_id: str = "") -> None:
        """Keep one, and say that there is one."""
        self._database.run(
            "INSERT INTO alarms (at_ns, kind, person, words_tag, sealed) VALUES (?, ?, ?, ?, ?)",
            alarm_row(self._database.record, at_ns, kind, grant_id, person_id, words[:2000]),
        )
        log.error("alarm (%s): %s", kind, words[:500])

    def sound(self, kind: AlarmKind, words: str, *, at_ns: int) -> None:
        """Keep one by itself, where nothing else is being written; the very same again, a minute later at the
        earliest: whoever can cause one must not fill the disk."""
        tag = self._database.record.tag("words", words[:2000])
        last = self._database.one("SELECT MAX(at_ns) FROM alarms WHERE words_tag = ?", (tag,))
        if last is not None and last[0] is not None and at_ns < last[0] + AGAIN_NS:
            return
        with self._database.writing():
            self.keep(kind, words, at_ns=at_ns)
            self._database.commit()

    def of_person(self, person: bytes) -> list[Alarm]:
        """Those that name the person with this tag, the newest first."""
        return self._listed("WHERE person = ?", (person,))

    def all(self) -> list[Alarm]:
        """The newest, the newest first."""
        return self._listed("", ())

    def forget(self, person_id: str) -> None:
        """Delete those that name this person."""
        tag = self._database.record.tag("person", person_id)
        self._database.run("DELETE FROM alarms WHERE person = ?", (tag,))

    def _listed(self, where: str, values: tuple[bytes, ...]) -> list[Alarm]:
        rows = self._database.all(
            f"SELECT number, at_ns, kind, sealed FROM alarms {where} ORDER BY number DESC LIMIT {LISTED}",  # noqa: S608 - literals
            values,
        )
        return [self._alarm(*row) for row in rows]

    def _alarm(self, number: int, at_ns: int, kind: AlarmKind, sealed: bytes) -> Alarm:
        opened = self._database.record.open("alarm", sealed)
        said = decode_json(opened, Said, name="alarm", limit_bytes=LIMIT_BYTES)
        return Alarm(number=number, at_ns=at_ns, kind=kind, grant_id=said.grant_id or None, words=said.words)


def alarm_row(record: RecordKey, at_ns: int, kind: str, grant_id: str, person_id: str, words: str) -> tuple[Any, ...]:
    """When, which kind, the person's tag, that of the words, and what it says, sealed."""
    person = record.tag("person", person_id) if person_id else None
    said = record.seal("alarm", encode_json(Said(grant_id=grant_id, words=words)))
    return (at_ns, kind, person, record.tag("words", words), said)
