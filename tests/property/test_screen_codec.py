"""Any screen, changed and scrolled in any way, comes back bit for bit; a damaged patch is an error in words."""

from dataclasses import asdict, replace

import numpy as np
import zstandard
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import read_recording, write_recording
from aboveboard.formats.screen_patch import FORMATS, SCHEMA_DATA, SCHEMA_NAME, ScreenPatch, decode, encode
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.encode.rects import tight_rects
from aboveboard.replay.canvas import Canvas as Replay
from aboveboard.replay.canvas import frames

Bgrx = NDArray[np.uint8]
WIDTH, HEIGHT = 420, 300
SEEDS = st.integers(0, 2**32 - 1)


def texture(kind: str, width: int, height: int, seed: int) -> Bgrx:
    """Like a page (few colours, repeated rows), or flat, or noise."""
    random = np.random.default_rng(seed)
    picture = np.full((height, width, 4), 255, np.uint8)
    if kind == "page":
        ink = random.random((height, width)) < random.choice([0.0, 0.3], (height, 1))
        picture[ink, :3] = random.integers(0, 256, 3)
    elif kind == "flat":
        picture[..., :3] = random.integers(0, 256, 3)
    else:
        picture[..., :3] = random.integers(0, 256, (height, width, 3))
    return picture


@st.composite
def rects(draw: st.DrawFn) -> Rect:
    width, height = draw(st.integers(1, WIDTH)), draw(st.integers(1, HEIGHT))
    return Rect(draw(st.integers(0, WIDTH - width)), draw(st.integers(0, HEIGHT - height)), width, height)


PAINT = st.tuples(st.just("paint"), rects(), st.sampled_from(["page", "flat", "noise"]), SEEDS)
SCROLL = st.tuples(st.just("scroll"), rects(), st.integers(-90, 90), st.booleans())
TOLD = st.sampled_from(["exactly", "as one rectangle", "as the whole screen"])
CHANGES = st.lists(st.tuples(st.lists(st.one_of(PAINT, SCROLL, SCROLL), min_size=1, max_size=3), TOLD), max_size=6)


def change(picture: Bgrx, what: tuple[object, ...]) -> None:
    match what:
        case ("paint", Rect() as rect, str(kind), int(seed)):
            area(picture, rect)[:] = texture(kind, rect.width, rect.height, seed)
        case ("scroll", Rect() as rect, int(by), bool(upright)):
            part = area(picture, rect)
            part[:] = np.roll(part, by, axis=0 if upright else 1)


def area(picture: Bgrx, rect: Rect) -> Bgrx:
    return picture[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def told(before: Bgrx, after: Bgrx, how: str, time_ns: int) -> Frame | None:
    """The change as a source might tell it: in disjoint rectangles that hold every pixel that differs."""
    differs = (before != after).any(axis=-1)
    found = tight_rects(differs)
    if not found:
        return None
    if how == "as one rectangle":
        left, top = min(rect.x for rect in found), min(rect.y for rect in found)
        right, bottom = max(rect.x + rect.width for rect in found), max(rect.y + rect.height for rect in found)
        found = [Rect(left, top, right - left, bottom - top)]
    elif how == "as the whole screen":
        found = [Rect(0, 0, WIDTH, HEIGHT)]
    return Frame(time_ns, tuple(Pixels(rect, area(after, rect).copy()) for rect in found), False)


@settings(max_examples=150, deadline=None)
@given(SEEDS, CHANGES)
def test_any_change_comes_back_bit_for_bit(seed: int, changes: list[tuple[list[tuple[object, ...]], str]]) -> None:
    picture = texture("page", WIDTH, HEIGHT, seed)
    canvas, now_ns = Canvas(), 1000 * MILLISECOND_NS
    patches = canvas.draw(Frame(now_ns, (Pixels(Rect(0, 0, WIDTH, HEIGHT), picture.copy()),), True))
    wanted = {now_ns: picture.copy()}
    for steps, how in changes:
        before = picture.copy()
        for step in steps:
            change(picture, step)
        now_ns += 400 * MILLISECOND_NS
        frame = told(before, picture, how, now_ns)
        if frame is not None:
            patches += canvas.draw(frame)
            wanted[now_ns] = picture.copy()
    patches += canvas.settle(now_ns + 1000 * MILLISECOND_NS)
    shown = dict(frames(read_recording(write_recording(patches))))
    if not any(patch.lossy for patch in patches):
        assert set(shown) == {time_ns for time_ns in wanted if any(patch.time_ns == time_ns for patch in patches)}
        for time_ns, pixels in shown.items():
            assert np.array_equal(pixels, wanted[time_ns][..., 2::-1])
    last = list(shown.values())[-1]
    assert np.array_equal(last, picture[..., 2::-1]), "what stands is exact, whatever moved before"


RAW = {
    "zstd": zstandard.compress(bytes(3 * 20 * 10)),
    "copy": b"",
    "webp": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\x13\x40\x02\0" + bytes(12),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(40),
}
BAD = st.builds(
    ScreenPatch,
    time_ns=st.just(5),
    x=st.integers(0, 60),
    y=st.integers(0, 40),
    width=st.sampled_from([1, 10, 20, 32_768]),
    height=st.sampled_from([1, 10, 32_768]),
    whole=st.booleans(),
    format=st.sampled_from(FORMATS),
    data=st.one_of(st.sampled_from(sorted(RAW.values())), st.binary(max_size=60)),
    from_x=st.integers(0, 60),
    from_y=st.integers(0, 40),
    lossy=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(BAD, max_size=6), st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=3))
def test_damaged_patches_are_errors_in_words_and_leave_the_picture(
    patches: list[ScreenPatch], flips: list[tuple[int, int]]
) -> None:
    canvas = Replay()
    canvas.apply(ScreenPatch(1, 0, 0, 60, 40, True, "zstd", zstandard.compress(bytes([7]) * (3 * 60 * 40))))
    for patch in patches:
        data = bytearray(patch.data)
        for place, mask in flips:
            if data:
                data[place % len(data)] ^= mask
        before = canvas.snapshot()
        assert before is not None
        try:
            canvas.apply(replace(patch, data=bytes(data)))
        except BadInput:
            after = canvas.snapshot()
            assert after is not None
            assert np.array_equal(after, before)


UINT32 = st.integers(0, 2**32 - 1)


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        ScreenPatch,
        time_ns=st.integers(0, 2**64 - 1),
        x=UINT32,
        y=UINT32,
        width=UINT32,
        height=UINT32,
        whole=st.booleans(),
        format=st.text(),
        data=st.binary(max_size=300),
        from_x=UINT32,
        from_y=UINT32,
        lossy=st.booleans(),
        band=UINT32,
        band_from=UINT32,
    )
)
def test_a_patch_is_written_as_the_protobuf_library_writes_it(patch: ScreenPatch) -> None:
    [proto_file] = descriptor_pb2.FileDescriptorSet.FromString(SCHEMA_DATA).file
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(proto_file.SerializeToString())
    message = message_factory.GetMessageClass(pool.FindMessageTypeByName(SCHEMA_NAME))
    assert encode(patch) == message(**asdict(patch)).SerializeToString(deterministic=True)


@settings(max_examples=300, deadline=None)
@given(BAD, st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=3))
def test_what_is_read_as_a_patch_can_be_written_and_read_again(
    patch: ScreenPatch, flips: list[tuple[int, int]]
) -> None:
    encoded = bytearray(encode(patch))
    for place, mask in flips:
        encoded[place % len(encoded)] ^= mask
    try:
        found = decode(bytes(encoded))
    except BadInput:
        return
    assert decode(encode(found)) == found
    assert found.format in FORMATS
