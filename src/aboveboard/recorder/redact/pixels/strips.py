"""Which lines, words and glyphs does a piece of ink consist of?

A *strip* is one line of ink over a ground. A *glyph* here is ink without an empty column in it: a letter, or two that
touch. The same letter at the same place between two pixels has the same pixels, so a glyph has a number made from them:

1. How far a pixel is from the ground in the colour that differs most, as a share of the furthest of its word. So the
   number is the same for green letters on white and black ones on yellow.
2. That share in sixteen steps, the glyph's size, and how far its foot is from the line's.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import Mask, Words

VISIBLE = 10
"""Steps of a colour, of 255: what differs less from the ground is ground."""
GLYPH_SHARE = 5
"""Within a word, what is less than this part of its strongest ink does not join two glyphs."""
GAP_LEAST, GAP_MOST, GAP_USUAL = 0.2, 0.62, 0.45
"""Between two words, in heights of the line: at least, at most, and where the line itself does not tell."""
MANY, MUCH_WIDER = 10, 2.2
"""In a line of so many gaps, those that are so much wider on average than the others are between words."""
CELLS = 1.2
"""Heights: a wider gap is between two cells, and tells nothing of those between words."""
JOINED = 1.2
"""Heights: where pieces of ink are mostly that wide, the letters of a word touch, and each gap is between words."""
CLEAR_LEAP, GAPS_ENOUGH = 3, 4
"""Columns; and so many wide gaps are as good as any more: a single one may be what stands beside a text."""
GROUND_LEAST = 16
"""Columns: a narrower piece of another colour is no ground of its own."""
RULED, RULE_SHARE, RULES_MOST = 4, 0.9, 3
"""A line so many times as wide as high may have rules in it: so many rows at most, with ink over that share of them."""
STEPS = 15

Levels = NDArray[np.uint8]


@dataclass(slots=True)
class WordInk:
    """A word's columns within its strip; ``glyphs``: the numbers of its glyphs from left to right."""

    left: int
    right: int
    glyphs: tuple[int, ...]


@dataclass(slots=True)
class Strip:
    """``rect`` on the screen; ``levels``: (height, width), how far each pixel is from the ground, 0 to 255.

    ``foot``: the row that its letters stand on. ``clear``: the gaps between words are much wider than any other, so
    within a word there is no space.
    """

    rect: Rect
    levels: Levels
    foot: int
    clear: bool
    words: list[WordInk]


def strip_of(pixels: Words, rect: Rect) -> Strip:
    """The line of ink in ``rect``, which lies within ``pixels``."""
    ground = _ground_of(pixels, rect)
    levels = _levels_over(ground, pixels, rect)
    _leave_out_rules(levels)
    tallest = levels.max(axis=0)
    places: list[tuple[int, int]] = []
    clear = True
    for left, right in pairwise(_grounds(ground)):
        found, told = _words(tallest[left:right], height_of(levels[:, left:right]))
        places += [(left + start, left + end) for start, end in found]
        clear &= told or not found
    foot, glyphs = _glyphs(levels, tallest, places)
    words = [WordInk(left, right, numbers) for (left, right), numbers in zip(places, glyphs, strict=True)]
    return Strip(rect, levels, foot, clear, words)


def height_of(levels: Levels) -> int:
    """From its highest ink to its lowest: of two windows side by side one may have smaller letters."""
    rows = np.flatnonzero((levels >= VISIBLE).any(axis=1))
    return int(rows[-1] - rows[0]) + 1 if rows.size else levels.shape[0]


def _leave_out_rules(levels: Levels) -> None:
    """Level rules through a line, such as those between the rows of a table, would join all of its words to one."""
    height, width = levels.shape
    if width >= RULED * height:
        rules = np.count_nonzero(levels >= VISIBLE, axis=1) >= RULE_SHARE * width
        if np.count_nonzero(rules) <= RULES_MOST:
            levels[rules] = 0


def levels_of(pixels: Words, rect: Rect) -> Levels:
    """How far the pixels of ``rect`` are from the ground: of each column, what is just above or below it."""
    return _levels_over(_ground_of(pixels, rect), pixels, rect)


def _ground_of(pixels: Words, rect: Rect) -> NDArray[np.uint32]:
    """The colour of the ground in each column."""
    top, bottom = max(rect.y - 1, 0), min(rect.y + rect.height, pixels.shape[0] - 1)
    columns = slice(rect.x, rect.x + rect.width)
    above, below = pixels[top, columns], pixels[bottom, columns]
    agreed = above == below
    if agreed.all():
        return above
    if np.count_nonzero(agreed) * 3 < agreed.size:
        return np.full_like(above, _commonest(pixels[rect.y : rect.y + rect.height, columns]))
    nearest = np.maximum.accumulate(np.where(agreed, np.arange(agreed.size), -1))
    nearest[nearest < 0] = int(agreed.argmax())
    return above[nearest]


def _levels_over(ground: NDArray[np.uint32], pixels: Words, rect: Rect) -> Levels:
    area = pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
    left = np.ascontiguousarray(area).view(np.uint8).reshape(*area.shape, 4)
    right = np.ascontiguousarray(ground).view(np.uint8).reshape(1, -1, 4)
    apart = np.maximum(left, right)
    apart -= np.minimum(left, right)
    levels: Levels = np.maximum(np.maximum(apart[..., 0], apart[..., 1]), apart[..., 2])
    return levels


def _grounds(ground: NDArray[np.uint32]) -> list[int]:
    """Columns at which another ground begins, such as another window, with the first and the last column of all."""
    bounds = [0]
    for at in (np.flatnonzero(ground[1:] != ground[:-1]) + 1).tolist():
        if at - bounds[-1] >= GROUND_LEAST:
            bounds.append(at)
    if len(bounds) > 1 and ground.size - bounds[-1] < GROUND_LEAST:
        bounds.pop()
    return [*bounds, ground.size]


def _commonest(area: Words) -> np.uint32:
    colours, counts = np.unique(area[:: max(1, area.shape[0] // 4)], return_counts=True)
    return np.uint32(colours[counts.argmax()])


def spans(marked: Mask) -> tuple[list[int], list[int]]:
    """Where runs of marked places start, and where they end."""
    padded = np.zeros(marked.size + 2, np.int8)
    padded[1:-1] = marked
    turns = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return turns[::2], turns[1::2]


def strong_columns(tallest: Levels) -> Mask:
    """Columns with more than the soft edge of a letter, by what is strongest in the ink that hangs together there."""
    strong = tallest >= VISIBLE
    starts, ends = spans(strong)
    if starts:
        strongest = np.maximum.reduceat(tallest, starts)
        limits = np.repeat(strongest, np.subtract(ends, starts)) // GLYPH_SHARE
        strong[strong] = tallest[strong] > limits
    return strong


def _words(tallest: Levels, height: int) -> tuple[list[tuple[int, int]], bool]:
    """Columns from and to of each word: runs of ink, apart by a gap that is large for this line; and is that clear?

    A gap is from one letter's body to the next one's. The soft edges in it go to the word that they are nearer to.
    """
    starts, ends = spans(strong_columns(tallest))
    if not starts:
        return [], False
    visible = np.flatnonzero(tallest >= VISIBLE)
    gaps = [start - end for start, end in zip(starts[1:], ends, strict=False)]
    least, clear = gap_of(gaps, height)
    if np.median(np.subtract(ends, starts)) >= JOINED * height:
        least = min(least, max(2, round(height * GAP_LEAST)))
    found, left = [], int(visible[0])
    for place, gap in enumerate(gaps):
        if gap >= least:
            cut = ends[place] + int(tallest[ends[place] : starts[place + 1]].argmin())
            at = int(np.searchsorted(visible, cut))
            found.append((left, int(visible[at - 1]) + 1))
            left = int(visible[at])
    return [*found, (left, int(visible[-1]) + 1)], clear


def gap_of(gaps: list[int], height: int) -> tuple[int, bool]:
    """From how many empty columns on two words are apart, and whether the gaps leave no doubt.

    Where the sizes of the gaps leap, if they do; else, in a line of many, where they fall into two kinds, one of gaps
    much wider than the other; else what is usual.
    """
    low, high = max(2, round(height * GAP_LEAST)), max(3, round(height * GAP_MOST))
    gaps = [gap for gap in gaps if gap <= height * CELLS]
    best, leap, weight, previous = 0, 0, 0, low
    for gap in sorted(set(gaps)):
        if gap > low + 1 and previous <= high and gap - previous > 1:
            heavy = (gap - previous) * min(sum(one >= gap for one in gaps), GAPS_ENOUGH)
            if heavy > weight:
                best, leap, weight = (previous + gap + 1) // 2, gap - previous, heavy
        previous = max(gap, low)
    usual = max(low + 1, round(height * GAP_USUAL))
    if best:
        least = min(max(best, low + 1 if len(gaps) >= MANY else usual), high + 1)
        # Where the limit is above what leapt, a gap that is below it may be a space.
        return least, leap >= CLEAR_LEAP and not any(best <= gap < least for gap in gaps)
    for least in range(low + 1, usual) if len(gaps) >= MANY else ():
        wide = [gap for gap in gaps if gap >= least]
        close = [gap for gap in gaps if gap < least]
        if len(wide) >= 2 and close and sum(wide) * len(close) >= MUCH_WIDER * sum(close) * len(wide):
            return least, False
    return usual, False


def _glyphs(levels: Levels, tallest: Levels, words: list[tuple[int, int]]) -> tuple[int, list[tuple[int, ...]]]:
    """The row below most glyphs' lowest ink, and the numbers of the glyphs of each word."""
    height, width = levels.shape
    if not words:
        return height, []
    lefts = [left for left, _ in words]
    strongest = np.empty(width + 1, np.uint16)
    strongest[: lefts[0]] = 255
    strongest[lefts[0] :] = np.repeat(np.maximum.reduceat(tallest, lefts), np.diff([*lefts, width + 1]))
    strong = np.zeros((height, width + 1), np.bool_)
    np.greater(levels, np.maximum(strongest // GLYPH_SHARE, VISIBLE - 1)[:width], out=strong[:, :width])
    steps = ((levels * np.uint16(STEPS) + strongest[:width] // 2) // strongest[:width]).astype(np.uint8)
    columns: Mask = np.logical_or.reduce(strong, axis=0)
    starts, ends = spans(columns)
    rows = np.logical_or.reduceat(strong, [at for pair in zip(starts, ends, strict=True) for at in pair], axis=1)[
        :, ::2
    ]
    tops, bottoms = rows.argmax(axis=0).tolist(), (height - rows[::-1].argmax(axis=0)).tolist()
    foot = max(bottoms, key=bottoms.count)
    found: list[list[int]] = [[] for _ in words]
    word = 0
    for start, end, top, bottom in zip(starts, ends, tops, bottoms, strict=True):
        while start >= words[word][1]:
            word += 1
        found[word].append(hash((end - start, bottom - foot, steps[top:bottom, start:end].tobytes())))
    return foot, [tuple(numbers) for numbers in found]
