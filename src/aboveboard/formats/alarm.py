"""What is said at once, to everybody whom it concerns?

An alarm is no document of proof: the ledger has that. It is there so that nobody has to go and look.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import Count, Document, GrantId, Nanoseconds, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024

AlarmKind = Literal["emergency", "policy"]


class Alarm(Document, frozen=True):
    """``number`` counts the keyholder's alarms from 1; ``grant_id`` is there where it is about a grant."""

    number: Count
    at_ns: Nanoseconds
    kind: AlarmKind
    grant_id: GrantId | None
    words: Annotated[str, Meta(max_length=2000)]


class Alarms(Document, frozen=True):
    """The newest first."""

    alarms: Annotated[list[Alarm], Meta(max_length=1000)]


def encode(alarms: Alarms) -> bytes:
    """The JSON."""
    return encode_json(alarms)


def decode(data: bytes) -> Alarms:
    """Parse a list of alarms; raises :class:`BadInput`."""
    return decode_json(data, Alarms, name="list of alarms", limit_bytes=LIMIT_BYTES)
