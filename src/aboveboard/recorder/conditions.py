"""What else must hold, on this machine and just now, for anything to be recorded?

A condition watches one thing: the lock of the screen, the battery, what recording costs, whether it can be seen. The
recorder asks every condition before it captures and many times a second while it does, and stops at the first no.
A condition that breaks has said no.
"""

from collections.abc import Sequence
from typing import Protocol

from aboveboard.formats.recording import MarkerReason
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no


class Condition(Protocol):
    """One thing that must hold. :meth:`look` is called often, by one thread: it reads what is known, never waits."""

    def look(self) -> Decision:
        """May anything be recorded now, as far as this condition goes?"""
        ...

    def close(self) -> None:
        """Stop watching; called once."""
        ...


MARKED_AS: dict[Reason, MarkerReason] = {
    Reason.PAUSED_BY_PERSON: "paused_by_person",
    Reason.PAUSED_BY_STEWARD: "paused_by_steward",
    Reason.MACHINE_LOCKED: "screen_locked",
    Reason.MACHINE_ASLEEP: "asleep",
    Reason.MACHINE_ON_BATTERY: "on_battery",
    Reason.BUDGET_CPU: "over_budget",
    Reason.BUDGET_BYTES: "over_budget",
    Reason.LEASE_BUDGET_SPENT: "over_budget",
    Reason.INDICATOR_MISSING: "not_visible",
    Reason.SPOOL_FULL: "disk_full",
    Reason.CAPTURE_INCOMPLETE: "events_lost",
}
"""How the recording says why it has a gap; what is not here is ``no_lease``."""


def first_refusal(conditions: Sequence[Condition]) -> Decision:
    """The first no among ``conditions``; a condition that raises has said no."""
    for condition in conditions:
        try:
            decision = condition.look()
        except Exception as error:  # noqa: BLE001 - whatever goes wrong inside a decision means no
            return no(Reason.RULE_ERROR, f"{type(condition).__name__} failed with {type(error).__name__}")
        if not decision.allowed:
            return decision
    return ALLOWED
