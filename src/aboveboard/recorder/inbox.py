"""What reaches the recorder from the source's thread, and on which clock did it happen?

The source calls :class:`Inbox` and is never kept waiting. Each item is dated on the boot clock, the one that leases are
counted on, by the two clocks read at that moment; what claims another time than just now is dated now. What no lease
covers is dropped here, before anything else sees it. If the rest of the recorder cannot keep up, frames and then events
are dropped, and counted.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, Clock
from aboveboard.formats.recording import Timed
from aboveboard.recorder.capture.port import Frame

DELAY_LIMIT_NS = 30 * SECOND_NS
"""An item that claims to be older than this when it arrives is dated at its arrival. Keys may wait to be judged for
``redact.typed.options.hard_cap_ns``."""
AHEAD_LIMIT_NS = 20 * MILLISECOND_NS
FRAME_BYTES_LIMIT = 192 * 1024 * 1024
EVENTS_LIMIT = 200_000


@dataclass(frozen=True, eq=False)
class Arrival:
    """An item, the wall time at which it says it happened, and that time on the boot clock."""

    item: Timed | Frame
    wall_ns: int
    boot_ns: int


@dataclass(frozen=True)
class Overload:
    """``count`` items between two wall times were dropped because there were too many."""

    start_ns: int
    end_ns: int
    count: int


class Inbox:
    """The sink of a source. ``permitted(boot_ns)`` says whether a lease covers that moment."""

    def __init__(self, clock: Clock, permitted: Callable[[int], bool]) -> None:
        self._clock = clock
        self._permitted = permitted
        self._lock = threading.Lock()
        self._arrivals: deque[Arrival] = deque()
        self._frame_bytes = 0
        self._events = 0
        self._overload: Overload | None = None
        self._needs_whole = True
        self.filled = threading.Event()
        """Set with each item that is kept; whoever takes them clears it first."""
        self.arrived = 0
        """How many items the source gave, kept or not."""
        self.handed = 0
        """How many of them were handed over."""

    def event(self, timed: Timed) -> None:
        """Take an event (the source's thread)."""
        self._take(timed, timed.time_ns, frame_bytes=0)

    def frame(self, frame: Frame) -> None:
        """Take a frame (the source's thread)."""
        self._take(frame, frame.time_ns, frame_bytes=sum(patch.bgrx.nbytes for patch in frame.patches))

    def take_all(self) -> tuple[deque[Arrival], Overload | None]:
        """Everything that arrived since, in order, and what was dropped meanwhile (the recorder's thread).

        Take each from the left: a frame is large, and is then gone once it is drawn.
        """
        with self._lock:
            arrivals, overload = self._arrivals, self._overload
            self._arrivals = deque()
            self._frame_bytes = self._events = 0
            self._overload = None
        self.handed += len(arrivals)
        return arrivals, overload

    def _take(self, item: Timed | Frame, wall_ns: int, *, frame_bytes: int) -> None:
        self.arrived += 1
        arrived_ns = self._clock.boot_ns()
        happened_ns = arrived_ns - (self._clock.wall_ns() - wall_ns)
        if not arrived_ns - DELAY_LIMIT_NS <= happened_ns <= arrived_ns + AHEAD_LIMIT_NS:
            happened_ns = arrived_ns
        happened_ns = min(happened_ns, arrived_ns)
        if not (self._permitted(happened_ns) and self._permitted(arrived_ns)):
            with self._lock:
                self._needs_whole = self._needs_whole or frame_bytes > 0
            return
        with self._lock:
            if isinstance(item, Frame) and self._needs_whole and not item.whole:
                return  # it would be drawn on the wrong picture; what came before it is accounted for already
            if self._frame_bytes + frame_bytes > FRAME_BYTES_LIMIT or self._events >= EVENTS_LIMIT:
                before = self._overload or Overload(wall_ns, wall_ns, 0)
                self._overload = Overload(before.start_ns, wall_ns, before.count + 1)
                self._needs_whole = self._needs_whole or frame_bytes > 0
                return
            if frame_bytes:
                self._frame_bytes += frame_bytes
                self._needs_whole = False
            else:
                self._events += 1
            self._arrivals.append(Arrival(item, wall_ns, happened_ns))
        if not self.filled.is_set():
            self.filled.set()

    @property
    def needs_whole(self) -> bool:
        """Was there no frame yet, or was one dropped, so that only a whole one can be drawn next?"""
        with self._lock:
            return self._needs_whole
