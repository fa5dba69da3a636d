"""Where in a picture might there be text?

Text is ink: pixels that differ from the pixel to their left, whatever its colour, light on dark or dark on light. Flat
areas have none, and neither have horizontal rules, underlines and the grounds of selections but at their two ends. So:

1. Mark where a pixel differs from the one to its left.
2. Take out upright rules: what is marked without a gap for ``RULE`` rows, unless it is wide, as a photograph is.
3. Close gaps as wide as those between words, in cells of ``CELL`` pixels, and label what then hangs together.

All of it works on whole arrays: no Python per pixel or per row.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect

Words = NDArray[np.uint32]
"""Pixels (height, width): blue, green, red, unused from the lowest byte to the highest."""
Mask = NDArray[np.bool_]

FAINT = np.uint32(0x00F8F8F8)
"""A difference of less than 8 in every colour may go unnoticed: no text that is to be read is so faint."""
RULE = 64
"""Rows, a power of two. A letter this tall loses its stems, not its curves."""
CELL = 4
REACH = 2
"""Cells to each side that ink reaches: ink within 16 pixels, and sometimes 19, hangs together."""
MARGIN = 6
"""Columns at the left edge of the screen: ink that is found there may have begun at the edge."""
SMEARS_LIMIT = 200_000
"""Runs of cells in one picture. More is noise, such as film: it is one blob then."""


class Inked(NamedTuple):
    """``edges`` as :func:`edges_of`, without rules. ``blobs``: disjoint pieces of ink by their tight boxes."""

    edges: Mask
    blobs: list[Rect]


def edges_of(pixels: Words) -> Mask:
    """Where a pixel differs from its left neighbour; never in the first column."""
    marked = np.zeros(pixels.shape, np.bool_)
    if pixels.shape[1] > 1:
        differing = np.bitwise_xor(pixels[:, 1:], pixels[:, :-1])
        np.bitwise_and(differing, FAINT, out=differing)
        np.not_equal(differing, 0, out=marked[:, 1:])
    return marked


def follow_edges(edges: Mask, pixels: Words, changed: Sequence[Rect]) -> None:
    """Bring ``edges``, those of all of the screen ``pixels``, up to what ``changed``."""
    for rect in changed:
        rows, left = slice(rect.y, rect.y + rect.height), max(rect.x - 1, 0)
        right = rect.x + rect.width + 1  # the pixel to the right has another left neighbour
        edges[rows, left + 1 : right] = edges_of(pixels[rows, left:right])[:, 1:]


def without_rules(edges: Mask, *, rule: int = RULE) -> Mask:
    """The same without what is marked for ``rule`` rows on end (a power of two), unless it is eight columns wide.

    A single row without a mark does not end a rule.
    """
    height, width = edges.shape
    if height < rule:
        return edges
    packed = np.packbits(edges, axis=1)
    standing, step = packed.copy(), 1
    # A rule between cells has no edge where a level one crosses it.
    standing[1:-1] |= packed[:-2] & packed[2:]
    while step < rule:
        standing = standing[:-step] & standing[step:]
        step *= 2
    if not standing.any():
        return edges
    full = np.zeros_like(packed)
    full[: height - rule + 1] = standing
    step = 1
    while step < rule:
        full[step:] |= full[:-step].copy()
        step *= 2
    wide = full == 0xFF
    wide[:, 1:] |= full[:, :-1] == 0xFF
    wide[:, :-1] |= full[:, 1:] == 0xFF
    full[wide] = 0
    return np.unpackbits(packed & ~full, axis=1, count=width).view(np.bool_)


def find_ink(marked: Mask, area: Rect | None = None) -> Inked:
    """The ink in ``area`` of the screen with the edges ``marked`` (:func:`edges_of`), by places within the area.

    Rules are seen for what they are beyond it.
    """
    height, width = marked.shape
    left, top, right, bottom = 0, 0, width, height
    if area is not None:
        left, top, right, bottom = area.x, area.y, area.x + area.width, area.y + area.height
    above, below = max(top - RULE, 0), min(bottom + RULE, height)
    edges = without_rules(marked[above:below, left:right])[top - above : bottom - above]
    blobs = blobs_of(edges)
    if not left:
        # Ink that begins with the screen itself has no edge there.
        blobs = [Rect(0, one.y, one.x + one.width, one.height) if one.x <= MARGIN else one for one in blobs]
    return Inked(edges, blobs)


def blobs_of(edges: Mask) -> list[Rect]:
    """Tight boxes of what hangs together."""
    if not edges.size:
        return []
    cells = _cells(edges)
    for _ in range(REACH):
        cells = _wider(cells)
    return _tight(edges, components(cells))


def _cells(edges: Mask) -> Mask:
    height, width = edges.shape
    columns = -(-width // CELL)
    if width % CELL:
        padded = np.zeros((height, columns * CELL), np.bool_)
        padded[:, :width] = edges
        edges = padded
    cells: Mask = np.ascontiguousarray(edges).view(np.uint32) != 0
    return cells


def _wider(cells: Mask) -> Mask:
    wider = cells.copy()
    wider[:, 1:] |= cells[:, :-1]
    wider[:, :-1] |= cells[:, 1:]
    return wider


def components(cells: Mask) -> NDArray[np.intp]:
    """Boxes (left, top, right, bottom) in cells and rows, one row each, of what touches by a side."""
    height, width = cells.shape
    padded = np.zeros((height, width + 2), np.bool_)
    padded[:, 1:-1] = cells
    turns = np.flatnonzero(padded.ravel()[1:] != padded.ravel()[:-1])
    starts, ends = turns[::2] + 1, turns[1::2] + 1
    if not starts.size:
        return np.zeros((0, 4), np.intp)
    stride = width + 2
    rows = starts // stride
    lefts, rights = starts - rows * stride - 1, ends - rows * stride - 1
    if starts.size > SMEARS_LIMIT:
        return np.array([[0, 0, width, height]])
    first = np.searchsorted(ends, starts + stride, side="right")
    last = np.searchsorted(starts, ends + stride, side="left")
    labels = _labels(starts.size, first, last)
    _, labels = np.unique(labels, return_inverse=True)
    count = int(labels.max()) + 1
    boxes = np.empty((count, 4), np.intp)
    boxes[:, :2], boxes[:, 2:] = np.iinfo(np.intp).max, 0
    np.minimum.at(boxes[:, 0], labels, lefts)
    np.minimum.at(boxes[:, 1], labels, rows)
    np.maximum.at(boxes[:, 2], labels, rights)
    np.maximum.at(boxes[:, 3], labels, rows + 1)
    return boxes


def _labels(count: int, first: NDArray[np.intp], last: NDArray[np.intp]) -> NDArray[np.intp]:
    """One number for all runs that hang together: run ``i`` touches the runs ``first[i]`` to ``last[i]`` below it."""
    touching = np.maximum(last - first, 0)
    above = np.repeat(np.arange(count), touching)
    offsets = np.arange(above.size) - np.repeat(np.cumsum(touching) - touching, touching)
    below = first[above] + offsets
    labels = np.arange(count)
    while above.size:
        least = np.minimum(labels[above], labels[below])
        np.minimum.at(labels, labels[above], least)
        np.minimum.at(labels, labels[below], least)
        labels = labels[labels]
        apart = labels[above] != labels[below]
        above, below = above[apart], below[apart]
    while not np.array_equal(labels, nearer := labels[labels]):
        labels = nearer
    return labels


def _tight(edges: Mask, boxes: NDArray[np.intp]) -> list[Rect]:
    """Each box without its empty columns: ink lies from the first edge to before the last."""
    found = []
    width = edges.shape[1]
    for left, top, right, bottom in boxes.tolist():
        x, end = left * CELL, min(right * CELL, width)
        columns = np.flatnonzero(edges[top:bottom, x:end].any(axis=0))
        if columns.size:
            found.append(Rect(x + int(columns[0]), top, max(int(columns[-1] - columns[0]), 1), bottom - top))
    return found
