"""How does somebody show that they take part, without showing who they are?

With a pass: a one-time signing key of their own making, which the vault signed without seeing it (``sealing.blind``).
``scope`` says what a pass is good for: raising a concern in one month, or joining one concern. Each participant is
given a few of each scope at most, fetched in advance; a pass is used once, by signing with its key.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.base.ids import BODY_PATTERN
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Count, Document, Nanoseconds, PublicKey, decode_json, encode_json

KEY_TYPE = "application/vnd.aboveboard.pass-key.v1+json"
LIMIT_BYTES = 64 * 1024
RAISE, JOIN = "raise/", "join/"

Scope = Annotated[str, Meta(pattern=rf"^(raise/[0-9]{{4}}-[0-9]{{2}}|join/cnc_{BODY_PATTERN})$", max_length=40)]
"""``raise/2026-11`` or ``join/cnc_…``."""

Number = Annotated[str, Meta(pattern="^[0-9a-f]{512}$", max_length=512)]
"""A number of 2048 bits in hex: a modulus, something blinded, a signature."""


class PassKey(Document, frozen=True):
    """The modulus under which all passes of this vault hold. The keyholder signs it, once and never another, so that
    a vault cannot hand each person a key of their own and know them by it."""

    modulus: Number
    created_at_ns: Nanoseconds


class PassKeyRequest(Document, frozen=True):
    """The vault asks the keyholder to vouch for its modulus."""

    modulus: Number


class Pass(Document, frozen=True):
    """``signature`` is of ``key`` (its text form), the one-time key that signed the document which this comes with."""

    key: PublicKey
    scope: Scope
    signature: Number


class PassesAsked(Document, frozen=True):
    """``asked``: one blinded public key for each pass that is wanted."""

    scope: Scope
    asked: Annotated[list[Number], Meta(min_length=1, max_length=8)]


class PassesGiven(Document, frozen=True):
    """The signatures of what was asked, in the same order, still blinded."""

    signed: Annotated[list[Number], Meta(min_length=1, max_length=8)]


class Allowance(Document, frozen=True):
    """How many passes of ``scope`` may still be fetched."""

    scope: Scope
    left: Count


class PassesOffered(Document, frozen=True):
    """``key`` is the keyholder's signed :class:`PassKey`."""

    key: Envelope
    allowances: Annotated[list[Allowance], Meta(max_length=10_000)]


def encode(document: Document) -> bytes:
    """The document's JSON."""
    return encode_json(document)


def decode_key(data: bytes) -> PassKey:
    """Parse the statement about the modulus; raises :class:`BadInput`."""
    return decode_json(data, PassKey, name="pass key", limit_bytes=LIMIT_BYTES)


def decode_offered(data: bytes) -> PassesOffered:
    """Parse the vault's offer; raises :class:`BadInput`."""
    return decode_json(data, PassesOffered, name="offer of passes", limit_bytes=4 * 1024 * 1024)


def decode_given(data: bytes) -> PassesGiven:
    """Parse the vault's signatures; raises :class:`BadInput`."""
    return decode_json(data, PassesGiven, name="answer with passes", limit_bytes=LIMIT_BYTES)
