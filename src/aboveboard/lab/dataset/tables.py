"""Which columns do the shards have?

Times are ``int64`` nanoseconds of wall time, because Parquet's timestamps lose nanoseconds in too many readers. The
schemas are exact: a shard with another schema is refused.
"""

import io
from collections.abc import Iterator
from typing import Any, Literal, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.base.errors import BadInput
from aboveboard.lab.marks import KEY, mark_of

_WORDS = pa.list_(pa.field("element", pa.string(), nullable=False))

_CONTROL = pa.struct(
    [
        pa.field("cause", pa.string(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("x", pa.int32(), nullable=False),
        pa.field("y", pa.int32(), nullable=False),
        pa.field("width", pa.int64(), nullable=False),
        pa.field("height", pa.int64(), nullable=False),
        pa.field("states", _WORDS, nullable=False),
        pa.field("path", _WORDS, nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("value", pa.string(), nullable=False),
        pa.field("options", _WORDS, nullable=False),
        pa.field("chosen", pa.string(), nullable=False),
    ]
)

_PROPOSED = pa.struct(
    [
        pa.field("action", pa.string(), nullable=False),
        pa.field("x", pa.int32()),
        pa.field("y", pa.int32()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("turns", pa.int32(), nullable=False),
    ]
)

STEPS = pa.schema(
    [
        pa.field("person_id", pa.string(), nullable=False),
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("index", pa.int64(), nullable=False),
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("end_ns", pa.int64(), nullable=False),
        pa.field("action", pa.string(), nullable=False),
        pa.field("app", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("window_x", pa.int32(), nullable=False),
        pa.field("window_y", pa.int32(), nullable=False),
        pa.field("window_width", pa.int64(), nullable=False),
        pa.field("window_height", pa.int64(), nullable=False),
        pa.field("frame_sha256", pa.string()),
        pa.field("segments", _WORDS, nullable=False),
        pa.field("events", pa.int64(), nullable=False),
        pa.field("x", pa.int32()),
        pa.field("y", pa.int32()),
        pa.field("end_x", pa.int32()),
        pa.field("end_y", pa.int32()),
        pa.field("button", pa.int32()),
        pa.field("scroll_dx", pa.float64(), nullable=False),
        pa.field("scroll_dy", pa.float64(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("key", pa.string(), nullable=False),
        pa.field("host", pa.string(), nullable=False),
        pa.field("url", pa.string(), nullable=False),
        pa.field("element", _CONTROL),
        pa.field("shortcut", pa.string(), nullable=False),
        pa.field("to_app", pa.string(), nullable=False),
        pa.field("to_title", pa.string(), nullable=False),
        pa.field("caused_by", pa.int64()),
        pa.field("by", pa.string(), nullable=False),
        pa.field("proposed", _PROPOSED),
    ]
)
"""The fields of ``formats.trajectory.Step``, one row a step."""

EPISODES = pa.schema(
    [
        pa.field("person_id", pa.string(), nullable=False),
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("index", pa.int64(), nullable=False),
        pa.field("first_step", pa.int64(), nullable=False),
        pa.field("steps", pa.int64(), nullable=False),
        pa.field("start_ns", pa.int64(), nullable=False),
        pa.field("end_ns", pa.int64(), nullable=False),
        pa.field("began", pa.string(), nullable=False),
        pa.field("apps", _WORDS, nullable=False),
        pa.field("instruction", pa.string(), nullable=False),
        pa.field("instructed_by", pa.string(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
    ]
)
"""The fields of ``formats.trajectory.Episode``, one row an episode."""

FRAMES = pa.schema(
    [
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("bands", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
    ]
)
"""One row for each different frame: its name, its size, and its bands as row numbers of ``bands``."""

BANDS = pa.schema(
    [
        pa.field("sha256", pa.binary(32), nullable=False),
        pa.field("media", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("size_bytes", pa.int32(), nullable=False),
    ]
)
"""One row for each different band: where it lies, in which shard of ``media``."""

EVENTS = pa.schema(
    [
        pa.field("time_ns", pa.int64(), nullable=False),
        pa.field("topic", pa.string(), nullable=False),
        pa.field("json", pa.string(), nullable=False),
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("segment_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
    ]
)
"""One row for each event that was opened; ``sequence`` is its segment's place in the session."""

REDRAWN = pa.schema(
    [
        pa.field("session_id", pa.string(), nullable=False),
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("time_ns", pa.int64(), nullable=False),
    ]
)
"""One row for each patch that drew the whole screen: what was seen after it does not rest on anything before it."""

Table = Literal["steps", "episodes", "frames", "bands", "events", "redrawn"]
"""The parts that are Parquet."""
TABLES: tuple[Table, ...] = ("steps", "episodes", "frames", "bands", "events", "redrawn")
SCHEMAS: dict[Table, pa.Schema] = {
    "steps": STEPS,
    "episodes": EPISODES,
    "frames": FRAMES,
    "bands": BANDS,
    "events": EVENTS,
    "redrawn": REDRAWN,
}
ROWS_AT_ONCE = 5_000

T = TypeVar("T")


class TableWriter:
    """Rows of one part, collected in memory as compressed Parquet with the artefact's mark; never on a disk."""

    def __init__(self, part: Table, artefact_id: str) -> None:
        self._schema = SCHEMAS[part].with_metadata({KEY: mark_of(artefact_id)})
        self._stream = io.BytesIO()
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression="zstd", version="2.6")
        self._rows: list[dict[str, Any]] = []

    @property
    def size_bytes(self) -> int:
        """How large it is so far, without the rows that are not packed yet."""
        return self._stream.tell()

    def add(self, row: dict[str, Any]) -> None:
        """Add one row with exactly the schema's columns."""
        self._rows.append(row)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> bytes:
        """The whole Parquet file."""
        self._flush()
        self._writer.close()
        return self._stream.getvalue()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []


def read_table(data: bytes, part: Table) -> pa.Table:
    """The table of a shard; raises :class:`BadInput` if it is not Parquet or has another schema."""
    try:
        table = pq.read_table(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as error:
        raise _bad(part, str(error).splitlines()[0][:200]) from error
    if not table.schema.equals(SCHEMAS[part]):
        raise _bad(part, "its columns are not those of this version")
    return table


def rows_as(table: pa.Table, kind: type[T]) -> Iterator[T]:
    """Each row as a ``kind``, every field checked; raises :class:`BadInput`."""
    for batch in table.to_batches(max_chunksize=1000):
        for row in batch.to_pylist():
            try:
                yield msgspec.convert(row, kind)
            except msgspec.ValidationError as error:
                raise _bad(kind.__name__, str(error)) from error


def _bad(part: str, why: str) -> BadInput:
    return BadInput(
        f"a shard of {part} in this data set cannot be read: {why}",
        cause="it was written by another version, or is damaged",
        fix="update Aboveboard, or derive the data set again",
    )
