"""Is SYNC's list of counters read as it was written, and whatever stands there without an error?"""

import struct

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.wake import COUNTER_LIMIT, counters

HEAD = 32
numbers = st.integers(0, 2**32 - 1)
lists = st.lists(st.tuples(numbers, st.binary(max_size=40)), max_size=20)


def reply(found: list[tuple[int, bytes]]) -> bytes:
    listed = b""
    for number, name in found:
        one = struct.pack("=IiIH", number, 0, 4, len(name)) + name
        listed += one + bytes(-len(one) % 4)
    return struct.pack("=BxHII20x", 1, 0, len(listed) // 4, len(found)) + listed


@given(lists)
def test_each_counter_is_read(found: list[tuple[int, bytes]]) -> None:
    assert list(counters(reply(found))) == found


@given(lists, st.integers(0, 400))
def test_what_is_cut_short_is_left_out(found: list[tuple[int, bytes]], length: int) -> None:
    read = list(counters(reply(found)[:length]))
    assert read == found[: len(read)]


@given(st.binary(max_size=4096))
def test_any_bytes_are_read(data: bytes) -> None:
    assert len(list(counters(data))) <= COUNTER_LIMIT
