"""What crosses the control stream between a device and the vault?

A device sends a ``LeaseRequest`` (``formats.lease``), one in each message, and nothing else. The vault answers each
with ``Granted`` or ``Denied``, and pushes a ``Word`` whenever something may have changed. A word permits nothing: it
can only make a recorder stop, ask for a lease, or look for what is new.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, Line, Nonce, decode_json, encode_json

LIMIT_BYTES = 64 * 1024
"""The largest message either side reads."""
SPREAD_LIMIT_MS = 60_000


class Granted(Document, frozen=True, tag="lease", tag_field="kind"):
    """A signed lease; it repeats the nonce of its request."""

    lease: Envelope


class Denied(Document, frozen=True, tag="refused", tag_field="kind"):
    """No lease for the request with this ``nonce``: the members of a problem document, as over HTTP."""

    nonce: Nonce
    status: Annotated[int, Meta(ge=400, le=599)]
    code: Line
    reason: Line
    what: Annotated[str, Meta(max_length=2000)]
    cause: Annotated[str, Meta(max_length=2000)]
    fix: Annotated[str, Meta(max_length=2000)]


class Word(Document, frozen=True, tag="word", tag_field="kind"):
    """``stop``: record nothing, then ask; ``ask``: ask for a lease; ``look``: there is something new to fetch.

    Ask within ``spread_ms``, at a moment of your own choice, so that not all do at once. ``reason`` is a word of the
    closed list, or empty; ``why`` is a steward's reason, for the person.
    """

    what: Literal["stop", "ask", "look"]
    reason: Line = ""
    why: Line = ""
    spread_ms: Annotated[int, Meta(ge=0, le=SPREAD_LIMIT_MS)] = 0


Told = Granted | Denied | Word


def encode(message: Told) -> bytes:
    """The message's JSON."""
    return encode_json(message)


def decode(data: bytes) -> Told:
    """Parse what the vault told; raises :class:`BadInput`."""
    return decode_json(data, Told, name="message of the control stream", limit_bytes=LIMIT_BYTES)  # type: ignore[arg-type]
