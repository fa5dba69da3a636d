"""What really changed between two pictures of the same rectangle?

Damage tells where was painted, not whether it looks different: a blinking cursor repaints a line, a page repaints all.
The pictures are compared in tiles of 64 pixels, and changed tiles that touch are joined into larger rectangles.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect

TILE = 64


def changed_rects(before: NDArray[np.uint32], after: NDArray[np.uint32]) -> list[Rect]:
    """Disjoint rectangles, relative to the arrays' corner, that hold every pixel that differs.

    Both arrays have the same shape (height, width); an empty list means that they are equal.
    """
    differs = before != after
    if not differs.any():
        return []
    height, width = differs.shape
    rows = np.arange(0, height, TILE)
    columns = np.arange(0, width, TILE)
    tiles = np.logical_or.reduceat(np.logical_or.reduceat(differs, rows, axis=0), columns, axis=1)
    return [_cut(differs, rect) for rect in _join(tiles)]


def _join(tiles: NDArray[np.bool_]) -> list[Rect]:
    """Rectangles of tiles: runs along each row, joined with an equal run right above."""
    growing: dict[tuple[int, int], Rect] = {}
    done: list[Rect] = []
    for row in range(tiles.shape[0]):
        runs = _runs(tiles[row])
        for key in [key for key in growing if key not in runs]:
            done.append(growing.pop(key))
        for start, end in runs:
            above = growing.get((start, end))
            if above is None:
                growing[(start, end)] = Rect(start, row, end - start, 1)
            else:
                growing[(start, end)] = Rect(above.x, above.y, above.width, above.height + 1)
    return done + list(growing.values())


def _runs(row: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], row, [False])).astype(np.int8)))
    return [(int(edges[place]), int(edges[place + 1])) for place in range(0, len(edges), 2)]


def _cut(differs: NDArray[np.bool_], tiles: Rect) -> Rect:
    """The tiles' rectangle in pixels, without the unchanged rows and columns around it."""
    left, top = tiles.x * TILE, tiles.y * TILE
    part = differs[top : top + tiles.height * TILE, left : left + tiles.width * TILE]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    return Rect(
        left + int(columns[0]),
        top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )
