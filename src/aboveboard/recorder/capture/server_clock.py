"""At which wall time did an event with this server time happen?

An X server stamps events in milliseconds, in 32 bits, on a clock of its own. Two steps map them:

1. *To this machine's monotonic clock.* Round trips show whether the server reads ``CLOCK_MONOTONIC`` itself, as Xorg
   and Xvfb on this machine do: then the offset is exactly 0. Otherwise the offset is the middle of what all round
   trips allow, and half that range is added to the error.
2. *To wall time*, by the difference between the two clocks when the capture began. Setting the wall clock back
   changes nothing; a jump forward (a machine that slept) is taken over, so times never run backwards.

A truncated millisecond is centred: half a millisecond is added, and at most half a millisecond is the error of it.
"""

from typing import Any

from aboveboard.base.clock import MILLISECOND_NS, Clock
from aboveboard.base.errors import Unavailable
from aboveboard.recorder.capture.display import atom, screen_of, wait_readable

WRAP_MS = 1 << 32
ROUND_TRIPS = 9
JUMP_NS = 50 * MILLISECOND_NS
"""A difference between the clocks that changed by more is a jump; less is the scheduler."""
GRANULARITY_NS = MILLISECOND_NS
"""Servers may read the coarse clock, which ticks every millisecond or less often than the fine one."""


class ServerClock:
    """The mapping. ``offset_ms``: what to add to server time to get monotonic time, before wrapping."""

    def __init__(self, clock: Clock, round_trips: list[tuple[int, int, int]]) -> None:
        """``round_trips``: monotonic ns before, server ms in between, monotonic ns after; at least one."""
        self._clock = clock
        self.offset_ms, spread_ms = _estimate(round_trips)
        self.clock_error_ns = MILLISECOND_NS // 2 + GRANULARITY_NS + round(spread_ms * MILLISECOND_NS)
        self._wall_minus_monotonic_ns = self._difference_ns()

    @classmethod
    def measure(cls, conn: Any, clock: Clock) -> "ServerClock":
        """Ask the server behind ``conn`` for its time; ``conn`` must not be in use by another thread."""
        return cls(clock, [round_trip(conn, clock) for _ in range(ROUND_TRIPS)])

    def now_ns(self) -> int:
        """Wall time now, on the same scale as :meth:`wall_ns`."""
        return self._clock.monotonic_ns() + self._wall_minus_monotonic_ns

    def wall_ns(self, server_ms: int) -> int:
        """The wall time of an event of ``server_ms`` (0 to 2^32 - 1) that happened within the last 24 days."""
        now_ms = self._clock.monotonic_ns() // MILLISECOND_NS
        behind_ms = (now_ms - server_ms - round(self.offset_ms)) % WRAP_MS
        if behind_ms > WRAP_MS // 2:
            behind_ms -= WRAP_MS
        fraction_ms = self.offset_ms - round(self.offset_ms)
        centred_ns = MILLISECOND_NS // 2 + round(fraction_ms * MILLISECOND_NS)
        return (now_ms - behind_ms) * MILLISECOND_NS + centred_ns + self._wall_minus_monotonic_ns

    def jump_ns(self) -> int:
        """By how much the wall clock jumped forward since the last :meth:`follow`; 0 if it did not."""
        jumped_ns = self._difference_ns() - self._wall_minus_monotonic_ns
        return jumped_ns if jumped_ns > JUMP_NS else 0

    def follow(self, jumped_ns: int) -> None:
        """Take a jump over: times are later by ``jumped_ns`` from now on."""
        self._wall_minus_monotonic_ns += max(jumped_ns, 0)

    def _difference_ns(self) -> int:
        """Wall minus monotonic time, read in the closest of a few pairs."""
        pairs = []
        for _ in range(5):
            before_ns = self._clock.monotonic_ns()
            wall_ns = self._clock.wall_ns()
            after_ns = self._clock.monotonic_ns()
            pairs.append((after_ns - before_ns, wall_ns - (before_ns + after_ns) // 2))
        return min(pairs)[1]


def round_trip(conn: Any, clock: Clock) -> tuple[int, int, int]:
    """Monotonic ns before, the server's ms in between, monotonic ns after; raises :class:`Unavailable`."""
    screen = screen_of(conn)
    window, name = conn.generate_id(), atom(conn, "ABOVEBOARD_TIME")
    property_change = 1 << 22
    conn.core.CreateWindowChecked(
        0, window, screen.root, -1, -1, 1, 1, 0, 2, 0, 1 << 11, [property_change]
    ).check()  # InputOnly, CWEventMask
    try:
        before_ns = clock.monotonic_ns()
        conn.core.ChangeProperty(0, window, name, 31, 8, 1, b"t")
        conn.flush()
        deadline_ns = before_ns + 2000 * MILLISECOND_NS
        while clock.monotonic_ns() < deadline_ns:
            event = conn.poll_for_event()
            if event is None:
                wait_readable([conn.get_file_descriptor()], 0.1)
            elif getattr(event, "window", 0) == window and hasattr(event, "time"):
                return before_ns, event.time, clock.monotonic_ns()
    finally:
        conn.core.DestroyWindow(window)
        conn.flush()
    raise Unavailable("the display does not answer", cause="the X server is stopped or very busy", fix="try again")


def _estimate(round_trips: list[tuple[int, int, int]]) -> tuple[float, float]:
    """Offset in ms from server to monotonic time, and the error of it in ms."""
    low, high = float("-inf"), float("inf")
    base = (round_trips[0][0] // MILLISECOND_NS - round_trips[0][1]) % WRAP_MS
    for before_ns, server_ms, after_ns in round_trips:
        # The server read its clock in [before, after]; the reading was cut to a whole millisecond.
        distance = (before_ns // MILLISECOND_NS - server_ms - base + WRAP_MS // 2) % WRAP_MS - WRAP_MS // 2
        earliest = base + distance + (before_ns % MILLISECOND_NS) / MILLISECOND_NS - 1
        low = max(low, earliest)
        high = min(high, earliest + (after_ns - before_ns) / MILLISECOND_NS + 1)
    slack = GRANULARITY_NS / MILLISECOND_NS
    for same in (0.0, float(WRAP_MS)):
        if low - slack <= same <= high + slack:
            return 0.0, 0.0
    return ((low + high) / 2) % WRAP_MS, max(high - low, 0.0) / 2
