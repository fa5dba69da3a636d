"""Until when may a segment be kept? What its disclosure says, or the newest one, whichever is sooner."""

from aboveboard.rules.erasure import over_at_ns
from aboveboard.vault.disclosed import disclosed
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import SegmentRow


class Retained:
    """The days of each disclosure, each read once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        current = tx.current_disclosure()
        self._newest_days = None if current is None else disclosed(current).retention_days
        self._own: dict[str, int] = {}

    def days(self, disclosure_sha256: str) -> int:
        """For how many days what was recorded under this disclosure may be kept. Of an unknown one: none."""
        own = self._own_days(disclosure_sha256)
        return own if self._newest_days is None else min(own, self._newest_days)

    def over_at_ns(self, row: SegmentRow) -> int:
        """When (wall time) the time of this segment is over."""
        return over_at_ns(
            start_wall_ns=row.start_wall_ns,
            declared_at_ns=row.declared_at_ns,
            own_days=self._own_days(row.disclosure_sha256),
            newest_days=self._newest_days,
        )

    def _own_days(self, sha256: str) -> int:
        if sha256 not in self._own:
            row = self._tx.disclosure(sha256)
            self._own[sha256] = 0 if row is None else disclosed(row).retention_days
        return self._own[sha256]
