"""Did the holder of this key sign exactly this document, as this type?

Documents are signed with Ed25519 in DSSE envelopes. Whoever verifies says beforehand which type and which keys it
accepts; the envelope's own claims (``keyid``, type) never widen that, and an empty set of keys accepts nothing.
"""

import base64
import hashlib
from collections.abc import Iterable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats.envelope import (
    Envelope,
    Signature,
    decode_base64,
    encode_base64,
    pre_authentication_encoding,
)

PREFIX = "ed25519:"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
FIELD_PRIME = 2**255 - 19

LOW_ORDER_Y: frozenset[int] = frozenset(
    {
        0,
        1,
        FIELD_PRIME - 1,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)
"""The y of every point whose order divides 8. Under such a key, signatures can be made by anyone."""


class SigningKey:
    """An Ed25519 private key. It never shows its secret in ``repr``."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self._raw_public = private.public_key().public_bytes_raw()
        self._public = format_public(self._raw_public)
        self._hint = hashlib.sha256(self._raw_public).hexdigest()[:16]

    @classmethod
    def generate(cls) -> "SigningKey":
        """A fresh key from the operating system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_private_bytes(cls, private: bytes) -> "SigningKey":
        """The key whose RFC 8032 seed is these 32 bytes; raises :class:`BadInput` for any other length."""
        if len(private) != KEY_BYTES:
            raise BadInput(
                f"a signing key has {KEY_BYTES} bytes, not {len(private)}",
                cause="the key file was cut short or holds something else",
                fix="restore the key from its backup",
            )
        return cls(Ed25519PrivateKey.from_private_bytes(private))

    @property
    def public(self) -> str:
        """``ed25519:`` and the public key in base64url without padding: the key's name everywhere."""
        return self._public

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._raw_public

    def private_bytes(self) -> bytes:
        """The 32-byte seed. Only for writing the key to its file."""
        return self._private.private_bytes_raw()

    def sign_raw(self, data: bytes) -> bytes:
        """The 64-byte Ed25519 signature of ``data`` itself, for protocols with a domain separation of their own."""
        return self._private.sign(data)

    def sign(self, payload_type: str, payload: bytes) -> Envelope:
        """``payload`` in an envelope of ``payload_type`` with this key's signature."""
        signature = self.sign_raw(pre_authentication_encoding(payload_type, payload))
        return Envelope(
            payload=encode_base64(payload),
            payload_type=payload_type,
            signatures=[Signature(keyid=self._hint, sig=encode_base64(signature))],
        )

    def __repr__(self) -> str:
        return f"SigningKey({self.public})"


def format_public(raw: bytes) -> str:
    """The text form of a 32-byte Ed25519 public key."""
    return PREFIX + base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def parse_public(key: str) -> bytes:
    """The 32 bytes of a public key in text form.

    Raises :class:`BadInput` unless it is the one canonical text of a usable key: a second spelling of the same key
    would pass for another key, and under a key of low order anybody can sign.
    """
    try:
        raw = base64.b64decode(key.removeprefix(PREFIX).encode("ascii") + b"=", altchars=b"-_", validate=True)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES or format_public(raw) != key:
        raise BadInput(
            f"{key[:60]!r} is not a public signing key",
            cause="it was mistyped or cut short",
            fix=f"copy the whole key; it starts with '{PREFIX}' and has 51 characters",
        )
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= FIELD_PRIME or y in LOW_ORDER_Y:
        raise BadInput(
            f"{key} is a weak key: anyone can sign for it",
            cause="it was not made by generating a key pair",
            fix="generate a new key",
        )
    return raw


def public_key(key: str) -> Ed25519PublicKey:
    """The ``cryptography`` object for a public key in text form; raises :class:`BadInput`."""
    return Ed25519PublicKey.from_public_bytes(parse_public(key))


def key_id(key: str) -> str:
    """The hint that envelopes carry: the first 16 hex digits of SHA-256 over the 32 key bytes."""
    return hashlib.sha256(parse_public(key)).hexdigest()[:16]


def verify_raw(data: bytes, signature: bytes, key: str) -> None:
    """Return if ``signature`` is ``key``'s over ``data``; otherwise raise :class:`Tampered`."""
    try:
        public_key(key).verify(signature, data)
    except InvalidSignature as error:
        raise Tampered(
            f"this was not signed by {key}",
            cause="it was changed after signing, or signed by somebody else",
            fix="do not rely on it; fetch it again from where it was signed",
        ) from error


def open_signed(envelope: Envelope, payload_type: str, key: str) -> bytes:
    """The payload, if ``key`` signed it as ``payload_type``; otherwise raises :class:`Tampered`."""
    return signed_by(envelope, payload_type, [key])[1]


def signed_by(envelope: Envelope, payload_type: str, keys: Iterable[str]) -> tuple[str, bytes]:
    """Which of ``keys`` signed this envelope as ``payload_type``, and the verified payload.

    The steps are those of ``docs/spec/sealing.md``, "Opening a signed document". Raises :class:`Tampered` if no key of
    ``keys`` signed it, and :class:`BadInput` if a key or the base64 is malformed.
    """
    # 1. The type is the one that the caller expects.
    if envelope.payload_type != payload_type:
        raise Tampered(
            f"this document is a {envelope.payload_type[:80]}, not a {payload_type}",
            cause="a document of one kind was passed off as another",
            fix="fetch the right document",
        )
    # 2. The signed bytes are rebuilt from the payload and the expected type.
    payload = envelope.body()
    signed = pre_authentication_encoding(payload_type, payload)
    # 3. A signature counts only if a key that the caller names verifies it; keyid merely says which one to try.
    for key in keys:
        hint = key_id(key)
        for signature in envelope.signatures:
            if signature.keyid == hint and _verifies(signed, signature.sig, key):
                return key, payload
    raise Tampered(
        f"this {payload_type} carries no valid signature by a key that may sign it",
        cause="it was changed after signing, or signed by somebody else",
        fix="do not rely on it; fetch it again from where it was signed",
    )


def _verifies(signed: bytes, signature: str, key: str) -> bool:
    raw = decode_base64(signature)
    if len(raw) != SIGNATURE_BYTES:
        return False
    try:
        public_key(key).verify(raw, signed)
    except InvalidSignature:
        return False
    return True
