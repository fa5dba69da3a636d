"""What must people hear of at once?

An emergency was granted; a policy could not be applied. Each alarm is kept until its person is erased, said in the
keyholder's own log, and told to whoever asks and may know: the person whom it names, and all who approve or are
stewards.
"""

import logging

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.alarm import Alarm, AlarmKind
from aboveboard.keyholder.database import Database

LISTED = 200
AGAIN_NS = 60 * SECOND_NS
log = logging.getLogger("aboveboard.keyholder")


class Alarms:
    """Reads and writes the rows. :meth:`keep` and :meth:`forget` belong inside ``database.writing()``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, kind: AlarmKind, words: str, *, at_ns: int, grant_id: str = "", person_id: str = "") -> None:
        """Keep one, and say that there is one."""
        self._database.run(
            "INSERT INTO alarms (at_ns, kind, grant_id, person_id, words) VALUES (?, ?, ?, ?, ?)",
            (at_ns, kind, grant_id, person_id, words[:2000]),
        )
        log.error("alarm (%s): %s", kind, words[:500])

    def sound(self, kind: AlarmKind, words: str, *, at_ns: int) -> None:
        """Keep one by itself, where nothing else is being written; the very same again, a minute later at the
        earliest: whoever can cause one must not fill the disk."""
        last = self._database.one("SELECT MAX(at_ns) FROM alarms WHERE words = ?", (words[:2000],))
        if last is not None and last[0] is not None and at_ns < last[0] + AGAIN_NS:
            return
        with self._database.writing():
            self.keep(kind, words, at_ns=at_ns)
            self._database.commit()

    def of_person(self, person_id: str) -> list[Alarm]:
        """Those that name this person, the newest first."""
        return self._listed("WHERE person_id = ?", (person_id,))

    def all(self) -> list[Alarm]:
        """The newest, the newest first."""
        return self._listed("", ())

    def forget(self, person_id: str) -> None:
        """Delete those that name this person."""
        self._database.run("DELETE FROM alarms WHERE person_id = ?", (person_id,))

    def _listed(self, where: str, values: tuple[str, ...]) -> list[Alarm]:
        rows = self._database.all(
            f"SELECT number, at_ns, kind, grant_id, words FROM alarms {where} ORDER BY number DESC LIMIT {LISTED}",  # noqa: S608 - literals
            values,
        )
        return [Alarm(number=row[0], at_ns=row[1], kind=row[2], grant_id=row[3] or None, words=row[4]) for row in rows]
