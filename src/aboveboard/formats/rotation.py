"""How is everybody given a newer key at once, before it is due?

The keyholder's operator asks for it, some hundred people at a time, until nobody is left whose newest key is older than
the moment at which it began.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import Count, Document, Nanoseconds, PersonId, decode_json, encode_json

LIMIT_BYTES = 64 * 1024
AT_ONCE = 500


class Rotation(Document, frozen=True):
    """A newer key for whoever's newest was made before ``older_than_ns`` (wall time), at most :data:`AT_ONCE` of them.

    Given a ``person_id``, for that person alone.
    """

    older_than_ns: Nanoseconds
    person_id: PersonId | None = None


class Rotated(Document, frozen=True):
    """How many got one, and how many are ``left``."""

    made: Annotated[int, Meta(ge=0, le=AT_ONCE)]
    left: Count


def encode(document: Rotation | Rotated) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode_answer(data: bytes) -> Rotated:
    """Parse the answer; raises :class:`BadInput`."""
    return decode_json(data, Rotated, name="answer to a rotation", limit_bytes=LIMIT_BYTES)
