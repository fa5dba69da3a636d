"""What was found out about what a model remembers, before it may leave the lab?

An audit rests beside its lineage as JSON. It is of one model, by the digest of its files; another model needs its own.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import ArtefactId, Count, Document, Line, Nanoseconds, Sha256, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024

Share = Annotated[float, Meta(ge=0.0, le=1.0)]


class Exposures(Document, frozen=True):
    """Of each planted canary the exposure in bits, of at most ``most``; ``chance``: how likely that is by chance."""

    bits: Annotated[list[Annotated[float, Meta(ge=0.0)]], Meta(min_length=1, max_length=1000)]
    most: Annotated[float, Meta(gt=0.0)]
    chance: Share


class MembershipTest(Document, frozen=True):
    """How well members are told from others by the loss: area under the curve, its 95 % interval, and the share of
    members told at 1 % false alarms."""

    members: Count
    others: Count
    area: Share
    low: Share
    high: Share
    caught: Share


class Audit(Document, frozen=True):
    """``passed`` only if nothing was found and all was measured; ``reasons`` says why not."""

    model_id: ArtefactId
    model_sha256: Sha256
    at_ns: Nanoseconds
    passed: bool
    reasons: Annotated[list[Line], Meta(max_length=20)]
    exposures: Exposures | None = None
    membership: MembershipTest | None = None


def encode(audit: Audit) -> bytes:
    """The audit's JSON."""
    return encode_json(audit)


def decode(data: bytes) -> Audit:
    """Parse an audit; raises :class:`BadInput`."""
    return decode_json(data, Audit, name="audit", limit_bytes=LIMIT_BYTES)
