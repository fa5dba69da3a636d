"""Where do the files of an artefact rest, and how are they written and read?

In a folder, or in a bucket (``lab.bucket``). Whoever writes or reads a data set is given :class:`Files` and sees no
difference. It can be pickled and holds no key, so that workers on other machines write to the same place. A file is put
once and never changed.
"""

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aboveboard.base.errors import Conflict, NotFound
from aboveboard.formats.lineage import HEAD_BYTES, ArtefactFile

LINEAGE_FILE, CARD_FILE = "lineage.json", "dataset.json"


class Ranged(Protocol):
    """A file that is read in parts; fewer bytes come out where it ends."""

    size_bytes: int

    def read(self, offset: int, size_bytes: int) -> bytes: ...
    def close(self) -> None: ...


class Files(Protocol):
    """The files of one artefact, by their relative paths. Raises :class:`Unavailable` where the place fails."""

    def put(self, name: str, data: bytes) -> None:
        """A new file, there as a whole or not at all; raises :class:`Conflict` if there is one."""

    def sizes(self) -> dict[str, int]:
        """Every file and its size in bytes."""

    def read(self, name: str) -> bytes:
        """Raises :class:`NotFound`."""

    def parts(self, name: str) -> Path | Ranged:
        """The file, to be read in parts."""

    def sha256(self, name: str) -> str | None:
        """The digest of a file; ``None`` where it would have to be fetched: it is to be checked when it is read."""

    def take(self, older: "Files", name: str) -> None:
        """Have a file of another artefact here too, of one that rests in the same place; it is not read."""

    def remove(self, names: Collection[str]) -> None:
        """These files, as far as they are there."""


@dataclass(frozen=True)
class Folder:
    """A folder of this machine. Files have mode 0600."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def put(self, name: str, data: bytes) -> None:
        target = self.path / name
        try:
            target.touch(mode=0o600, exist_ok=False)
        except FileExistsError as error:
            raise Conflict(f"{target} is there already", cause="it was written before", fix="begin again") from error
        target.write_bytes(data)

    def sizes(self) -> dict[str, int]:
        return {
            path.relative_to(self.path).as_posix(): path.lstat().st_size
            for path in self.path.rglob("*")
            if not path.is_dir()
        }

    def read(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"there is no file {self.path / name}", cause="it was erased", fix="look again") from error

    def parts(self, name: str) -> Path | Ranged:
        return self.path / name

    def sha256(self, name: str) -> str | None:
        with (self.path / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def take(self, older: Files, name: str) -> None:
        assert isinstance(older, Folder)
        os.link(older.path / name, self.path / name)

    def remove(self, names: Collection[str]) -> None:
        for name in names:
            (self.path / name).unlink(missing_ok=True)


@dataclass
class Noted:
    """Puts files, and notes of each what a lineage says of it."""

    to: Files
    files: dict[str, ArtefactFile] = field(default_factory=dict)

    def put(self, name: str, data: bytes) -> None:
        self.to.put(name, data)
        head = hashlib.sha256(data[:HEAD_BYTES]).hexdigest() if len(data) > HEAD_BYTES else None
        digest = hashlib.sha256(data).hexdigest()
        self.files[name] = ArtefactFile(path=name, size_bytes=len(data), sha256=digest, head_sha256=head)

    def take(self, older: Files, named: ArtefactFile) -> None:
        """A file of another artefact, as its lineage names it."""
        self.to.take(older, named.path)
        self.files[named.path] = named
