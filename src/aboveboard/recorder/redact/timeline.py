"""Was the focus in a secret field when this key was pressed?

What the accessibility bus says arrives late: a field has the focus before anybody is told. So a key is judged only
when what came after it is known, and a stretch in which keys are not recorded is widened backwards:

1. by ``HOLD_NS``, the time within which an application tells of a new focus;
2. to the last thing that may have moved the focus (a click, Tab, Return, a shortcut), if that was at most ``REACH_NS``
   earlier. A page that is busy handles the Tab late, and with it the keys typed after the Tab.

Nothing here reads a clock or talks to anybody.
"""

from bisect import bisect_right, insort
from enum import StrEnum
from typing import Generic, TypeVar

from aboveboard.base.clock import MILLISECOND_NS

HOLD_NS = 250 * MILLISECOND_NS
REACH_NS = 1500 * MILLISECOND_NS

T = TypeVar("T")


class Stretches(Generic[T]):
    """What held when: each value holds from its time until the next value's time."""

    def __init__(self, initial: T) -> None:
        self._times: list[int] = []
        self._values: list[T] = [initial]

    def add(self, since_ns: int, value: T) -> None:
        """``value`` holds from ``since_ns`` on. Out of order is fine: it then holds until the next known time."""
        place = bisect_right(self._times, since_ns)
        self._times.insert(place, since_ns)
        self._values.insert(place + 1, value)

    @property
    def last(self) -> tuple[int, T]:
        """The latest value, and from when on it holds (0: always)."""
        return (self._times[-1] if self._times else 0), self._values[-1]

    def at(self, time_ns: int) -> T:
        """What held at ``time_ns``."""
        return self._values[bisect_right(self._times, time_ns)]

    def during(self, start_ns: int, end_ns: int) -> list[T]:
        """What held at any moment of ``[start_ns, end_ns]``; never empty."""
        return self._values[bisect_right(self._times, start_ns) : bisect_right(self._times, end_ns) + 1]

    def spans(self, start_ns: int, end_ns: int) -> list[tuple[int, int | None, T]]:
        """Like :meth:`during`, with when each began (0: always) and ended (``None``: not yet)."""
        first, last = bisect_right(self._times, start_ns), bisect_right(self._times, end_ns)
        return [
            (
                self._times[place - 1] if place else 0,
                self._times[place] if place < len(self._times) else None,
                self._values[place],
            )
            for place in range(first, last + 1)
        ]

    def forget(self, before_ns: int) -> None:
        """Drop what ended before ``before_ns``."""
        gone = max(bisect_right(self._times, before_ns) - 1, 0)
        del self._times[:gone]
        del self._values[:gone]


class Focus(StrEnum):
    """What is known of the field that has the focus."""

    OPEN = "open"
    SECRET = "password_field"  # noqa: S105 - the marker's reason, not a secret
    UNKNOWN = "focus_unknown"


class FocusTimeline:
    """The focus of the active application over time, with what may have moved it."""

    def __init__(self, *, hold_ns: int = HOLD_NS, reach_ns: int = REACH_NS) -> None:
        self._hold_ns = hold_ns
        self._reach_ns = reach_ns
        self._focus: Stretches[Focus] = Stretches(Focus.UNKNOWN)
        self._movers: list[int] = []

    def seen(self, time_ns: int, focus: Focus) -> None:
        """From ``time_ns`` on (when it was told) the focus is ``focus``."""
        self._focus.add(time_ns, focus)

    def moved(self, time_ns: int) -> None:
        """Something happened that may move the focus."""
        insort(self._movers, time_ns)

    def widened(self, since_ns: int) -> int:
        """From when on keys are withheld, if the stretch told of at ``since_ns`` is one of withholding."""
        start_ns = since_ns - self._hold_ns
        place = bisect_right(self._movers, since_ns)
        if place and self._movers[place - 1] >= since_ns - self._reach_ns:
            start_ns = min(start_ns, self._movers[place - 1])
        return start_ns

    def decidable_ns(self, time_ns: int) -> int:
        """A key of ``time_ns`` can be judged once everything before this time is known."""
        place = bisect_right(self._movers, time_ns)
        decidable_ns = time_ns + self._hold_ns
        if place:
            reached_ns = self._movers[place - 1] + self._reach_ns
            if place < len(self._movers):
                reached_ns = min(reached_ns, self._movers[place])
            decidable_ns = max(decidable_ns, reached_ns)
        return decidable_ns

    def verdict(self, time_ns: int) -> tuple[Focus, int, int | None]:
        """May a key of ``time_ns`` be told? The focus to judge it by, and the widened stretch (end ``None``: open).

        SECRET if any secret stretch, widened, holds ``time_ns``; else UNKNOWN if any unknown one does; else OPEN.
        """
        found: tuple[Focus, int, int | None] = (Focus.OPEN, time_ns, None)
        until_ns = max(self.decidable_ns(time_ns), time_ns + self._hold_ns)
        for since_ns, end_ns, focus in self._focus.spans(time_ns, until_ns):
            start_ns = self.widened(since_ns) if since_ns else 0
            if focus is Focus.OPEN or not (start_ns <= time_ns and (end_ns is None or time_ns < end_ns)):
                continue
            if focus is Focus.SECRET:
                return focus, start_ns, end_ns
            if found[0] is Focus.OPEN:
                found = (focus, start_ns, end_ns)
        return found

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter for keys from ``before_ns`` on."""
        self._focus.forget(before_ns - self._hold_ns)
        keep = bisect_right(self._movers, before_ns - self._reach_ns - self._hold_ns)
        del self._movers[:keep]
