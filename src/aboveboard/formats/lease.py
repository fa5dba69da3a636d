"""May this device record just now, and until when?

The recorder asks with its own clock reading; the lease repeats it, signed. It is counted from the moment of asking on
``CLOCK_BOOTTIME`` of one boot, so neither a changed wall clock, nor a suspended machine, nor a late answer extends it.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import (
    ConsentId,
    Count,
    DeviceId,
    Document,
    LeaseId,
    Line,
    Nanoseconds,
    Nonce,
    PersonId,
    Sha256,
    decode_json,
    encode_json,
)

PAYLOAD_TYPE = "application/vnd.aboveboard.lease.v1+json"
LIMIT_BYTES = 64 * 1024
BootId = Annotated[str, Meta(pattern="^[0-9a-f-]{36}$")]
PausedApp = Annotated[str, Meta(min_length=1, max_length=100)]

HealthWord = Literal["events_lost", "screen_stalled", "items_lost", "segments_lost", "part_stalled"]
"""What a recorder's watchdog found lately: the closed list. None of them says how a person works.

Input that never reached the capture; a screen that is not what the capture believes; items that came out of it and were
neither written nor accounted for; the same for sealed segments; a part of the recorder that stands still.
"""
NOTICES_LIMIT = 8
HEALTH_LIMIT = 5
"""As many as there are words."""


class LeaseRequest(Document, frozen=True):
    """``boot_ns`` is read just before sending; ``nonce`` is new for every request; no ``health`` is good health."""

    device_id: DeviceId
    consent_id: ConsentId
    boot_id: BootId
    boot_ns: Nanoseconds
    nonce: Nonce
    recorder_version: Line
    health: Annotated[list[HealthWord], Meta(max_length=HEALTH_LIMIT)] = msgspec.field(default_factory=list)


class Lease(Document, frozen=True):
    """Permission for ``[boot_ns, boot_ns + duration_ns)`` on the device's boot clock.

    ``server_ns`` is the vault's wall time at signing: it ties the device's boot clock to the vault's. ``epoch`` grows
    with every pause and resume that concerns the person (``rules.pause.epoch``). ``bytes_left`` is what may still be
    uploaded today. ``paused_apps``: applications that are out of scope while it lasts, in lower case.
    ``notices``: the newest that the person has not said to have seen, by the hashes of their payloads.
    ``key_epoch``: of the person's newest key in the keyholder; what is recorded while this lease lasts is sealed to it,
    or at least to that of ``least_key_epoch``.
    """

    lease_id: LeaseId
    device_id: DeviceId
    person_id: PersonId
    consent_id: ConsentId
    disclosure_sha256: Sha256
    epoch: Nanoseconds
    boot_id: BootId
    boot_ns: Nanoseconds
    duration_ns: Annotated[int, Meta(gt=0, le=300_000_000_000)]
    server_ns: Nanoseconds
    nonce: Nonce
    bytes_left: Count
    paused_apps: Annotated[list[PausedApp], Meta(max_length=200)] = msgspec.field(default_factory=list)
    notices: Annotated[list[Sha256], Meta(max_length=NOTICES_LIMIT)] = msgspec.field(default_factory=list)
    key_epoch: Count = 0
    least_key_epoch: Count = 0


def encode(document: Lease | LeaseRequest) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode(data: bytes) -> Lease:
    """Parse a lease; raises :class:`BadInput`."""
    return decode_json(data, Lease, name="lease", limit_bytes=LIMIT_BYTES)


def decode_request(data: bytes) -> LeaseRequest:
    """Parse a request for a lease; raises :class:`BadInput`."""
    return decode_json(data, LeaseRequest, name="lease request", limit_bytes=LIMIT_BYTES)
