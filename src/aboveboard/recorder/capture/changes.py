"""What really changed between two pictures of the same rectangle?

Damage tells where was painted, not whether it looks different: a blinking cursor repaints a line, a page repaints all.
The pictures are compared in tiles of 64 pixels, and changed tiles that touch are joined into larger rectangles. What
nearly fills the rectangle around it is told as that one rectangle: a page that was scrolled is then seen whole.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect

TILE = 64
_WORD = 8
"""Pixels that are looked at together: one byte each of a 64-bit word."""
DENSE = 0.6
"""Rectangles that cover this share of the one around them become that one."""


class Comparer:
    """Compares pictures; keeps the memory that it takes. Used by one thread."""

    def __init__(self) -> None:
        self._room: NDArray[np.bool_] = np.zeros((0, 0), np.bool_)

    def changed_rects(self, before: NDArray[np.uint32], after: NDArray[np.uint32]) -> list[Rect]:
        """Disjoint rectangles, relative to the arrays' corner, that hold every pixel that differs.

        Both arrays have the same shape (height, width); an empty list means that they are equal.
        """
        height, width = before.shape
        rows, columns = -(-height // TILE), -(-width // TILE)
        if self._room.size < rows * columns * TILE * TILE:
            self._room = np.empty(rows * columns * TILE * TILE, np.bool_)
        room = self._room[: rows * columns * TILE * TILE].reshape(rows * TILE, columns * TILE)
        room[height:] = False
        room[:height, width:] = False
        differs = room[:height, :width]
        np.not_equal(before, after, out=differs)
        words = room.view(np.uint64).reshape(rows, TILE, columns * TILE // _WORD)
        strips = np.bitwise_or.reduce(words, axis=1).reshape(rows, columns, TILE // _WORD)
        tiles = strips.any(axis=2)
        if not tiles.any():
            return []
        return _thinned([_cut(differs, rect) for rect in _join(tiles.tolist())])


def _join(tiles: list[list[bool]]) -> list[Rect]:
    """Rectangles of tiles: runs along each row, joined with an equal run right above."""
    growing: dict[tuple[int, int], Rect] = {}
    done: list[Rect] = []
    for row, marks in enumerate(tiles):
        runs = _runs(marks) if any(marks) else []
        for key in [key for key in growing if key not in runs]:
            done.append(growing.pop(key))
        for start, end in runs:
            above = growing.get((start, end))
            if above is None:
                growing[(start, end)] = Rect(start, row, end - start, 1)
            else:
                growing[(start, end)] = Rect(above.x, above.y, above.width, above.height + 1)
    return done + list(growing.values())


def _runs(marks: list[bool]) -> list[tuple[int, int]]:
    runs, start = [], -1
    for place, marked in enumerate([*marks, False]):
        if marked and start < 0:
            start = place
        elif not marked and start >= 0:
            runs.append((start, place))
            start = -1
    return runs


def _cut(differs: NDArray[np.bool_], tiles: Rect) -> Rect:
    """The tiles' rectangle in pixels, without the unchanged rows and columns around it."""
    left, top = tiles.x * TILE, tiles.y * TILE
    part = differs[top : top + tiles.height * TILE, left : left + tiles.width * TILE]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    first_row, first_column = int(rows[0]), int(columns[0])
    return Rect(
        left + first_column, top + first_row, int(columns[-1]) - first_column + 1, int(rows[-1]) - first_row + 1
    )


def _thinned(rects: list[Rect]) -> list[Rect]:
    """The one rectangle around ``rects`` if they nearly fill it, else ``rects``."""
    if len(rects) == 1:
        return rects
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.x + rect.width for rect in rects), max(rect.y + rect.height for rect in rects)
    around = Rect(left, top, right - left, bottom - top)
    filled = sum(rect.width * rect.height for rect in rects)
    return [around] if filled >= DENSE * around.width * around.height else rects


def changed_rects(before: NDArray[np.uint32], after: NDArray[np.uint32]) -> list[Rect]:
    """As :meth:`Comparer.changed_rects`, for once."""
    return Comparer().changed_rects(before, after)
