"""Which lines stand in one window?

What stands side by side in two windows was never meant to be read as one. Where it is not certain which windows lie
where, all of the screen counts as one.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.reading import Content, Line, Word
from aboveboard.recorder.redact.scope import intersect

Panes = tuple[tuple[Rect, int], ...]
"""Windows from the top down, each with a number that is the same for all windows of one client."""
BESIDE = -1
"""What is in no window."""


def apart(lines: Sequence[Line], panes: Panes) -> tuple[list[Line], list[int]]:
    """``lines``, cut where one goes on into another window, and the number of each one's window."""
    found: list[Line] = []
    numbers: list[int] = []
    for line in lines:
        for number, part in _cut(line, panes):
            found.append(part)
            numbers.append(number)
    return found, numbers


def _cut(line: Line, panes: Panes) -> Iterator[tuple[int, Line]]:
    rect, words = line.rect, line.content.words
    for pane, number in panes:
        within = intersect(pane, rect)
        if within == rect:  # as nearly all are
            yield number, line
            return
        if within is not None:
            break
    first, last = (_number(panes, line, word) for word in (words[0], words[-1]))
    if first == last and not _borders(panes, rect):
        yield first, line
        return
    for number, group in groupby(words, lambda word: _number(panes, line, word)):
        yield number, _part(line, list(group))


def _part(line: Line, words: list[Word]) -> Line:
    """The part of ``line`` that ``words``, some that follow one another, are."""
    if len(words) == len(line.content.words):
        return line
    left, start = words[0].left, words[0].start
    moved = tuple(Word(one.left - left, one.right - left, one.start - start, one.end - start) for one in words)
    rect = Rect(line.rect.x + left, line.rect.y, words[-1].right - left, line.rect.height)
    return Line(rect, Content(line.text[start : words[-1].end], moved))


def _number(panes: Panes, line: Line, word: Word) -> int:
    """The number of the topmost window over the middle of a word."""
    return number_at(panes, line.rect.x + (word.left + word.right) // 2, line.rect.y + line.rect.height // 2)


def number_at(panes: Panes, x: int, y: int) -> int:
    """The number of the topmost window over a pixel."""
    for (left, top, width, height), number in panes:
        if left <= x < left + width and top <= y < top + height:
            return number
    return BESIDE


def _borders(panes: Panes, rect: Rect) -> bool:
    """Has any window an edge within ``rect``?"""
    right = rect.x + rect.width
    return any(rect.x < edge < right for pane, _ in panes for edge in (pane.x, pane.x + pane.width))
