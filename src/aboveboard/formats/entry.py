"""What stands in the ledger?

The log holds only a salted commitment for each entry; the readable entry lies beside it, with its salt. Destroying the
readable entry erases the person from it and leaves the log valid.

``leaf = "aboveboard.entry/1\\n" + hex(SHA-256(salt || readable)) + "\\n"``, with a salt of 32 random bytes.
"""

import hashlib
from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.fields import (
    Count,
    Document,
    ErasureId,
    GrantId,
    Nanoseconds,
    PersonId,
    SegmentId,
    Sha256,
    StaffId,
    decode_json,
    encode_json,
)
from aboveboard.formats.grant import DataKind

LIMIT_BYTES = 64 * 1024
SALT_BYTES = 32
LEAF_PREFIX = b"aboveboard.entry/1\n"


class KeyCreated(Document, frozen=True, tag="key_created"):
    """The keyholder made a key pair for a person."""

    at_ns: Nanoseconds
    person_id: PersonId
    key_epoch: int


class Released(Document, frozen=True, tag="released"):
    """The keys of some parts of one segment were sealed to a researcher. One entry for every segment.

    ``kinds`` says which: these kinds of data, and what tells how to read them. ``number`` counts the person's own
    releases from 1, so that one which is left out of a list shows.
    """

    at_ns: Nanoseconds
    person_id: PersonId
    number: Annotated[int, Meta(ge=1)]
    segment_id: SegmentId
    header_sha256: Sha256
    kinds: Annotated[list[DataKind], Meta(min_length=1, max_length=6)]
    grant_id: GrantId
    requester: StaffId
    requester_name: str
    approvers: Annotated[list[str], Meta(max_length=16)]
    purpose: Purpose
    reason: str
    output: str
    expires_at_ns: Nanoseconds


class Granted(Document, frozen=True, tag="granted"):
    """A request was granted: ``request_sha256`` says exactly which. ``person_id`` is named in an emergency only."""

    at_ns: Nanoseconds
    person_id: PersonId | None
    grant_id: GrantId
    request_sha256: Sha256
    requester: StaffId
    requester_name: str
    approvers: Annotated[list[str], Meta(max_length=16)]
    people: Count
    purpose: Purpose
    emergency: bool
    expires_at_ns: Nanoseconds


class HolderTold(Document, frozen=True, tag="holder_told"):
    """The requester holds keys that were opened under this grant, asked whether it still stands, and was told no."""

    at_ns: Nanoseconds
    grant_id: GrantId
    requester: StaffId
    keys: Count
    reason: str


class Revoked(Document, frozen=True, tag="revoked"):
    """A grant was ended before its time. ``by_name``: and role; empty in entries from before it was told."""

    at_ns: Nanoseconds
    grant_id: GrantId
    by: StaffId
    reason: str
    by_name: str = ""


class Reviewed(Document, frozen=True, tag="reviewed"):
    """An approver who had no part in an emergency has said whether it was justified."""

    at_ns: Nanoseconds
    grant_id: GrantId
    by: StaffId
    by_name: str
    verdict: Literal["justified", "not_justified"]
    words: str


class Rekeyed(Document, frozen=True, tag="rekeyed"):
    """The keys of these segments were sealed anew, to the same person's key of ``key_epoch``: nobody was given any.

    ``header_sha256`` are of the headers that they came in, in the order of ``segment_ids``.
    """

    at_ns: Nanoseconds
    person_id: PersonId
    key_epoch: int
    segment_ids: Annotated[list[SegmentId], Meta(max_length=512)]
    header_sha256: Annotated[list[Sha256], Meta(max_length=512)]


class EpochDestroyed(Document, frozen=True, tag="epoch_destroyed"):
    """A person's private key of one epoch is gone; what was not sealed anew before is closed to everybody but them."""

    at_ns: Nanoseconds
    person_id: PersonId
    key_epoch: int
    erasure_id: ErasureId | None
    why: Literal["person", "retention", "order"]


class KeysDestroyed(Document, frozen=True, tag="keys_destroyed"):
    """A person's private keys in the keyholder are gone."""

    at_ns: Nanoseconds
    person_id: PersonId
    erasure_id: ErasureId
    why: Literal["person", "retention", "order"]


Entry = KeyCreated | Granted | Released | HolderTold | Revoked | Reviewed | Rekeyed | EpochDestroyed | KeysDestroyed


def encode(entry: Entry) -> bytes:
    """The readable entry's JSON."""
    return encode_json(entry)


def decode(data: bytes) -> Entry:
    """Parse a readable entry; raises :class:`BadInput`."""
    return decode_json(data, Entry, name="ledger entry", limit_bytes=LIMIT_BYTES)  # type: ignore[arg-type]


def leaf(salt: bytes, readable: bytes) -> bytes:
    """The bytes that go into the log for a readable entry."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return LEAF_PREFIX + hashlib.sha256(salt + readable).hexdigest().encode("ascii") + b"\n"
