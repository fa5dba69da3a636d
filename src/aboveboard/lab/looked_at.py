"""What lies in a folder or in a store, and what do its bytes tell?

Every file and every object, in order of path. What is just being made is no orphan yet: on a disk a running process
holds its folder, in a store it is sealed shards under an artefact's name that has no lineage, written in the last hour.
"""

import fcntl
import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import BODY_PATTERN
from aboveboard.formats import lineage
from aboveboard.formats.lineage import HEAD_BYTES
from aboveboard.lab.bucket import SEALED, WHERE_FILE, Store, store_of
from aboveboard.lab.files import CARD_FILE, LINEAGE_FILE
from aboveboard.lab.lineage import DRAFT_PREFIXES
from aboveboard.lab.marks import BLOCK_BYTES, MarkSearch

MARKS_LIMIT = 3
"""How many different marks of one file are looked up: one is the rule, more come from files stuck together."""
BEING_MADE_S = 3600
_IN_ARTEFACT = re.compile(rf"art_{BODY_PATTERN}/[^/]+")
_MCAP, _PARQUET, _CARD = b"\x89MCAP0\r\n", b"PAR1", b'"aboveboard.dataset"'


@dataclass(frozen=True)
class Seen:
    """A file: its path relative to the place, its digests, the ids of the artefacts whose marks it carries."""

    path: str
    sha256: str
    head_sha256: str | None
    marks: tuple[str, ...]
    home: str | None
    """The artefact in whose folder it lies, by the lineage there."""
    recorded: bool
    """It looks as what this software writes."""
    says_where: bool = False
    """It tells in which store the artefact's files rest, and nothing else."""
    being_made: bool = False


@dataclass(frozen=True)
class Unseen:
    """What could not be looked at."""

    path: str
    why: Literal["not_a_file", "unreadable"]


def in_folder(place: Path) -> Iterator[Seen | Unseen]:
    """Every file under ``place``."""
    return _walk(place, place, None)


def in_store(store: Store) -> Iterator[Seen | Unseen]:
    """Every object in ``store``; raises :class:`Unavailable` where it fails."""
    listed = list(store.objects())
    homes = {}
    for one in listed:
        path = PurePosixPath(one["path"])
        if path.name == LINEAGE_FILE:
            with store.opened(one["path"]) as file:
                homes[path.parent] = _named_in(file)
    for one in listed:
        path, name = PurePosixPath(one["path"]), one["path"].removeprefix(store.prefix)
        home = next((homes[above] for above in path.parents if above in homes), None)
        young = time.time() - one["last_modified"].timestamp() < BEING_MADE_S
        with store.opened(one["path"]) as file:
            seen, head = _seen(name, file, home)
        made = head.startswith(SEALED) or (path.name == CARD_FILE and head.startswith(b"{"))
        making = young and home is None and made and _IN_ARTEFACT.fullmatch(name) is not None
        yield replace(seen, being_made=making)


def _walk(place: Path, folder: Path, home: str | None) -> Iterator[Seen | Unseen]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Unseen(folder.relative_to(place).as_posix(), "unreadable")
        return
    if any(entry.name == LINEAGE_FILE for entry in entries):
        home = _named_at(folder / LINEAGE_FILE)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not (entry.name.startswith(DRAFT_PREFIXES) and _being_made(path)):
                yield from _walk(place, path, home)
        else:
            yield _look(place, path, home)


def _look(place: Path, path: Path, home: str | None) -> Seen | Unseen:
    name = path.relative_to(place).as_posix()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return Unseen(name, "not_a_file" if not path.is_file() or path.is_symlink() else "unreadable")
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Unseen(name, "not_a_file")
        try:
            seen, _ = _seen(name, file, home)
            return replace(seen, says_where=path.name == WHERE_FILE and _says_where(path.parent))
        except OSError:
            return Unseen(name, "unreadable")


def _seen(name: str, file: BinaryIO, home: str | None) -> tuple[Seen, bytes]:
    """What a file's bytes tell, and its first ones; raises :class:`OSError`."""
    head = file.read(HEAD_BYTES)
    digest, search, block = hashlib.sha256(), MarkSearch(), head
    while block:
        digest.update(block)
        search.feed(block)
        block = file.read(BLOCK_BYTES)
    head_sha256 = hashlib.sha256(head).hexdigest() if len(head) == HEAD_BYTES else None
    marks = tuple(sorted(search.found))[:MARKS_LIMIT]
    return Seen(name, digest.hexdigest(), head_sha256, marks, home, _is_recorded(file, head)), head


def _named_at(path: Path) -> str | None:
    with suppress(OSError), path.open("rb") as file:
        return _named_in(file)
    return None


def _named_in(file: BinaryIO) -> str | None:
    """The artefact that this lineage says it is of. Nothing of it is believed but this name, which the vault is asked
    for."""
    with suppress(AboveboardError):
        return lineage.decode(lineage.decode_signed(file.read(lineage.SIGNED_LIMIT_BYTES + 1)).body()).artefact_id
    return None


def _says_where(folder: Path) -> bool:
    with suppress(AboveboardError, OSError):
        return store_of(folder) is not None
    return False


def _being_made(folder: Path) -> bool:
    """Does a running process hold this draft?"""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_recorded(file: BinaryIO, head: bytes) -> bool:
    """Does it look as what this software writes, whatever it is called?"""
    if head.startswith(_MCAP):
        return b"aboveboard" in head
    if head.startswith(_PARQUET):
        return _has_our_columns(file)
    return _CARD in head


def _has_our_columns(file: BinaryIO) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from aboveboard.lab.dataset.tables import SCHEMAS

    try:
        names = set(pq.read_schema(file).names)
    except (pa.ArrowException, OSError):
        return False
    return any(len(names & set(schema.names)) * 2 > len(schema.names) for schema in SCHEMAS.values())
