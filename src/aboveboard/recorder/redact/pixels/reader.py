"""What text is where on the screen, in little time?

The reader follows one screen. At each call it looks at what changed and nothing else:

1. Each changed rectangle grows until it cuts no line that was there, and the ink in it is found anew (``ink``).
2. The ink is sorted into lines and pictures (``blobs``). A line whose pixels were seen before, here or elsewhere, is
   known; else it is taken apart into words (``strips``).
3. Words that nobody knows are asked for as far as the allowance goes (``vocabulary``), the rest at the next call.

What is not read is told as ``unread``: it is ink, and nobody knows what it says. That holds for all of a picture.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import ALIKE, Given, alike, fitted
from aboveboard.recorder.redact.pixels.areas import SeenRects, grown
from aboveboard.recorder.redact.pixels.blobs import sort_out
from aboveboard.recorder.redact.pixels.boxes import Boxes
from aboveboard.recorder.redact.pixels.ink import Mask, Words, edges_of, find_ink, follow_edges
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.reading import UNKNOWN, Content, Counts, Line, Reading, Word
from aboveboard.recorder.redact.pixels.strips import Strip, strip_of
from aboveboard.recorder.redact.pixels.vocabulary import BLANK, Said, Vocabulary
from aboveboard.recorder.redact.pixels.wanted import Key

LOOKS_LIMIT = 8_000
"""So many different lines are remembered by a digest of their looks."""

Span = tuple[int, int, Key]
"""A word in a line: columns from and to, and its glyphs."""


@dataclass(slots=True)
class _Look:
    """A line wherever it stands. ``unread``: columns from and to. ``settled``: nothing more will become known."""

    spans: tuple[Span, ...]
    content: Content
    unread: tuple[tuple[int, int], ...]
    settled: bool


class Reader:
    """Used by one thread. ``ocr`` makes the program that reads (``None``: there is none); it is made when needed."""

    def __init__(
        self, ocr: Callable[[], Ocr | None] | None = None, *, cpu_ns: Callable[[], int] = time.thread_time_ns
    ) -> None:
        self.counts = Counts()
        self.vocabulary = Vocabulary(ocr or _ocr_if_there, cpu_ns, self.counts)
        self.edges: Mask = np.zeros((0, 0), np.bool_)
        """Of the screen as it was read last."""
        self._seen = SeenRects()
        self._looks: dict[tuple[int, int, bytes], _Look] = {}
        self._lines: dict[Rect, _Look] = {}
        self._pictures: set[Rect] = set()
        self._places: tuple[Rect, ...] = ()
        self._typed: tuple[Rect, ...] = ()
        self._reading = Reading()

    def read(
        self,
        pixels: Words,
        changed: Sequence[Rect] | None = None,
        *,
        allowance_ns: int,
        given: Sequence[Given] = (),
        typed: tuple[Rect, ...] = (),
    ) -> Reading:
        """What is on the screen ``pixels``, of which ``changed`` (``None``: all) may differ from the last call's.

        ``allowance_ns``: processor time for asking what unknown words say. It is kept on average over calls; a single
        call may take 40 ms more. Finding and comparing come on top, some 10 ns for each changed pixel. ``given``: what
        applications say of lines on the screen now; it is believed where the ink agrees. ``typed``: where somebody may
        be typing; the words of lines there are asked for only once they rest.
        """
        height, width = pixels.shape
        if changed is None or self.edges.shape != pixels.shape:
            self.edges = edges_of(pixels)
            self._lines.clear()
            self._pictures.clear()
            self._seen = SeenRects()
            changed = [Rect(0, 0, width, height)]
        else:
            follow_edges(self.edges, pixels, changed)
        for area in grown(changed, self._seen, Rect(0, 0, width, height)):
            self._look(pixels, area)
        if changed and self.vocabulary.wanted:
            self.vocabulary.only({key for look in self._lines.values() for _, _, key in look.spans})
        others, self._places = typed != self._places, typed
        if changed or others:
            self._typed = self._lines_at(typed)
        told = [self._believe(one) for one in given]
        corrections = self.vocabulary.corrections
        learnt = self.vocabulary.ask(
            allowance_ns, self._changing() if self._typed and self.vocabulary.wanted else ()
        ) or any(told)
        corrected = self.vocabulary.corrections != corrections
        if corrected:
            self._looks.clear()
        if learnt or corrected:
            for look in self._lines.values():
                if corrected or look.unread or not look.settled:
                    self._update(look)
        if changed or learnt or corrected or others:
            self._reading = self._told()
        return self._reading

    def unreadable(self) -> list[Rect]:
        """Lines with a word that was looked at and could not be read."""
        return [rect for rect, look in self._lines.items() if look.settled and look.unread]

    def _look(self, pixels: Words, area: Rect) -> None:
        """Find anew what is in ``area``."""
        self.counts.areas += 1
        self.counts.pixels += area.width * area.height
        for rect in self._seen.take(area):
            self._lines.pop(rect, None)
            self._pictures.discard(rect)
        edges, found = find_ink(self.edges, area)
        lines, pictures = sort_out(edges, found)
        here = [Rect(one.x + area.x, one.y + area.y, one.width, one.height) for one in lines]
        for rect in here:
            self._lines[rect] = self._line(pixels, rect)
        there = [Rect(one.x + area.x, one.y + area.y, one.width, one.height) for one in pictures]
        self._pictures.update(there)
        self._seen.add(here + there)

    def _believe(self, given: Given) -> bool:
        """Take ``given`` for what its ink says, if it fits; was anything learnt?"""
        box = given.rect
        spans = sorted(
            (rect.x + left, rect.x + right, key)
            for rect, look in self._lines.items()
            if box.y <= rect.y + rect.height // 2 < box.y + box.height
            for left, right, key in look.spans
            if box.x <= rect.x + (left + right) // 2 < box.x + box.width
        )
        if all(self.vocabulary.again(key) is not None for _, _, key in spans):
            return False
        texts = fitted(given, [(left, right) for left, right, _ in spans])
        known = [self.vocabulary.again(key) for _, _, key in spans]
        if texts is None or any(
            one is not None and one != BLANK and alike(one.text, text) < ALIKE
            for one, text in zip(known, texts, strict=True)
        ):
            self.counts.given_refused += 1
            return False
        for (_, _, key), text in zip(spans, texts, strict=True):
            self.vocabulary.told(key, text)
        return True

    def _line(self, pixels: Words, rect: Rect) -> _Look:
        looks = np.ascontiguousarray(pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width])
        key = (rect.width, rect.height, blake2b(looks.data, digest_size=16).digest())
        look = self._looks.get(key)
        if look is not None and ((look.settled and not look.unread) or self._still_asked(look)):
            self.counts.lines_again += 1
            return look
        self.counts.lines_new += 1
        look = self._taken_apart(strip_of(pixels, rect))
        if len(self._looks) >= LOOKS_LIMIT:
            for old in list(self._looks)[: LOOKS_LIMIT // 4]:
                del self._looks[old]
        self._looks[key] = look
        return look

    def _still_asked(self, look: _Look) -> bool:
        """Is each of its words known by now, or still to be asked for?"""
        if not all(self.vocabulary.settled(key) or self.vocabulary.wants(key) for _, _, key in look.spans):
            return False
        self._update(look)
        return True

    def _taken_apart(self, strip: Strip) -> _Look:
        said = {word.glyphs: self.vocabulary.said(word, strip) for word in strip.words}
        spans = tuple((word.left, word.right, word.glyphs) for word in strip.words)
        look = _Look(spans, Content("", ()), (), False)
        self._put(look, [said[key] for _, _, key in spans])
        return look

    def _update(self, look: _Look) -> None:
        self._put(look, [self.vocabulary.again(key) for _, _, key in look.spans])

    def _put(self, look: _Look, said: Sequence[Said | None]) -> None:
        """What ``look`` says, from what its words say."""
        parts: list[str] = []
        words: list[Word] = []
        unread: list[tuple[int, int]] = []
        length = 0
        for (left, right, _), one in zip(look.spans, said, strict=True):
            if one is None:
                unread.append((left, right))
            for start, end, text in [(left, right, UNKNOWN)] if one is None else _parts(one, left, right):
                words.append(Word(start, end, length, length + len(text)))
                parts.append(text)
                length += len(text) + 1
        look.content = Content(" ".join(parts), tuple(words))
        look.unread = tuple(unread)
        look.settled = all(self.vocabulary.settled(key) for _, _, key in look.spans)

    def _told(self) -> Reading:
        lines, unread = [], list(self._pictures)
        for rect in sorted(self._lines, key=lambda one: (one.y, one.x)):
            look = self._lines[rect]
            if look.content.words:
                lines.append(Line(rect, look.content))
            unread += [Rect(rect.x + left, rect.y, right - left, rect.height) for left, right in look.unread]
        return Reading(tuple(lines), tuple(unread), self._typed)

    def _lines_at(self, places: Sequence[Rect]) -> tuple[Rect, ...]:
        """Lines that touch one of ``places``."""
        if not places:
            return ()
        return tuple(Boxes([rect for rect, look in self._lines.items() if look.content.words]).touching_any(places))

    def _changing(self) -> set[Key]:
        """The words of lines that somebody may be typing, and that stand nowhere else."""
        left = set(self._typed)
        keys: tuple[set[Key], set[Key]] = (set(), set())
        for rect, look in self._lines.items():
            keys[rect in left].update(key for _, _, key in look.spans)
        return keys[1] - keys[0]


def _parts(said: Said, left: int, right: int) -> list[tuple[int, int, str]]:
    """Columns from and to, and text, of each word in ink at ``left`` to ``right``."""
    if said == BLANK:
        return []
    if not said.cuts:
        return [(left, right, said.text)]
    edges = [left, *(left + cut for cut in said.cuts), right]
    return [(start, end, text) for (start, end), text in zip(pairwise(edges), said.text.split(" "), strict=True)]


def _ocr_if_there() -> Ocr | None:
    try:
        return Ocr()
    except SetupMissing:
        return None
