"""Does this identity open this header, and has the header been touched?

An age file's content is sealed under a random 16-byte file key, which its header holds wrapped, once per recipient.
This module wraps and unwraps file keys for X25519 recipients (C2SP age.md); it never sees content.
"""

import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.sealing.keys import Identity, recipient_bytes

FILE_KEY_BYTES = 16
WRAP_INFO = b"age-encryption.org/v1/X25519"
MAC_INFO = b"header"
NONCE = bytes(12)
"""Zero, as the specification says: every wrapping key is used once."""


def unwrap(header: bytes, identity: Identity) -> bytes:
    """The file key (16 bytes) of a header that is wrapped for ``identity``, once its MAC has been verified.

    The steps are those of ``docs/spec/sealing.md``, "Unwrapping a file key". Raises :class:`BadInput` if the header is
    malformed or not wrapped for ``identity``, and :class:`Tampered` if its MAC does not hold.
    """
    # 1. Parse strictly, within the limits.
    parsed = age_header.parse(header)
    # 2. Find the stanza that this identity opens. Several may be X25519; at most one is ours.
    file_key = None
    for stanza in parsed.stanzas:
        if stanza.arguments[0] == age_header.X25519 and file_key is None:
            file_key = _unwrap_stanza(stanza, identity)
    if file_key is None:
        raise BadInput(
            f"this file is not sealed to {identity.recipient}",
            cause="it belongs to somebody else, or was sealed to an earlier key",
            fix="use the identity that it was sealed to",
        )
    # 3. Only the holder of the file key could have made the MAC: a stanza added, removed or changed shows here.
    if not hmac.compare_digest(parsed.mac, _mac(file_key, parsed.stanzas)):
        raise Tampered(
            "the header of this sealed file was changed after sealing",
            cause="a key was added or removed by somebody who could not open the file",
            fix="do not rely on it; fetch it again",
        )
    return file_key


def wrap(file_key: bytes, recipient: str) -> bytes:
    """A header that wraps ``file_key`` (16 bytes) for ``recipient`` alone; raises :class:`BadInput`."""
    return wrap_with(file_key, recipient, secrets.token_bytes(32))


def wrap_with(file_key: bytes, recipient: str, ephemeral: bytes) -> bytes:
    """:func:`wrap` with a given ephemeral secret (32 bytes), which must never be used twice: for test vectors."""
    if len(file_key) != FILE_KEY_BYTES:
        raise ValueError(f"a file key has {FILE_KEY_BYTES} bytes")
    return _header(file_key, (_wrap_stanza(file_key, recipient, ephemeral),))


def move(header: bytes, identity: Identity, recipient: str) -> bytes:
    """``header`` with ``recipient`` in the place of ``identity``; every other stanza stays as it is.

    Raises as :func:`unwrap` does: its MAC is verified first.
    """
    file_key = unwrap(header, identity)
    moved = _wrap_stanza(file_key, recipient, secrets.token_bytes(32))
    stanzas = tuple(
        moved if stanza.arguments[0] == age_header.X25519 and _unwrap_stanza(stanza, identity) is not None else stanza
        for stanza in age_header.parse(header).stanzas
    )
    return _header(file_key, stanzas)


def _wrap_stanza(file_key: bytes, recipient: str, ephemeral: bytes) -> age_header.Stanza:
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    share, theirs = private.public_key().public_bytes_raw(), recipient_bytes(recipient)
    shared = _exchange(private, theirs)
    body = ChaCha20Poly1305(_derive(shared, share + theirs, WRAP_INFO)).encrypt(NONCE, file_key, None)
    return age_header.x25519_stanza(share, body)


def _header(file_key: bytes, stanzas: tuple[age_header.Stanza, ...]) -> bytes:
    return age_header.encode(age_header.Header(stanzas, _mac(file_key, stanzas)))


def _unwrap_stanza(stanza: age_header.Stanza, identity: Identity) -> bytes | None:
    share = age_header.x25519_share(stanza)
    shared = _exchange(identity.private(), share)
    key = _derive(shared, share + identity.public_bytes(), WRAP_INFO)
    try:
        # The body's length was checked by the parser, so that no partitioning oracle is left (age.md).
        return ChaCha20Poly1305(key).decrypt(NONCE, stanza.body, None)
    except InvalidTag:
        return None


def _exchange(private: X25519PrivateKey, public: bytes) -> bytes:
    try:
        # The library refuses an all-zero result (RFC 7748, section 6.1): the sign of a key of low order.
        return private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise BadInput(
            "this sealed file or recipient uses a weak key",
            cause="it was made on purpose to be opened by anyone",
            fix="do not rely on it",
        ) from error


def _mac(file_key: bytes, stanzas: tuple[age_header.Stanza, ...]) -> bytes:
    return hmac.digest(_derive(file_key, b"", MAC_INFO), age_header.signed_part(stanzas), "sha256")


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=salt, info=info).derive(secret)
