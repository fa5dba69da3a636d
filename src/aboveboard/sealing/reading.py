"""How does what an entry says rest beside the log, so that only those read it whom it concerns?

Under a *reading key*, 32 random bytes, which is itself sealed (an ordinary age file) to those who may read. One reading
key serves many entries of the same readers: an exchange of keys for each would cost more than the rest of a release.

``sealed = nonce (12 random bytes) || ChaCha20-Poly1305(key, nonce, salt || readable)``, over ``aboveboard.entry/1\\n``.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.base.errors import Tampered
from aboveboard.formats.entry import LEAF_PREFIX, SALT_BYTES
from aboveboard.sealing.seal import seal

KEY_BYTES = 32
NONCE_BYTES = 12


@dataclass(frozen=True)
class NewKey:
    """A reading key, and the age file in which it rests."""

    key: bytes
    sealed: bytes


def new_key(recipients: Sequence[str]) -> NewKey:
    """A fresh one, sealed to ``recipients`` (``age1…``); raises :class:`BadInput` as :func:`seal` does."""
    key = secrets.token_bytes(KEY_BYTES)
    return NewKey(key, seal(key, recipients))


def seal_entry(key: bytes, salt: bytes, readable: bytes) -> bytes:
    """What an entry says, with its salt, for whoever has ``key``."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, salt + readable, LEAF_PREFIX)


def open_entry(key: bytes, sealed: bytes) -> tuple[bytes, bytes]:
    """The salt (32 bytes) and what can be read; raises :class:`Tampered`. Whether it is in the log is not asked."""
    try:
        plain = ChaCha20Poly1305(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], LEAF_PREFIX)
    except (InvalidTag, ValueError) as error:
        raise Tampered(
            "what this ledger entry says cannot be opened",
            cause="it was changed where it lay, or its reading key is another entry's",
            fix="keep what you were shown as evidence, and tell the contact in the disclosure",
        ) from error
    return plain[:SALT_BYTES], plain[SALT_BYTES:]
