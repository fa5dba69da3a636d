"""Where do sealed segments wait for the vault, and what survives a crash?

One folder per segment, ``spool/<segment id>/`` with ``sealed.age`` and ``manifest.json`` (the signed manifest). It is
written under a name that starts with a dot, synced, and only then given its name, so a segment is there completely or
not at all. What a crash left half written is removed at the next start, and what the person wanted deleted is deleted.
A segment leaves the spool only when the vault has said that it is stored, when the person discards it, or into
``spool/refused/`` with the reason when the vault will never take it. Nothing plain ever comes here.
"""

import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from aboveboard.base.errors import AboveboardError, Refused, Unavailable
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.discard import Note, Notes, Stretch, Waiting
from aboveboard.recorder.durable import sync_folder, write_new
from aboveboard.recorder.held import MANIFEST_NAME, SEALED_NAME, Held, Refusal, load, waiting_of
from aboveboard.recorder.left import LeftLog
from aboveboard.rules.decision import Reason
from aboveboard.rules.erasure import reaches

FOLDER_NAME = "spool"
REASON_NAME = "reason.json"
REFUSED_FOLDER = "refused"
TOLD_NAME = "told"
"""In a segment's folder: the vault may know of it already."""
NEW_PREFIX = ".new-"
"""Before the name of what is to take a segment's place."""
COVERING_NAME = "covering.json"
"""Beside the spool: something held is being covered (``recorder.covering``), and nothing leaves."""


class Spool:
    """The spool in ``folder``, made with mode 0700. Used by one process; :meth:`recover` comes first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = Notes(folder.parent)
        self._left = LeftLog(folder.parent)
        self._refused = folder / REFUSED_FOLDER
        self._refused.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._lock = threading.Lock()
        self._index: dict[str, Waiting] = {}
        self._pending_bytes = 0
        self._leaving: frozenset[str] = frozenset()

    def recover(self) -> int:
        """Remove what was half written, half deleted, or meant to be deleted; returns how many things that were."""
        kept = NEW_PREFIX if self.covering else "/"
        leftovers = [
            path for path in self.folder.iterdir() if path.name.startswith(".") and not path.name.startswith(kept)
        ]
        for path in leftovers:
            shutil.rmtree(path)
        self._left.trim()
        with self._lock:
            self._index = {held.manifest.segment_id: waiting_of(held.manifest) for held in self.held()}
            self._pending_bytes = sum(each.size_bytes for each in self._index.values())
        return len(leftovers) + self.finish_discards()

    def add(self, sealed: bytes, envelope: bytes, manifest: SegmentManifest) -> None:
        """Write a segment durably, or leave nothing behind.

        Raises :class:`Refused` (``spool:full``) if the disk is full, :class:`Unavailable` if it fails.
        """
        name = check_id(Kind.SEGMENT, manifest.segment_id)
        draft = self.folder / f".{name}"
        try:
            draft.mkdir(mode=0o700)
            write_new(draft / SEALED_NAME, sealed)
            write_new(draft / MANIFEST_NAME, envelope)
            sync_folder(draft)
            draft.rename(self.folder / name)
            sync_folder(self.folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise _disk_error(self.folder, error) from error
        with self._lock:
            self._index[name] = waiting_of(manifest)
            self._pending_bytes += manifest.size_bytes

    def waiting(self) -> list[Waiting]:
        """The segments that wait, oldest first. Nothing is read from the disk."""
        with self._lock:
            found = list(self._index.values())
        return sorted(found, key=lambda each: (each.start_wall_ns, each.session_id, each.sequence))

    def held(self) -> Iterator[Held]:
        """The complete segments, oldest first, read from the disk; one that cannot be read is set aside."""
        found: list[Held] = []
        for folder in self.folder.iterdir():
            if folder.name.startswith(".") or folder.name == REFUSED_FOLDER:
                continue
            try:
                found.append(load(folder))
            except (AboveboardError, OSError) as error:
                if folder.exists():  # otherwise it was taken away while we looked
                    self._set_aside(folder, Refusal("bad_input", "", str(error)))
        found.sort(key=lambda each: (each.manifest.start_wall_ns, each.manifest.session_id, each.manifest.sequence))
        return iter(found)

    @contextmanager
    def leaving(self, waiting: Sequence[Waiting]) -> Iterator[list[Held]]:
        """These segments, while they are being sent, without those that are gone or damaged. A discard counts them all
        as sent."""
        with self._lock:
            there = [each.segment_id for each in waiting if each.segment_id in self._index and not self.covering]
            self._leaving = frozenset(there)
        try:
            whole = [held for name in there if (held := self._whole(name)) is not None]
            for held in whole:
                with suppress(FileNotFoundError):  # discarded a moment ago
                    (held.folder / TOLD_NAME).touch(mode=0o600)
            yield whole
        finally:
            with self._lock:
                self._leaving = frozenset()

    @property
    def covering(self) -> bool:
        """Is something held being covered, so that nothing may leave?"""
        return (self.folder.parent / COVERING_NAME).exists()

    @property
    def leaving_now(self) -> frozenset[str]:
        """The segments that are being sent."""
        return self._leaving

    def told_of(self, segment_id: str) -> bool:
        """Was the vault told of it, or is it just being told? What it knows cannot be exchanged any more."""
        return segment_id in self._leaving or (self.folder / segment_id / TOLD_NAME).exists()

    def one(self, segment_id: str) -> Held | None:
        """A segment that waits; ``None`` if it is gone or damaged."""
        return self._whole(segment_id)

    def draft(self, segment_id: str, sealed: bytes, envelope: bytes) -> None:
        """What is to take a segment's place, beside it and durable; see :meth:`exchange`."""
        folder = self.folder / f"{NEW_PREFIX}{check_id(Kind.SEGMENT, segment_id)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        write_new(folder / SEALED_NAME, sealed)
        write_new(folder / MANIFEST_NAME, envelope)
        sync_folder(folder)
        sync_folder(self.folder)

    def exchange(self, drafted: Sequence[str], gone: Sequence[str]) -> None:
        """Put every draft in the place of its segment, delete ``gone``. Cut off, it is finished by doing it again."""
        for name in drafted:
            draft, folder = self.folder / f"{NEW_PREFIX}{name}", self.folder / name
            if not draft.exists():
                continue
            if folder.exists():
                self._forget(name)
                shutil.rmtree(folder.rename(self.folder / f".gone-{name}"))
            draft.rename(folder)
            waiting = waiting_of(load(folder).manifest)
            with self._lock:
                self._index[name] = waiting
                self._pending_bytes += waiting.size_bytes
        sync_folder(self.folder)
        self._delete([each for each in self.waiting() if each.segment_id in set(gone)])

    def remove(self, stored: Sequence[Held]) -> None:
        """Forget segments that the vault has stored. They are gone at once for any reader."""
        gone = [waiting_of(held.manifest) for held in stored]
        self._left.add(gone)
        self._delete(gone)

    def refuse(self, held: Held, refusal: Refusal, *, keep: bool = True) -> None:
        """Set a segment aside that the vault will never take; without ``keep`` only the reason stays."""
        if not self._forget(held.manifest.segment_id):
            return  # discarded meanwhile
        if not keep:
            (held.folder / SEALED_NAME).unlink()
        self._set_aside(held.folder, refusal)

    def refusals(self) -> dict[str, Refusal]:
        """Segment id → why it was set aside."""
        found = {}
        for folder in sorted(self._refused.iterdir()):
            try:
                found[folder.name] = msgspec.json.decode((folder / REASON_NAME).read_bytes(), type=Refusal)
            except (OSError, msgspec.DecodeError):
                found[folder.name] = Refusal("error", "", "the reason was lost")
        return found

    def pending_bytes(self) -> int:
        """How many sealed bytes wait to be uploaded."""
        with self._lock:
            return self._pending_bytes

    def purge(self) -> int:
        """Delete everything, refused segments too; returns how many segments that were."""
        folders = [path for path in (*self.folder.iterdir(), *self._refused.iterdir()) if path != self._refused]
        for folder in folders:
            shutil.rmtree(folder)
        with self._lock:
            self._index.clear()
            self._pending_bytes = 0
        self.notes.write([])
        self._left.forget()
        return sum(not folder.name.startswith(".") for folder in folders)

    def erase(self, order: ErasureOrder) -> int:
        """Delete what an order to erase reaches, refused segments too; returns how many segments that were."""
        gone = [each for each in self.waiting() if _reached(order, each)]
        self._delete(gone)
        refused = [folder for folder in self._refused.iterdir() if self._refused_reached(folder, order)]
        for folder in refused:
            shutil.rmtree(folder)
        sync_folder(self._refused)
        return len(gone) + len(refused)

    def _refused_reached(self, folder: Path, order: ErasureOrder) -> bool:
        try:
            return _reached(order, waiting_of(load(folder).manifest))
        except (AboveboardError, OSError):
            return (folder / SEALED_NAME).exists()  # nobody can tell what it is: it goes too

    def discard(self, stretch: Stretch, *, drop_open: Callable[[], object] = lambda: None) -> Note:
        """Delete every segment that touches ``stretch``, durably; what was sent is counted and not touched.

        ``drop_open`` is called once the intention is on disk, to drop what is not sealed yet. A crash at any moment
        leaves all as it was, or what the next :meth:`recover` finishes. A disk that takes no note any more keeps
        nobody from deleting.
        """
        before = self.notes.all()
        note = Note(stretch=stretch, state="intended", start_wall_ns=stretch.since_wall_ns)
        with suppress(OSError):
            self.notes.write([*before, note])
        drop_open()
        done = self._carry_out(note)
        with suppress(OSError):
            self.notes.write([*before, done])
        return done

    def finish_discards(self) -> int:
        """Carry out every discard that was intended; returns how many segments were removed."""
        notes = self.notes.all()
        done = [self._carry_out(note) if note.state == "intended" else note for note in notes]
        if done != notes:
            self.notes.write(done)
        return sum(after.removed - before.removed for before, after in zip(notes, done, strict=True))

    def discards_told(self) -> None:
        """A segment that tells of every discard so far is in the spool: they need not be remembered any more."""
        if self.notes.all():
            self.notes.write([])

    def _carry_out(self, note: Note) -> Note:
        touched = [each for each in self.waiting() if note.stretch.touches(each)]
        on_its_way = sum(each.segment_id in self._leaving for each in touched)
        self._delete(touched)
        refused = [folder for folder in self._refused.iterdir() if self._refused_touches(folder, note.stretch)]
        for folder in refused:
            shutil.rmtree(folder)
        sync_folder(self._refused)
        left = self._left.touching(note.stretch)
        return Note(
            stretch=note.stretch,
            state="removed",
            start_wall_ns=min([note.start_wall_ns, *(each.start_wall_ns for each in touched)]),
            removed=len(touched) - on_its_way + len(refused),
            left=left + on_its_way,
        )

    def _refused_touches(self, folder: Path, stretch: Stretch) -> bool:
        """A refused segment whose manifest cannot be read might be of any time: it goes too, if it has bytes left."""
        try:
            return stretch.touches(waiting_of(load(folder).manifest))
        except (AboveboardError, OSError):
            return (folder / SEALED_NAME).exists()

    def _delete(self, gone: list[Waiting]) -> None:
        """Rename all, so that they are gone at once for any reader, then delete."""
        drafts = []
        for each in gone:
            self._forget(each.segment_id)
            with suppress(FileNotFoundError):  # sent and forgotten a moment ago
                drafts.append((self.folder / each.segment_id).rename(self.folder / f".gone-{each.segment_id}"))
        sync_folder(self.folder)
        for draft in drafts:
            shutil.rmtree(draft)

    def _forget(self, segment_id: str) -> bool:
        with self._lock:
            known = self._index.pop(segment_id, None)
            self._pending_bytes -= known.size_bytes if known is not None else 0
        return known is not None

    def _whole(self, segment_id: str) -> Held | None:
        folder = self.folder / segment_id
        try:
            return load(folder)
        except (AboveboardError, OSError) as error:
            if self._forget(segment_id) and folder.exists():
                self._set_aside(folder, Refusal("bad_input", "", str(error)))
            return None

    def _set_aside(self, folder: Path, refusal: Refusal) -> None:
        (folder / REASON_NAME).write_bytes(msgspec.json.encode(refusal))
        shutil.rmtree(self._refused / folder.name, ignore_errors=True)
        folder.rename(self._refused / folder.name)


def _disk_error(folder: Path, error: OSError) -> AboveboardError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Refused(
            Reason.SPOOL_FULL,
            f"a sealed segment cannot be written to {folder}",
            cause="the disk is full",
            fix="make room on the disk; recording goes on by itself",
        )
    return Unavailable(
        f"a sealed segment cannot be written to {folder}",
        cause=f"the disk fails ({os.strerror(error.errno or 0)})",
        fix="check this machine's disk, then record again",
    )


def _reached(order: ErasureOrder, each: Waiting) -> bool:
    times = {"start_wall_ns": each.start_wall_ns, "end_wall_ns": each.end_wall_ns}
    return reaches(order, segment_id=each.segment_id, **times)
