"""What worries somebody who takes part, and what is answered?

A concern is raised openly, signed with the person's own key, or anonymously, signed with the one-time key of a pass
(``formats.passes``); so is joining one, which always needs a pass, so that each person counts once. A steward takes it
over and answers; both are signed. Every text is shown as text, never as HTML.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import (
    PLAIN,
    ConcernId,
    Document,
    Line,
    Nanoseconds,
    PersonId,
    StaffId,
    decode_json,
    encode_json,
)

CONCERN_TYPE = "application/vnd.aboveboard.concern.v1+json"
JOINING_TYPE = "application/vnd.aboveboard.concern-joining.v1+json"
OWNING_TYPE = "application/vnd.aboveboard.concern-owning.v1+json"
ANSWER_TYPE = "application/vnd.aboveboard.concern-answer.v1+json"
LIMIT_BYTES = 16 * 1024

ConcernText = Annotated[str, Meta(min_length=10, max_length=2000, pattern=PLAIN)]


class Concern(Document, frozen=True):
    """``person_id`` of ``None``: raised anonymously; then ``at_ns`` (wall time) is a whole hour."""

    concern_id: ConcernId
    person_id: PersonId | None
    text: ConcernText
    at_ns: Nanoseconds


class Joining(Document, frozen=True):
    """Somebody shares the concern. Signed with a pass's key, and by the person too unless ``person_id`` is ``None``."""

    concern_id: ConcernId
    person_id: PersonId | None


class Owning(Document, frozen=True):
    """The steward ``owner`` sees to the concern and will answer by ``answer_by_ns`` (wall time)."""

    concern_id: ConcernId
    owner: StaffId
    answer_by_ns: Nanoseconds
    at_ns: Nanoseconds


class Answer(Document, frozen=True):
    """What the owner answers."""

    concern_id: ConcernId
    by: StaffId
    by_name: Line
    text: ConcernText
    at_ns: Nanoseconds


def encode(document: Concern | Joining | Owning | Answer) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_concern(data: bytes) -> Concern:
    """Parse a concern; raises :class:`BadInput`."""
    return decode_json(data, Concern, name="concern", limit_bytes=LIMIT_BYTES)


def decode_joining(data: bytes) -> Joining:
    """Parse a joining; raises :class:`BadInput`."""
    return decode_json(data, Joining, name="joining of a concern", limit_bytes=LIMIT_BYTES)


def decode_owning(data: bytes) -> Owning:
    """Parse who sees to a concern; raises :class:`BadInput`."""
    return decode_json(data, Owning, name="owning of a concern", limit_bytes=LIMIT_BYTES)


def decode_answer(data: bytes) -> Answer:
    """Parse an answer; raises :class:`BadInput`."""
    return decode_json(data, Answer, name="answer to a concern", limit_bytes=LIMIT_BYTES)
