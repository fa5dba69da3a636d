"""Which wall time is it, on a scale that never runs backwards?

Monotonic time plus the difference to wall time when the capture began: setting the clock back changes nothing. A jump
forward (a machine that slept) is found by :meth:`WallClock.jump_ns` and taken over by :meth:`WallClock.follow`.
"""

from aboveboard.base.clock import MILLISECOND_NS, Clock

JUMP_NS = 50 * MILLISECOND_NS
"""A difference between the clocks that changed by more is a jump; less is the scheduler."""


class WallClock:
    """One scale, from when it is made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ns = self._difference_ns()

    def now_ns(self) -> int:
        """Wall time now."""
        return self._clock.monotonic_ns() + self._ahead_ns

    def jump_ns(self) -> int:
        """By how much the wall clock jumped forward since the last :meth:`follow`; 0 if it did not."""
        jumped_ns = self._difference_ns() - self._ahead_ns
        return jumped_ns if jumped_ns > JUMP_NS else 0

    def follow(self, jumped_ns: int) -> None:
        """Times are later by ``jumped_ns`` from now on."""
        self._ahead_ns += max(jumped_ns, 0)

    def _difference_ns(self) -> int:
        """Wall minus monotonic time, read in the closest of a few pairs."""
        pairs = []
        for _ in range(5):
            before_ns = self._clock.monotonic_ns()
            wall_ns = self._clock.wall_ns()
            after_ns = self._clock.monotonic_ns()
            pairs.append((after_ns - before_ns, wall_ns - (before_ns + after_ns) // 2))
        return min(pairs)[1]
