"""How is a file key put into an age header, for others to open?

An age file's content is sealed under a random 16-byte file key, which its header holds wrapped, once per recipient
(C2SP age.md). This module needs public keys only, and opens nothing.
"""

import hmac
import secrets
from collections.abc import Sequence

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import BadInput
from aboveboard.formats import age_header
from aboveboard.sealing.keys import recipient_bytes

FILE_KEY_BYTES = 16
WRAP_INFO = b"age-encryption.org/v1/X25519"
MAC_INFO = b"header"
NONCE = bytes(12)
"""Zero, as the specification says: every wrapping key is used once."""


def wrap(file_key: bytes, recipients: Sequence[str]) -> bytes:
    """A header that wraps ``file_key`` (16 bytes) for each of ``recipients``; raises :class:`BadInput`."""
    return wrap_with(file_key, [(each, secrets.token_bytes(32)) for each in recipients])


def wrap_with(file_key: bytes, recipients: Sequence[tuple[str, bytes]]) -> bytes:
    """:func:`wrap` with an ephemeral secret (32 bytes) for each, which must never be used twice: for test vectors."""
    if len(file_key) != FILE_KEY_BYTES:
        raise ValueError(f"a file key has {FILE_KEY_BYTES} bytes")
    return header(file_key, tuple(stanza(file_key, each, ephemeral) for each, ephemeral in recipients))


def stanza(file_key: bytes, recipient: str, ephemeral: bytes) -> age_header.Stanza:
    """``file_key``, wrapped for ``recipient``."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    share, theirs = private.public_key().public_bytes_raw(), recipient_bytes(recipient)
    body = ChaCha20Poly1305(wrapping_key(exchange(private, theirs), share, theirs)).encrypt(NONCE, file_key, None)
    return age_header.x25519_stanza(share, body)


def header(file_key: bytes, stanzas: tuple[age_header.Stanza, ...]) -> bytes:
    """The header with these stanzas, and their MAC under ``file_key``."""
    signed = age_header.signed_part(stanzas)
    return age_header.completed(signed, mac(file_key, signed))


def exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    """The shared secret; raises :class:`BadInput` for a weak key."""
    try:
        # The library refuses an all-zero result (RFC 7748, section 6.1): the sign of a key of low order.
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BadInput(
            "this sealed file or recipient uses a weak key",
            cause="it was made on purpose to be opened by anyone",
            fix="do not rely on it",
        ) from error


def wrapping_key(shared: bytes, share: bytes, recipient: bytes) -> bytes:
    """What a file key is wrapped under."""
    return derive(shared, share + recipient, WRAP_INFO)


def mac(file_key: bytes, signed: bytes) -> bytes:
    """Of a header's ``age_header.signed_part``: only the holder of the file key can make it."""
    return hmac.digest(derive(file_key, b"", MAC_INFO), signed, "sha256")


def derive(secret: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
