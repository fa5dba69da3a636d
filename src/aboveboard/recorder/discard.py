"""What does "delete the last ten minutes" mean, and how is it remembered until it is done and told?

A stretch has a beginning and an end on both clocks. A segment that touches it goes: by the boot clock where it was made
since this machine started, else by the wall clock. The note of a stretch is written before anything is removed
(*intended*), and again when all is removed (*removed*); it stays until a segment that says so in a marker is in the
spool. So a crash in between is finished at the next start, and the gap is never without its reason.
"""

import contextlib
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.formats.fields import Count, Document, Nanoseconds, decode_json, encode_json
from aboveboard.formats.lease import BootId
from aboveboard.formats.recording import Marker
from aboveboard.recorder.durable import replace_whole, sync_folder

FILE_NAME = "discards.json"
LIMIT_BYTES = 64 * 1024
NOTES_LIMIT = 100


class Waiting(msgspec.Struct, frozen=True):
    """What is remembered of a segment: enough to know when it may leave, little enough for days of them."""

    segment_id: str
    session_id: str
    sequence: int
    size_bytes: int
    boot_id: str
    start_boot_ns: int
    end_boot_ns: int
    start_wall_ns: int
    end_wall_ns: int


class Stretch(Document, frozen=True):
    """From when to when, on both clocks; ``boot_id`` says of which boot. ``since_boot_ns`` of 0: since before it."""

    boot_id: BootId
    since_boot_ns: Nanoseconds
    until_boot_ns: Nanoseconds
    since_wall_ns: Nanoseconds
    until_wall_ns: Nanoseconds

    def touches(self, segment: Waiting) -> bool:
        """Does the segment lie in this stretch, even in part?"""
        if segment.boot_id == self.boot_id:
            return segment.end_boot_ns >= self.since_boot_ns and segment.start_boot_ns <= self.until_boot_ns
        if self.since_boot_ns > 0:
            return False
        return segment.end_wall_ns >= self.since_wall_ns and segment.start_wall_ns <= self.until_wall_ns


def last_minutes(minutes: float, clock: Clock, boot_id: str) -> Stretch:
    """The stretch that ends now."""
    length_ns, boot_ns, wall_ns = int(minutes * 60 * SECOND_NS), clock.boot_ns(), clock.wall_ns()
    return Stretch(
        boot_id=boot_id,
        since_boot_ns=max(boot_ns - length_ns, 0),
        until_boot_ns=boot_ns,
        since_wall_ns=max(wall_ns - length_ns, 0),
        until_wall_ns=wall_ns,
    )


class Note(Document, frozen=True):
    """A stretch and how far its removal has come; ``removed`` counts segments, ``left`` those already sent."""

    stretch: Stretch
    state: Literal["intended", "removed"]
    start_wall_ns: Nanoseconds
    """When the first thing that was removed began; not later than the stretch."""
    removed: Count = 0
    left: Count = 0
    reason: Literal["discarded_by_person", "covered_by_person"] = "discarded_by_person"

    def marker(self) -> Marker:
        """What the recording says in the place of what was removed."""
        start_ns, end_ns = self.start_wall_ns, self.stretch.until_wall_ns
        return Marker(kind="gap", reason=self.reason, start_ns=min(start_ns, end_ns), end_ns=end_ns)


class _File(Document, frozen=True):
    notes: Annotated[list[Note], Meta(max_length=NOTES_LIMIT)]


class Notes:
    """The notes in ``folder``, on disk before any method returns. Not for use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def all(self) -> list[Note]:
        """Oldest first; raises :class:`BadInput` if the file is damaged."""
        try:
            with self._path.open("rb") as file:
                return decode(file.read(LIMIT_BYTES + 1))
        except FileNotFoundError:
            return []

    def write(self, notes: list[Note]) -> None:
        """Replace them all. The oldest make room where there are too many."""
        if notes:
            replace_whole(self._path, encode_json(_File(notes=notes[-NOTES_LIMIT:])))
            return
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
            sync_folder(self._path.parent)


def decode(data: bytes) -> list[Note]:
    """Parse notes; raises :class:`BadInput`."""
    return decode_json(data, _File, name="note of what is to be deleted", limit_bytes=LIMIT_BYTES).notes
