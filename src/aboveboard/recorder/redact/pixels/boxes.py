"""Which of many rectangles have a pixel in common with another?"""

from collections.abc import Sequence

import numpy as np

from aboveboard.recorder.capture.port import Rect


class Boxes:
    """Rectangles that can be asked for by place."""

    def __init__(self, rects: Sequence[Rect] = ()) -> None:
        self.rects = list(rects)
        sides = np.array(self.rects, np.intp).reshape(-1, 4)
        self._left, self._top = sides[:, 0], sides[:, 1]
        self._right, self._below = sides[:, 0] + sides[:, 2], sides[:, 1] + sides[:, 3]

    def touching(self, rect: Rect) -> list[Rect]:
        """Those that have a pixel in common with ``rect``."""
        if not self.rects:
            return []
        right, below = rect.x + rect.width, rect.y + rect.height
        found = (self._left < right) & (self._right > rect.x) & (self._top < below) & (self._below > rect.y)
        return [self.rects[at] for at in np.flatnonzero(found).tolist()]

    def touching_any(self, others: Sequence[Rect]) -> list[Rect]:
        """Those that have a pixel in common with one of ``others``."""
        if not self.rects or not others:
            return []
        left, top, width, height = np.array(others, np.intp).T[:, :, None]
        found = (self._left < left + width) & (self._right > left)
        found &= (self._top < top + height) & (self._below > top)
        return [self.rects[at] for at in np.flatnonzero(found.any(axis=0)).tolist()]
