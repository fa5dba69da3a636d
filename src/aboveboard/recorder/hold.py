"""From when on may a sealed segment leave this machine?

Once it ended longer ago than the person wants to be able to take it back (the hold), or when they say "send now". Its
age is counted on the boot clock where it was made since this machine started. One of before that is as old as the wall
clock says, and at least as old as the machine has been running: a clock that was set back does not keep it for ever.
"""

import threading

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.recorder.discard import Waiting


class Hold:
    """``hold_s`` seconds on this machine; 0: none. Safe for threads."""

    def __init__(self, hold_s: float, *, clock: Clock, boot_id: str) -> None:
        self._clock = clock
        self._boot_id = boot_id
        self._lock = threading.Lock()
        self._hold_ns = int(hold_s * SECOND_NS)
        self._released: tuple[int, int] | None = None

    @property
    def hold_s(self) -> float:
        """How long segments are held."""
        return self._hold_ns / SECOND_NS

    def change(self, hold_s: float) -> None:
        """From now on they are held for so long; those that wait too."""
        with self._lock:
            self._hold_ns = int(hold_s * SECOND_NS)

    def release(self) -> None:
        """What ended until now may leave at once; what comes later is held again."""
        with self._lock:
            self._released = (self._clock.boot_ns(), self._clock.wall_ns())

    def due_s(self, segment: Waiting) -> float:
        """In how many seconds the segment may leave; 0: now."""
        boot_ns, wall_ns = self._clock.boot_ns(), self._clock.wall_ns()
        with self._lock:
            hold_ns, released = self._hold_ns, self._released
        if segment.boot_id == self._boot_id:
            let_go = released is not None and segment.end_boot_ns <= released[0]
            left_ns = hold_ns - (boot_ns - segment.end_boot_ns)
        else:
            let_go = released is not None
            left_ns = hold_ns - max(wall_ns - segment.end_wall_ns, boot_ns)
        return 0.0 if let_go else max(left_ns, 0) / SECOND_NS
