"""Does a word stand in a column in which nearly everything is covered?

A table has a kind of thing in each column. Where a cell is too narrow for what is in it, or a letter was misread, that
one may pass for an ordinary word; its neighbours above and below tell what it is.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALIGNED = 4
"""Columns of pixels in which the left edges of one column's words lie."""
NEAR = 7
"""Heights of a word, up and down, in which its neighbours lie."""
LEAST, SHARE = 3, 0.7
"""So many neighbours are covered at least, and this part of all."""


class Standing(NamedTuple):
    """The words of a screen, one after the other. ``top`` and ``height`` are those of a word's line."""

    left: NDArray[np.intp]
    top: NDArray[np.intp]
    height: NDArray[np.intp]
    covered: NDArray[np.bool_]


def like_their_neighbours(words: Standing) -> list[int]:
    """Which of ``words``, by number, are not covered and should be."""
    order = np.argsort(words.left, kind="stable")
    left, top, covered = words.left[order], words.top[order], words.covered[order]
    first, last = np.searchsorted(left, left - ALIGNED), np.searchsorted(left, left + ALIGNED, side="right")
    so_far = np.concatenate(([0], np.cumsum(covered)))
    open_ones = np.flatnonzero(~covered & (so_far[last] - so_far[first] >= LEAST))
    if not open_ones.size:
        return []
    first, last = first[open_ones, None], last[open_ones, None]
    beside = first + np.arange(int((last - first).max()))
    there = beside < last
    beside[~there] = 0
    apart = np.abs(top[beside] - top[open_ones, None])
    near = there & (apart > 0) & (apart <= NEAR * words.height[order[open_ones], None])
    around, alike = near.sum(axis=1), (near & covered[beside]).sum(axis=1)
    chosen: list[int] = np.sort(order[open_ones[(alike >= LEAST) & (alike >= SHARE * around)]]).tolist()
    return chosen
