"""Where do sealed segments wait for the vault, and what survives a crash?

One folder per segment, ``spool/<segment id>/`` with ``sealed.age`` and ``manifest.json`` (the signed manifest). It is
written under a name that starts with a dot, synced, and only then given its name, so a segment is there completely or
not at all. What a crash left half written is removed at the next start. A segment leaves the spool only when the vault
has said that it is stored, or into ``spool/refused/`` with the reason when the vault will never take it. Nothing plain
ever comes here.
"""

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.errors import AboveboardError, BadInput, Unavailable
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.segment import SEALED_LIMIT_BYTES, SegmentManifest

SEALED_NAME = "sealed.age"
MANIFEST_NAME = "manifest.json"
REASON_NAME = "reason.json"
REFUSED_FOLDER = "refused"


@dataclass(frozen=True)
class Held:
    """One complete segment in the spool. ``envelope`` is the signed manifest's JSON."""

    folder: Path
    manifest: SegmentManifest
    envelope: bytes

    def sealed(self) -> bytes:
        """The sealed bytes; raises :class:`BadInput` if they are not what the manifest says."""
        data = (self.folder / SEALED_NAME).read_bytes()
        if len(data) != self.manifest.size_bytes or hashlib.sha256(data).hexdigest() != self.manifest.sha256:
            raise BadInput(
                f"the sealed segment {self.manifest.segment_id} is damaged",
                cause="the disk changed it after it was written",
                fix="check this machine's disk; the segment was set aside in spool/refused",
            )
        return data


class Refusal(msgspec.Struct, frozen=True):
    """Why a segment was set aside: the error's code, its reason from the closed list, and its words."""

    code: str
    reason: str
    what: str


class Spool:
    """The spool in ``folder``, made with mode 0700. Used by one process; :meth:`recover` comes first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._refused = folder / REFUSED_FOLDER
        self._refused.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._lock = threading.Lock()
        self._pending_bytes = 0

    def recover(self) -> int:
        """Remove what was half written or half deleted; returns how many things that were."""
        leftovers = [path for path in self.folder.iterdir() if path.name.startswith(".")]
        for path in leftovers:
            shutil.rmtree(path)
        self._pending_bytes = sum(held.manifest.size_bytes for held in self.held())
        return len(leftovers)

    def add(self, sealed: bytes, envelope: bytes, manifest: SegmentManifest) -> None:
        """Write a segment durably, or raise :class:`Unavailable` and leave nothing behind."""
        name = check_id(Kind.SEGMENT, manifest.segment_id)
        draft = self.folder / f".{name}"
        try:
            draft.mkdir(mode=0o700)
            _write(draft / SEALED_NAME, sealed)
            _write(draft / MANIFEST_NAME, envelope)
            _sync_folder(draft)
            draft.rename(self.folder / name)
            _sync_folder(self.folder)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise _disk_error(self.folder, error) from error
        self._count(manifest.size_bytes)

    def held(self) -> Iterator[Held]:
        """The complete segments, oldest first; one that cannot be read is set aside."""
        found: list[Held] = []
        for folder in self.folder.iterdir():
            if folder.name.startswith(".") or folder.name == REFUSED_FOLDER:
                continue
            try:
                found.append(_load(folder))
            except (AboveboardError, OSError) as error:
                if folder.exists():  # otherwise it was taken away while we looked
                    self._set_aside(folder, Refusal("bad_input", "", str(error)))
        found.sort(key=lambda each: (each.manifest.start_wall_ns, each.manifest.session_id, each.manifest.sequence))
        return iter(found)

    def remove(self, held: Held) -> None:
        """Forget a segment that the vault has stored. It is gone at once for any reader."""
        gone = self.folder / f".gone-{held.folder.name}"
        held.folder.rename(gone)
        self._count(-held.manifest.size_bytes)
        shutil.rmtree(gone)

    def refuse(self, held: Held, refusal: Refusal, *, keep: bool = True) -> None:
        """Set a segment aside that the vault will never take; without ``keep`` only the reason stays."""
        if not keep:
            (held.folder / SEALED_NAME).unlink()
        self._set_aside(held.folder, refusal)
        self._count(-held.manifest.size_bytes)

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
        return sum(not folder.name.startswith(".") for folder in folders)

    def _count(self, change_bytes: int) -> None:
        with self._lock:
            self._pending_bytes += change_bytes

    def _set_aside(self, folder: Path, refusal: Refusal) -> None:
        (folder / REASON_NAME).write_bytes(msgspec.json.encode(refusal))
        shutil.rmtree(self._refused / folder.name, ignore_errors=True)
        folder.rename(self._refused / folder.name)


def _load(folder: Path) -> Held:
    check_id(Kind.SEGMENT, folder.name)
    with (folder / MANIFEST_NAME).open("rb") as file:
        raw = file.read(envelopes.LIMIT_BYTES + 1)
    manifest = segments.decode(envelopes.decode(raw).body())
    if manifest.segment_id != folder.name or (folder / SEALED_NAME).stat().st_size > SEALED_LIMIT_BYTES:
        raise BadInput(
            f"the spooled segment {folder.name} is damaged",
            cause="its files were exchanged or changed",
            fix="check this machine's disk; the segment was set aside in spool/refused",
        )
    return Held(folder, manifest, raw)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _disk_error(folder: Path, error: OSError) -> Unavailable:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    return Unavailable(
        f"a sealed segment cannot be written to {folder}",
        cause="the disk is full" if full else f"the disk fails ({os.strerror(error.errno or 0)})",
        fix="make room on the disk, then record again" if full else "check this machine's disk, then record again",
    )
