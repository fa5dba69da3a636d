"""How is a segment's key moved to a newer key of the same person?

As for a release, only the age header is sent, never the recording. What comes back is the same header with one stanza
exchanged: the person's own stays as it is, so nobody gains and nobody loses. The old header opens as long as the key of
its epoch exists; destroying that is what the moving is for.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import Count, Document, PersonId, SegmentId, decode_json, encode_json
from aboveboard.formats.release import HEADER_LIMIT, LIMIT_BYTES

ITEMS_LIMIT = 512


class RekeyItem(Document, frozen=True):
    """``header`` is base64 of the segment's age header as it is now, sealed to the person's key of ``key_epoch``."""

    segment_id: SegmentId
    key_epoch: Count
    header: Annotated[str, Meta(max_length=HEADER_LIMIT)]


class RekeyRequest(Document, frozen=True):
    """Move the keys of these segments of ``person_id`` to that person's newest key."""

    person_id: PersonId
    items: Annotated[list[RekeyItem], Meta(min_length=1, max_length=ITEMS_LIMIT)]


class RekeyedHeader(Document, frozen=True):
    """``header`` is base64 of the header that takes the old one's place wherever keys are asked for."""

    segment_id: SegmentId
    header: Annotated[str, Meta(max_length=HEADER_LIMIT)]


class RekeyAnswer(Document, frozen=True):
    """All of them are sealed to ``key_epoch``; entry ``ledger_index`` names them."""

    key_epoch: Count
    ledger_index: Count
    headers: Annotated[list[RekeyedHeader], Meta(max_length=ITEMS_LIMIT)]


def encode(document: RekeyRequest | RekeyAnswer) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode_request(data: bytes) -> RekeyRequest:
    """Parse a request; raises :class:`BadInput`."""
    return decode_json(data, RekeyRequest, name="request to move keys", limit_bytes=LIMIT_BYTES)


def decode_answer(data: bytes) -> RekeyAnswer:
    """Parse the answer to one; raises :class:`BadInput`."""
    return decode_json(data, RekeyAnswer, name="answer to a request to move keys", limit_bytes=LIMIT_BYTES)
