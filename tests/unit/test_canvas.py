"""Patches become frames, and nothing that a patch says is believed before it is checked."""

import io
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas, decode_pixels, encode_png, frame_before, frames
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


def test_a_session_alone_shows_nothing_and_its_size_makes_a_black_canvas() -> None:
    assert list(frames([session(SESSION_ID, 0)])) == []
    ((_, pixels),) = frames([session(SESSION_ID, 0), patch(3, 0, 0, 77)])
    assert (pixels[50, 50] == 0).all()
    assert (pixels[5, 5] == 77).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_both_formats_come_back_without_loss(kind: str) -> None:
    wanted = np.random.default_rng(3).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(wanted).save(stream, kind, lossless=True)
    assert (decode_pixels(image_patch(stream.getvalue(), 53, 37, kind.lower())) == wanted).all()


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
