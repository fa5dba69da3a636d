"""What stands in the way of widening the programme: publishing a wider disclosure, inviting further people?"""

from aboveboard.rules.concerns import ConcernFacts, may_widen
from aboveboard.vault.storage.concerns import ConcernRow
from aboveboard.vault.storage.records import Transaction


def facts_of(row: ConcernRow) -> ConcernFacts:
    """What the rules need to know of a concern."""
    return ConcernFacts(row.concern_id, row.owner, row.answer_by_ns, answered=row.answer is not None)


def check_may_widen(tx: Transaction, *, now_ns: int) -> None:
    """Raise :class:`Refused` while a concern waits past its date."""
    may_widen([facts_of(row) for row in tx.all_concerns()], now_ns=now_ns).require()
