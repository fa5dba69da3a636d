"""What was this derived from, under which grant, and until when may it be kept?

Every artefact of the lab has one of these beside it and registered with the vault; erasure follows it.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.fields import (
    ArtefactId,
    ConsentId,
    Count,
    Document,
    GrantId,
    Line,
    Nanoseconds,
    PersonId,
    SegmentId,
    Sha256,
    decode_json,
    encode_json,
)

PAYLOAD_TYPE = "application/vnd.aboveboard.lineage.v1+json"
LIMIT_BYTES = 3 * 1024 * 1024


class ArtefactFile(Document, frozen=True):
    """One file: path relative to the artefact's folder, size in bytes, SHA-256 of its bytes as they rest on disk."""

    path: Line
    size_bytes: Count
    sha256: Sha256


class Lineage(Document, frozen=True):
    """The pedigree of one artefact. ``retention_until_ns`` is the narrowest of its sources'."""

    artefact_id: ArtefactId
    kind: Literal["dataset", "model", "assessment", "export"]
    created_at_ns: Nanoseconds
    grant_id: GrantId
    purposes: Annotated[list[Purpose], Meta(min_length=1, max_length=3)]
    retention_until_ns: Nanoseconds
    people: Annotated[list[PersonId], Meta(min_length=1, max_length=100_000)]
    consents: Annotated[list[ConsentId], Meta(min_length=1, max_length=100_000)]
    segments: Annotated[list[SegmentId], Meta(max_length=50_000)]
    parents: Annotated[list[ArtefactId], Meta(max_length=1000)]
    files: Annotated[list[ArtefactFile], Meta(max_length=10_000)]
    made_by: Line
    """The command and the version of Aboveboard."""


def encode(lineage: Lineage) -> bytes:
    """The lineage's JSON."""
    return encode_json(lineage)


def decode(data: bytes) -> Lineage:
    """Parse a lineage; raises :class:`BadInput`."""
    return decode_json(data, Lineage, name="lineage", limit_bytes=LIMIT_BYTES)
