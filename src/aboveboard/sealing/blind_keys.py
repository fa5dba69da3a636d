"""How is a key for blind signatures made, and kept?

Its two primes are safe ones, p = 2p' + 1 with p' prime too: then every exponent that follows from what a signature is
good for has an inverse. ``cryptography`` makes no such primes for RSA, so they are looked for here: candidates that no
small prime divides, then tests of Miller and Rabin. It takes some seconds.
"""

import json
import math
import secrets
from pathlib import Path

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.sealing.blind import MODULUS_BITS, BlindKey
from aboveboard.sealing.keys import read_private_file, write_private_file

ROUNDS = 40
"""A number that passes so many tests is no prime with a chance below 4 ** -40."""
SMALL_LIMIT = 1 << 16
STRETCH = 1 << 17
"""So many candidates are sieved at once."""


def generate(bits: int = MODULUS_BITS) -> BlindKey:
    """A fresh key whose modulus has ``bits`` bits."""
    small = _small_primes()
    p = q = safe_prime(bits // 2, small)
    while p == q:
        q = safe_prime(bits // 2, small)
    return BlindKey(p, q)


def safe_prime(bits: int, small: list[int] | None = None) -> int:
    """A random safe prime of ``bits`` bits, its two highest set, so that a product of two has twice as many bits."""
    small = small or _small_primes()
    while True:
        first = secrets.randbits(bits - 1) | 3 << (bits - 3) | 1
        for offset in _candidates(first, small):
            half = first + 2 * offset
            if half.bit_length() == bits - 1 and _is_safe(half):
                return 2 * half + 1


def save(path: Path, key: BlindKey) -> None:
    """Write ``key`` for nobody else to read; raises :class:`Conflict` if ``path`` exists."""
    write_private_file(path, json.dumps({"p": f"{key.p:x}", "q": f"{key.q:x}"}).encode("ascii"))


def load(path: Path) -> BlindKey:
    """Read it back; raises :class:`NotFound`, :class:`SetupMissing` or :class:`BadInput`."""
    content = read_private_file(path)
    try:
        stored = json.loads(content)
        key = BlindKey(int(stored["p"], 16), int(stored["q"], 16))
        if key.modulus.bit_length() != MODULUS_BITS or math.gcd(key.p, key.q) != 1:
            raise ValueError("not two primes of the right length")
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{path} does not hold a key for blind signatures",
            cause="it was damaged, or is another kind of file",
            fix="restore it from its backup",
        ) from error
    return key


def load_or_create(path: Path) -> BlindKey:
    """The key in ``path``; where there is none yet, a fresh one. Safe when two processes start at once."""
    try:
        return load(path)
    except NotFound:
        key = generate()
    try:
        save(path, key)
    except Conflict:
        return load(path)
    return key


def _candidates(first: int, small: list[int]) -> list[int]:
    """The offsets at which neither ``half = first + 2 * offset`` nor ``2 * half + 1`` has a small divisor."""
    left = bytearray([1]) * STRETCH
    for prime in small:
        of_two = (prime + 1) // 2
        for start in (-first * of_two % prime, -(2 * first + 1) * of_two * of_two % prime):
            left[start::prime] = bytes(len(range(start, STRETCH, prime)))
    return [offset for offset, whole in enumerate(left) if whole]


def _is_safe(half: int) -> bool:
    whole = 2 * half + 1
    quick = pow(2, half - 1, half) == 1 and pow(2, whole - 1, whole) == 1
    return quick and _is_prime(half) and _is_prime(whole)


def _is_prime(number: int) -> bool:
    """Miller and Rabin, with random bases."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(ROUNDS):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _small_primes() -> list[int]:
    """The odd primes below ``SMALL_LIMIT``."""
    left = bytearray([1]) * SMALL_LIMIT
    for number in range(3, math.isqrt(SMALL_LIMIT) + 1, 2):
        if left[number]:
            left[number * number :: number] = bytes(len(range(number * number, SMALL_LIMIT, number)))
    return [number for number in range(3, SMALL_LIMIT, 2) if left[number]]
