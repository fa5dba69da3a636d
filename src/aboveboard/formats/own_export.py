"""Is this export of a person's data whole, and what is missing in it?

``manifest.json`` is written last. ``SHA256SUMS`` has one line for every other file, as ``sha256sum -c`` reads it.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import (
    Count,
    Document,
    Line,
    Nanoseconds,
    PersonId,
    SegmentId,
    Sha256,
    Text,
    decode_json,
    encode_json,
)

LIMIT_BYTES = 64 * 1024 * 1024


class LeftOut(Document, frozen=True):
    """A segment that is listed and could not be opened, with what went wrong."""

    segment_id: SegmentId
    what: Text
    cause: Text
    fix: Text


class ExportManifest(Document, frozen=True):
    """``sums_sha256`` is of ``SHA256SUMS``. ``unreadable``: how many entries of a list did not even parse."""

    profile: Literal["aboveboard.export/1"]
    person_id: PersonId
    made_at_ns: Nanoseconds
    made_by: Line
    sessions: Count
    segments: Count
    films: bool
    files: Count
    size_bytes: Count
    sums_sha256: Sha256
    left_out: Annotated[list[LeftOut], Meta(max_length=100_000)]
    unreadable: Count


def encode(manifest: ExportManifest) -> bytes:
    """The manifest's JSON."""
    return encode_json(manifest)


def decode(data: bytes) -> ExportManifest:
    """Parse a manifest; raises :class:`BadInput`."""
    return decode_json(data, ExportManifest, name="export's manifest", limit_bytes=LIMIT_BYTES)
