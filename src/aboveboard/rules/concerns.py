"""Who may raise, join, take over and answer a concern, and what does one that was not answered forbid?

1. A concern is answered within :data:`ANSWER_WITHIN_NS`. Whoever takes it over may bring that date forward, never back.
2. Only the steward who has taken it over answers it, once.
3. While one is past its date without an answer, the programme is not widened: no wider disclosure, no further people.
4. A pass is good for what its scope says: raising in that month or the one after it, joining the concern it names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.passes import JOIN, RAISE
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

HOUR_NS = 3600 * SECOND_NS
ANSWER_WITHIN_NS = 14 * 24 * HOUR_NS
RAISE_PASSES = 3
"""How many concerns a person can raise anonymously in a month."""
OPEN_LIMIT = 10
"""How many concerns that a person raised openly may be without an answer at a time."""


@dataclass(frozen=True)
class ConcernFacts:
    """``owner`` is a steward's id, or ``None`` as long as nobody has taken it over. Wall time of the vault."""

    concern_id: str
    owner: str | None
    answer_by_ns: int
    answered: bool

    def overdue(self, now_ns: int) -> bool:
        """Should it have been answered by now?"""
        return not self.answered and now_ns >= self.answer_by_ns


def raise_scopes(now_ns: int) -> tuple[str, str]:
    """Whose passes are good for raising a concern now: the month before's, and this one's."""
    today = datetime.fromtimestamp(now_ns / SECOND_NS, UTC)
    before = today.replace(day=1) - timedelta(days=1)
    return f"{RAISE}{before:%Y-%m}", f"{RAISE}{today:%Y-%m}"


def raise_scope(now_ns: int) -> str:
    """What a pass to raise a concern is fetched for in the month of ``now_ns`` (UTC)."""
    return raise_scopes(now_ns)[1]


def join_scope(concern_id: str) -> str:
    """What a pass to join this concern is fetched for."""
    return f"{JOIN}{concern_id}"


@deny_on_error
def scope_raises(scope: str, *, now_ns: int) -> Decision:
    """Is a pass of ``scope`` good for raising a concern now?"""
    return ALLOWED if scope in raise_scopes(now_ns) else no(Reason.CONCERN_PASS, "it was for another month")


@deny_on_error
def scope_joins(scope: str, concern: ConcernFacts) -> Decision:
    """Is a pass of ``scope`` good for joining ``concern``?"""
    if scope != join_scope(concern.concern_id):
        return no(Reason.CONCERN_PASS, "it is for something else")
    return no(Reason.CONCERN_ANSWERED) if concern.answered else ALLOWED


@deny_on_error
def may_own(concern: ConcernFacts, *, answer_by_ns: int) -> Decision:
    """May a steward take it over and answer by then?"""
    if concern.answered:
        return no(Reason.CONCERN_ANSWERED)
    if answer_by_ns > concern.answer_by_ns:
        return no(Reason.CONCERN_DATE)
    return ALLOWED


@deny_on_error
def may_answer(concern: ConcernFacts, staff_id: str) -> Decision:
    """May this steward answer it?"""
    if concern.answered:
        return no(Reason.CONCERN_ANSWERED)
    if concern.owner != staff_id:
        return no(Reason.CONCERN_NOT_OWNER)
    return ALLOWED


@deny_on_error
def may_widen(concerns: Sequence[ConcernFacts], *, now_ns: int) -> Decision:
    """May the programme be widened, as far as concerns go?"""
    late = [concern.concern_id for concern in concerns if concern.overdue(now_ns)]
    return no(Reason.CONCERN_OVERDUE, f"waiting: {', '.join(sorted(late)[:3])}") if late else ALLOWED
