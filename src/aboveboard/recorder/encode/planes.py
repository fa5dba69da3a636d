"""How do pixels become the planes of a ``zstd`` patch?

1. Green, red − green and blue − green: grey text, which most of a screen is, then has two planes of zeros. Whole 32-bit
   pixels are shifted and cut down to bytes, which takes a third of the time of picking bytes out of them one by one.
2. Where there are lines of text, each line is told column by column: a letter is then one run of bytes, wherever it
   stands, and not as many short ones as it has rows (``bands``).
3. All patches of a segment go through one compressor that remembers the ones before: a letter that was shown in the
   last seconds is told in two bytes. What is packed must therefore be written, and in that order.

Over ``benchmarks/recorder``'s half minute 2 and 3 each halve the bytes, and take a tenth of a second less than packing
twice as many would (``docs/decisions/0006-planes-and-copies.md``).
"""

from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from aboveboard.recorder.encode.bands import in_bands, line_bands

Words = NDArray[np.uint32]
"""Pixels as numbers: height × width, blue in the low byte, then green, then red, the highest byte unused."""

LEVEL, WINDOW_LOG = 5, 21
PROBE_LEVEL = 1
BLOCK_PIXELS = 256 * 1024
"""Taken at a time, so that what is in between stays small."""


class PlanePacker:
    """Packs pictures of any size; keeps the memory that it takes. Used by one thread."""

    def __init__(self) -> None:
        settings = zstandard.ZstdCompressionParameters.from_level(LEVEL, window_log=WINDOW_LOG)
        self._compressor = zstandard.ZstdCompressor(compression_params=settings)
        self._stream: Any = None
        self._prober = zstandard.ZstdCompressor(level=PROBE_LEVEL)
        self._planes: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._between: Words = np.empty(BLOCK_PIXELS, np.uint32)

    def begin(self) -> None:
        """Another segment: nothing before is remembered."""
        self._stream = None

    def pack(self, pixels: Words) -> tuple[bytes, int, int]:
        """``data``, ``band`` and ``band_from`` of ``formats.screen_patch``: the next part of the segment's frame."""
        if self._stream is None:
            self._stream = self._compressor.compressobj()
        planes = self._split(pixels)
        band, band_from = line_bands(planes[0])
        if band:
            for plane in planes:
                in_bands(plane, band, band_from)
        data: bytes = self._stream.compress(planes.data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        return data, band, band_from

    def packed_bytes(self, pixels: Words) -> int:
        """About how many bytes these pixels take, all by themselves; nothing is remembered of it."""
        return len(self._prober.compress(self._split(pixels).data))

    def _split(self, pixels: Words) -> NDArray[np.uint8]:
        """The three planes, (3, height, width), in memory that the next call uses again."""
        height, width = pixels.shape
        if self._planes.size < 3 * pixels.size:
            self._planes = np.empty(3 * pixels.size, np.uint8)
        planes = self._planes[: 3 * pixels.size].reshape(3, height, width)
        rows = max(1, BLOCK_PIXELS // width)
        for top in range(0, height, rows):
            self._split_block(pixels[top : top + rows], planes[:, top : top + rows])
        return planes

    def _split_block(self, pixels: Words, planes: NDArray[np.uint8]) -> None:
        between = self._between[: pixels.size].reshape(pixels.shape)
        green, red, blue = planes
        np.right_shift(pixels, 8, out=between)
        np.copyto(green, between, casting="unsafe")
        np.right_shift(between, 8, out=between)
        np.copyto(red, between, casting="unsafe")
        np.copyto(blue, pixels, casting="unsafe")
        red -= green
        blue -= green
