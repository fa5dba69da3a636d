"""What can still be read in a picture? Asked of a program that looks at the whole of it, enlarged twice, in two ways.

Everything that is uncertain counts against the cover:

1. Something planted counts if the program could read it before, three quarters of it at least, and where it stood is
   known from that. What nobody could read before cannot be found after, and is only counted.
2. It is *found* if six of ten of its letters and digits are read there in order, or five digits of it in a row, in any
   of the looks: at the whole picture, at its place alone; or if it can be read whole anywhere on the screen.
3. A word of it on which no pixel changed is read as it was before, whatever the program makes of its surroundings.

An ordinary word that could be read before is *legible* if it is read there still, or no pixel of it changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from benchmarks.redaction.screens.planted import Token
from numpy.typing import NDArray
from PIL import Image

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ocr import TESSDATA

Pixels = NDArray[np.uint32]
Read = tuple[str, Rect]
"""A word that was read, and where."""

ENLARGED = 2
AROUND = 4
BEFORE, FOUND, DIGITS = 0.75, 0.6, 5
LEAST = 3
"""Letters of an ordinary word."""


@dataclass
class Look:
    """Words by lines."""

    lines: list[list[Read]]

    @property
    def words(self) -> Iterator[Read]:
        """All of them."""
        return (word for line in self.lines for word in line)


class Onlooker:
    """Reads pictures."""

    def __init__(self) -> None:
        import tesserocr

        self._program: Any = tesserocr.PyTessBaseAPI(path=TESSDATA[0], lang="eng")
        self._whole = (tesserocr.PSM.AUTO, tesserocr.PSM.SPARSE_TEXT)
        self._line, self._levels = tesserocr.PSM.SINGLE_LINE, tesserocr.RIL

    def looks(self, pixels: Pixels) -> list[Look]:
        """What is read where, for each of two ways to look at all of it."""
        return [self._look(pixels, mode) for mode in self._whole]

    def at(self, pixels: Pixels, rect: Rect) -> str:
        """What is read at one place, looked at alone."""
        part = _cut(pixels, rect, AROUND)
        if part.size == 0 or np.unique(part).size < 2:
            return ""
        return " ".join(text for text, _ in self._look(np.ascontiguousarray(part), self._line).words)

    def _look(self, pixels: Pixels, mode: int) -> Look:
        height, width = pixels.shape
        rgb = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)[..., 2::-1]
        image = Image.fromarray(np.ascontiguousarray(rgb)).convert("L")
        self._program.SetPageSegMode(mode)
        self._program.SetImage(image.resize((width * ENLARGED, height * ENLARGED), Image.Resampling.BICUBIC))
        self._program.Recognize()
        lines: list[list[Read]] = []
        words, level = self._program.GetIterator(), self._levels.WORD
        while words is not None:
            box = words.BoundingBox(level)
            if box and words.GetUTF8Text(level):
                if words.IsAtBeginningOf(self._levels.TEXTLINE) or not lines:
                    lines.append([])
                left, top, right, bottom = (part // ENLARGED for part in box)
                lines[-1].append((words.GetUTF8Text(level), Rect(left, top, right - left + 1, bottom - top + 1)))
            if not words.Next(level):
                break
        return Look(lines)


def bare(text: str) -> str:
    """Its letters and digits."""
    return "".join(one for one in text.lower() if one.isalnum())


def in_order(wanted: str, read: str) -> int:
    """How many of the letters of ``wanted`` are in ``read`` in this order (the longest common subsequence)."""
    masks: dict[str, int] = {}
    for place, letter in enumerate(wanted):
        masks[letter] = masks.get(letter, 0) | 1 << place
    full = (1 << len(wanted)) - 1
    row = full
    for letter in read:
        match = row & masks.get(letter, 0)
        row = ((row + match) | (row - match)) & full
    return len(wanted) - row.bit_count()


def gives_away(wanted: str, read: str) -> bool:
    """Is enough of ``wanted`` (as :func:`bare`) in ``read`` to count as found?"""
    if wanted and in_order(wanted, read) >= FOUND * len(wanted):
        return True
    ours, theirs = ("".join(one for one in text if one.isdigit()) for text in (wanted, read))
    return any(ours[at : at + DIGITS] in theirs for at in range(len(ours) - DIGITS + 1))


def place_of(wanted: str, look: Look) -> list[Read]:
    """The words of ``look``, in a line, in which most of ``wanted`` is read; none if it is not there."""
    best: list[Read] = []
    most = BEFORE * len(wanted) - 0.5
    for line in look.lines:
        for start in range(len(line)):
            joined = ""
            for end in range(start, len(line)):
                joined += bare(line[end][0])
                score = in_order(wanted, joined) - max(len(joined) - len(wanted), 0) / 2
                if score > most:
                    best, most = line[start : end + 1], score
                if len(joined) > 1.5 * len(wanted):
                    break
    return best


def _without_doubles(tokens: dict[str, Token], looks: list[Look]) -> dict[Token, list[list[Read]]]:
    """Where each was read. Of several like one another that would be at one place, the likest is there."""
    found: dict[Token, list[list[Read]]] = {token: [] for token in tokens.values()}
    for look in looks:
        best: dict[Rect, tuple[float, Token, list[Read]]] = {}
        for token in tokens.values():
            if place := place_of(bare(token.text), look):
                wanted, read = bare(token.text), bare("".join(text for text, _ in place))
                alike = in_order(wanted, read) / max(len(wanted), len(read))
                if alike > best.get(place[0][1], (0.0,))[0]:
                    best[place[0][1]] = (alike, token, place)
        for _, token, place in best.values():
            found[token].append(place)
    return found


@dataclass
class Planted:
    """Something planted that could be read: the words in which it was, for each look that read it."""

    token: Token
    places: list[list[Read]]

    @property
    def rects(self) -> list[Rect]:
        """Where it was, by look."""
        return [_around([rect for _, rect in words]) for words in self.places]


class Before:
    """A screen as it was: what was planted and could be read, and the ordinary words."""

    def __init__(self, onlooker: Onlooker, pixels: Pixels, tokens: list[Token]) -> None:
        self._onlooker, self._pixels = onlooker, pixels
        looks = onlooker.looks(pixels)
        self.planted: list[Planted] = []
        self.unreadable: dict[str, int] = {}
        for token, places in _without_doubles({one.text: one for one in tokens if one.kind}, looks).items():
            if places:
                self.planted.append(Planted(token, places))
            else:
                self.unreadable[str(token.kind)] = self.unreadable.get(str(token.kind), 0) + 1
        ordinary = {bare(one.text) for one in tokens if not one.kind}
        taken = [rect for one in self.planted for rect in one.rects]
        self.words: list[Read] = []
        for look in looks:
            for text, rect in look.words:
                known = bare(text) in ordinary and len(bare(text)) >= LEAST
                if known and not any(_meet(rect, other) for other in taken):
                    self.words.append((text, rect))
                    taken.append(rect)

    def found(self, after: Pixels) -> list[Planted]:
        """What of the planted can be found in the stored picture ``after``."""
        looks = self._onlooker.looks(after)
        everything = [bare("".join(text for text, _ in line)) for look in looks for line in look.lines]
        return [one for one in self.planted if self._is_found(one, after, looks, everything)]

    def _is_found(self, one: Planted, after: Pixels, looks: list[Look], everything: list[str]) -> bool:
        wanted = bare(one.token.text)
        if any(wanted in line for line in everything):
            return True
        for words, rect in zip(one.places, one.rects, strict=True):
            kept = "".join(bare(text) for text, box in words if self._same(after, box))
            if gives_away(wanted, kept) or gives_away(wanted, bare(self._onlooker.at(after, rect))):
                return True
            for look in looks:
                here = "".join(bare(text) for text, box in look.words if _within(box, rect))
                if gives_away(wanted, here):
                    return True
        return False

    def legible(self, after: Pixels) -> list[Read]:
        """Which of the ordinary words can still be read."""
        left: list[Read] = []
        for text, rect in self.words:
            if self._same(after, rect) or bare(text) in bare(self._onlooker.at(after, rect)):
                left.append((text, rect))
        return left

    def _same(self, after: Pixels, rect: Rect) -> bool:
        return bool(np.array_equal(_cut(self._pixels, rect, 0), _cut(after, rect, 0)))


@dataclass
class Tally:
    """Of so many of a class, how many were found."""

    there: int = 0
    found: int = 0


@dataclass
class Result:
    """By class of what was planted; ``words``: ordinary ones, and those of them that can still be read."""

    planted: dict[str, Tally] = field(default_factory=dict)
    words: Tally = field(default_factory=Tally)

    def add(self, before: Before, found: list[Planted], legible: int) -> None:
        """One picture."""
        for one in before.planted:
            self.planted.setdefault(str(one.token.kind), Tally()).there += 1
        for one in found:
            self.planted[str(one.token.kind)].found += 1
        self.words.there += len(before.words)
        self.words.found += legible

    @property
    def total(self) -> Tally:
        """All classes together."""
        return Tally(sum(one.there for one in self.planted.values()), sum(one.found for one in self.planted.values()))


def _cut(pixels: Pixels, rect: Rect, around: int) -> Pixels:
    left, top = max(rect.x - around, 0), max(rect.y - around, 0)
    return pixels[top : rect.y + rect.height + around, left : rect.x + rect.width + around]


def _around(rects: list[Rect]) -> Rect:
    left, top = min(one.x for one in rects), min(one.y for one in rects)
    right, bottom = max(one.x + one.width for one in rects), max(one.y + one.height for one in rects)
    return Rect(left, top, right - left, bottom - top)


def _within(box: Rect, rect: Rect) -> bool:
    """Is the middle of ``box`` in ``rect``, or beside it by a little?"""
    return (
        rect.x - AROUND <= box.x + box.width / 2 <= rect.x + rect.width + AROUND
        and rect.y - AROUND <= box.y + box.height / 2 <= rect.y + rect.height + AROUND
    )


def _meet(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width and other.x < one.x + one.width
        and one.y < other.y + other.height and other.y < one.y + one.height
    )  # fmt: skip
