"""Who may order an erasure, what does it reach, and when is a recording's time over? Pure.

1. An order for everything reaches all of the person's segments; one for a span each that lies in it even in part; one
   for segments exactly those. What is doubtful is reached.
2. A segment's time is over when the narrowest of the promises under which it may be kept says so: its own disclosure's
   days and the newest disclosure's, counted from when it was recorded or, if that is earlier, declared.
3. Time only goes on: a clock that was set back does not give a segment more days.
4. A person orders for themselves; a steward only with evidence, in their own name; the vault only for segments whose
   time is over, never everything.
"""

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.roster import Staff

DAY_NS = 86_400 * SECOND_NS


def reaches(order: ErasureOrder, *, segment_id: str, start_wall_ns: int, end_wall_ns: int) -> bool:
    """Rule 1. The times are the segment's own."""
    if order.segments is not None:
        return segment_id in order.segments
    if order.span is None:
        return True
    first_ns, last_ns = min(start_wall_ns, end_wall_ns), max(start_wall_ns, end_wall_ns)
    return first_ns < order.span.until_ns and last_ns >= order.span.from_ns


def signer_of(order: ErasureOrder, *, person_key: str, steward: Staff | None, vault_key: str) -> str | None:
    """Rule 4: the key that must have signed it; ``None``: nobody may order this.

    ``steward`` is the member of staff whom its evidence names, as the asked place's own roster has them.
    """
    if order.why == "person":
        return person_key
    if order.why == "retention":
        return None if order.whole else vault_key
    evidence = order.evidence
    if steward is None or evidence is None or steward.role != "steward" or steward.staff_id != evidence.staff_id:
        return None
    return steward.key


def over_at_ns(*, start_wall_ns: int, declared_at_ns: int, own_days: int, newest_days: int | None) -> int:
    """Rule 2: when (wall time) the time of a segment is over."""
    days = own_days if newest_days is None else min(own_days, newest_days)
    return min(start_wall_ns, declared_at_ns) + days * DAY_NS


def latest_ns(now_ns: int, known_ns: int) -> int:
    """Rule 3: the time that counts, given the clock and the latest time that was ever seen."""
    return max(now_ns, known_ns)
