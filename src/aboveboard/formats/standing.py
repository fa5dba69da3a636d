"""Does a grant still hold, and who says so?

Whoever has opened something under a grant asks again and again while it is open. The question is signed by the
requester, the answer by the key of the ledger, which the asker pins: what lies between can withhold an answer, and then
the asker closes what is open, but not invent one.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, GrantId, Nanoseconds, Nonce, decode_json, encode_json

QUESTION_TYPE = "application/vnd.aboveboard.standing-question.v1+json"
ANSWER_TYPE = "application/vnd.aboveboard.standing.v1+json"
LIMIT_BYTES = 8 * 1024


class StandingQuestion(Document, frozen=True):
    """Does this grant still hold? ``nonce`` is fresh for each question."""

    grant_id: GrantId
    nonce: Nonce
    at_ns: Nanoseconds


class Standing(Document, frozen=True):
    """It held at ``at_ns`` (the keyholder's wall time) if ``reason`` is "ok"; otherwise that is why not."""

    grant_id: GrantId
    nonce: Nonce
    reason: Annotated[str, Meta(max_length=60)]
    at_ns: Nanoseconds
    expires_at_ns: Nanoseconds


def encode(document: StandingQuestion | Standing) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_question(data: bytes) -> StandingQuestion:
    """Parse a question; raises :class:`BadInput`."""
    return decode_json(data, StandingQuestion, name="question about a grant", limit_bytes=LIMIT_BYTES)


def decode_answer(data: bytes) -> Standing:
    """Parse an answer; raises :class:`BadInput`."""
    return decode_json(data, Standing, name="standing of a grant", limit_bytes=LIMIT_BYTES)


def decode_signed(data: bytes) -> Envelope:
    """Parse the envelope of an answer; raises :class:`BadInput`."""
    return decode_json(data, Envelope, name="signed standing of a grant", limit_bytes=4 * LIMIT_BYTES)
