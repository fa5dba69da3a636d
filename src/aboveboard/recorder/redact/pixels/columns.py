"""Does a cell stand in a column in which nearly everything is covered?

A table has a kind of thing in each column. Where a cell is too narrow for what is in it, or a letter was misread, that
one may pass for an ordinary word; its neighbours above and below tell what it is. The heads of columns are no cells:
the first ones, two at least side by side, in a row in which nothing is covered.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ALIGNED = 4
"""Columns of pixels in which the left edges of one column's cells lie."""
NEAR = 7
"""Heights of a word, up and down, in which its neighbours lie."""
LEAST, SHARE = 3, 0.7
"""So many neighbours are covered at least, and this part of all."""


class Standing(NamedTuple):
    """The first words of a screen's cells, one after the other. ``top`` and ``height`` are those of a word's line."""

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
    apart = top[beside] - top[open_ones, None]
    near = there & (apart != 0) & (np.abs(apart) <= NEAR * words.height[order[open_ones], None])
    hidden = near & covered[beside]
    around, alike = near.sum(axis=1), hidden.sum(axis=1)
    found = (alike >= LEAST) & (alike >= SHARE * around)
    chosen = order[open_ones[found]]
    heads = _heads(words, chosen[~(hidden & (apart < 0)).any(axis=1)[found]])
    return sorted(set(chosen.tolist()) - heads)


def _heads(words: Standing, topmost: NDArray[np.intp]) -> set[int]:
    """Which of ``topmost``, the first words of their columns, are heads."""
    middle = words.top + words.height // 2
    beside = np.abs(middle[topmost, None] - middle) * 2 <= words.height[topmost, None]
    alone = ~(beside & words.covered).any(axis=1)
    several = beside[:, topmost].sum(axis=1) >= 2
    return set(topmost[alone & several].tolist())
