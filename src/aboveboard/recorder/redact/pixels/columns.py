"""Does a word stand in a column in which nearly everything is covered?

A table has a kind of thing in each column. Where a cell is too narrow for what is in it, or a letter was misread, that
one may pass for an ordinary word; its neighbours above and below tell what it is.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

ALIGNED = 4
"""Columns of pixels in which the left edges of one column's words lie."""
NEAR = 7
"""Heights of a word, up and down, in which its neighbours lie."""
LEAST, SHARE = 3, 0.7
"""So many neighbours are covered at least, and this part of all."""


class Standing(NamedTuple):
    """A word of the screen. ``top`` and ``height`` are those of its line."""

    left: int
    top: int
    height: int
    covered: bool


def like_their_neighbours(words: Sequence[Standing]) -> Iterator[int]:
    """Which of ``words``, by number, are not covered and should be."""
    columns: dict[int, list[int]] = {}
    for number, word in enumerate(words):
        columns.setdefault(word.left // ALIGNED, []).append(number)
    for place, column in columns.items():
        open_ones = [number for number in column if not words[number].covered]
        # The edge of a column may fall between two of these.
        around = [number for beside in (place - 1, place, place + 1) for number in columns.get(beside, ())]
        if open_ones and sum(words[number].covered for number in around) >= LEAST:
            yield from (number for number in open_ones if _stands_out(words, number, around))


def _stands_out(words: Sequence[Standing], number: int, around: Sequence[int]) -> bool:
    word = words[number]
    near = [
        words[other].covered
        for other in around
        if abs(words[other].left - word.left) <= ALIGNED and 0 < abs(words[other].top - word.top) <= NEAR * word.height
    ]
    return sum(near) >= LEAST and sum(near) >= SHARE * len(near)
