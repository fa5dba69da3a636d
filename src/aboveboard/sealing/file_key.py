"""Does this identity open this header, and has the header been touched?

What ``sealing.wrap`` wrapped is unwrapped here, for X25519 recipients (C2SP age.md); content is never seen. What the
keyholder moves from one of its keys to another it wraps for itself, with the newer key's secret alone: nothing public
is needed.
"""

import hmac
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header
from aboveboard.sealing import wrap
from aboveboard.sealing.keys import Identity

MOVED = "aboveboard.moved/1"
"""The stanza of a moved file key; its argument is the salt. Other readers of age files skip it."""
MOVED_INFO = MOVED.encode("ascii")
SALT_BYTES = 16


def unwrap(header: bytes, identity: Identity) -> bytes:
    """The file key (16 bytes) of a header that is wrapped for ``identity``, once its MAC has been verified.

    The steps are those of ``docs/spec/sealing.md``, "Unwrapping a file key". Raises :class:`BadInput` if the header is
    malformed or not wrapped for ``identity``, and :class:`Tampered` if its MAC does not hold.
    """
    return _opened(header, identity)[0]


def _opened(header: bytes, identity: Identity) -> tuple[bytes, tuple[age_header.Stanza, ...], int]:
    """The steps of :func:`unwrap`; the file key, the stanzas, and which of them it came from."""
    # 1. Parse strictly, within the limits.
    parsed = age_header.parse(header)
    # 2. Find the stanza that this identity opens. Several may be X25519; at most one is ours, and of those that a
    #    recorder writes the keyholder's is the last. One that was moved is tried first: that costs nothing.
    file_key, place = None, len(parsed.stanzas)
    for place in _in_turn(parsed.stanzas):
        stanza = parsed.stanzas[place]
        unwrap_stanza = _unwrap_moved if stanza.arguments[0] == MOVED else _unwrap_stanza
        if (file_key := unwrap_stanza(stanza, identity)) is not None:
            break
    if file_key is None:
        raise BadInput(
            f"this file is not sealed to {identity.recipient}",
            cause="it belongs to somebody else, or was sealed to an earlier key",
            fix="use the identity that it was sealed to",
        )
    # 3. Only the holder of the file key could have made the MAC: a stanza added, removed or changed shows here.
    if not hmac.compare_digest(parsed.mac, wrap.mac(file_key, age_header.signed_part(parsed.stanzas))):
        raise Tampered(
            "the header of this sealed file was changed after sealing",
            cause="a key was added or removed by somebody who could not open the file",
            fix="do not rely on it; fetch it again",
        )
    return file_key, parsed.stanzas, place


def move(header: bytes, identity: Identity, newer: Identity) -> bytes:
    """``header`` with ``newer`` in the place of ``identity``; every other stanza stays as it is.

    Raises as :func:`unwrap` does: its MAC is verified first.
    """
    return move_with(header, identity, newer, secrets.token_bytes(SALT_BYTES))


def move_with(header: bytes, identity: Identity, newer: Identity, salt: bytes) -> bytes:
    """:func:`move` with a given salt (16 bytes), which must never be used twice: for test vectors."""
    file_key, stanzas, place = _opened(header, identity)
    body = ChaCha20Poly1305(wrap.derive(newer.scalar(), salt, MOVED_INFO)).encrypt(wrap.NONCE, file_key, None)
    moved = age_header.Stanza((MOVED, age_header.encode_unpadded(salt)), body)
    return wrap.header(file_key, (*stanzas[:place], moved, *stanzas[place + 1 :]))


def _in_turn(stanzas: Sequence[age_header.Stanza]) -> list[int]:
    """Which stanzas may be ours, the likelier first."""
    last_first = list(enumerate(stanza.arguments[0] for stanza in stanzas))[::-1]
    return [place for wanted in (MOVED, age_header.X25519) for place, kind in last_first if kind == wanted]


def _unwrap_stanza(stanza: age_header.Stanza, identity: Identity) -> bytes | None:
    share = age_header.x25519_share(stanza)
    key = wrap.wrapping_key(wrap.exchange(identity.private(), share), share, identity.public_bytes())
    try:
        # The body's length was checked by the parser, so that no partitioning oracle is left (age.md).
        return ChaCha20Poly1305(key).decrypt(wrap.NONCE, stanza.body, None)
    except InvalidTag:
        return None


def _unwrap_moved(stanza: age_header.Stanza, identity: Identity) -> bytes | None:
    salt = age_header.decode_unpadded(stanza.arguments[-1].encode("ascii"))
    if len(stanza.arguments) != 2 or len(salt) != SALT_BYTES or len(stanza.body) != age_header.X25519_BODY_BYTES:
        raise BadInput(
            "this sealed file cannot be read: a moved stanza has the wrong length",
            cause="it was changed on the way",
            fix="fetch it again",
        )
    try:
        return ChaCha20Poly1305(wrap.derive(identity.scalar(), salt, MOVED_INFO)).decrypt(wrap.NONCE, stanza.body, None)
    except InvalidTag:
        return None
