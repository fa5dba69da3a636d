"""What goes into one segment?

A segment begins with ``/session``, what stands just then, and a whole picture where the segment before does not show
the screen, all dated its start; then comes what happened, in order of time. If nothing happened there is no segment.

What was typed may be told seconds after it happened (``redact.keys``), so nothing is written before the end.
"""

from collections.abc import Sequence
from dataclasses import replace

from aboveboard.formats.part_files import Parts, PartsWriter
from aboveboard.formats.recording import Event, Marker, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch

PATCH_COST_BYTES = 100
EVENT_COST_BYTES = 150


class OpenSegment:
    """A segment being filled, in memory. Times are wall time in nanoseconds; its start is inclusive.

    ``standing``: what stands at its start; ``markers``: what it has to say was left out before; ``whole``: the picture
    that it begins with.
    """

    def __init__(
        self,
        *,
        start_wall_ns: int,
        start_boot_ns: int,
        drops: int,
        standing: Sequence[Event] = (),
        markers: Sequence[Marker] = (),
        whole: ScreenPatch | None = None,
        screen_continues: bool = False,
    ) -> None:
        self.start_wall_ns = self.last_wall_ns = start_wall_ns
        self.start_boot_ns = self.last_boot_ns = start_boot_ns
        self.drops = drops
        """The lease book's count of withdrawn permissions when this segment began: another one now, and it is void."""
        self.markers = tuple(markers)
        self.screen_continues = screen_continues
        self.events = 0
        self.frames = 0
        self.size_bytes = len(whole.data) if whole is not None else 0
        self._standing = tuple(standing)
        self._whole = whole
        self._items: list[Timed | ScreenPatch] = []

    @property
    def messages(self) -> int:
        """How many messages its parts must have."""
        return 1 + len(self._standing) + (self._whole is not None) + len(self.markers) + len(self._items)

    def reach_back(self, wall_ns: int, boot_ns: int) -> None:
        """It begins earlier than was thought; nothing else had changed since."""
        self.start_wall_ns, self.start_boot_ns = wall_ns, boot_ns
        if self._whole is not None:
            self._whole = replace(self._whole, time_ns=wall_ns)

    def add_event(self, timed: Timed, *, boot_ns: int) -> None:
        """One event, which may have happened before the last."""
        self._items.append(timed)
        self.events += 1
        self.size_bytes += EVENT_COST_BYTES
        self._passed(timed.time_ns, boot_ns)

    def add_frame(self, patches: list[ScreenPatch], *, boot_ns: int) -> None:
        """The patches of one frame."""
        self._items += patches
        self.frames += 1
        for patch in patches:
            self.size_bytes += len(patch.data) + PATCH_COST_BYTES
            self._passed(patch.time_ns, boot_ns)

    def finish(self, session: Session) -> Parts:
        """The plain parts; the segment is used up."""
        writer = PartsWriter()
        for event in (session, *self._standing):
            writer.add(Timed(self.start_wall_ns, event))
        if self._whole is not None:
            writer.add(self._whole)
        for marker in self.markers:
            writer.add(Timed(self.start_wall_ns, marker))
        for item in sorted(self._items, key=lambda one: one.time_ns):
            writer.add(item)
        return writer.finish()

    def _passed(self, wall_ns: int, boot_ns: int) -> None:
        self.last_wall_ns = max(self.last_wall_ns, wall_ns)
        self.last_boot_ns = max(self.last_boot_ns, boot_ns)
