"""Which files in this place have no lineage?

Where data sets and models are shared, every file belongs to an artefact that is on record: its folder holds the
artefact's ``lineage.json``, and the vault knows its digest as one of that artefact's files. Whatever else lies there is
an orphan: nobody could say who is in it, and erasure would pass it by. Names count for nothing; files are known again
by the digest of all their bytes, by that of their head, and by the marks in them (``lab.marks``).
"""

import fcntl
import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import msgspec

from aboveboard.base.errors import AboveboardError
from aboveboard.formats import lineage
from aboveboard.formats.fields import decode_json
from aboveboard.formats.lineage import HEAD_BYTES, Kind
from aboveboard.lab.lineage import DRAFT_PREFIXES, LINEAGE_FILE
from aboveboard.lab.marks import BLOCK_BYTES, MarkSearch
from aboveboard.lab.vault_port import Vault

AT_ONCE = 250
"""Files for which the vault is asked together: each has at most two digests, and marks."""
MARKS_LIMIT = 3
"""How many different marks of one file are looked up: one is the rule, more come from files stuck together."""
_ANSWER_LIMIT_BYTES = 16 * 1024 * 1024
_MCAP, _PARQUET = b"\x89MCAP0\r\n", b"PAR1"

Why = Literal["copy", "cut_or_added_to", "marked", "changed", "recording", "no_lineage", "not_a_file", "unreadable"]

WORDS: Final[dict[Why, str]] = {
    "copy": "a copy of a file of this artefact, without its lineage",
    "cut_or_added_to": "begins as a file of this artefact does, and was cut short or added to",
    "marked": "carries this artefact's mark, and is none of its files",
    "changed": "lies in this artefact's folder, and is not what was registered",
    "recording": "holds recorded data, and belongs to nothing that is on record",
    "no_lineage": "belongs to nothing that is on record",
    "not_a_file": "a link or a device: what it leads to is not looked at",
    "unreadable": "cannot be read",
}


@dataclass(frozen=True)
class Orphan:
    """``path`` is relative to the place. ``artefact_id`` and ``state`` are of the artefact that it came from, if known;
    a copy of what is ``destroyed`` should not exist at all."""

    path: str
    why: Why
    artefact_id: str | None = None
    state: Literal["live", "due", "destroyed"] | None = None


class Found(msgspec.Struct, frozen=True):
    """What the vault answers: ``sha256`` of ``None`` is an artefact that was asked for by its id."""

    artefact_id: str
    kind: Kind
    state: Literal["live", "due", "destroyed"]
    sha256: str | None


Ask = Callable[[Sequence[str], Sequence[str]], Sequence[Found]]
"""Which artefacts have a file with one of these digests, or one of these ids?"""


@dataclass(frozen=True)
class _Seen:
    path: str
    sha256: str
    head_sha256: str | None
    marks: tuple[str, ...]
    home: str | None
    """The artefact in whose folder it lies, by the lineage there."""
    recorded: bool


def asking(vault: Vault) -> Ask:
    """Ask the vault, as any member of staff may."""

    def ask(sha256: Sequence[str], artefact_ids: Sequence[str]) -> Sequence[Found]:
        wanted = msgspec.json.encode({"sha256": sha256, "artefact_ids": artefact_ids})
        answer = vault.post("/v1/artefacts/find", wanted)
        return decode_json(answer, list[Found], name="list of artefacts", limit_bytes=_ANSWER_LIMIT_BYTES)

    return ask


def orphans(place: Path, ask: Ask, *, looked: Callable[[int], None] = lambda _: None) -> Iterator[Orphan]:
    """Every file under ``place`` that has no lineage, in order of path. ``looked`` is told how many were looked at.

    What another process is just making (``lab.lineage.draft``) is left alone. Raises what ``ask`` raises.
    """
    files = _walk(place, place, None)
    count = 0
    while part := list(islice(files, AT_ONCE)):
        seen = [each for each in part if isinstance(each, _Seen)]
        digests = {digest for each in seen for digest in (each.sha256, each.head_sha256) if digest is not None}
        ids = {name for each in seen for name in (*each.marks, each.home) if name is not None}
        found = ask(sorted(digests), sorted(ids)) if digests else []
        for each in part:
            orphan = each if isinstance(each, Orphan) else _judge(each, found)
            if orphan is not None:
                yield orphan
        count += len(part)
        looked(count)


def _judge(seen: _Seen, found: Sequence[Found]) -> Orphan | None:
    """``None``: it has its lineage."""
    known = {one.artefact_id: one for one in found}
    whole = [one for one in found if one.sha256 == seen.sha256]
    at_home = next((one for one in whole if one.artefact_id == seen.home), None)
    if at_home is not None and at_home.state != "destroyed":
        return None
    if Path(seen.path).name == LINEAGE_FILE and seen.home in known and known[seen.home].state != "destroyed":
        return None
    if whole:
        return _orphan(seen, "copy", at_home or whole[0])
    headed = [one for one in found if one.sha256 is not None and one.sha256 == seen.head_sha256]
    if headed:
        return _orphan(seen, "cut_or_added_to", headed[0])
    marked = [known[name] for name in seen.marks if name in known]
    if marked:
        return _orphan(seen, "marked", marked[0])
    if seen.home in known:
        return _orphan(seen, "changed", known[seen.home])
    return Orphan(seen.path, "recording" if seen.recorded else "no_lineage")


def _orphan(seen: _Seen, why: Why, of: Found) -> Orphan:
    return Orphan(seen.path, why, of.artefact_id, of.state)


def _walk(place: Path, folder: Path, home: str | None) -> Iterator[_Seen | Orphan]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        yield Orphan(folder.relative_to(place).as_posix(), "unreadable")
        return
    if any(entry.name == LINEAGE_FILE for entry in entries):
        home = _named_in(folder / LINEAGE_FILE)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if not (entry.name.startswith(DRAFT_PREFIXES) and _being_made(path)):
                yield from _walk(place, path, home)
        else:
            yield _look(place, path, home)


def _look(place: Path, path: Path, home: str | None) -> _Seen | Orphan:
    name = path.relative_to(place).as_posix()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return Orphan(name, "not_a_file" if not path.is_file() or path.is_symlink() else "unreadable")
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return Orphan(name, "not_a_file")
        try:
            head = file.read(HEAD_BYTES)
            digest, search, block = hashlib.sha256(), MarkSearch(), head
            while block:
                digest.update(block)
                search.feed(block)
                block = file.read(BLOCK_BYTES)
        except OSError:
            return Orphan(name, "unreadable")
    head_sha256 = hashlib.sha256(head).hexdigest() if len(head) == HEAD_BYTES else None
    marks = tuple(sorted(search.found))[:MARKS_LIMIT]
    return _Seen(name, digest.hexdigest(), head_sha256, marks, home, _is_recorded(path, head))


def _named_in(path: Path) -> str | None:
    """The artefact that this lineage says it is of. Nothing of it is believed but this name, which the vault is asked
    for."""
    try:
        with path.open("rb") as file:
            data = file.read(lineage.SIGNED_LIMIT_BYTES + 1)
        return lineage.decode(lineage.decode_signed(data).body()).artefact_id
    except (OSError, AboveboardError):
        return None


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


def _is_recorded(path: Path, head: bytes) -> bool:
    """Does it look as what this software writes, whatever it is called?"""
    if head.startswith(_MCAP):
        return b"aboveboard" in head
    if head.startswith(_PARQUET):
        return _has_our_columns(path)
    return b'"aboveboard.dataset"' in head


def _has_our_columns(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from aboveboard.lab.dataset.tables import SCHEMAS

    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False
    return any(len(names & set(schema.names)) * 2 > len(schema.names) for schema in SCHEMAS.values())
