"""Which artefact does this file belong to, wherever it went?

Every file of an artefact that is not sealed carries ``urn:aboveboard:art_…`` in its own format's metadata, where no
reader trips over it and a search of the plain bytes finds it: also in a copy, under another name, with something added,
or inside an archive that does not compress. A format that has no such place gets a file beside it (``NAME.mark``).
"""

import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import BODY_PATTERN, Kind, check_id

KEY = "aboveboard"
"""Under which the mark stands where metadata has keys."""
PREFIX = "urn:aboveboard:"
BESIDE = ".mark"

_MARK = re.compile(rb"urn:aboveboard:(art_" + BODY_PATTERN.encode() + rb")")
_MARK_BYTES = len(PREFIX) + 30
BLOCK_BYTES = 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_BYTES = 8 + 25
_HEADER_LIMIT_BYTES = 64 * 1024 * 1024
_PARTIAL = ".marking"


def mark_of(artefact_id: str) -> str:
    """The mark of an artefact; raises :class:`BadInput` for what is no id."""
    return PREFIX + check_id(Kind.ARTEFACT, artefact_id)


class MarkSearch:
    """Looks for marks in bytes that come in parts; ``found`` are the ids of the artefacts so far."""

    def __init__(self) -> None:
        self.found: set[str] = set()
        self._kept = b""

    def feed(self, block: bytes) -> None:
        seen = self._kept + block
        self.found |= {match.decode("ascii") for match in _MARK.findall(seen)}
        self._kept = seen[-(_MARK_BYTES - 1) :]


def marks_in(file: BinaryIO) -> set[str]:
    """The ids of all artefacts whose mark is anywhere in the bytes from here on."""
    search = MarkSearch()
    while block := file.read(BLOCK_BYTES):
        search.feed(block)
    return search.found


def stamp(path: Path, artefact_id: str) -> None:
    """Put the artefact's mark into a file, or beside it. What others marked before stays readable in it no longer.

    Raises :class:`BadInput` if the file is not what its name says.
    """
    mark = mark_of(artefact_id)
    within = _WITHIN.get(path.suffix)
    if within is None:
        if path.suffix in _BESIDE:
            path.with_name(path.name + BESIDE).write_text(mark + "\n", encoding="ascii")
        return
    made = path.with_name(path.name + _PARTIAL)
    try:
        within(path, made, mark)
        os.replace(made, path)
    except (ValueError, KeyError, struct.error, OSError, RuntimeError) as error:
        raise BadInput(
            f"{path.name} cannot be marked: {str(error).splitlines()[0][:200] if str(error) else type(error).__name__}",
            cause=f"it is damaged, or is not {path.suffix[1:]}",
            fix="write it again",
        ) from error
    finally:
        made.unlink(missing_ok=True)


def stamp_all(folder: Path, artefact_id: str) -> None:
    """Put the mark into, or beside, everything in ``folder`` whose format can carry it."""
    for path in [path for path in sorted(folder.rglob("*")) if path.is_file()]:
        stamp(path, artefact_id)


def unmarked(folder: Path, artefact_id: str) -> Iterator[str]:
    """The files in ``folder``, by their relative path, that can carry the mark and do not."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (path.suffix in _WITHIN or path.suffix in _BESIDE):
            where = path if path.suffix in _WITHIN else path.with_name(path.name + BESIDE)
            if not where.is_file() or not _carries(where, artefact_id):
                yield path.relative_to(folder).as_posix()


def _carries(path: Path, artefact_id: str) -> bool:
    with path.open("rb") as file:
        return artefact_id in marks_in(file)


def _parquet(path: Path, made: Path, mark: str) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as source:
        schema = source.schema_arrow
        marked = schema.with_metadata((schema.metadata or {}) | {KEY.encode(): mark.encode()})
        with pq.ParquetWriter(made, marked, compression="zstd", version="2.6") as sink:
            for group in range(source.num_row_groups):
                sink.write_table(source.read_row_group(group).cast(marked))


def _safetensors(path: Path, made: Path, mark: str) -> None:
    """8 bytes of length, a JSON header, the tensors (huggingface/safetensors): only the header changes."""
    with path.open("rb") as source, made.open("wb") as sink:
        (length,) = struct.unpack("<Q", source.read(8))
        if length > _HEADER_LIMIT_BYTES:
            raise ValueError("its header is too long")
        header = msgspec.json.decode(source.read(length), type=dict[str, dict[str, Any]])
        header["__metadata__"] = header.get("__metadata__", {}) | {KEY: mark}
        text = msgspec.json.encode(header)
        text += b" " * (-len(text) % 8)
        sink.write(struct.pack("<Q", len(text)) + text)
        _copy(source, sink)


def _png(path: Path, made: Path, mark: str) -> None:
    """A tEXt chunk after the header (PNG specification, 11.3.4.3)."""
    with path.open("rb") as source, made.open("wb") as sink:
        head = source.read(_PNG_HEADER_BYTES)
        if len(head) != _PNG_HEADER_BYTES or not head.startswith(_PNG) or head[12:16] != b"IHDR":
            raise ValueError("it does not begin as one")
        text = b"tEXt" + KEY.encode("latin-1") + b"\0" + mark.encode("latin-1")
        sink.write(head + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)))
        _copy(source, sink)


def _film(path: Path, made: Path, mark: str) -> None:
    """The container's comment; the pictures are copied as they are."""
    import av

    name = {".mp4": "mp4", ".mkv": "matroska", ".webm": "webm"}[path.suffix]
    with av.open(str(path)) as source, av.open(str(made), "w", format=name) as sink:
        sink.metadata.update(source.metadata | {"comment": mark})
        streams = {stream.index: sink.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                sink.mux(packet)


def _copy(source: BinaryIO, sink: BinaryIO) -> None:
    while block := source.read(BLOCK_BYTES):
        sink.write(block)


_WITHIN: dict[str, Callable[[Path, Path, str], None]] = {
    ".parquet": _parquet,
    ".safetensors": _safetensors,
    ".png": _png,
    ".mp4": _film,
    ".mkv": _film,
    ".webm": _film,
}
_BESIDE = frozenset({".jsonl", ".csv", ".npy", ".npz"})
