"""Into which parts is a segment divided, and how do they lie in a sealed file?

One part for each kind of data that a grant can name, and ``always``: how to read the rest, and what is not there, which
every grant covers. Every segment has all of them, whatever was disclosed and whatever happened, so that their presence
tells nothing; and each is padded before it is sealed, so that its size tells little of how much was typed or done.

After the age header come ``MAGIC``, for each part in the order of ``PARTS`` its number (one byte) and its length (four,
big-endian), and then the parts, each the payload of an age file: ``docs/spec/sealing.md``.
"""

import struct
from collections.abc import Mapping
from typing import Literal, get_args

from aboveboard.base.errors import BadInput
from aboveboard.formats.age_header import PAYLOAD_NONCE_BYTES, PAYLOAD_TAG_BYTES
from aboveboard.formats.recording import SCREEN_TOPIC
from aboveboard.formats.segment import SEALED_LIMIT_BYTES

PartName = Literal["always", "screen", "keystrokes", "pointer", "window", "site", "control"]
PARTS: tuple[PartName, ...] = get_args(PartName)
"""In the order in which they lie: all but the first are the kinds of data of a request."""
ALWAYS: PartName = PARTS[0]

PART_OF_TOPIC: dict[str, PartName] = {
    "/session": "always",
    "/display": "always",
    "/keyboard": "always",
    "/marker": "always",
    SCREEN_TOPIC: "screen",
    "/key": "keystrokes",
    "/key_count": "keystrokes",
    "/covered": "keystrokes",
    "/task": "keystrokes",
    "/pointer": "pointer",
    "/button": "pointer",
    "/scroll": "pointer",
    "/touch": "pointer",
    "/pen": "pointer",
    "/window": "window",
    "/site": "site",
    "/control": "control",
}

MAGIC = b"ABparts\x01"
"""Its last byte is the version of this layout."""
FLOOR_BYTES = 512
FLOORS_BYTES: dict[PartName, int] = {"keystrokes": 2048, "pointer": 2048}
"""No part is smaller than its floor: here, what a segment of fast typing takes, or of a pointer that does not rest
(``benchmarks/parts.py``); ``FLOOR_BYTES`` for the others."""

_ROW = struct.Struct(">BI")
_SMALLEST_BYTES = PAYLOAD_NONCE_BYTES + PAYLOAD_TAG_BYTES
_END = b"\x80"


def join(sealed: Mapping[PartName, bytes]) -> bytes:
    """What follows the age header: all parts, which must be exactly ``PARTS``."""
    return b"".join([table({name: len(part) for name, part in sealed.items()}), *(sealed[name] for name in PARTS)])


def table(sizes_bytes: Mapping[PartName, int]) -> bytes:
    """What stands before the sealed parts, which have these sizes and must be exactly ``PARTS``."""
    if sizes_bytes.keys() != set(PARTS):
        raise ValueError(f"a segment has the parts {PARTS}, not {tuple(sizes_bytes)}")
    return MAGIC + b"".join(_ROW.pack(number, sizes_bytes[name]) for number, name in enumerate(PARTS))


def check_layout(data: bytes) -> None:
    """Raise :class:`BadInput` unless what follows an age header begins as parts do; the rest may be missing."""
    if not data.startswith(MAGIC):
        raise _other_layout(data)


def split(data: bytes) -> dict[PartName, bytes]:
    """The parts of what follows the age header; raises :class:`BadInput` unless every byte is accounted for."""
    check_layout(data)
    place = len(MAGIC)
    if len(data) > SEALED_LIMIT_BYTES:
        raise _bad(f"it has more than {SEALED_LIMIT_BYTES} bytes")
    if len(data) < place + len(PARTS) * _ROW.size:
        raise _bad("the list of its parts is cut short")
    lengths = []
    for number, name in enumerate(PARTS):
        found, length = _ROW.unpack_from(data, place)
        if found != number:
            raise _bad(f"where part {number} ({name}) is to be listed, there is part {found}")
        if length < _SMALLEST_BYTES:
            raise _bad(f"its part {name} is too short to be one")
        lengths.append(length)
        place += _ROW.size
    if place + sum(lengths) != len(data):
        raise _bad(f"its parts should have {sum(lengths)} bytes, and {len(data) - place} are there")
    parts = {}
    for name, length in zip(PARTS, lengths, strict=True):
        parts[name] = data[place : place + length]
        place += length
    return parts


def pad(name: PartName, plain: bytes) -> bytes:
    """``plain``, one byte 0x80, and zeros up to :func:`padded_size`."""
    return plain + padding(name, len(plain))


def padding(name: PartName, size_bytes: int) -> bytes:
    """What :func:`pad` puts behind so many bytes."""
    return _END + bytes(padded_size(name, size_bytes + 1) - size_bytes - 1)


def unpad(padded: bytes) -> bytes:
    """What was padded; raises :class:`BadInput` if this was not."""
    plain = padded.rstrip(b"\x00")
    if not plain.endswith(_END):
        raise _bad("a part is not padded")
    return plain[:-1]


def padded_size(name: PartName, size_bytes: int) -> int:
    """The part's floor, or the next size that Padmé allows (Nikitin and others, 2019): it tells the order of magnitude
    and a few bits more, and is at most 12 % larger."""
    floor_bytes = FLOORS_BYTES.get(name, FLOOR_BYTES)
    if size_bytes <= floor_bytes:
        return floor_bytes
    exponent = size_bytes.bit_length() - 1
    last_bits = exponent - exponent.bit_length()
    mask = (1 << last_bits) - 1
    return (size_bytes + mask) & ~mask


def _other_layout(data: bytes) -> BadInput:
    version = data[len(MAGIC) - 1] if data.startswith(MAGIC[:-1]) and len(data) >= len(MAGIC) else 0
    return BadInput(
        "this sealed segment is not divided into parts that this version knows",
        cause=f"its layout has the version {version}; known is {MAGIC[-1]}. Before version 1 one key opened all of it",
        fix="open it with the version of Aboveboard that sealed it",
    )


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this sealed segment cannot be read: {why}",
        cause="it was cut short, changed on the way, or put together from others",
        fix="fetch it again",
    )
