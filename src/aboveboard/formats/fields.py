"""Which shapes do the fields of every format share?

Each name is a type that msgspec checks while it decodes, so a value that is here at all has its shape.
"""

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import BODY_PATTERN


def _id(kind: str) -> Meta:
    return Meta(pattern=f"^{kind}_{BODY_PATTERN}$", max_length=30)


PersonId = Annotated[str, _id("per")]
DeviceId = Annotated[str, _id("dev")]
StaffId = Annotated[str, _id("stf")]
InvitationId = Annotated[str, _id("inv")]
ConsentId = Annotated[str, _id("con")]
LeaseId = Annotated[str, _id("lea")]
PauseId = Annotated[str, _id("pau")]
SessionId = Annotated[str, _id("ses")]
SegmentId = Annotated[str, _id("seg")]
RequestId = Annotated[str, _id("req")]
GrantId = Annotated[str, _id("gra")]
ArtefactId = Annotated[str, _id("art")]
ErasureId = Annotated[str, _id("era")]
ConcernId = Annotated[str, _id("cnc")]
NoticeId = Annotated[str, _id("ntc")]
DrillId = Annotated[str, _id("dri")]
ExemptionId = Annotated[str, _id("exe")]

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
"""Lower-case hex."""

PublicKey = Annotated[str, Meta(pattern="^ed25519:[A-Za-z0-9_-]{43}$", max_length=51)]
"""An Ed25519 verifying key: 32 bytes in base64url without padding."""

Recipient = Annotated[str, Meta(pattern="^age1[02-9ac-hj-np-z]{58}$", max_length=62)]
"""An age X25519 recipient, Bech32 as age prints it."""

Nanoseconds = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A time on the clock that the field's name says, or a duration."""

Count = Annotated[int, Meta(ge=0, le=2**53)]
Line = Annotated[str, Meta(max_length=200)]
"""A short text for people: a name, a title."""
Text = Annotated[str, Meta(max_length=4000)]
"""A paragraph for people."""
Reason = Annotated[str, Meta(min_length=10, max_length=2000)]
"""A reason that says something."""
NOT_PLAIN = r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
PLAIN = r"^[^\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]*$"
"""Several lines without control characters, and without those that turn the direction of writing: what is read in a
terminal or a mail is what was written."""
Nonce = Annotated[str, Meta(pattern="^[0-9a-f]{32}$", max_length=32)]

Country = Annotated[str, Meta(pattern="^[A-Z]{2}(-[A-Z0-9]{1,3})?$", max_length=6)]
"""A country as ISO 3166-1 has it ("DE"), or a part of one as ISO 3166-2 has it ("US-NY")."""
Language = Annotated[str, Meta(pattern="^[a-z]{2}(-[A-Z]{2})?$", max_length=5)]
"""A language as people's machines name it: "en", "de", "de-AT"."""
Date = Annotated[str, Meta(pattern="^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", max_length=10)]
"""A day, as ISO 8601 writes it."""
Cohort = Annotated[str, Meta(pattern="^([a-z0-9][a-z0-9-]*)?$", max_length=40)]
"""A group of people by a short name of the steward's; empty: none."""

T = TypeVar("T")


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The base of every document: immutable, and an unknown field is an error, so nothing extra can ride along."""


def encode_json(document: msgspec.Struct) -> bytes:
    """The document as UTF-8 JSON, fields in their declared order."""
    return msgspec.json.encode(document)


def decode_json(data: bytes, kind: type[T], *, name: str, limit_bytes: int) -> T:
    """Decode ``data`` as ``kind``; raise :class:`BadInput` if it is longer than ``limit_bytes`` or does not fit.

    ``name`` is what people call the format ("consent receipt").
    """
    if len(data) > limit_bytes:
        raise BadInput(
            f"this {name} has {len(data)} bytes; the limit is {limit_bytes}",
            cause="it is not what it claims to be",
            fix="nothing was stored; check where it came from",
        )
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            f"this {name} cannot be read: {error}",
            cause="it was cut short, changed on the way, or written by a newer version",
            fix="nothing was stored; fetch it again, or update Aboveboard",
        ) from error


def json_schema(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a document type, as the API and the specification print it."""
    return msgspec.json.schema(kind)
