"""How do items become segments, and what is never let through?

1. An item is kept only if a lease covers the moment it happened, asked again here.
2. A segment never spans a pause, a gap between leases, or a jump of the clock: it is closed before it, and for a pause
   or a withdrawal it is dropped.
3. A segment is closed about every five seconds, at a moment before which everything has arrived.
4. What was left out, and why, stands as a marker at the start of the next segment.
"""

import platform
from collections import Counter
from collections.abc import Callable
from typing import Literal

import aboveboard
from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import Refused
from aboveboard.formats.recording import Marker, MarkerReason, Session, Timed, Window
from aboveboard.recorder.capture.port import Frame, Source
from aboveboard.recorder.chain import SegmentChain, Span
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.encode.segment import OpenSegment
from aboveboard.recorder.inbox import Arrival, Overload
from aboveboard.recorder.lease import LeaseBook

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
"""A segment is closed early when it is about this large."""
CLOCK_STEP_NS = SECOND_NS
"""How far wall and boot clock may part between two items of one segment."""

GapReason = MarkerReason


class SessionWriter:
    """Takes arrivals in order, from one thread. ``segment_ns`` is how long a segment is to be."""

    def __init__(
        self,
        chain: SegmentChain,
        *,
        session_id: str,
        book: LeaseBook,
        source: Source,
        clock: Clock,
        segment_ns: int,
        stored: Callable[[], None],
    ) -> None:
        self.events = 0
        self.frames = 0
        self.dropped: Counter[str] = Counter()
        self._chain, self._book, self._source, self._clock = chain, book, source, clock
        self._session_id, self._segment_ns, self._stored = session_id, segment_ns, stored
        self._canvas = Canvas()
        self._window: Window | None = None
        self._open: OpenSegment | None = None
        self._boundary: tuple[int, int] | None = None
        """Wall and boot time up to which this session is complete, if recording went on from there."""
        self._gap: tuple[GapReason, int] | None = None
        now_ns = clock.wall_ns()
        self._last_wall_ns = now_ns
        self._markers = [Marker(kind="started", reason="session", start_ns=now_ns, end_ns=now_ns)]
        self._markers_in_open: list[Marker] = []

    def take(self, arrival: Arrival) -> None:
        """Keep one item, or drop it if no lease covers it."""
        if not self._book.at(arrival.boot_ns).allowed:
            self.interrupt("no_lease")
            return
        self._cut_before(arrival)
        item = arrival.item
        if isinstance(item, Frame):
            self._take_frame(item, arrival)
            return
        self._ready(arrival).add_event(item, boot_ns=arrival.boot_ns)
        self.events += 1
        if isinstance(item.event, Window):
            self._window = item.event

    def overloaded(self, overload: Overload) -> None:
        """Say that items were dropped because there were too many."""
        self.dropped["overload"] += overload.count
        start_ns, end_ns = overload.start_ns, overload.end_ns
        self._markers.append(
            Marker(kind="gap", reason="overload", start_ns=start_ns, end_ns=end_ns, count=overload.count)
        )
        self._canvas.forget()

    def tick(self, settled_ns: int) -> None:
        """Close the open segment if it is due. Everything before ``settled_ns`` (wall time) was taken."""
        segment, now_ns = self._open, self._clock.boot_ns()
        if segment is None:
            self._last_wall_ns = max(self._last_wall_ns, settled_ns)
        elif segment.drops != self._book.drops:
            self.interrupt("no_lease")
        elif now_ns - segment.start_boot_ns >= self._segment_ns:
            end_boot_ns = segment.start_boot_ns + settled_ns - segment.start_wall_ns
            if segment.last_boot_ns <= end_boot_ns <= now_ns and settled_ns >= segment.last_wall_ns:
                self._close(settled_ns, end_boot_ns)
            else:
                self._close(segment.last_wall_ns, segment.last_boot_ns)

    @property
    def needs_whole(self) -> bool:
        """Is the picture unknown, so that the next segment would begin without one?"""
        return not self._canvas.known

    def interrupt(self, reason: GapReason, *, drop: bool = False) -> None:
        """Recording is not permitted just now: finish what was, and forget what is on the screen.

        The open segment is dropped with ``drop``, or when its permission was taken back; otherwise it is closed.
        """
        segment = self._open
        if segment is not None and (drop or segment.drops != self._book.drops):
            self._drop(segment, reason)
        elif segment is not None:
            self._close(segment.last_wall_ns, segment.last_boot_ns)
        if self._gap is None:
            self._gap = (reason, self._last_wall_ns)
        elif reason != "no_lease":
            self._gap = (reason, self._gap[1])
        self._boundary = None
        self._window = None
        self._canvas.forget()

    def finish(self) -> None:
        """The session ends: say so in the last segment, if a lease permits one more word, and close it."""
        wall_ns, boot_ns = self._clock.wall_ns(), self._clock.boot_ns()
        if self._book.at(boot_ns).allowed:
            stopped = Marker(kind="stopped", reason="session", start_ns=wall_ns, end_ns=wall_ns)
            self.take(Arrival(Timed(wall_ns, stopped), wall_ns, boot_ns))
        if self._open is not None:
            self._close(self._open.last_wall_ns, self._open.last_boot_ns)

    def _take_frame(self, frame: Frame, arrival: Arrival) -> None:
        if not (frame.whole or self._canvas.known):
            self.dropped["no_whole_frame"] += 1
            self._source.request_whole_frame()
            return
        segment = self._ready(arrival)  # before drawing: a segment begins with the picture before its first change
        patches = self._canvas.draw(frame)
        if not patches:
            self.dropped["no_whole_frame"] += 1
            self._source.request_whole_frame()
            return
        segment.add_frame(patches, boot_ns=arrival.boot_ns)
        self.frames += 1

    def _cut_before(self, arrival: Arrival) -> None:
        """End the open segment where this item can no longer belong to it."""
        segment = self._open
        if segment is None:
            return
        step_ns = (arrival.wall_ns - segment.last_wall_ns) - (arrival.boot_ns - segment.last_boot_ns)
        if segment.drops != self._book.drops or not self._book.covering(segment.start_boot_ns, arrival.boot_ns):
            self.interrupt("no_lease")
        elif arrival.wall_ns < segment.last_wall_ns or abs(step_ns) > CLOCK_STEP_NS:
            self._close(segment.last_wall_ns, segment.last_boot_ns)
            self._boundary = None
        elif arrival.boot_ns - segment.start_boot_ns >= self._segment_ns or segment.size_bytes >= SIZE_LIMIT_BYTES:
            self._close(arrival.wall_ns, max(arrival.boot_ns, segment.last_boot_ns))

    def _ready(self, arrival: Arrival) -> OpenSegment:
        """The open segment, begun if need be: at the last boundary, but not long before its first item."""
        if self._open is not None:
            return self._open
        before_ns = 0
        if self._boundary is not None and self._canvas.known:
            before_ns = min(max(arrival.boot_ns - self._boundary[1], 0), self._segment_ns)
            if not self._book.covering(arrival.boot_ns - before_ns, arrival.boot_ns):
                before_ns = 0
        start_wall_ns, start_boot_ns = arrival.wall_ns - before_ns, arrival.boot_ns - before_ns
        segment = OpenSegment(start_wall_ns=start_wall_ns, start_boot_ns=start_boot_ns, drops=self._book.drops)
        segment.begin(self._session(), self._window, self._canvas.whole(start_wall_ns))
        if self._gap is not None:
            reason, since_ns = self._gap
            kind: Literal["gap", "paused"] = "gap" if reason == "no_lease" else "paused"
            self._markers.append(Marker(kind=kind, reason=reason, start_ns=since_ns, end_ns=start_wall_ns))
            self._gap = None
        for marker in self._markers:
            segment.add_event(Timed(start_wall_ns, marker), boot_ns=start_boot_ns)
        segment.events = 0
        self._markers_in_open, self._markers = self._markers, []
        self._open = segment
        return segment

    def _session(self) -> Session:
        width, height = self._source.screen_size
        return Session(
            session_id=self._session_id,
            sequence=self._chain.sequence,
            screen_width=width,
            screen_height=height,
            platform=f"{platform.system()} {platform.machine()}",
            recorder=f"aboveboard {aboveboard.__version__}",
            clock_error_ns=self._source.clock_error_ns,
        )

    def _close(self, end_wall_ns: int, end_boot_ns: int) -> None:
        """Seal the open segment as ``[start, end]`` and spool it."""
        segment = self._open
        if segment is None:
            return
        self._open = None
        covered_ns = self._book.covered_until(segment.start_boot_ns, end_boot_ns)
        if covered_ns < segment.last_boot_ns or segment.drops != self._book.drops:
            self._drop(segment, "no_lease")
            return
        end_wall_ns -= end_boot_ns - covered_ns
        span = Span(segment.start_wall_ns, end_wall_ns, segment.start_boot_ns, covered_ns)
        try:
            self._chain.store(segment.finish(), span, self._book.covering(span.start_boot_ns, covered_ns))
        except Refused as error:
            self._drop(segment, "no_lease")
            self.dropped[error.reason] += 1
            return
        self._boundary, self._last_wall_ns = (end_wall_ns, covered_ns), end_wall_ns
        self._markers_in_open = []
        self._stored()

    def _drop(self, segment: OpenSegment, reason: GapReason) -> None:
        """The segment is not kept; what it was to say of earlier gaps is said later."""
        self._open = None
        self.dropped[reason] += segment.events + segment.frames
        self._markers = [*self._markers_in_open, *self._markers]
        self._markers_in_open = []
        self._boundary = None
        self._gap = self._gap or (reason, segment.start_wall_ns)
