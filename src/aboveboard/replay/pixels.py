"""Which pixels does one patch of the screen hold?

What it says is checked before anything is unpacked: an image must say in its own header that it has exactly the size
that the patch declares, and a zstd frame that it unpacks to exactly three bytes for each pixel. So a small file can
never unpack into a large one.
"""

import io

import numpy as np
import numpy.typing as npt
import zstandard
from PIL import Image

from aboveboard.base.errors import BadInput
from aboveboard.formats.screen_patch import ScreenPatch

PIXEL_LIMIT = 64 * 1024 * 1024
"""The largest canvas, in pixels: three 5K displays side by side, with room."""

Pixels = npt.NDArray[np.uint8]
"""Height × width × 3, RGB, 0 to 255."""


def decode_pixels(patch: ScreenPatch) -> Pixels:
    """The pixels that the patch itself holds, as ``(height, width, 3)`` RGB. A ``copy`` holds none.

    Raises :class:`BadInput` if they are damaged, animated, of another format than declared, or of another size.
    """
    if patch.width * patch.height > PIXEL_LIMIT:
        raise bad_patch(f"it declares {patch.width}×{patch.height} pixels; the limit is {PIXEL_LIMIT} altogether")
    if patch.format == "zstd":
        return _from_planes(patch)
    if patch.format not in {"png", "webp"}:
        raise bad_patch(f"a patch in the format {patch.format[:20]!r} holds no pixels of its own")
    if patch.format == "webp":
        _check_size(patch, _webp_size(patch.data))
    try:
        with Image.open(io.BytesIO(patch.data), formats=[patch.format.upper()]) as image:
            _check_size(patch, image.size)
            if getattr(image, "n_frames", 1) != 1:
                raise bad_patch("it is an animation")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, EOFError, MemoryError) as error:
        raise bad_patch(f"its image is damaged ({type(error).__name__})") from error


def encode_png(pixels: Pixels) -> bytes:
    """The pixels, ``(height, width, 3)`` RGB, as a PNG file: the same bytes for the same pixels."""
    stream = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def bad_patch(why: str) -> BadInput:
    """The error for a patch that cannot be drawn."""
    return BadInput(
        f"this screen patch cannot be drawn: {why}",
        cause="the recording is damaged, or was not written by Aboveboard",
        fix="the events of this recording can still be read; record again if the pixels matter",
    )


def _from_planes(patch: ScreenPatch) -> Pixels:
    """Green, red − green and blue − green, put together again."""
    size_bytes = 3 * patch.width * patch.height
    try:
        declared = zstandard.get_frame_parameters(patch.data).content_size
        if declared != size_bytes:
            raise bad_patch(f"it declares {patch.width}×{patch.height} pixels but unpacks to {declared} bytes")
        plain = zstandard.ZstdDecompressor().decompress(patch.data, allow_extra_data=False)
    except (zstandard.ZstdError, MemoryError) as error:
        raise bad_patch(f"its planes are damaged ({error})") from error
    green, red, blue = np.frombuffer(plain, np.uint8).reshape(3, patch.height, patch.width)
    pixels = np.empty((patch.height, patch.width, 3), np.uint8)
    pixels[..., 1] = green
    np.add(red, green, out=pixels[..., 0])
    np.add(blue, green, out=pixels[..., 2])
    return pixels


def _check_size(patch: ScreenPatch, size: tuple[int, int]) -> None:
    if size != (patch.width, patch.height):
        raise bad_patch(f"it declares {patch.width}×{patch.height} pixels but its image has {size[0]}×{size[1]}")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the first chunk (RFC 9649): libwebp would allocate the canvas before anyone could ask."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise bad_patch("its image is not a WebP file")
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise bad_patch("its image is not a WebP file")
