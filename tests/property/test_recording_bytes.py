"""Any recording is read as it was written; damaged or foreign bytes are an error in words, never a crash."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.recording import (
    KeyCount,
    Pointer,
    Timed,
)
from aboveboard.formats.screen_patch import ScreenPatch
from samples.any_recording import items


@settings(max_examples=80, deadline=None)
@given(items())
def test_any_items_come_back_in_order_of_time(recorded: list[Item]) -> None:
    data = write_recording(recorded)
    assert data == write_recording(recorded)
    assert list(read_recording(data)) == sorted(recorded, key=lambda item: item.time_ns)


@functools.cache
def sample() -> tuple[list[Item], bytes]:
    made: list[Item] = [Timed(place, Pointer(x=place, y=1)) for place in range(50)]
    made += [ScreenPatch(60, 0, 0, 8, 8, True, "png", b"image"), Timed(61, KeyCount(presses=3))]
    return made, write_recording(made)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bits_are_an_error_or_the_same_recording(flips: list[tuple[float, int]]) -> None:
    items, data = sample()
    damaged = bytearray(data)
    for place, mask in flips:
        damaged[int(place * len(data))] ^= mask
    try:
        found = list(read_recording(bytes(damaged)))
    except BadInput:
        pass
    else:
        assert found == items
    try:
        recovered = list(read_recording(bytes(damaged), recover=True))
    except BadInput:
        return
    assert recovered == items[: len(recovered)]


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1, exclude_max=True))
def test_cut_short_it_is_an_error_and_what_is_whole_is_recovered(part: float) -> None:
    items, data = sample()
    cut = data[: int(part * len(data))]
    try:
        list(read_recording(cut))
        raise AssertionError("a recording cut short was read as whole")
    except BadInput:
        recovered = list(read_recording(cut, recover=True))
        assert recovered == items[: len(recovered)]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.booleans())
def test_foreign_bytes_are_an_error(data: bytes, recover: bool) -> None:
    header = sample()[1][:60]
    for start in (b"", header):
        try:
            assert list(read_recording(start + data, recover=recover)) == []
        except BadInput:
            continue
        assert recover


def test_a_chunk_that_says_it_is_longer_than_any_memory_is_an_error() -> None:
    """The length is inside the chunk's record, so that the limit of the record does not see it."""
    items, data = sample()
    chunk = data.index(b"zstd") + len(b"zstd")
    for length in (2**64 - 1, 2**63 + 7, 2**62):
        damaged = data[:chunk] + length.to_bytes(8, "little") + data[chunk + 8 :]
        with pytest.raises(BadInput):
            list(read_recording(damaged))
        recovered = list(read_recording(damaged, recover=True))
        assert recovered == items[: len(recovered)]
    assert list(read_recording(data)) == items
