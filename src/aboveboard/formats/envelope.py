"""How is a document signed?

As DSSE (Dead Simple Signing Envelope, secure-systems-lab/dsse v1): the signature covers the exact payload bytes and
their type, so no canonical form is needed and a document of one type can never pass for another.
"""

import base64
import binascii
from typing import Annotated

from msgspec import Meta

from aboveboard.base.errors import BadInput
from aboveboard.formats.fields import Document, decode_json, encode_json

LIMIT_BYTES = 4 * 1024 * 1024
"""The largest envelope that is looked at, in bytes of JSON."""

PayloadType = Annotated[str, Meta(pattern=r"^application/vnd\.aboveboard\.[a-z-]+\.v[0-9]+\+json$", max_length=80)]


class Signature(Document, frozen=True):
    """``keyid`` is a hint (the first 16 hex digits of SHA-256 over the public key); ``sig`` is base64."""

    keyid: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")]
    sig: Annotated[str, Meta(max_length=200)]


class Envelope(Document, frozen=True, rename={"payload_type": "payloadType"}):
    """A signed document. ``payload`` is base64 of the exact bytes signed."""

    payload: str
    payload_type: PayloadType
    signatures: Annotated[list[Signature], Meta(min_length=1, max_length=8)]

    def body(self) -> bytes:
        """The payload's bytes. **Unverified**: use ``sealing.signatures.open_signed``."""
        return decode_base64(self.payload)


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: ``DSSEv1 LEN(type) type LEN(payload) payload`` (DSSE protocol, section 2)."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def decode_base64(text: str) -> bytes:
    """Standard base64, strict; raises :class:`BadInput`."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("this is not base64", cause="it was changed on the way", fix="fetch it again") from error


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def encode(envelope: Envelope) -> bytes:
    """The envelope as JSON."""
    return encode_json(envelope)


def decode(data: bytes, *, limit_bytes: int = LIMIT_BYTES) -> Envelope:
    """Parse an envelope of at most ``limit_bytes``; raises :class:`BadInput`. Nothing is verified yet."""
    envelope = decode_json(data, Envelope, name="signed document", limit_bytes=limit_bytes)
    envelope.body()
    return envelope
