"""How do items become segments, and what is never let through?

1. An item is kept only if a lease covers the moment it happened, asked again here.
2. A segment never spans a pause, a gap between leases, or a jump of the clock: it is closed before it, and for a pause
   or a withdrawal it is dropped.
3. A segment is closed about every five seconds, at a moment before which everything has arrived.
4. It begins with what stands just then: the monitors, the layout, the window, the site. The screen goes on from the
   segment before; it begins whole where that one does not show it, and every two to ten minutes (``encode.picture``).
5. A segment that is over is sealed once all keys of its time are decided (``Source.decided_ns``); those that come late
   go into the segment that was open when they were pressed. Until then it is dropped as an open one is.
6. What was left out, and why, stands as a marker at the start of the next segment.
7. A picture that cannot be encoded costs that picture, never the recording.
"""

import platform
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import aboveboard
from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.base.errors import AboveboardError, Refused
from aboveboard.formats.fields import Document
from aboveboard.formats.part_files import count_items
from aboveboard.formats.recording import (
    STANDING,
    Display,
    Event,
    Keyboard,
    Marker,
    MarkerReason,
    Session,
    Timed,
)
from aboveboard.recorder.capture.port import Frame, Source
from aboveboard.recorder.chain import SegmentChain, Span
from aboveboard.recorder.conditions import MARKED_AS
from aboveboard.recorder.encode.picture import Picture
from aboveboard.recorder.encode.segment import OpenSegment
from aboveboard.recorder.inbox import Arrival, Overload
from aboveboard.recorder.lease import LeaseBook
from aboveboard.recorder.left_out import LeftOut
from aboveboard.recorder.unsealed import CLOCK_STEP_NS, Over, Unsealed

SIZE_LIMIT_BYTES = 16 * 1024 * 1024
"""A segment is closed early when it is about this large."""
UNDECIDED_NS = SECOND_NS // 2
"""Where the source is less than this behind with keys, none waits: they are told on a grid (``typed.rhythm``)."""
ENCODER_RESTS_NS = 2 * SECOND_NS
"""After a picture that could not be encoded, how long until the next is asked for."""
LASTING: tuple[type[Document], ...] = (Display, Keyboard)
"""What stands through a pause as well: it tells of the machine, not of what was done."""


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
        self.taken = 0
        """How many arrivals were handed over."""
        self.missing = 0
        """How many messages were written and were then not in the file that was sealed; see ``recorder.watchdog``."""
        self._chain, self._book, self._source, self._clock = chain, book, source, clock
        self._session_id, self._segment_ns, self._stored = session_id, segment_ns, stored
        self._picture = Picture()
        self._encoder_rests_boot_ns = 0
        self._standing: dict[type[Document], Event] = {}
        self._unsealed = Unsealed(book)
        self._boundary: tuple[int, int] | None = None
        """Wall and boot time up to which this session is complete, if recording went on from there."""
        now_ns = clock.wall_ns()
        self._last_wall_ns = now_ns
        self._left_out = LeftOut()
        self._left_out.add(Marker(kind="started", reason="session", start_ns=now_ns, end_ns=now_ns))

    def take(self, arrival: Arrival) -> None:
        """Keep one item, or drop it if no lease covers it."""
        self.taken += 1
        self._keep(arrival)

    def mark(self, arrival: Arrival) -> None:
        """Keep what the person said of a task: it comes from them, and not from the source."""
        self._keep(arrival)

    def pass_over(self, reason: MarkerReason) -> None:
        """One arrival is not to be kept: recording was stopped after it, or it was taken back."""
        self.taken += 1
        self.dropped[reason] += 1

    def _keep(self, arrival: Arrival) -> None:
        late = self._unsealed.late(arrival.item, arrival.boot_ns) if isinstance(arrival.item, Timed) else None
        if late is not None:
            if late:
                self.events += 1
            else:
                self.dropped["not_decided"] += 1
            return
        if not self._book.at(arrival.boot_ns).allowed:
            self.interrupt("no_lease")
            return
        with self._surviving():
            self._cut_before(arrival.wall_ns, arrival.boot_ns)
            item = arrival.item
            if isinstance(item, Frame):
                self._take_frame(item, arrival.wall_ns, arrival.boot_ns)
                return
            self._ready(arrival.wall_ns, arrival.boot_ns).add_event(item, boot_ns=arrival.boot_ns)
            self.events += 1
            if isinstance(item.event, STANDING):
                self._standing[type(item.event)] = item.event

    def leave_out(self, marker: Marker) -> None:
        """Say so at the start of the next segment."""
        self._left_out.add(marker)

    def overloaded(self, overload: Overload) -> None:
        """Say that items were dropped because there were too many."""
        self.dropped["overload"] += overload.count
        start_ns, end_ns = overload.start_ns, overload.end_ns
        self._left_out.add(
            Marker(kind="gap", reason="overload", start_ns=start_ns, end_ns=end_ns, count=overload.count)
        )
        self._picture.forget()

    def know(self, settled_ns: int, decided_ns: int) -> None:
        """How far the source is, see :meth:`tick`; told before anything else is asked of the writer."""
        self._unsealed.undecided_ns = decided_ns if settled_ns - decided_ns > UNDECIDED_NS else None

    def tick(self, settled_ns: int, decided_ns: int) -> None:
        """Draw what is owed; close the open segment if it is due; seal what is over and decided.

        All before ``settled_ns`` (wall time) was taken, but for keys, of which only all before ``decided_ns`` were.
        """
        self.know(settled_ns, decided_ns)
        self._end_if_due(settled_ns)
        while (over := self._unsealed.due(decided_ns)) is not None:
            self._seal(over)

    def _end_if_due(self, settled_ns: int) -> None:
        with self._surviving():
            self._settle(settled_ns)
        segment, now_ns = self._unsealed.open, self._clock.boot_ns()
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
        """Is the picture unknown, so that only a whole one can be drawn next?"""
        return not self._picture.known and self._clock.boot_ns() >= self._encoder_rests_boot_ns

    @property
    def open_bytes(self) -> int:
        """About how large the segments are that are not sealed yet."""
        return self._unsealed.size_bytes

    def interrupt(self, reason: MarkerReason, *, drop: bool = False) -> None:
        """Recording is not permitted just now: finish what was, and forget what is on the screen.

        What is not sealed is dropped with ``drop``, or when its permission was taken back; otherwise it is sealed as it
        is, and what was typed and is not decided is left out.
        """
        segment = self._unsealed.open
        if drop or self._unsealed.void:
            self._drop_all(reason)
        elif segment is not None:
            self._close(segment.last_wall_ns, segment.last_boot_ns)
        self._seal_all()
        self._left_out.begin(reason, self._last_wall_ns)
        self._boundary = None
        self._standing = {kind: event for kind, event in self._standing.items() if kind in LASTING}
        self._picture.forget()

    def begin_anew(self, reason: MarkerReason, *, stretch: tuple[int, int] | None = None) -> None:
        """What is recorded can no longer be relied on: close the segment, leave a gap, start with a whole picture.

        ``stretch``: from when to when (wall time) it was not whole, where that is known; else the gap begins now.
        """
        if stretch is None:
            self.interrupt(reason)
            return
        if self._unsealed.open is not None:
            self._close(self._unsealed.open.last_wall_ns, self._unsealed.open.last_boot_ns)
        self._left_out.add(Marker(kind="gap", reason=reason, start_ns=stretch[0], end_ns=stretch[1]))
        self._boundary = None
        self._picture.forget()

    def discard_open(self, reason: MarkerReason, *, since_ns: int | None = None) -> None:
        """Drop what is not sealed. The gap begins at ``since_ns`` (wall time) if segments before it were deleted too.

        What stands and what is on the screen is not forgotten: the next segment begins with it, whole.
        """
        self._drop_all(reason)
        self._left_out.begin(reason, self._last_wall_ns)
        if since_ns is not None:
            self._left_out.reach_back(since_ns)
        self._boundary = None
        self.restart_picture()

    def restart_picture(self) -> None:
        """A segment before was deleted: the next must not go on from it."""
        self._picture.restart()

    def finish(self) -> None:
        """The session ends: say so in the last segment, if a lease permits one more word, and close it."""
        wall_ns, boot_ns = self._clock.wall_ns(), self._clock.boot_ns()
        if self._book.at(boot_ns).allowed:
            with self._surviving():
                self._settle(wall_ns, still_ns=0)
            stopped = Marker(kind="stopped", reason="session", start_ns=wall_ns, end_ns=wall_ns)
            self._keep(Arrival(Timed(wall_ns, stopped), wall_ns, boot_ns))
        if self._unsealed.open is not None:
            self._close(self._unsealed.open.last_wall_ns, self._unsealed.open.last_boot_ns)
        self._unsealed.undecided_ns = None
        self._seal_all()

    def _take_frame(self, frame: Frame, wall_ns: int, boot_ns: int) -> None:
        picture = self._picture
        if not (frame.whole or picture.known):
            self._no_picture()
            return
        if self._unsealed.open is None and (picture.due(boot_ns) or not picture.known):
            self._ready(wall_ns, boot_ns)  # before drawing: it begins with the picture before its first change
        patches = picture.draw(frame, boot_ns)
        if not picture.known:
            self._no_picture()
            return
        self.frames += 1
        if patches:
            self._ready(wall_ns, boot_ns).add_frame(patches, boot_ns=boot_ns)

    def _no_picture(self) -> None:
        self.dropped["no_whole_frame"] += 1
        if self.needs_whole:
            self._source.request_whole_frame()

    def _settle(self, settled_ns: int, **still: int) -> None:
        """Draw exactly what was shown with loss and is still now."""
        if not self._picture.owes:
            return
        wall_ns = max(
            settled_ns, self._unsealed.open.last_wall_ns if self._unsealed.open is not None else self._last_wall_ns
        )
        boot_ns = self._clock.boot_ns() - max(0, self._clock.wall_ns() - wall_ns)
        if not self._book.at(boot_ns).allowed:
            return
        self._cut_before(wall_ns, boot_ns)
        if self._unsealed.open is None and self._picture.due(boot_ns) and self._picture.payable(wall_ns, **still):
            self._ready(wall_ns, boot_ns)  # a whole picture comes before any other patch, and shows all that is owed
        patches = self._picture.settle(wall_ns, **still)
        if patches:
            self._ready(wall_ns, boot_ns).add_frame(patches, boot_ns=boot_ns)

    @contextmanager
    def _surviving(self) -> Iterator[None]:
        """Rule 7: whatever goes wrong inside while something is encoded is a gap, not the end."""
        try:
            yield
        except AboveboardError:
            raise
        except Exception:  # noqa: BLE001 - no memory, or a fault of an encoder: what was recorded so far is kept
            self.dropped["encoder_failed"] += 1
            self._encoder_rests_boot_ns = self._clock.boot_ns() + ENCODER_RESTS_NS
            if self._unsealed.open is not None:
                self._close(self._unsealed.open.last_wall_ns, self._unsealed.open.last_boot_ns)
            self._left_out.begin("encoder_failed", self._last_wall_ns)
            self._boundary = None
            self._picture.forget()

    def _cut_before(self, wall_ns: int, boot_ns: int) -> None:
        """End the open segment where what happens now can no longer belong to it."""
        segment = self._unsealed.open
        if segment is None:
            return
        step_ns = (wall_ns - segment.last_wall_ns) - (boot_ns - segment.last_boot_ns)
        if segment.drops != self._book.drops or not self._book.covering(segment.start_boot_ns, boot_ns):
            self.interrupt("no_lease")
        elif wall_ns < segment.last_wall_ns or abs(step_ns) > CLOCK_STEP_NS:
            self._close(segment.last_wall_ns, segment.last_boot_ns)
            self._boundary = None
        elif boot_ns - segment.start_boot_ns >= self._segment_ns or segment.size_bytes >= SIZE_LIMIT_BYTES:
            self._close(wall_ns, max(boot_ns, segment.last_boot_ns))

    def _ready(self, wall_ns: int, boot_ns: int) -> OpenSegment:
        """The open segment, begun if need be: at the last boundary, but not long before its first item."""
        if self._unsealed.open is not None:
            return self._unsealed.open
        before_ns = 0
        if self._boundary is not None and self._picture.known:
            before_ns = min(max(boot_ns - self._boundary[1], 0), self._segment_ns)
            if not self._book.covering(boot_ns - before_ns, boot_ns):
                before_ns = 0
        start_wall_ns, start_boot_ns = wall_ns - before_ns, boot_ns - before_ns
        continues, whole = self._picture.open(start_wall_ns, start_boot_ns)
        self._unsealed.open = OpenSegment(
            start_wall_ns=start_wall_ns,
            start_boot_ns=start_boot_ns,
            drops=self._book.drops,
            standing=[self._standing[kind] for kind in STANDING if kind in self._standing],
            markers=self._left_out.tell(start_wall_ns),
            whole=whole,
            screen_continues=continues,
        )
        return self._unsealed.open

    def _session(self, *, screen_continues: bool) -> Session:
        width, height = self._source.screen_size
        return Session(
            session_id=self._session_id,
            sequence=self._chain.sequence,
            screen_width=width,
            screen_height=height,
            platform=f"{platform.system()} {platform.machine()}",
            recorder=f"aboveboard {aboveboard.__version__}",
            clock_error_ns=self._source.clock_error_ns,
            screen_continues=screen_continues,
        )

    def _close(self, end_wall_ns: int, end_boot_ns: int) -> None:
        """The open segment is over, and is ``[start, end]``."""
        segment = self._unsealed.open
        if segment is None:
            return
        over = self._unsealed.end(end_wall_ns, end_boot_ns)
        if over is None:
            self._drop_open("no_lease")
            return
        self._picture.cut()
        self._boundary, self._last_wall_ns = (over.end_wall_ns, over.end_boot_ns), over.end_wall_ns

    def _seal_all(self) -> None:
        """Seal all that is over, decided or not."""
        missing = self._unsealed.keys_missing()
        if missing is not None:
            self._left_out.add(Marker(kind="suppressed", reason="not_decided", start_ns=missing[0], end_ns=missing[1]))
        while (over := self._unsealed.due(None)) is not None:
            self._seal(over)

    def _seal(self, over: Over) -> None:
        """Seal the oldest and spool it. If that cannot be, nothing that goes on from it is kept either."""
        segment = over.segment
        if segment.drops != self._book.drops:
            self._drop_all("no_lease")
            return
        span = Span(segment.start_wall_ns, over.end_wall_ns, segment.start_boot_ns, over.end_boot_ns)
        try:
            plain = segment.finish(self._session(screen_continues=segment.screen_continues))
            self.missing += segment.messages - count_items(plain)
            self._chain.store(plain, span, over.covering)
        except Refused as error:
            self._drop_all(next((word for why, word in MARKED_AS.items() if why == error.reason), "no_lease"))
            self.dropped[error.reason] += 1
            return
        except AboveboardError:
            raise
        except Exception:  # noqa: BLE001 - as in _surviving
            self._drop_all("encoder_failed")
            return
        self._unsealed.sealed()
        self._stored()

    def _drop_all(self, reason: MarkerReason) -> None:
        """Nothing that is not sealed is kept."""
        over = [one.segment for one in self._unsealed.over]
        self._unsealed.over.clear()
        self._drop_open(reason, over)

    def _drop_open(self, reason: MarkerReason, before: Sequence[OpenSegment] = ()) -> None:
        """The open segment, and those ``before`` it, are not kept.

        What they were to say of earlier gaps is said later, and of the screen by the next.
        """
        segments = [*before, *([self._unsealed.open] if self._unsealed.open is not None else [])]
        self._unsealed.open = None
        if not segments:
            return
        self._picture.cut()
        for segment in segments:
            self.dropped[reason] += segment.events + segment.frames
        self._left_out.untold([marker for segment in segments for marker in segment.markers])
        self._left_out.begin(reason, segments[0].start_wall_ns)
        self._boundary = None
        self._picture.restart()
