"""How are segment keys asked for and handed out?

The asker sends the grant and, for each segment, only the age header: the wrapped key, never the recording. The answer
is, for each segment, the keys of the parts that were granted, sealed to the requester's key, and the ledger entry that
was durable before they left.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import (
    Count,
    Document,
    PersonId,
    SegmentId,
    decode_json,
    encode_json,
)
from aboveboard.formats.grant import Grant

LIMIT_BYTES = 16 * 1024 * 1024
HEADER_LIMIT = 8 * 1024


class ReleaseItem(Document, frozen=True):
    """``header`` is base64 of the sealed file's age header, through the MAC line and its newline."""

    segment_id: SegmentId
    person_id: PersonId
    key_epoch: Count
    header: Annotated[str, Meta(max_length=HEADER_LIMIT)]


class ReleaseRequest(Document, frozen=True):
    """Ask for the keys of these segments under this grant."""

    grant: Grant
    items: Annotated[list[ReleaseItem], Meta(min_length=1, max_length=512)]


class ReleasedKey(Document, frozen=True):
    """``sealed`` is base64 of an age file for the requester, with the keys of the granted parts of one segment
    (``formats.part_keys``); ``entry_index`` the ledger index of its entry.

    ``salt`` (hex) and ``readable`` (the entry's JSON) let the requester recompute the leaf; ``proof`` are the base64
    hashes of its inclusion proof in the tree of the answer's checkpoint.
    """

    segment_id: SegmentId
    sealed: Annotated[str, Meta(max_length=HEADER_LIMIT)]
    entry_index: Count
    salt: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    readable: str
    proof: Annotated[list[str], Meta(max_length=64)]


class ReleaseAnswer(Document, frozen=True):
    """``checkpoint`` is the signed note, witness signatures included, in which every entry is contained."""

    checkpoint: str
    keys: Annotated[list[ReleasedKey], Meta(max_length=512)]


def encode(document: ReleaseRequest | ReleaseAnswer) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode_request(data: bytes) -> ReleaseRequest:
    """Parse a release request; raises :class:`BadInput`."""
    return decode_json(data, ReleaseRequest, name="release request", limit_bytes=LIMIT_BYTES)


def decode_answer(data: bytes) -> ReleaseAnswer:
    """Parse the answer to one; raises :class:`BadInput`."""
    return decode_json(data, ReleaseAnswer, name="release answer", limit_bytes=LIMIT_BYTES)
