"""Where are letters so large that their straight strokes look like the edges of panels?

``ink`` takes out what stands upright for long: frames and rules are no text. The stems of letters as high as a thumb
go with them, and what is left of an H is a bar. So they are looked for by themselves. A stem is

1. two upright edges, ``NARROW`` to ``BROAD`` columns apart, for ``SHORT`` to ``TALL`` rows;
2. of one colour in between, all the way down;
3. with the same ground to its left and to its right, which is of another colour.

The place of a letter is guessed from its stem: as far to both sides as the stem is high.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import FAINT, Mask, Words, edges_of
from aboveboard.recorder.redact.pixels.panes import Panes, number_at

T = TypeVar("T", np.uint32, np.bool_)

SHORT, TALL = 32, 400
"""Rows; the first is a power of two."""
NARROW, BROAD = 4, 64
STEP = 8
"""Every so many rows are looked at."""
SOFT = 2
"""Columns that the soft edge of a letter takes."""
ASIDE = 4 * SOFT + 2
"""Columns beside a stem that count for it."""
LIMIT = 2000
"""More stems than this are no text."""


class Stems:
    """Follows one screen. Used by one thread."""

    def __init__(self) -> None:
        self._found: dict[Rect, Rect] = {}
        self._shape = (0, 0)

    def places(
        self, pixels: Words, changed: Sequence[Rect] | None, panes: Panes = (), *, edges: Mask | None = None
    ) -> list[Rect]:
        """Where large letters are on the screen ``pixels``, of which ``changed`` (``None``: all) is new.

        ``edges`` are those of the screen, where they are known.
        What reaches from one window of ``panes`` into another is no letter, but the edge of one.
        """
        screen = Rect(0, 0, pixels.shape[1], pixels.shape[0])
        if changed is None or self._shape != pixels.shape:
            self._found, self._shape, changed = {}, pixels.shape, [screen]
        edges = edges_of(pixels) if edges is None else edges
        for rect in changed:
            self._look(pixels, edges, screen, rect)
        return list(dict.fromkeys(letter for stem, letter in self._found.items() if _in_one(panes, stem)))

    def _look(self, pixels: Words, edges: Mask, screen: Rect, rect: Rect) -> None:
        for stem in [one for one in self._found if _touch(one, rect)]:
            del self._found[stem]
        # What touches it is upright nearby too: there is nothing further to look at, or some columns only.
        near = _wider(rect, 2 * SHORT + 2, screen)
        upright = _upright(_cut(edges, near))
        tall = _wider(rect, TALL + SHORT + 2, screen)
        for first, last in _groups(upright) if upright is not None else ():
            left, right = max(near.x + first - ASIDE, 0), min(near.x + last + 1 + BROAD + ASIDE, screen.width)
            around = Rect(left, tall.y, right - left, tall.height)
            for stem in find_stems(_cut(pixels, around), _cut(edges, around)):
                there = Rect(stem.x + around.x, stem.y + around.y, stem.width, stem.height)
                if stem.height <= TALL and _touch(there, rect) and len(self._found) < LIMIT:
                    self._found[there] = _letter(there)


def find_stems(pixels: Words, edges: Mask | None = None) -> list[Rect]:
    """The stems in a picture with these ``edges``, and what is higher."""
    height, width = pixels.shape
    if height < SHORT or width < NARROW + 2 * SOFT + 2:
        return []
    edges = edges_of(pixels) if edges is None else edges
    upright = _upright(edges)
    if upright is None:
        return []
    rows, columns = np.nonzero(upright[::STEP])
    rows *= STEP
    found: dict[Rect, None] = {}
    for further in range(1, 2 * SOFT):  # the soft edges between may be upright too
        apart = columns[further:] - columns[:-further]
        pairs = (rows[further:] == rows[:-further]) & (apart >= NARROW) & (apart <= BROAD)
        pairs = np.flatnonzero(pairs & (columns[:-further] > 0))  # what begins with the picture may go on before it
        y, a, b = rows[pairs], columns[pairs], columns[pairs + further]
        before, after = np.maximum(a - SOFT - 1, 0), np.minimum(b + SOFT, width - 1)
        ground, inside = pixels[y, before], pixels[y, (a + b) // 2]
        alike = ((ground ^ pixels[y, after]) & FAINT) == 0
        alike &= ((ground ^ inside) & FAINT) != 0
        for row, left, right in zip(y[alike].tolist(), a[alike].tolist(), b[alike].tolist(), strict=True):
            gaps = np.flatnonzero(~upright[:, left])
            at = int(np.searchsorted(gaps, row))
            top = int(gaps[at - 1]) + 1 if at else 0
            below = int(gaps[at]) if at < gaps.size else height
            stem = Rect(left, top, right - left, below - top)
            if stem.height >= SHORT and stem not in found and _solid(edges, stem):
                found[stem] = None
    return list(found)


def _upright(edges: Mask) -> Mask | None:
    """What is marked for ``SHORT`` rows on end; ``None``: nothing is."""
    height, width = edges.shape
    packed = np.packbits(edges, axis=1)
    standing, step = packed, 1
    while step < SHORT:
        standing = standing[:-step] & standing[step:]
        step *= 2
    if not standing.any():
        return None
    full = np.zeros_like(packed)
    full[: height - SHORT + 1] = standing
    step = 1
    while step < SHORT:
        full[step:] |= full[:-step].copy()
        step *= 2
    return np.unpackbits(full, axis=1, count=width).view(np.bool_)


def _in_one(panes: Panes, stem: Rect) -> bool:
    """Is the ground to its left in the same window as that to its right?"""
    middle = stem.y + stem.height // 2
    return number_at(panes, stem.x - SOFT - 1, middle) == number_at(panes, stem.x + stem.width + SOFT, middle)


def _groups(upright: Mask) -> list[tuple[int, int]]:
    """The first and last columns of groups with anything upright in them, too far apart to belong together."""
    columns = np.flatnonzero(upright.any(axis=0))
    ends = np.flatnonzero(np.diff(columns) > BROAD + 2 * ASIDE)
    return list(zip(columns[[0, *(ends + 1)]].tolist(), columns[[*ends, -1]].tolist(), strict=True))


def _solid(edges: Mask, stem: Rect) -> bool:
    inner = edges[stem.y : stem.y + stem.height, stem.x + SOFT : stem.x + stem.width - SOFT + 1]
    return not inner.any()


def _letter(stem: Rect) -> Rect:
    around = stem.height * 7 // 8
    return Rect(stem.x - around, stem.y - 4, stem.width + 2 * around, stem.height + 8)


def _wider(rect: Rect, rows: int, screen: Rect) -> Rect:
    """``rect`` with what counts for stems that touch it, to so many rows above and below.

    The same rows are looked at wherever it begins: what is found must not depend on what changed.
    """
    aside, rows = BROAD + ASIDE, rows + 1
    left, top = max(rect.x - aside, 0), max(rect.y - rows, 0) // STEP * STEP
    right, below = min(rect.x + rect.width + aside, screen.width), min(rect.y + rect.height + rows, screen.height)
    return Rect(left, top, right - left, below - top)


def _cut(pixels: NDArray[T], rect: Rect) -> NDArray[T]:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _touch(stem: Rect, rect: Rect) -> bool:
    """Does what is in ``rect`` decide whether this is a stem? Its right edge may begin above it or end below it."""
    reach = SOFT + 2
    aside = stem.x - reach < rect.x + rect.width and rect.x < stem.x + stem.width + reach
    return aside and stem.y - SHORT < rect.y + rect.height and rect.y < stem.y + stem.height + SHORT
