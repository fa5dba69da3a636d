"""How is something signed by somebody who never sees what it is?

Partially blind RSA signatures (RSAPBSSA-SHA384-PSS-Deterministic, draft-irtf-cfrg-partially-blind-rsa, which builds on
RFC 9474). The signer sees ``info``, which says what the signature is good for, and a number that could hide any message
whatever; whoever asked takes the blind away and holds an ordinary RSA-PSS signature under a key that follows from
``info``. Nothing ties that signature to the asking, not even for the signer: each message fits each asking.

One modulus serves every ``info``, so whoever compares moduli knows that everybody is asked with the same key. The
private half works on Python's integers, whose time depends on the numbers; ``sign`` therefore multiplies what it is
given by a random number first.
"""

import hashlib
import math
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aboveboard.base.errors import BadInput, Tampered

MODULUS_BYTES = 256
MODULUS_BITS = MODULUS_BYTES * 8
SALT_BYTES = 48
_HASH = hashlib.sha384
_HASH_BYTES = 48


@dataclass(frozen=True, repr=False)
class BlindKey:
    """The two safe primes of a modulus. They never show in ``repr``."""

    p: int
    q: int

    @property
    def modulus(self) -> int:
        """The public half, of exactly ``MODULUS_BITS`` bits."""
        return self.p * self.q

    def private_exponent(self, info: bytes) -> int:
        """The exponent that undoes the one for ``info``; for safe primes there is always one."""
        return pow(public_exponent(self.modulus, info), -1, (self.p - 1) * (self.q - 1))


@dataclass(frozen=True, repr=False)
class Blinded:
    """``asked`` is what the signer is shown; ``inverse`` takes the blind away again and is never shown to anybody."""

    asked: bytes
    inverse: int


def public_exponent(modulus: int, info: bytes) -> int:
    """The exponent under which signatures for ``info`` hold (DerivePublicKey of the draft)."""
    length = MODULUS_BYTES // 2
    salt = modulus.to_bytes(MODULUS_BYTES, "big")
    derived = HKDF(algorithm=hashes.SHA384(), length=length + 16, salt=salt, info=b"PBRSA").derive(
        b"key" + info + b"\x00"
    )
    exponent = bytearray(derived[:length])
    exponent[0] &= 0x3F
    exponent[-1] |= 0x01
    return int.from_bytes(exponent, "big")


def blind(modulus: int, message: bytes, info: bytes) -> Blinded:
    """Hide ``message`` from whoever will sign it for ``info``; raises :class:`BadInput` for an unusable modulus."""
    check_modulus(modulus)
    encoded = int.from_bytes(_encode(_prefixed(message, info), secrets.token_bytes(SALT_BYTES)), "big")
    factor = _unit(modulus)
    if math.gcd(encoded, modulus) != 1:
        raise BadInput("this modulus cannot be used", cause="the server sent a bad key", fix="tell the steward")
    hidden = encoded * pow(factor, public_exponent(modulus, info), modulus) % modulus
    return Blinded(hidden.to_bytes(MODULUS_BYTES, "big"), pow(factor, -1, modulus))


def sign(key: BlindKey, asked: bytes, info: bytes) -> bytes:
    """Sign what somebody blinded, for ``info``; raises :class:`BadInput` if it is no number below the modulus."""
    number = int.from_bytes(asked, "big")
    if len(asked) != MODULUS_BYTES or not 1 < number < key.modulus - 1:
        raise BadInput("this cannot be signed", cause="it is not a blinded message", fix="ask again")
    exponent = public_exponent(key.modulus, info)
    mask = _unit(key.modulus)
    masked = number * pow(mask, exponent, key.modulus) % key.modulus
    signed = _root(key, masked, key.private_exponent(info)) * pow(mask, -1, key.modulus) % key.modulus
    if pow(signed, exponent, key.modulus) != number:  # a fault here would give the primes away
        raise BadInput("this could not be signed", cause="the key is damaged", fix="restore it from its backup")
    return signed.to_bytes(MODULUS_BYTES, "big")


def unblind(modulus: int, message: bytes, info: bytes, signed: bytes, blinded: Blinded) -> bytes:
    """The signature of ``message``; raises :class:`Tampered` if the signer did not sign what was asked."""
    bare = int.from_bytes(signed, "big") * blinded.inverse % modulus
    signature = bare.to_bytes(MODULUS_BYTES, "big")
    verify(modulus, message, info, signature)
    return signature


def verify(modulus: int, message: bytes, info: bytes, signature: bytes) -> None:
    """Return if ``signature`` is of ``message`` for ``info``; otherwise raise :class:`Tampered`."""
    check_modulus(modulus)
    public = RSAPublicNumbers(public_exponent(modulus, info), modulus).public_key()
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=SALT_BYTES)
    try:
        public.verify(signature, _prefixed(message, info), pss, hashes.SHA384())
    except (InvalidSignature, ValueError) as error:
        raise Tampered(
            "this blind signature does not hold",
            cause="it is of another key, for something else, or was changed",
            fix="fetch a new one",
        ) from error


def check_modulus(modulus: int) -> None:
    """Raise :class:`BadInput` unless it is an odd number of the right length."""
    if modulus.bit_length() != MODULUS_BITS or modulus % 2 == 0:
        raise BadInput(
            f"this is not a modulus of {MODULUS_BITS} bits", cause="the server sent a bad key", fix="tell the steward"
        )


def _prefixed(message: bytes, info: bytes) -> bytes:
    return b"msg" + len(info).to_bytes(4, "big") + info + message


def _unit(modulus: int) -> int:
    """A random number that has an inverse."""
    while True:
        number = secrets.randbelow(modulus - 2) + 2
        if math.gcd(number, modulus) == 1:
            return number


def _root(key: BlindKey, number: int, exponent: int) -> int:
    """``number ** exponent`` modulo the modulus, by its primes: four times as fast."""
    by_p = pow(number, exponent % (key.p - 1), key.p)
    by_q = pow(number, exponent % (key.q - 1), key.q)
    return by_q + key.q * ((by_p - by_q) * pow(key.q, -1, key.p) % key.p)


def _encode(message: bytes, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE of RFC 8017, section 9.1.1, for ``MODULUS_BITS - 1`` bits."""
    digest = _HASH(bytes(8) + _HASH(message).digest() + salt).digest()
    block_bytes = MODULUS_BYTES - _HASH_BYTES - 1
    block = bytes(block_bytes - len(salt) - 1) + b"\x01" + salt
    masked = bytearray(left ^ right for left, right in zip(block, _mask(digest, block_bytes), strict=True))
    masked[0] &= 0x7F
    return bytes(masked) + digest + b"\xbc"


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 of RFC 8017."""
    blocks = range(-(-length // _HASH_BYTES))
    return b"".join(_HASH(seed + count.to_bytes(4, "big")).digest() for count in blocks)[:length]
