"""What does a screen look like without its text?

Exactly this: every piece of ink that hangs together closely, as a word or an icon does, becomes one flat rectangle (its
box, a pixel more on each side) in the mean colour of the pixels that were there. What a picture was becomes one such
rectangle as well, and so does the place of a letter as large as a hand (``stems``). Kept as they are: flat grounds, the
frames of fields, buttons and windows, rules, and the highlight of what is chosen. So menus, drop-downs and forms keep
their shape, each word its length and place, and nothing else.

This asks nobody what a word says, so nothing can be misread: it is the same for text and for what looks like it.
"""

from collections.abc import Callable, Sequence

import numpy as np

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import Words
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.stems import Stems

MARGIN = 1


def nobody() -> Ocr | None:
    """There is no program that reads."""
    return None


class Structure:
    """Follows one screen; finds the ink again only where something changed. Used by one thread."""

    def __init__(self, cpu_ns: Callable[[], int] | None = None) -> None:
        self._reader = Reader(nobody) if cpu_ns is None else Reader(nobody, cpu_ns=cpu_ns)
        self._stems = Stems()

    def blocks(self, pixels: Words, changed: Sequence[Rect] | None = None) -> tuple[Rect, ...]:
        """The rectangles of all ink on the screen ``pixels``, of which ``changed`` (``None``: all) is new."""
        ink = self._reader.read(pixels, changed, allowance_ns=0).unread
        return (*ink, *self._stems.places(pixels, changed, edges=self._reader.edges))


def flatten(pixels: Words, blocks: Sequence[Rect]) -> None:
    """Make each of ``blocks`` one colour in ``pixels``, which is changed."""
    height, width = pixels.shape
    channels = pixels.view(np.uint8).reshape(height, width, 4)
    for block in blocks:
        left, top = max(block.x - MARGIN, 0), max(block.y - MARGIN, 0)
        right, bottom = block.x + block.width + MARGIN, block.y + block.height + MARGIN
        area = channels[top:bottom, left:right]
        if area.size:
            area[:] = area.mean(axis=(0, 1)).round().astype(np.uint8)


def structure(pixels: Words) -> Words:
    """A picture of the screen ``pixels`` without text."""
    picture = np.ascontiguousarray(pixels).copy()
    flatten(picture, Structure().blocks(picture))
    return picture
