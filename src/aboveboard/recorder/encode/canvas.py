"""What is on the screen now, so that any segment can begin with a whole frame?

The canvas holds the clean pixels that the source delivered, in memory. It is forgotten whenever recording stops being
permitted, so that nothing from a pause is carried over one. The whole picture is encoded at most once between changes.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.images import encode_patch


class Canvas:
    """Starts blank and unknown; a whole frame makes it known."""

    def __init__(self) -> None:
        self._pixels: NDArray[np.uint8] | None = None
        self._encoded: ScreenPatch | None = None

    @property
    def known(self) -> bool:
        """Is there a whole picture to begin a segment with?"""
        return self._pixels is not None

    def draw(self, frame: Frame) -> list[ScreenPatch]:
        """Take in ``frame`` and return its patches, encoded.

        A partial frame on an unknown canvas, or one that does not fit it, returns nothing: nobody could place it. The
        caller asks the source for a whole frame.
        """
        if frame.whole:
            (pixels,) = frame.patches
            self._pixels = pixels.bgrx.copy()
            self._encoded = encode_patch(pixels, time_ns=frame.time_ns, whole=True)
            return [self._encoded]
        if self._pixels is None or not all(self._fits(patch.rect) for patch in frame.patches):
            self.forget()
            return []
        self._encoded = None
        for patch in frame.patches:
            rect = patch.rect
            self._pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = patch.bgrx
        return [encode_patch(patch, time_ns=frame.time_ns, whole=False) for patch in frame.patches]

    def whole(self, time_ns: int) -> ScreenPatch | None:
        """The whole picture as a patch dated ``time_ns`` (wall time); ``None`` while it is unknown."""
        if self._pixels is None:
            return None
        if self._encoded is None:
            height, width = self._pixels.shape[:2]
            pixels = Pixels(Rect(0, 0, width, height), self._pixels)
            self._encoded = encode_patch(pixels, time_ns=time_ns, whole=True)
        return replace(self._encoded, time_ns=time_ns)

    def forget(self) -> None:
        """Drop the picture; the next whole frame makes it known again."""
        self._pixels = None
        self._encoded = None

    def _fits(self, rect: Rect) -> bool:
        if self._pixels is None:
            return False
        height, width = self._pixels.shape[:2]
        inside = rect.x >= 0 and rect.y >= 0 and rect.x + rect.width <= width and rect.y + rect.height <= height
        return inside and rect.width > 0 and rect.height > 0
