"""Are XInput2's bytes read as the protocol writes them, and is nothing read where they are cut or wrong?"""

import struct

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.pointing import PointingDevice
from aboveboard.recorder.capture.xi2 import (
    AXIS_LIMIT,
    DIRECT,
    SCROLL,
    TOUCH,
    VALUATOR,
    VERTICAL,
    Raw,
    decode_devices,
    decode_raw,
)

numbers = st.integers(-(2**31) * 2**8, (2**31 - 1) * 2**8).map(lambda whole: whole / 2**8)
words = st.integers(0, 2**32 - 1)
halves = st.integers(0, 2**16 - 1)


def fixed(number: float) -> bytes:
    whole = int(number // 1)
    return struct.pack("<iI", whole, round((number - whole) * 2**32))


def raw_bytes(raw: Raw, mask_words: int) -> bytes:
    mask = sum(1 << axis for axis in raw.values)
    values = b"".join(fixed(raw.values[axis]) for axis in sorted(raw.values))
    head = struct.pack(
        "<BBHIHHIIHHI4x",
        *(35, 131, 1, mask_words + 4 * len(raw.values), raw.kind, 2, raw.server_ms, raw.detail),
        *(raw.source, mask_words, raw.made_by_server << 16),
    )
    return head + mask.to_bytes(4 * mask_words, "little") + values + values


@given(
    st.builds(
        Raw,
        kind=st.sampled_from([13, 15, 16, 17, 22, 23, 24]),
        source=halves,
        server_ms=words,
        detail=words,
        made_by_server=st.booleans(),
        values=st.dictionaries(st.integers(0, AXIS_LIMIT - 1), numbers, max_size=12),
    ),
    st.integers(0, 3),
)
def test_a_raw_event_is_read_as_written(raw: Raw, spare_words: int) -> None:
    mask_words = max(raw.values, default=0) // 32 + 1 + spare_words
    written = raw_bytes(raw, mask_words)
    assert decode_raw(written) == raw
    shortened = written[: 32 + 4 * mask_words + 8 * len(raw.values)]
    assert decode_raw(shortened) == raw
    if raw.values:
        assert decode_raw(shortened[:-1]) is None


@given(st.binary(max_size=200), st.binary(max_size=400), st.integers(0, 70_000))
def test_any_bytes_are_read_without_harm(event: bytes, reply: bytes, count: int) -> None:
    raw = decode_raw(event)
    assert raw is None or len(raw.values) <= AXIS_LIMIT
    for device in decode_devices(reply, count):
        assert len(device.name) <= len(reply)
        found = PointingDevice.of(device, {"pressure": 1, "tilt_x": 2, "tilt_y": 3})
        if raw is not None and (found.device.touch or raw.kind in {15, 16, 17}):
            found.hear(raw, (1920, 1080), (0, 0))


axes = st.tuples(st.integers(0, AXIS_LIMIT - 1), words, numbers, numbers, numbers, st.booleans())
increments = numbers.filter(bool)
classes = st.lists(
    st.one_of(
        axes.map(lambda one: (VALUATOR, one)),
        st.tuples(st.integers(0, AXIS_LIMIT - 1), st.booleans(), increments).map(lambda one: (SCROLL, one)),
        st.booleans().map(lambda direct: (TOUCH, direct)),
        st.binary(max_size=40).map(lambda junk: (9, junk)),
    ),
    max_size=8,
)


def class_bytes(kind: int, one: object) -> bytes:
    match kind, one:
        case 2, (number, label, low, high, value, absolute):
            body = struct.pack("<HHI", 5, number, label) + fixed(low) + fixed(high) + fixed(value)
            body += struct.pack("<IB3x", 0, absolute)
        case 3, (number, vertical, increment):
            body = struct.pack("<HHH2xI", 5, number, VERTICAL if vertical else 2, 0) + fixed(increment)
        case 8, direct:
            body = struct.pack("<HBB", 5, DIRECT if direct else 2, 10)
        case _, junk:
            assert isinstance(junk, bytes)
            body = junk + bytes(-len(junk) % 4)
    return struct.pack("<HH", kind, 1 + len(body) // 4) + body


@given(st.lists(st.tuples(halves, st.integers(1, 5), st.text(max_size=30), st.booleans(), classes), max_size=5))
def test_devices_are_read_as_written(devices: list[tuple[int, int, str, bool, list[tuple[int, object]]]]) -> None:
    written = b""
    for number, use, name, enabled, parts in devices:
        spelled = name.encode()
        written += struct.pack("<HHHHHBx", number, use, 0, len(parts), len(spelled), enabled)
        written += spelled + bytes(-len(spelled) % 4) + b"".join(class_bytes(*part) for part in parts)
    found = decode_devices(written, len(devices))
    assert [(one.number, one.use, one.name, one.enabled) for one in found] == [one[:4] for one in devices]
    for device, (*_, parts) in zip(found, devices, strict=True):
        last_axes = {one[0]: one[1:] for kind, one in parts if kind == VALUATOR and isinstance(one, tuple)}
        assert {
            number: (axis.label, axis.low, axis.high, axis.value, axis.absolute) for number, axis in device.axes.items()
        } == last_axes
        last = {one[0]: one[1:] for kind, one in parts if kind == SCROLL and isinstance(one, tuple)}
        assert {number: (one.vertical, one.increment) for number, one in device.scrolling.items()} == last
        assert device.touch == any(kind == TOUCH for kind, _ in parts)
        assert device.direct_touch == any(kind == TOUCH and bool(one) for kind, one in parts)
