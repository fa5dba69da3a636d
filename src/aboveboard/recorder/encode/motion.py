"""What was scrolled, and how far?

The area is cut into upright strips. Each row of a strip's first columns becomes one number, before and after; rows that
are there only once vote for how far they went. Where most went the same way, the rectangle is sought in which a copy
explains most and spoils least: the sidebar that stayed is then outside, and so is what moved otherwise. Two rows with
the same number might still differ: the caller compares the pixels after the copy, so a picture is never wrong, only
larger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.screen_patch import SIDE_LIMIT
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.encode.planes import Words

STRIP_PIXELS = 160
STRIPS_LIMIT = 5
LOOKED_PIXELS = 64
"""Of each strip, so many columns are looked at: enough to tell one line of text from another."""
VOTES_LEAST = 6
"""Rows that must agree on a distance."""
ROWS_BETWEEN = 8
"""Of the rows that moved, one in so many is looked at to tell which columns did."""
GAIN_LEAST_PIXELS = 2 * 1024
"""A copy that explains fewer pixels that changed is not worth it."""


@dataclass(frozen=True)
class Move:
    """The pixels of ``rect`` are those that were at (``from_x``, ``from_y``)."""

    rect: Rect
    from_x: int
    from_y: int


def find_move(before: Words, after: Words, differs: NDArray[np.bool_]) -> Move | None:
    """The best copy within an area, relative to its corner: up or down, else to a side.

    ``differs`` is where the two, of the same shape, are not equal.
    """
    upright = _find_scroll(before, after, differs)
    if upright is not None:
        return Move(upright[0], upright[0].x, upright[0].y + upright[1])
    lying = _find_scroll(before.T, after.T, differs.T)
    if lying is None:
        return None
    rect, distance = Rect(lying[0].y, lying[0].x, lying[0].height, lying[0].width), lying[1]
    return Move(rect, rect.x + distance, rect.y)


def _find_scroll(before: Words, after: Words, differs: NDArray[np.bool_]) -> tuple[Rect, int] | None:
    """Where rows came from ``distance`` rows further down (less than 0: up); ``None`` where that says little."""
    columns = np.flatnonzero(differs.any(axis=0))
    if not columns.size:
        return None
    left, right = int(columns[0]), int(columns[-1]) + 1
    strips = min(max((right - left) // STRIP_PIXELS, 1), STRIPS_LIMIT)
    edges = [left + (right - left) * strip // strips for strip in range(strips + 1)]
    old, new = _row_numbers(before, edges), _row_numbers(after, edges)
    distance = _elected(old.sum(axis=1, dtype=np.uint32), new.sum(axis=1, dtype=np.uint32))
    for strip in range(old.shape[1]):
        distance = distance or _elected(old[:, strip], new[:, strip])
    if not distance:
        return None
    height = old.shape[0]
    top, bottom = max(0, -distance), height - max(0, distance)
    moved = new[top:bottom] == old[top + distance : bottom + distance]
    changed = new[top:bottom] != old[top:bottom]
    gain = _gain(moved, changed)
    first, last = _best_run(gain.sum(axis=0))
    start, end = _best_run(gain[:, first:last].sum(axis=1))
    looked = np.s_[top + start : top + end : ROWS_BETWEEN, left:right]
    source = before[top + start + distance : top + end + distance : ROWS_BETWEEN, left:right]
    columns_gain = _gain(source == after[looked], differs[looked]).sum(axis=0)
    first, last = _best_run(columns_gain)
    if columns_gain[first:last].sum() * ROWS_BETWEEN < GAIN_LEAST_PIXELS:
        return None
    return Rect(left + first, top + start, last - first, end - start), distance


def _gain(moved: NDArray[np.bool_], changed: NDArray[np.bool_]) -> NDArray[np.int8]:
    """1 where a copy explains a change, −1 where it spoils what did not change."""
    return (moved & changed).view(np.int8) - (~(moved | changed)).view(np.int8)


def _row_numbers(pixels: Words, edges: Sequence[int]) -> Words:
    """One number for each row of each strip between ``edges``: (height, strips)."""
    left = edges[0]
    numbers = np.empty((pixels.shape[0], len(edges) - 1), np.uint32)
    for strip, (start, end) in enumerate(pairwise(edges)):
        until = min(end, start + LOOKED_PIXELS)
        np.einsum("ij,j->i", pixels[:, start:until], _FACTORS[start - left : until - left], out=numbers[:, strip])
    return numbers


def _elected(old: Words, new: Words) -> int:
    """The distance that most rows went which were there once and are elsewhere now; 0 if few agree."""
    height = old.size
    rows = (old != new).nonzero()[0]
    order = old.argsort()
    ranked = old[order]
    once = np.ones(height + 1, np.bool_)
    np.not_equal(ranked[1:], ranked[:-1], out=once[1:height])
    places = np.minimum(ranked.searchsorted(new[rows]), height - 1)
    found = (ranked[places] == new[rows]) & once[places] & once[places + 1]
    votes = np.bincount(order[places[found]] - rows[found] + height, minlength=1)
    best = int(votes.argmax())
    return best - height if votes[best] >= VOTES_LEAST else 0


def _best_run(gains: NDArray[np.signedinteger]) -> tuple[int, int]:
    """Start and end of the longest run with the largest sum."""
    sums = np.concatenate(([0], gains.cumsum()))
    end = gains.size - int((sums - np.minimum.accumulate(sums))[::-1].argmax())
    return int(sums[: end + 1].argmin()), end


_FACTORS: Words = np.multiply.accumulate(np.full(SIDE_LIMIT, 0x9E3779B1, np.uint32), dtype=np.uint32)
"""For the places of a row. All are odd, so that a difference in one pixel is never lost."""
