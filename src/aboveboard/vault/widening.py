"""What stands in the way of widening the programme: publishing a wider disclosure, inviting further people?"""

from aboveboard.formats.disclosure import Disclosure
from aboveboard.rules.concerns import ConcernFacts, may_widen
from aboveboard.rules.disclosure_change import not_wider
from aboveboard.vault.disclosed import disclosed
from aboveboard.vault.storage.concerns import ConcernRow
from aboveboard.vault.storage.records import Transaction


def facts_of(row: ConcernRow) -> ConcernFacts:
    """What the rules need to know of a concern."""
    return ConcernFacts(row.concern_id, row.owner, row.answer_by_ns, answered=row.answer is not None)


def check_may_widen(tx: Transaction, *, now_ns: int) -> None:
    """Raise :class:`Refused` while a concern waits past its date."""
    may_widen([facts_of(row) for row in tx.all_concerns()], now_ns=now_ns).require()


def check_may_publish(tx: Transaction, disclosure: Disclosure, *, now_ns: int) -> None:
    """The same for this disclosure, unless in nothing it is wider than the current one: less is always allowed."""
    current = tx.current_disclosure()
    if current is None or not not_wider(disclosed(current), disclosure).allowed:
        check_may_widen(tx, now_ns=now_ns)
