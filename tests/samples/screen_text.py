"""Pictures with text for tests: what is written where is known."""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from aboveboard.recorder.capture.port import Rect

MONO = "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf"
SANS = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
Colour = tuple[int, int, int]


@cache
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


class Picture:
    """A flat ground to write and draw on."""

    def __init__(self, width: int = 400, height: int = 120, ground: Colour = WHITE) -> None:
        self._image = Image.new("RGB", (width, height), ground)
        self.draw = ImageDraw.Draw(self._image)

    def write(self, x: int, y: int, text: str, *, colour: Colour = BLACK, font: str = MONO, size: int = 15) -> Rect:
        """Write ``text``; the rectangle that its ink is in."""
        self.draw.text((x, y), text, font=_font(font, size), fill=colour)
        left, top, right, bottom = _font(font, size).getbbox(text)
        return Rect(x + int(left), y + int(top), int(right - left), int(bottom - top))

    @property
    def pixels(self) -> NDArray[np.uint32]:
        """As the recorder has them."""
        rgb = np.asarray(self._image).astype(np.uint32)
        return np.ascontiguousarray(rgb[..., 2] | rgb[..., 1] << 8 | rgb[..., 0] << 16 | np.uint32(0xFF000000))


def holds(outer: Rect, inner: Rect, slack: int = 1) -> bool:
    """Is ``inner`` within ``outer``, but for ``slack`` pixels?"""
    return (
        outer.x <= inner.x + slack
        and outer.y <= inner.y + slack
        and inner.x + inner.width <= outer.x + outer.width + slack
        and inner.y + inner.height <= outer.y + outer.height + slack
    )


def mask_of(rects: list[Rect], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Where any of ``rects`` is."""
    mask = np.zeros(shape, np.bool_)
    for rect in rects:
        mask[max(rect.y, 0) : max(rect.y + rect.height, 0), max(rect.x, 0) : max(rect.x + rect.width, 0)] = True
    return mask
