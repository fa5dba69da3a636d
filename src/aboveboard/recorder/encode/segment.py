"""What goes into one segment, and when is there enough to make one?

A segment begins with ``/session``, what stands just then, and a whole picture where the segment before does not show
the screen, all dated its start; then comes what happened, in order of time. If nothing happened there is no segment.
"""

import io
from collections.abc import Sequence

from aboveboard.formats.mcap_file import RecordingWriter
from aboveboard.formats.recording import Event, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch

PATCH_COST_BYTES = 100
EVENT_COST_BYTES = 150


class OpenSegment:
    """A segment being filled, in memory. Times are wall time in nanoseconds; its start is inclusive."""

    def __init__(self, *, start_wall_ns: int, start_boot_ns: int, drops: int) -> None:
        self.start_wall_ns = start_wall_ns
        self.start_boot_ns = start_boot_ns
        self.last_wall_ns = start_wall_ns
        self.last_boot_ns = start_boot_ns
        self.drops = drops
        """The lease book's count of withdrawn permissions when this segment began: another one now, and it is void."""
        self.events = 0
        self.frames = 0
        self.size_bytes = 0
        self.messages = 0
        """How many messages the file must have."""
        self.torn = False
        """Was it left in the middle of something that was being written? Then it cannot be kept."""
        self._stream = io.BytesIO()
        self._writer: RecordingWriter | None = None

    @property
    def empty(self) -> bool:
        """Has nothing happened in it yet?"""
        return self._writer is None

    def begin(self, session: Session, standing: Sequence[Event], whole: ScreenPatch | None) -> None:
        """Write how things stand; called once, just before the first thing that happened."""
        self.torn = True
        self._writer = RecordingWriter(self._stream)
        for event in (session, *standing):
            self._writer.event(Timed(self.start_wall_ns, event))
        self.messages = 1 + len(standing)
        if whole is not None:
            self._writer.patch(whole)
            self.messages += 1
            self.size_bytes += len(whole.data)
        self.torn = False

    def add_event(self, timed: Timed, *, boot_ns: int) -> None:
        """Write one event."""
        self.torn = True
        self._require().event(timed)
        self.torn = False
        self.events += 1
        self.messages += 1
        self.size_bytes += EVENT_COST_BYTES
        self._passed(timed.time_ns, boot_ns)

    def add_frame(self, patches: list[ScreenPatch], *, boot_ns: int) -> None:
        """Write the patches of one frame."""
        writer = self._require()
        self.torn = True
        for patch in patches:
            writer.patch(patch)
            self.messages += 1
            self.size_bytes += len(patch.data) + PATCH_COST_BYTES
            self._passed(patch.time_ns, boot_ns)
        self.torn = False
        self.frames += 1

    def finish(self) -> bytes:
        """The plain recording; the segment is used up."""
        writer = self._require()
        writer.finish()
        plain = self._stream.getvalue()
        self._stream.close()
        self._writer = None
        return plain

    def _require(self) -> RecordingWriter:
        if self._writer is None:
            raise RuntimeError("a segment is begun before it is filled, and filled before it is finished")
        return self._writer

    def _passed(self, wall_ns: int, boot_ns: int) -> None:
        self.last_wall_ns = max(self.last_wall_ns, wall_ns)
        self.last_boot_ns = max(self.last_boot_ns, boot_ns)
