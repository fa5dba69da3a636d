"""Which segments are not sealed yet, and to which does a key belong that is told late?

One segment is open. Those before it are over, and wait until all keys of their time are decided (``redact.keys``). What
is not sealed is in memory only.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Covered, Key, KeyCount, Timed
from aboveboard.recorder.encode.segment import OpenSegment
from aboveboard.recorder.lease import Checked, LeaseBook

CLOCK_STEP_NS = SECOND_NS
"""How far wall and boot clock may part between two items of one segment."""


@dataclass
class Over:
    """A segment that ended at these times, which ``covering`` leases cover whole."""

    segment: OpenSegment
    end_wall_ns: int
    end_boot_ns: int
    covering: list[Checked] = field(default_factory=list)


class Unsealed:
    """The segments of one session that are not sealed, oldest first."""

    def __init__(self, book: LeaseBook) -> None:
        self.open: OpenSegment | None = None
        self.over: deque[Over] = deque()
        self.undecided_ns: int | None = None
        """Since when (wall time) keys wait to be decided, if any does."""
        self._book = book
        self._sealed = (0, 0)

    def __iter__(self) -> Iterator[OpenSegment]:
        yield from (over.segment for over in self.over)
        if self.open is not None:
            yield self.open

    @property
    def size_bytes(self) -> int:
        """About how large they are."""
        return sum(segment.size_bytes for segment in self)

    @property
    def void(self) -> bool:
        """Was a permission taken back that one of them needs?"""
        return any(segment.drops != self._book.drops for segment in self)

    def end(self, end_wall_ns: int, end_boot_ns: int) -> Over | None:
        """The open segment is over and is ``[start, end]``, as far as leases cover it.

        ``None`` if they do not cover all that happened in it: it is open as before, and cannot be kept.
        """
        segment = self.open
        assert segment is not None
        covered_ns = self._book.covered_until(segment.start_boot_ns, end_boot_ns)
        if covered_ns < segment.last_boot_ns or segment.drops != self._book.drops:
            return None
        covering = self._book.covering(segment.start_boot_ns, covered_ns)
        over = Over(segment, end_wall_ns - (end_boot_ns - covered_ns), covered_ns, covering)
        self.open = None
        self.over.append(over)
        return over

    def due(self, decided_ns: int | None) -> Over | None:
        """The oldest that is over by ``decided_ns`` (wall time; ``None``: whenever), until :meth:`sealed` is told."""
        if not self.over or (decided_ns is not None and self.over[0].end_wall_ns > decided_ns):
            return None
        return self.over[0]

    def sealed(self) -> None:
        """The oldest is sealed."""
        over = self.over.popleft()
        self._sealed = (over.end_wall_ns, over.end_boot_ns)

    def keys_missing(self) -> tuple[int, int] | None:
        """From when to when (wall time) keys are missing in those that are over, if they are sealed as they are."""
        if not self.over or self.undecided_ns is None or self.undecided_ns >= self.over[-1].end_wall_ns:
            return None
        return max(self.undecided_ns, self.over[0].segment.start_wall_ns), self.over[-1].end_wall_ns

    def late(self, timed: Timed, boot_ns: int) -> bool | None:
        """Keep a key in the segment that was open when it was pressed.

        ``None``: it is no key, or not late. ``False``: it is too late, and is not kept.
        """
        if not isinstance(timed.event, Key | KeyCount | Covered):
            return None
        if _before(timed.time_ns, boot_ns, *self._sealed):
            return False
        for over in self.over:
            if _before(timed.time_ns, boot_ns, over.end_wall_ns, over.end_boot_ns):
                return self._add(over.segment, timed, boot_ns, over)
        last = self.open
        if last is not None and _before(timed.time_ns, boot_ns, last.last_wall_ns, last.last_boot_ns):
            return self._add(last, timed, boot_ns)
        return None

    def _add(self, segment: OpenSegment, timed: Timed, boot_ns: int, over: Over | None = None) -> bool:
        """To ``segment``, begun earlier if need be: nothing but keys happened between the one before and its start."""
        if timed.time_ns < segment.start_wall_ns:
            covering = self._book.covering(boot_ns, over.end_boot_ns if over is not None else segment.last_boot_ns)
            if boot_ns > segment.start_boot_ns or not covering:
                return False
            segment.reach_back(timed.time_ns, boot_ns)
            if over is not None:
                over.covering = covering
        segment.add_event(timed, boot_ns=boot_ns)
        return True


def _before(wall_ns: int, boot_ns: int, end_wall_ns: int, end_boot_ns: int) -> bool:
    """Also on the boot clock: else the wall clock was set back, and it is not late."""
    step_ns = (end_wall_ns - wall_ns) - (end_boot_ns - boot_ns)
    return wall_ns < end_wall_ns and abs(step_ns) <= CLOCK_STEP_NS
