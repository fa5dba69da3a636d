"""Which columns do the shards have?

Times are ``int64`` nanoseconds of wall time, because Parquet's timestamps lose nanoseconds in too many readers. The
schemas are exact: a shard with another schema is refused.
"""

import io
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.base.errors import BadInput
from aboveboard.formats.dataset import Part
from aboveboard.formats.trajectory import Step

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
        pa.field("segments", pa.list_(pa.field("element", pa.string(), nullable=False)), nullable=False),
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
    ]
)
"""The fields of ``formats.trajectory.Step``, one row a step."""

FRAMES = pa.schema(
    [
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("png", pa.binary(), nullable=False),
    ]
)
"""One row for each different frame; ``sha256`` is of the bytes in ``png``."""

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

SCHEMAS: dict[Part, pa.Schema] = {"steps": STEPS, "frames": FRAMES, "events": EVENTS}
ROWS_AT_ONCE: dict[Part, int] = {"steps": 10_000, "frames": 64, "events": 50_000}

T = TypeVar("T")


class TableWriter:
    """Rows of one part, collected in memory as compressed Parquet; never on a disk."""

    def __init__(self, part: Part) -> None:
        self._schema = SCHEMAS[part]
        self._limit = ROWS_AT_ONCE[part]
        self._stream = io.BytesIO()
        # PNG is compressed already; trying again would only cost time.
        compression = "none" if part == "frames" else "zstd"
        self._writer = pq.ParquetWriter(self._stream, self._schema, compression=compression, version="2.6")
        self._rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """Add one row with exactly the schema's columns."""
        self._rows.append(row)
        if len(self._rows) >= self._limit:
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


def read_table(data: bytes, part: Part) -> pa.Table:
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
                raise _bad("steps" if kind is Step else "events", str(error)) from error


def _bad(part: Part, why: str) -> BadInput:
    return BadInput(
        f"a shard of {part} in this data set cannot be read: {why}",
        cause="it was written by another version, or is damaged",
        fix="update Aboveboard, or derive the data set again",
    )
