"""Any recording is read as it was written; damaged or foreign bytes are an error in words, never a crash."""

import functools

from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Item, read_recording, write_recording
from aboveboard.formats.recording import (
    Button,
    Covered,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Pointer,
    Scroll,
    Site,
    Timed,
    Window,
)
from aboveboard.formats.screen_patch import ScreenPatch

TIMES = st.integers(0, 2**63 - 1)
COORDINATES = st.integers(-65536, 65536)
COUNTS = st.integers(0, 2**53)
STEPS = st.floats(-10_000, 10_000)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
EVENTS = st.one_of(
    st.builds(Pointer, x=COORDINATES, y=COORDINATES),
    st.builds(Button, button=st.integers(1, 255), pressed=st.booleans(), x=COORDINATES, y=COORDINATES),
    st.builds(Scroll, dx=STEPS, dy=STEPS, x=COORDINATES, y=COORDINATES),
    st.builds(
        Key,
        keycode=st.integers(0, 65535),
        keysym=st.integers(0, 2**32 - 1),
        name=TEXT.filter(lambda text: len(text) <= 64),
        text=TEXT.filter(lambda text: len(text) <= 16),
        pressed=st.booleans(),
        modifiers=st.lists(st.sampled_from(["Shift", "Control"])),
    ),
    st.builds(KeyCount, presses=COUNTS),
    st.builds(Covered, placeholder=st.text(min_size=1, max_size=64), remains=st.booleans()),
    st.builds(
        Window,
        app=TEXT.map(lambda text: text[:200]),
        title=TEXT,
        pid=COUNTS,
        x=COORDINATES,
        y=COORDINATES,
        width=COUNTS,
        height=COUNTS,
    ),
    st.builds(Site, host=TEXT.map(lambda text: text[:255]), url=TEXT),
    st.builds(Keyboard, layout=TEXT.map(lambda text: text[:200])),
    st.builds(
        Marker,
        kind=st.sampled_from(["suppressed", "gap"]),
        reason=st.sampled_from(["no_lease", "overload"]),
        start_ns=TIMES,
        end_ns=TIMES,
        count=COUNTS,
    ),
)
SIDES = st.integers(1, 32_768)
PLACES = st.integers(0, 32_767)
PATCH = {"time_ns": TIMES, "x": PLACES, "y": PLACES, "width": SIDES, "height": SIDES}
DATA = st.binary(max_size=300)
PATCHES = st.one_of(
    st.builds(ScreenPatch, **PATCH, whole=st.booleans(), format=st.sampled_from(["png", "zstd"]), data=DATA),
    st.builds(ScreenPatch, **PATCH, whole=st.booleans(), format=st.just("webp"), data=DATA, lossy=st.booleans()),
    st.builds(
        ScreenPatch,
        **PATCH,
        whole=st.just(False),
        format=st.just("copy"),
        data=st.just(b""),
        from_x=PLACES,
        from_y=PLACES,
    ),
)
ITEMS = st.lists(st.one_of(st.builds(Timed, time_ns=TIMES, event=EVENTS), PATCHES), max_size=30)


@settings(max_examples=80, deadline=None)
@given(ITEMS)
def test_any_items_come_back_in_order_of_time(items: list[Item]) -> None:
    data = write_recording(items)
    assert data == write_recording(items)
    assert list(read_recording(data)) == sorted(items, key=lambda item: item.time_ns)


@functools.cache
def sample() -> tuple[list[Item], bytes]:
    items: list[Item] = [Timed(place, Pointer(x=place, y=1)) for place in range(50)]
    items += [ScreenPatch(60, 0, 0, 8, 8, True, "png", b"image"), Timed(61, KeyCount(presses=3))]
    return items, write_recording(items)


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
