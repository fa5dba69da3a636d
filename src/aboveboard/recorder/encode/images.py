"""How does a photograph, or what moves like a film, become an image file?

As WebP, by the quickest method: without loss where a picture stands still, with loss where it moves (the numbers are in
``docs/decisions/0006-planes-and-copies.md``). WebP's sides end at 16383 pixels.
"""

import io

import numpy as np
from PIL import Image

from aboveboard.recorder.encode.planes import Words

SIDE_LIMIT = 16_383
METHOD = 0
LOSSLESS_EFFORT = 0
"""In lossless WebP: how hard to look for repetition, 0 to 100. In a photograph there is none."""
LOSSY_QUALITY = 80
"""At 80 the text in a film is read as well as in the original; 90 takes twice the bytes."""


def fits_webp(pixels: Words) -> bool:
    """Are its sides short enough?"""
    height, width = pixels.shape
    return bool(max(height, width) <= SIDE_LIMIT)


def webp(pixels: Words, *, lossy: bool) -> bytes:
    """The pixels as a WebP file; ``lossy`` for something that moves."""
    from PIL import WebPImagePlugin  # noqa: F401 - not asked for by name, WebP brings the forty other formats with it

    height, width = pixels.shape
    words = np.ascontiguousarray(pixels)
    image = Image.frombuffer("RGB", (width, height), words.view(np.uint8).reshape(-1), "raw", "BGRX", 0, 1)
    stream = io.BytesIO()
    quality = LOSSY_QUALITY if lossy else LOSSLESS_EFFORT
    image.save(stream, "WEBP", lossless=not lossy, method=METHOD, quality=quality)
    return stream.getvalue()
