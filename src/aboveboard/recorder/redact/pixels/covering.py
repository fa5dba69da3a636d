"""Which rectangles hide what should not be seen?

A redactor looks at texts, so the lines of one window (``panes``) are put together as somebody would read them:

1. side by side in a row, for a name beside its label and a number over several cells;
2. one under the other, for an address over several lines: each line with the next, short ones with up to three.

What is found is mapped back: every word that it touches is covered whole, with a margin for the soft edges of letters.
So is a word in a column of covered ones (``columns``).
Whatever was not read or may be being typed is covered too, and all of a text that could not be checked, or not yet. A
text is checked once: it is remembered by what it says, wherever it stands.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.columns import Standing, like_their_neighbours
from aboveboard.recorder.redact.pixels.misread import odd, ways_to_read
from aboveboard.recorder.redact.pixels.panes import Panes, apart
from aboveboard.recorder.redact.pixels.reading import Content, Line, Reading, Word
from aboveboard.recorder.redact.text.finding import Finding

MARGIN = 2
CELLS_APART = 12
"""Heights of a line: what is further apart to the side is not one row."""
CELL_APART = 1.5
"""From this on a row's parts are cells of a table: told apart by a tab."""
CELL_GAP = 1.0
"""Heights between two words of a line, from which on the second may begin a cell."""
LINES_APART = 1.2
"""Heights between a line and the next of its block, at most."""
OVERLAP = 3
"""Pixels by which neighbours may overlap."""
SHORT, BLOCK = 34, 4
"""Letters in a short line; how many of them are looked at together."""
TEXTS_LIMIT = 20_000
CELLS_LIMIT = 2_000
TOGETHER = 12
"""So many texts are looked at in one go."""


class Finder(Protocol):
    """What ``redact.text.redactor.Redactor`` does: ``None`` for a text that could not be checked.

    If it has a ``find_each`` as well, that is given several texts at a time.
    """

    def find(self, text: str) -> list[Finding] | None: ...


@dataclass(frozen=True, slots=True)
class _Unit:
    """A text put together from lines, and where in it each of them starts."""

    text: str
    parts: tuple[tuple[int, Line], ...]


class Coverer:
    """Remembers what was found in which text. Used by one thread."""

    def __init__(self, finder: Finder, *, cpu_ns: Callable[[], int] = time.thread_time_ns) -> None:
        self._cpu_ns = cpu_ns
        self._find_each: Callable[[Sequence[str]], Sequence[list[Finding] | None]] = getattr(
            finder, "find_each", lambda texts: [finder.find(text) for text in texts]
        )
        self._found: dict[str, tuple[tuple[int, int], ...] | None] = {}
        self._last: tuple[Reading | None, tuple[Rect, ...]] = (None, ())
        self._cells: dict[int, tuple[Content, tuple[Word, ...]]] = {}
        self._units: tuple[tuple[tuple[Line, ...], Panes], list[_Unit]] = (((), ()), [])
        self.checked = 0
        """Texts that the finder was asked about."""
        self.waiting = 0
        """Texts that were covered whole at the last call, for want of time: they are checked at the next ones."""

    def cover(self, reading: Reading, *, allowance_ns: int | None = None, panes: Panes = ()) -> tuple[Rect, ...]:
        """Rectangles of the screen that hold all of what is to be hidden. They may reach over its edge by a margin.

        ``allowance_ns``: processor time for checking texts (``None``: as long as it takes); some are always checked.
        """
        here = (reading.lines, panes)
        if self._last[0] is reading and self._units[0][1] == panes and not self.waiting:
            return self._last[1]
        boxes = [_wider(rect) for rect in reading.unread]
        if self._units[0] != here:  # a caret that blinks changes none
            self._units = (here, list(units(reading.lines, panes)))
        boxes += [_wider(rect) for rect in reading.typed]
        typed = set(reading.typed)
        looked_at = [unit for unit in self._units[1] if not typed.issuperset(line.rect for _, line in unit.parts)]
        self._check([unit.text for unit in looked_at], allowance_ns)
        for unit in looked_at:
            places = self._found.get(unit.text)
            if places is None:
                boxes += [_wider(line.rect) for _, line in unit.parts]
                continue
            for start, end in places:
                for offset, line in unit.parts:
                    place = line.place(start - offset, end - offset)
                    if place is not None:
                        boxes.append(_wider(place))
        boxes += self._rest_of_columns(reading.lines, boxes)
        self._last = (reading, tuple(dict.fromkeys(boxes)))
        return self._last[1]

    def _check(self, texts: Sequence[str], allowance_ns: int | None) -> None:
        """Look at those of ``texts`` that are new, several at a time, as long as is allowed."""
        new = list(dict.fromkeys(text for text in texts if text not in self._found))
        self.waiting = len(new)
        if not new:
            return
        if len(self._found) >= TEXTS_LIMIT:
            here = set(texts)
            for old in [text for text in self._found if text not in here][: TEXTS_LIMIT // 4]:
                del self._found[old]
        until_ns = None if allowance_ns is None else self._cpu_ns() + allowance_ns
        for at in range(0, len(new), TOGETHER):
            self._look(new[at : at + TOGETHER])
            self.waiting = max(self.waiting - TOGETHER, 0)
            if until_ns is not None and self._cpu_ns() >= until_ns:
                return

    def _rest_of_columns(self, lines: Sequence[Line], boxes: Sequence[Rect]) -> list[Rect]:
        """First words of cells that stand in columns of covered ones."""
        rows: dict[int, list[tuple[int, int]]] = {}
        for box in dict.fromkeys(boxes):
            rows.setdefault(box.y + MARGIN, []).append((box.x, box.x + box.width))
        if not rows:
            return []
        places = [(line.rect, word) for line in lines for word in self._cells_of(line)]
        words = np.array([(rect.x + word.left, rect.y, rect.height) for rect, word in places], np.intp).reshape(-1, 3)
        covered = [
            top in rows and any(left <= at < right for left, right in rows[top]) for at, top in words[:, :2].tolist()
        ]
        standing = Standing(words[:, 0], words[:, 1], words[:, 2], np.array(covered, np.bool_))
        chosen = [places[number] for number in like_their_neighbours(standing)]
        return [_wider(Rect(rect.x + word.left, rect.y, word.right - word.left, rect.height)) for rect, word in chosen]

    def _cells_of(self, line: Line) -> tuple[Word, ...]:
        """As :func:`_cells`, worked out once for what a line says: it stays the same object while nothing changes."""
        known = self._cells.get(id(line.content))
        if known is None or known[0] is not line.content:
            if len(self._cells) >= CELLS_LIMIT:
                self._cells.clear()
            known = self._cells[id(line.content)] = (line.content, tuple(_cells(line)))
        return known[1]

    def _look(self, texts: Sequence[str]) -> None:
        """What is found in any of the ways in which each of ``texts`` may have to be read."""
        ways = [(text, one, origins) for text in texts for one, origins in ways_to_read(text).items()]
        found: dict[str, list[tuple[int, int]] | None] = {text: list(odd(text)) for text in texts}
        self.checked += len(ways)
        for (text, _, origins), findings in zip(ways, self._find_each([one for _, one, _ in ways]), strict=True):
            places = found[text]
            if findings is None:
                found[text] = None
            elif places is not None:
                places += [(origins[finding.start], origins[finding.end - 1] + 1) for finding in findings]
        for text, places in found.items():
            self._found[text] = None if places is None else tuple(dict.fromkeys(places))


def _cells(line: Line) -> Iterator[Word]:
    """The words with which a cell may begin: the first, what stands after a wide gap or a sign, and numbers."""
    before: Word | None = None
    for word in line.content.words:
        wide = before is None or word.left - before.right >= CELL_GAP * line.rect.height
        if (
            wide
            or any(map(str.isdigit, _text(line, word)))
            or (before and not any(map(str.isalnum, _text(line, before))))
        ):
            yield word
        before = word


def _text(line: Line, word: Word) -> str:
    return line.text[word.start : word.end]


def cover(reading: Reading, finder: Finder) -> tuple[Rect, ...]:
    """As :meth:`Coverer.cover`, for once."""
    return Coverer(finder).cover(reading)


def units(lines: Sequence[Line], panes: Panes = ()) -> Iterator[_Unit]:
    """The texts to look at. ``lines`` are in order of their tops. Every line is in one of them at least."""
    numbers = None
    if panes:
        lines, numbers = apart(lines, panes)
    beside, below = _neighbours(lines, numbers)
    starts = set(range(len(lines))) - set(beside.values())
    for start in sorted(starts):
        row = [start]
        while row[-1] in beside:
            row.append(beside[row[-1]])
        if len(row) > 1:
            yield _row([lines[at] for at in row])
    alone = set(range(len(lines))) - set(beside) - set(beside.values())
    under = set(below.values())
    for at, line in enumerate(lines):
        block = [line]
        following = below.get(at)
        while following is not None:
            block.append(lines[following])
            short = all(len(one.text) <= SHORT for one in block)
            if len(block) >= (BLOCK if short else 2):
                break
            following = below.get(following)
        if len(block) > 1:
            yield _column(block)
        elif at in alone and at not in under:
            yield _Unit(line.text, ((0, line),))


def _neighbours(lines: Sequence[Line], numbers: Sequence[int] | None) -> tuple[dict[int, int], dict[int, int]]:
    """For each line, if it has one, the next to the right in its row, and the next below it in its block.

    ``numbers``: those that have not the same are no neighbours.
    """
    if len(lines) < 2:
        return {}, {}
    boxes = np.array([line.rect for line in lines], np.float32)
    left, top, height = boxes[:, 0], boxes[:, 1], boxes[:, 3]
    right, bottom = left + boxes[:, 2], top + height
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    same_row = shared * 2 >= np.minimum(height[:, None], height)
    np.fill_diagonal(same_row, val=False)
    pane = np.zeros(len(lines), np.intp) if numbers is None else np.array(numbers, np.intp)
    together = pane[:, None] == pane
    aside = left - right[:, None]
    reach = CELLS_APART * height[:, None]
    aside = np.where(same_row & together & (aside >= -OVERLAP) & (aside < reach), aside, np.inf)
    under = top - bottom[:, None]
    over_it = (left < right[:, None]) & (left[:, None] < right) & (under >= -OVERLAP)
    under = np.where(over_it & together & ~same_row & (under <= LINES_APART * height[:, None]), under, np.inf)
    return _one_each(_nearest(aside)), _nearest(under)


def _nearest(distances: NDArray[np.float32]) -> dict[int, int]:
    """For each row the column with the least distance, where there is one."""
    best = distances.argmin(axis=1)
    found = np.isfinite(distances[np.arange(best.size), best])
    return {int(at): int(best[at]) for at in np.flatnonzero(found)}


def _one_each(following: dict[int, int]) -> dict[int, int]:
    """Each line follows at most one other."""
    taken: dict[int, int] = {}
    for at, other in following.items():
        taken.setdefault(other, at)
    return {at: other for other, at in taken.items()}


def _row(lines: Sequence[Line]) -> _Unit:
    text, parts = "", []
    for place, line in enumerate(lines):
        if place:
            before = lines[place - 1].rect
            text += "\t" if line.rect.x - before.x - before.width >= CELL_APART * before.height else " "
        parts.append((len(text), line))
        text += line.text
    return _Unit(text, tuple(parts))


def _column(lines: Sequence[Line]) -> _Unit:
    parts, length = [], 0
    for line in lines:
        parts.append((length, line))
        length += len(line.text) + 1
    return _Unit("\n".join(line.text for line in lines), tuple(parts))


def _wider(rect: Rect) -> Rect:
    return Rect(rect.x - MARGIN, rect.y - MARGIN, rect.width + 2 * MARGIN, rect.height + 2 * MARGIN)
