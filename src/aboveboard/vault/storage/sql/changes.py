"""The line of changes in SQL: what changed anybody's permission, or is news to them, in the order of being committed.

Writers are let in one at a time, so the numbers grow in the order in which others can see them. PostgreSQL tells every
process that listens, when the transaction is committed; that word carries nothing, they look here.
"""

from sqlalchemy import func, select, text

from aboveboard.vault.storage.rows import ChangeKind, ChangeRow
from aboveboard.vault.storage.sql.area import Area
from aboveboard.vault.storage.sql.tables import changes

CHANNEL = "aboveboard_changes"
AT_ONCE = 1_000


class SqlChanges(Area):
    changed = False
    """Was a change noted in this transaction?"""

    def note_change(self, kind: ChangeKind, subject: str, *, at_ns: int) -> None:
        self._connection.execute(changes.insert().values(kind=kind, subject=subject, at_ns=at_ns))
        if not self.changed and self._connection.dialect.name == "postgresql":
            self._connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        self.changed = True

    def changes_after(self, sequence: int) -> list[ChangeRow]:
        query = select(changes).where(changes.c.sequence > sequence).order_by(changes.c.sequence).limit(AT_ONCE)
        return [ChangeRow(**found) for found in self._connection.execute(query).mappings()]

    def newest_change(self) -> int:
        return int(self._connection.execute(select(func.max(changes.c.sequence))).scalar_one() or 0)
