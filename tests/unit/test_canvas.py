"""Patches become frames, and nothing that a patch says is believed before it is checked."""

import io
import struct
import zlib
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import zstandard
from PIL import Image

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas, Item, frame_before, frames
from aboveboard.replay.pixels import decode_pixels, encode_png
from samples.lab_recording import HEIGHT, START_NS, WIDTH, patch, picture, session, whole

SESSION_ID = "ses_" + "0" * 26


def image_patch(data: bytes, width: int, height: int, kind: str = "png") -> ScreenPatch:
    return ScreenPatch(START_NS, 0, 0, width, height, True, kind, data)


def test_patches_of_one_time_are_one_frame() -> None:
    found = list(frames([whole(0, 10), patch(5, 0, 10, 99), patch(5, 20, 10, 98), patch(9, 0, 0, 50)]))
    assert [(time_ns - START_NS) // MILLISECOND_NS for time_ns, _ in found] == [0, 5, 9]
    first, second, third = (pixels for _, pixels in found)
    assert first.shape == (HEIGHT, WIDTH, 3)
    assert (first[50, 50] == 10).all()
    assert (second[15, 5] == 99).all()
    assert (second[15, 25] == 98).all()
    assert (second[50, 50] == 10).all()
    # Frames already handed out do not change when the canvas does.
    assert (first[15, 5] == 10).all()
    assert (second[5, 5] == 10).all()
    assert (third[5, 5] == 50).all()


def test_frames_cannot_be_written_to() -> None:
    (_, pixels), *_ = frames([whole(0, 10)])
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


def test_frame_before_is_strictly_before() -> None:
    items = [session(SESSION_ID, 0), whole(1, 10), patch(5, 0, 0, 99)]
    at_five = START_NS + 5 * MILLISECOND_NS
    before, after = frame_before(items, at_five), frame_before(items, at_five + 1)
    assert before is not None
    assert after is not None
    assert (before[5, 5] == 10).all()
    assert (after[5, 5] == 99).all()
    assert frame_before(items, START_NS + MILLISECOND_NS) is None


def test_the_screen_is_unknown_until_a_whole_picture() -> None:
    assert list(frames([session(SESSION_ID, 0)])) == []
    with pytest.raises(BadInput, match="before any whole frame"):
        list(frames([session(SESSION_ID, 0), patch(3, 0, 0, 77)]))


def goes_on(sequence: int, milliseconds: float, session_id: str = SESSION_ID) -> Timed:
    head = session(session_id, sequence, milliseconds)
    return Timed(head.time_ns, msgspec.structs.replace(head.event, screen_continues=True))


def shown(items: list[Item]) -> list[tuple[int, int, int]]:
    """Milliseconds, and two pixels: one that only the whole picture drew, and one that a patch draws over."""
    return [
        ((time_ns - START_NS) // MILLISECOND_NS, int(pixels[50, 50, 1]), int(pixels[5, 5, 1]))
        for time_ns, pixels in frames(items)
    ]


def test_a_segment_goes_on_from_the_one_before() -> None:
    items = [session(SESSION_ID, 0), whole(0, 10), goes_on(1, 4000), patch(4001, 0, 0, 99)]
    assert shown(items) == [(0, 10, 10), (4001, 10, 99)]


OTHER_SESSION = "ses_" + "1" * 26


@pytest.mark.parametrize("head", [goes_on(2, 4000), goes_on(1, 4000, OTHER_SESSION)], ids=["gap", "another session"])
def test_what_goes_on_from_a_missing_segment_is_not_shown_until_a_whole_picture(head: Timed) -> None:
    items = [session(SESSION_ID, 0), whole(0, 10), head, patch(4001, 0, 0, 99), copy(4002), whole(5000, 20)]
    items += [patch(5001, 0, 0, 98)]
    assert shown(items) == [(0, 10, 10), (5000, 20, 20), (5001, 20, 98)]
    assert frame_before(items, START_NS + 4500 * MILLISECOND_NS) is None
    assert shown(items[2:]) == [(5000, 20, 20), (5001, 20, 98)]


def test_a_segment_that_does_not_go_on_begins_with_an_unknown_screen() -> None:
    items = [session(SESSION_ID, 0), whole(0, 10), session(SESSION_ID, 1, 4000), whole(5000, 20)]
    assert frame_before(items, START_NS + 4500 * MILLISECOND_NS) is None
    assert shown(items) == [(0, 10, 10), (5000, 20, 20)]


def copy(milliseconds: float, x: int = 30, y: int = 40, from_x: int = 0, from_y: int = 0) -> ScreenPatch:
    time_ns = START_NS + round(milliseconds * MILLISECOND_NS)
    return ScreenPatch(time_ns, x, y, 10, 10, False, "copy", b"", from_x=from_x, from_y=from_y)


def test_a_copy_shows_what_was_elsewhere_just_before() -> None:
    (_, _), (_, pixels) = frames([whole(0, 10), patch(5, 0, 0, 99), copy(5), patch(5, 0, 0, 50)])
    assert (pixels[45, 35] == 99).all()
    assert (pixels[5, 5] == 50).all()


def test_a_copy_may_overlap_with_what_it_copies() -> None:
    rows = np.arange(HEIGHT, dtype=np.uint8)[:, None, None].repeat(WIDTH, axis=1).repeat(3, axis=2)
    canvas = Canvas()
    canvas.apply(replace(whole(0, 0), data=encode_png(rows)))
    canvas.apply(replace(copy(1, 0, 3), width=WIDTH, height=HEIGHT - 3))
    pixels = canvas.snapshot()
    assert pixels is not None
    assert np.array_equal(pixels[3:], rows[:-3])
    assert np.array_equal(pixels[:3], rows[:3])


@pytest.mark.parametrize(
    "bad",
    [copy(1, WIDTH - 5, 0), copy(1, 0, HEIGHT - 9), copy(1, from_x=WIDTH - 9), copy(1, from_y=HEIGHT)],
    ids=["to the right", "to below", "from the right", "from below"],
)
def test_a_copy_from_or_to_beyond_the_screen_is_refused(bad: ScreenPatch) -> None:
    canvas = Canvas()
    canvas.apply(whole(0, 10))
    with pytest.raises(BadInput, match="beyond"):
        canvas.apply(bad)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_both_formats_come_back_without_loss(kind: str) -> None:
    wanted = np.random.default_rng(3).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(wanted).save(stream, kind, lossless=True)
    assert (decode_pixels(image_patch(stream.getvalue(), 53, 37, kind.lower())) == wanted).all()


def test_planes_come_back_without_loss() -> None:
    wanted = np.random.default_rng(3).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    red, green, blue = wanted[..., 0], wanted[..., 1], wanted[..., 2]
    data = zstandard.compress(b"".join(plane.tobytes() for plane in (green, red - green, blue - green)))
    assert (decode_pixels(image_patch(data, 53, 37, "zstd")) == wanted).all()


def test_the_same_pixels_make_the_same_png() -> None:
    pixels = np.random.default_rng(4).integers(0, 255, (20, 30, 3), dtype=np.uint8)
    assert encode_png(pixels) == encode_png(pixels.copy())


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims 9000 × 9000 pixels."""
    head = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1_000_000))), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def webp_bomb() -> bytes:
    """A WebP header that claims 16384 × 16384 pixels."""
    bits = (16_383 | 16_383 << 14).to_bytes(4, "little")
    body = b"VP8L" + (25).to_bytes(4, "little") + b"\x2f" + bits + bytes(20)
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def planes(size: int, *, window_log: int = 17) -> bytes:
    settings = zstandard.ZstdCompressionParameters.from_level(3, window_log=window_log, write_content_size=False)
    stream = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return stream.compress(bytes(size)) + stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def animation() -> bytes:
    stream = io.BytesIO()
    pages = [Image.new("RGB", (10, 10), (shade, 0, 0)) for shade in (1, 200)]
    pages[0].save(stream, "PNG", save_all=True, append_images=pages[1:])
    return stream.getvalue()


BAD = {
    "a bomb that declares a small rectangle": (image_patch(bomb(), 10, 10), "image has 9000×9000"),
    "a bomb that declares itself": (image_patch(bomb(), 9_000, 9_000), "the limit is"),
    # From its header: libwebp would allocate a gigabyte before it noticed that there is nothing in it.
    "a WebP bomb": (image_patch(webp_bomb(), 10, 10, "webp"), "image has 16384×16384"),
    "planes that unpack to more": (image_patch(planes(3 * 10 * 10 + 1), 10, 10, "zstd"), "unpacks to more"),
    "a zstd bomb": (image_patch(planes(1 << 28), 10, 10, "zstd"), "unpacks to more"),
    "planes that want much memory": (image_patch(planes(300, window_log=24), 10, 10, "zstd"), "damaged"),
    "planes cut short": (image_patch(planes(299), 10, 10, "zstd"), "unpacks to less"),
    "no planes": (image_patch(b"", 10, 10, "zstd"), "unpacks to less"),
    "planes that are none": (image_patch(b"hello", 10, 10, "zstd"), "damaged"),
    "a copy has no pixels of its own": (image_patch(b"", 10, 10, "copy"), "no pixels of its own"),
    "another size than declared": (image_patch(picture(9, 10, 10), 11, 10), "image has 10×10"),
    "PNG under the name of WebP": (image_patch(picture(9, 10, 10), 10, 10, "webp"), "not a WebP file"),
    "an animation": (image_patch(animation(), 10, 10), "animation"),
    "no image at all": (image_patch(b"hello", 10, 10), "damaged"),
    "nothing": (image_patch(b"", 10, 10, "webp"), "not a WebP file"),
    "cut short": (image_patch(picture(9)[:-30], WIDTH, HEIGHT), "damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_images_are_refused(name: str) -> None:
    bad, why = BAD[name]
    with pytest.raises(BadInput, match=why):
        decode_pixels(bad)


def test_patches_that_do_not_fit_are_refused() -> None:
    canvas = Canvas()
    with pytest.raises(BadInput, match="before any whole frame"):
        canvas.apply(patch(0, 0, 0, 1))
    canvas.apply(whole(0, 10))
    with pytest.raises(BadInput, match="beyond"):
        canvas.apply(patch(1, WIDTH - 5, 0, 1))
    with pytest.raises(BadInput, match="corner"):
        canvas.apply(replace(whole(2, 1), x=1))
    pixels = canvas.snapshot()
    assert pixels is not None
    assert (pixels[50, 50] == 10).all()
