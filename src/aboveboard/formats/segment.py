"""What does the vault know of a sealed segment?

Only this manifest, signed by the device: who, when, under which permission, how many sealed bytes, and their hash.
Nothing in it says what was done; there are no counts of events.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import (
    ConsentId,
    Count,
    DeviceId,
    Document,
    Nanoseconds,
    PersonId,
    SegmentId,
    SessionId,
    Sha256,
    decode_json,
    encode_json,
)
from aboveboard.formats.lease import BootId

PAYLOAD_TYPE = "application/vnd.aboveboard.segment.v1+json"
LIMIT_BYTES = 64 * 1024
SEALED_LIMIT_BYTES = 64 * 1024 * 1024
"""The largest sealed segment that is taken in."""
DURATION_LIMIT_NS = 60_000_000_000


class SegmentManifest(Document, frozen=True):
    """One segment, seconds long.

    ``sequence`` counts from 0 within the session and ``previous_sha256`` is the ``sha256`` of the segment before it
    (``None`` for the first), so that a missing, repeated or reordered segment shows. ``leases`` are the signed leases
    (envelopes as JSON text) that together cover ``[start_boot_ns, end_boot_ns]``. ``key_epoch`` says which of the
    person's keys in the keyholder it is sealed to. ``sha256`` and ``size_bytes`` are of the sealed file.
    """

    segment_id: SegmentId
    session_id: SessionId
    sequence: Count
    person_id: PersonId
    device_id: DeviceId
    consent_id: ConsentId
    disclosure_sha256: Sha256
    key_epoch: Count
    boot_id: BootId
    start_boot_ns: Nanoseconds
    end_boot_ns: Nanoseconds
    start_wall_ns: Nanoseconds
    end_wall_ns: Nanoseconds
    leases: Annotated[list[str], Meta(min_length=1, max_length=16)]
    size_bytes: Annotated[int, Meta(ge=1, le=SEALED_LIMIT_BYTES)]
    sha256: Sha256
    previous_sha256: Sha256 | None = None


def encode(manifest: SegmentManifest) -> bytes:
    """The bytes to sign."""
    return encode_json(manifest)


def decode(data: bytes) -> SegmentManifest:
    """Parse a manifest; raises :class:`BadInput`."""
    return decode_json(data, SegmentManifest, name="segment manifest", limit_bytes=LIMIT_BYTES)
