"""Which bytes does an age key's text stand for?

Bech32 as in BIP-173. Mixed case, a wrong checksum, other characters, and padding that is not zero are all refused, so
every key has one text (and its upper-case twin, in which age writes secrets).
"""

from aboveboard.base.errors import BadInput

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
CHECKSUM_LENGTH = 6
LIMIT_CHARACTERS = 90


def encode(prefix: str, data: bytes) -> str:
    """``data`` as lower-case Bech32 with the human-readable ``prefix``."""
    words = _regroup(data, from_bits=8, to_bits=5, pad=True)
    checksum = _polymod([*_expand(prefix), *words, *([0] * CHECKSUM_LENGTH)]) ^ 1
    words += [(checksum >> (5 * (5 - place))) & 31 for place in range(CHECKSUM_LENGTH)]
    return prefix + "1" + "".join(CHARSET[word] for word in words)


def decode(prefix: str, text: str) -> bytes:
    """The bytes of ``text``, which must carry ``prefix`` (compared without case); raises :class:`BadInput`."""
    if len(text) > LIMIT_CHARACTERS or not text.isascii():
        raise _bad(prefix, "it is too long or not ASCII")
    if text not in (text.lower(), text.upper()):
        raise _bad(prefix, "it mixes upper and lower case")
    found, _, body = text.lower().rpartition("1")
    if not found or found != prefix.lower() or len(body) < CHECKSUM_LENGTH:
        raise _bad(prefix, f"it does not start with '{prefix}1'")
    words = [CHARSET.find(character) for character in body]
    if -1 in words:
        raise _bad(prefix, "it contains a character that Bech32 does not use")
    if _polymod([*_expand(found), *words]) != 1:
        raise _bad(prefix, "its checksum is wrong")
    try:
        return bytes(_regroup(words[:-CHECKSUM_LENGTH], from_bits=5, to_bits=8, pad=False))
    except ValueError as error:
        raise _bad(prefix, str(error)) from error


def _expand(prefix: str) -> list[int]:
    return [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix)]


def _polymod(words: list[int]) -> int:
    checksum = 1
    for word in words:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ word
        for place, constant in enumerate(GENERATOR):
            checksum ^= constant if (top >> place) & 1 else 0
    return checksum


def _regroup(values: bytes | list[int], *, from_bits: int, to_bits: int, pad: bool) -> list[int]:
    accumulator, bits, result = 0, 0, []
    for value in values:
        accumulator = (accumulator << from_bits) | value
        bits += from_bits
        while bits >= to_bits:
            bits -= to_bits
            result.append((accumulator >> bits) & ((1 << to_bits) - 1))
        accumulator &= (1 << bits) - 1
    if pad and bits:
        result.append((accumulator << (to_bits - bits)) & ((1 << to_bits) - 1))
    elif not pad and (bits >= from_bits or accumulator):
        raise ValueError("its padding is not zero")
    return result


def _bad(prefix: str, why: str) -> BadInput:
    # The text itself is never repeated: it may be a secret.
    return BadInput(f"this is not an age key ({prefix.lower()}1…): {why}", cause="mistyped or cut", fix="copy it whole")
