"""How is a large folder written so that what was cut off goes on where it stopped, and nobody takes a half for a whole?

A file appears under its name when it is complete, and is noted with its digest in a journal. ``NOT-COMPLETE.txt`` lies
there from the first moment until the last; ``manifest.json`` comes last. Who goes on with a folder that was cut off
reads every noted file again: one that is not what was written is written anew.
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import msgspec

from aboveboard.base.errors import BadInput, Conflict, Tampered, Unavailable
from aboveboard.formats import own_export
from aboveboard.formats.own_export import ExportManifest

MANIFEST, SUMS, UNFINISHED = "manifest.json", "SHA256SUMS", "NOT-COMPLETE.txt"
JOURNAL, PARTIAL = ".progress.jsonl", ".partial"
_BESIDE = frozenset({MANIFEST, SUMS, UNFINISHED, JOURNAL})
UNFINISHED_WORDS = b"""This export is not complete: it was cut off, or is still being written.
To go on where it stopped, run the same command again: aboveboard export THIS-FOLDER
"""
Looked = Callable[[int, int], None]
"""Called with how many files were read again, and of how many."""


class _Noted(msgspec.Struct, frozen=True):
    path: str
    size_bytes: int
    sha256: str


class ExportFolder:
    """One export in the making. Everything in it is readable by its owner only."""

    def __init__(self, root: Path) -> None:
        """Begin, or go on. Raises :class:`Conflict` if a whole export lies there, :class:`BadInput` if other things."""
        self.root = root
        self._noted: dict[str, _Noted] = {}
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            names = set(os.listdir(root)) - {UNFINISHED + PARTIAL}  # cut off at its very first step
            if MANIFEST in names and UNFINISHED not in names:
                raise Conflict(
                    f"there is a whole export in {root}",
                    cause="it was finished before",
                    fix="name another folder, or check this one: 'aboveboard export --verify FOLDER'",
                )
            if names and UNFINISHED not in names:
                raise BadInput(
                    f"{root} is not empty", cause="it holds something else", fix="name a folder that does not exist yet"
                )
            root.chmod(0o700)
            _write(root / UNFINISHED, UNFINISHED_WORDS)
        except OSError as error:
            raise _no_room(root, error) from error

    def resume(self, looked: Looked = lambda done, total: None) -> int:
        """Read the journal and every file that it notes; how many are there and as they were written."""
        noted = {one.path: one for one in _read_journal(self.root / JOURNAL)}
        for place, one in enumerate(noted.values()):
            if _is(self.root / one.path, one):
                self._noted[one.path] = one
            looked(place + 1, len(noted))
        _write(self.root / JOURNAL, b"".join(msgspec.json.encode(one) + b"\n" for one in self._noted.values()))
        return len(self._noted)

    def has(self, path: str) -> bool:
        """Is this file there, whole?"""
        return path in self._noted

    def path(self, path: str) -> Path:
        """Where a file lies; raises :class:`BadInput` for a name that leads out of the folder."""
        pure = PurePosixPath(path)
        if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\n" in path or "\\" in path:
            raise BadInput(f"{path!r} is no name in this folder", cause="a server sent it", fix="report it")
        return self.root / pure

    def put(self, path: str, content: Iterable[bytes]) -> None:
        """Write a file, in place of any that is there; raises :class:`Unavailable` if the disk refuses."""

        def write(partial: Path) -> None:
            with partial.open("wb") as file:
                for part in content:
                    file.write(part)

        self.put_by(path, write)

    def put_by(self, path: str, write: Callable[[Path], object]) -> None:
        """The same, with a function that writes the file that it is given."""
        target = self.path(path)
        partial = target.with_name(target.name + PARTIAL)
        try:
            for folder in reversed(target.relative_to(self.root).parents):
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
            write(partial)
            partial.chmod(0o600)
            one = _note(partial, path)
            partial.replace(target)
            with (self.root / JOURNAL).open("ab") as journal:
                journal.write(msgspec.json.encode(one) + b"\n")
        except OSError as error:
            raise _no_room(self.root, error) from error
        finally:
            partial.unlink(missing_ok=True)
        self._noted[path] = one

    def finish(self, describe: Callable[[int, int, str], ExportManifest], looked: Looked) -> ExportManifest:
        """Read everything once more, write the sums and the manifest, and take away the sign that it is not complete.

        ``describe`` is given the number of files, their bytes, and the digest of the sums. Raises :class:`Tampered` if
        a file is not as it was written.
        """
        os.sync()
        for place, one in enumerate(self._noted.values()):
            if not _is(self.root / one.path, one):
                raise Tampered(
                    f"{one.path} is not as it was written",
                    cause="the disk is damaged, or something else writes into this folder",
                    fix="run the same command again: it writes this file anew",
                )
            looked(place + 1, len(self._noted))
        self._sweep()
        sums = "".join(f"{one.sha256}  {one.path}\n" for one in sorted(self._noted.values(), key=lambda one: one.path))
        _write(self.root / SUMS, sums.encode("utf-8"))
        size_bytes = sum(one.size_bytes for one in self._noted.values())
        manifest = describe(len(self._noted), size_bytes, hashlib.sha256(sums.encode("utf-8")).hexdigest())
        _write(self.root / MANIFEST, own_export.encode(manifest))
        (self.root / UNFINISHED).unlink()
        (self.root / JOURNAL).unlink(missing_ok=True)
        os.sync()
        return manifest

    def _sweep(self) -> None:
        """What an earlier run left half written, and nobody noted, goes."""
        for path in self.root.rglob("*"):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and name not in self._noted and name not in _BESIDE:
                path.unlink()


def verify(root: Path, looked: Looked = lambda done, total: None) -> ExportManifest:
    """The manifest of a whole export, once every file was read again.

    Raises :class:`BadInput` if it is not complete, :class:`Tampered` if a file is missing, changed or was added.
    """
    if (root / UNFINISHED).exists() or not (root / MANIFEST).is_file():
        raise BadInput(
            f"there is no complete export in {root}",
            cause="it was cut off, or this is another folder",
            fix="go on with it: 'aboveboard export FOLDER'",
        )
    with (root / MANIFEST).open("rb") as file:
        manifest = own_export.decode(file.read(own_export.LIMIT_BYTES + 1))
    sums = (root / SUMS).read_bytes() if (root / SUMS).is_file() else b""
    if hashlib.sha256(sums).hexdigest() != manifest.sums_sha256:
        raise _changed(root, SUMS)
    wanted = {line[66:]: line[:64] for line in sums.decode("utf-8").splitlines()}
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if not path.is_dir()} - _BESIDE
    if strange := sorted(found ^ set(wanted)):
        raise _changed(root, strange[0])
    for place, (name, sha256) in enumerate(wanted.items()):
        with (root / name).open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
                raise _changed(root, name)
        looked(place + 1, len(wanted))
    return manifest


def _note(path: Path, name: str) -> _Noted:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _Noted(name, path.stat().st_size, digest)


def _is(path: Path, noted: _Noted) -> bool:
    try:
        return _note(path, noted.path) == noted
    except OSError:
        return False


def _read_journal(path: Path) -> list[_Noted]:
    """What was noted; a last line that was cut off is left out."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=_Noted))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def _write(path: Path, data: bytes) -> None:
    """All of it or as before, readable by its owner only."""
    fresh = path.with_name(path.name + PARTIAL)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    fresh.replace(path)


def _changed(root: Path, name: str) -> Tampered:
    return Tampered(
        f"{name} in {root} is missing, changed, or was added later",
        cause="the folder was edited, or the disk is damaged",
        fix="export again into another folder",
    )


def _no_room(root: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"{root} cannot be written: {error.strerror or error}",
        cause="the disk is full, or the folder is not yours",
        fix="make room, then run the same command again: it goes on where it stopped",
    )
