"""Which parts of the screen are looked at again when some rectangles changed?

A line is never looked at in part: it would read as another. So a changed rectangle grows by what ink reaches, and by
every line that it touches then, until nothing more is touched. Areas begin at whole cells (``ink``), so that ink hangs
together in them as it does in the whole screen.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import CELL, REACH

Box = tuple[int, int, int, int]
"""Left, top, right, bottom."""

ASIDE = (2 * REACH + 1) * CELL
"""Columns on each side in which ink would hang together with what changed."""
ABOVE = 4
"""Rows above and below: a dot, the ground of a line."""


class SeenRects:
    """Where ink was found."""

    def __init__(self) -> None:
        self._rects: NDArray[np.intp] = np.zeros((0, 4), np.intp)
        self._boxes: NDArray[np.intp] = np.zeros((0, 4), np.intp)

    def add(self, rects: Sequence[Rect]) -> None:
        """Ink is there now."""
        if rects:
            boxes = np.array(rects, np.intp)
            self._rects = np.concatenate((self._rects, boxes))
            boxes[:, 2:] += boxes[:, :2]
            boxes[:, 0] -= boxes[:, 0] % CELL
            boxes[:, 2] += 1  # the column in which the last ink ends
            self._boxes = np.concatenate((self._boxes, boxes))

    def touched(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.intp]:
        """The boxes (left, top, right, bottom) that have a pixel in common with this one, out to a whole cell."""
        return self._boxes[self._common(left, top, right, bottom)]

    def take(self, area: Rect) -> list[Rect]:
        """Take out those that ``area`` touches."""
        common = self._common(area.x, area.y, area.x + area.width, area.y + area.height)
        taken = self._rects[common].tolist()
        self._boxes, self._rects = self._boxes[~common], self._rects[~common]
        return [Rect(*rect) for rect in taken]

    def _common(self, left: int, top: int, right: int, bottom: int) -> NDArray[np.bool_]:
        boxes = self._boxes
        mask: NDArray[np.bool_] = (
            (boxes[:, 0] < right) & (boxes[:, 2] > left) & (boxes[:, 1] < bottom) & (boxes[:, 3] > top)
        )
        return mask


def grown(changed: Sequence[Rect], seen: SeenRects, screen: Rect) -> list[Rect]:
    """Disjoint areas of the screen, each with all of the ink that it touches, that hold what changed."""
    waiting = [_reaching(one, screen) for one in changed if one.width and one.height]
    done: list[Box] = []
    while waiting:
        box = _grow(waiting.pop(), seen)
        apart = []
        for other in done:
            if box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]:
                box = (min(box[0], other[0]), min(box[1], other[1]), max(box[2], other[2]), max(box[3], other[3]))
            else:
                apart.append(other)
        if len(apart) == len(done):
            done.append(box)
        else:
            done = apart
            waiting.append(box)
    edge = screen.width
    return [Rect(left, top, min(right, edge) - left, bottom - top) for left, top, right, bottom in done]


def _reaching(rect: Rect, screen: Rect) -> Box:
    """As far as ink in ``rect`` may hang together with other ink."""
    left = max(rect.x - ASIDE, 0)
    return (
        left - left % CELL, max(rect.y - ABOVE, 0),
        min(rect.x + rect.width + ASIDE, screen.width), min(rect.y + rect.height + ABOVE, screen.height),
    )  # fmt: skip


def _grow(box: Box, seen: SeenRects) -> Box:
    left, top, right, bottom = box
    while True:
        touched = seen.touched(left, top, right, bottom)
        if not touched.size:
            return left, top, right, bottom
        lowest, highest = touched.min(axis=0).tolist(), touched.max(axis=0).tolist()
        outer = (min(left, lowest[0]), min(top, lowest[1]), max(right, highest[2]), max(bottom, highest[3]))
        if outer == (left, top, right, bottom):
            return outer
        left, top, right, bottom = outer
