"""What do the bytes of XInput2 say: which devices are there, and what did they send?

Pure. Layouts are those of the protocol (``XI2proto.h``, version 2.2), little-endian on this machine. A number of 32.32
bits is a signed whole part and a fraction. Lengths come from outside: what does not fit its bytes is left out.
"""

import struct
from dataclasses import dataclass, field, replace

from aboveboard.recorder.capture.events import MADE_BY_SERVER, SHORT_BYTES

SLAVE_POINTER = 3
VALUATOR, SCROLL, TOUCH = 2, 3, 8
VERTICAL = 1
DIRECT = 1
AXIS_LIMIT = 64
"""More axes than this (servers have 36) are not read."""

_DEVICE = struct.Struct("=HHHHHBx")
_CLASS_HEAD = struct.Struct("=HH")
_VALUATOR = struct.Struct("=HHHHIiIiIiIIB3x")
_SCROLL = struct.Struct("=HHHHH2xIiI")
_TOUCH = struct.Struct("=HHHBB")
_RAW = struct.Struct("=8xHHIIHHI4x")
_NUMBER = struct.Struct("=iI")
_WORD_BYTES = 4


@dataclass(frozen=True)
class Axis:
    """One valuator: ``label`` is an atom; ``value`` the last one; without limits ``low`` is not below ``high``."""

    label: int
    low: float
    high: float
    value: float
    absolute: bool


@dataclass(frozen=True)
class Scrolling:
    """A valuator that scrolls: ``increment`` of it is one step."""

    vertical: bool
    increment: float


@dataclass(frozen=True)
class Device:
    """A device as the server describes it; axes and scrolling by the number of the valuator.

    ``touch``: it tells fingers apart; ``direct_touch``: they touch what they point at.
    """

    number: int
    use: int
    name: str
    enabled: bool
    axes: dict[int, Axis] = field(default_factory=dict)
    scrolling: dict[int, Scrolling] = field(default_factory=dict)
    touch: bool = False
    direct_touch: bool = False


@dataclass(frozen=True)
class Raw:
    """A raw event. ``detail`` is the button or the finger; ``values`` are after acceleration, by valuator."""

    kind: int
    source: int
    server_ms: int
    detail: int
    made_by_server: bool
    values: dict[int, float]


def decode_devices(reply: bytes, count: int) -> list[Device]:
    """The devices in what follows the first 32 bytes of the reply to ``XIQueryDevice``."""
    found: list[Device] = []
    place = 0
    for _ in range(count):
        if place + _DEVICE.size > len(reply):
            break
        number, use, _, classes, name_bytes, enabled = _DEVICE.unpack_from(reply, place)
        place += _DEVICE.size
        name = reply[place : place + name_bytes].decode("utf-8", "replace")
        place += -(-name_bytes // _WORD_BYTES) * _WORD_BYTES
        device = Device(number, use, name, bool(enabled))
        touch = direct = False
        for _ in range(classes):
            if place + _CLASS_HEAD.size > len(reply):
                break
            kind, words = _CLASS_HEAD.unpack_from(reply, place)
            if not words:
                return found
            direct |= _decode_class(device, kind, reply[place : place + words * _WORD_BYTES])
            touch |= kind == TOUCH
            place += words * _WORD_BYTES
        found.append(replace(device, touch=touch, direct_touch=direct))
    return found


def decode_raw(event: bytes) -> Raw | None:
    """A raw event of XInput2; ``None`` if it is cut short."""
    if len(event) < SHORT_BYTES:
        return None
    kind, _, server_ms, detail, source, mask_words, flags = _RAW.unpack_from(event)
    start = SHORT_BYTES + mask_words * _WORD_BYTES
    mask = int.from_bytes(event[SHORT_BYTES:start], "little")
    numbers = [number for number in range(min(mask_words * 32, AXIS_LIMIT)) if mask >> number & 1]
    if start + len(numbers) * _NUMBER.size > len(event):
        return None
    values = {number: _number(event, start + place * _NUMBER.size) for place, number in enumerate(numbers)}
    return Raw(kind, source, server_ms, detail, bool(flags & MADE_BY_SERVER), values)


def _decode_class(device: Device, kind: int, data: bytes) -> bool:
    """Add one class to ``device``; is it a touch screen's?"""
    if kind == VALUATOR and len(data) >= _VALUATOR.size:
        _, _, _, number, label, *numbers, _, mode = _VALUATOR.unpack_from(data)
        low, high, value = (numbers[at] + numbers[at + 1] / 2**32 for at in (0, 2, 4))
        if number < AXIS_LIMIT:
            device.axes[number] = Axis(label, low, high, value, bool(mode))
    elif kind == SCROLL and len(data) >= _SCROLL.size:
        _, _, _, number, scroll_type, _, whole, part = _SCROLL.unpack_from(data)
        increment = whole + part / 2**32
        if increment and number < AXIS_LIMIT:
            device.scrolling[number] = Scrolling(scroll_type == VERTICAL, increment)
    elif kind == TOUCH and len(data) >= _TOUCH.size:
        return bool(_TOUCH.unpack_from(data)[3] == DIRECT)
    return False


def _number(data: bytes, place: int) -> float:
    whole, part = _NUMBER.unpack_from(data, place)
    return float(whole + part / 2**32)
