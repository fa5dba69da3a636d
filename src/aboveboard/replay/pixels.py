"""Which pixels does one patch of the screen hold?

What it says is checked before anything is unpacked: an image must say in its own header that it has exactly the size
that the patch declares, and planes are unpacked a piece at a time, and no further than three bytes for each pixel. So a
small file can never unpack into a large one.
"""

import io
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard
from PIL import Image

from aboveboard.base.errors import BadInput
from aboveboard.formats.screen_patch import WINDOW_BYTES, ZSTD_MAGIC, ScreenPatch

PIXEL_LIMIT = 64 * 1024 * 1024
"""The largest canvas, in pixels: three 5K displays side by side, with room."""

PIECE_BYTES = 1024
"""Unpacked at a time: no more than 32 MiB come out of it, whatever it is."""

Pixels = npt.NDArray[np.uint8]
"""Height × width × 3, RGB, 0 to 255."""


class PixelReader:
    """The pixels of one segment's patches, read in their order: planes go on from the planes before them."""

    def __init__(self) -> None:
        self._planes: Any = None

    def begin(self) -> None:
        """Another segment begins."""
        self._planes = None

    def read(self, patch: ScreenPatch) -> Pixels:
        """The pixels that the patch itself holds, as ``(height, width, 3)`` RGB. A ``copy`` holds none.

        Raises :class:`BadInput` if they are damaged, animated, of another format than declared, or of another size.
        """
        if patch.width * patch.height > PIXEL_LIMIT:
            raise bad_patch(f"it declares {patch.width}×{patch.height} pixels; the limit is {PIXEL_LIMIT} altogether")
        if patch.format == "zstd":
            return _from_planes(patch, self._unpack(patch))
        if patch.format not in {"png", "webp"}:
            raise bad_patch(f"a patch in the format {patch.format[:20]!r} holds no pixels of its own")
        return _from_image(patch)

    def _unpack(self, patch: ScreenPatch) -> bytes:
        size_bytes, pieces, unpacked = 3 * patch.width * patch.height, list[bytes](), 0
        if self._planes is None or patch.data.startswith(ZSTD_MAGIC):
            self._planes = zstandard.ZstdDecompressor(max_window_size=WINDOW_BYTES).decompressobj()
        try:
            for start in range(0, len(patch.data), PIECE_BYTES):
                pieces.append(self._planes.decompress(patch.data[start : start + PIECE_BYTES]))
                unpacked += len(pieces[-1])
                if unpacked > size_bytes:
                    break
        except (zstandard.ZstdError, MemoryError) as error:
            raise bad_patch(f"its planes are damaged ({error})") from error
        if unpacked != size_bytes:
            more = "more" if unpacked > size_bytes else "less"
            raise bad_patch(f"it declares {patch.width}×{patch.height} pixels but unpacks to {more}")
        return b"".join(pieces)


def decode_pixels(patch: ScreenPatch) -> Pixels:
    """The pixels of a patch that is its segment's first, or an image; see :meth:`PixelReader.read`."""
    return PixelReader().read(patch)


def _from_image(patch: ScreenPatch) -> Pixels:
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


def _from_planes(patch: ScreenPatch, plain: bytes) -> Pixels:
    """Green, red − green and blue − green, put together again."""
    told = np.frombuffer(plain, np.uint8).reshape(3, -1)
    green, red, blue = (_rows(plane, patch) for plane in told)
    pixels = np.empty((patch.height, patch.width, 3), np.uint8)
    pixels[..., 1] = green
    np.add(red, green, out=pixels[..., 0])
    np.add(blue, green, out=pixels[..., 2])
    return pixels


def _rows(told: Pixels, patch: ScreenPatch) -> Pixels:
    """A plane that was told in bands, as (height, width)."""
    height, width, band = patch.height, patch.width, patch.band
    if not band:
        return told.reshape(height, width)
    rows, place = np.empty((height, width), np.uint8), 0
    whole = (height - patch.band_from) // band
    end = patch.band_from + whole * band
    for first, last, count in ((0, patch.band_from, 1), (patch.band_from, end, whole), (end, height, 1)):
        if first < last:
            size = (last - first) * width
            part = told[place : place + size].reshape(count, width, -1)
            rows[first:last].reshape(count, -1, width)[:] = part.transpose(0, 2, 1)
            place += size
    return rows


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
