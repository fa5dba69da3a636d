"""What is painted over one region of the screen, and what if that cannot be worked out?

A layer follows its region of the captured screen and knows what to paint there: boxes of one colour. If following
fails, for whatever reason, the whole region is black, that is told, and after a rest it begins anew.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Marker, MarkerReason
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.pixels.boxes import Boxes
from aboveboard.recorder.redact.pixels.covering import Coverer, Finder
from aboveboard.recorder.redact.pixels.ink import Words
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.panes import Panes, number_at
from aboveboard.recorder.redact.pixels.pictures import Pictures
from aboveboard.recorder.redact.pixels.puzzles import Puzzles
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.reading import Reading
from aboveboard.recorder.redact.pixels.stems import Stems
from aboveboard.recorder.redact.pixels.structure import MARGIN, Structure
from aboveboard.recorder.redact.scope import intersect, intersect_all, subtract, subtract_all

OUTSIDE = (0x80, 0x80, 0x80, 0xFF)
"""Mid grey, in the order blue, green, red, unused: where nothing in scope is visible."""
COVER = (0x00, 0x00, 0x00, 0xFF)
"""Black: what is covered."""
CALL_NS = 15 * MILLISECOND_NS
"""Processor time that one call may take for reading words, and as much again for checking texts."""
SAVED_S = 15
"""So many seconds' worth of what reading may cost on average may be saved up, for when a screen is new."""
RESTS_NS = 2 * SECOND_NS
"""After something went wrong, how long until it is tried again."""

TYPED_LIMIT = 256
"""Of more rectangles that changed while something was typed, the one around them all is taken."""

Region = tuple[Rect, ...]


class Sheet:
    """The captured screen with nothing but one region of it to be seen. ``pixels`` are those of ``captured`` itself
    where the region is all of the screen."""

    def __init__(self) -> None:
        self.pixels: Words = np.zeros((0, 0), np.uint32)
        self._region: Region = ()

    def follow(self, captured: Words, changed: Sequence[Rect], region: Region) -> list[Rect] | None:
        """Take in what ``changed``; where ``pixels`` are others now (``None``: everywhere)."""
        before, self._region = self._region, region
        lost = [] if before == region else subtract_all(before, region)
        gained = [] if before == region else subtract_all(region, before)
        anew = self.pixels.shape != captured.shape
        if region == (Rect(0, 0, captured.shape[1], captured.shape[0]),):
            self.pixels = captured
            return None if anew else [*changed, *gained]
        if anew:
            self.pixels, gained = np.full(captured.shape, word(OUTSIDE), np.uint32), list(region)
        elif self.pixels is captured:
            self.pixels = captured.copy()
        for rect in lost:
            area(self.pixels, rect)[:] = word(OUTSIDE)
        seen = intersect_all(changed, region) + gained
        for rect in seen:
            area(self.pixels, rect)[:] = area(captured, rect)
        return None if anew else lost + seen


class Layer(ABC):
    """Used by one thread."""

    def __init__(self) -> None:
        self._region: Region = ()
        self._places = Boxes()
        self._black = False
        self._sheet = Sheet()
        self._failed_ns: int | None = None
        self._markers: list[Marker] = []
        self._pictures_told = 0

    def follow(self, captured: Words, changed: Sequence[Rect], region: Region, time_ns: int) -> list[Rect]:
        """The screen is ``captured`` now, of which ``changed`` is new; where to paint anew. Never raises."""
        dirty: list[Rect] = []
        if region != self._region:
            dirty = subtract_all(self._region, region) + subtract_all(region, self._region)
            self._region, self._places = region, Boxes(region)
        was_black, self._black = self._black, bool(region)
        if not region:
            self._sheet = Sheet()
            self._tell_pictures(0, time_ns)
        elif self._failed_ns is None or not 0 <= time_ns - self._failed_ns < RESTS_NS:
            try:
                dirty += self._boxed(captured, self._sheet.follow(captured, changed, region), time_ns)
                self._black, self._failed_ns = False, None
            except Exception:  # noqa: BLE001 - whatever it was, nobody knows what is there: it stays black
                self._mark("detector_missing", self._failed_ns or time_ns, time_ns, 1)
                self._failed_ns = time_ns
                self._sheet = Sheet()
                self._begin()
        return [*dirty, *region] if was_black != self._black else dirty

    def paint(self, pixels: Words, rect: Rect) -> None:
        """Paint over ``pixels``, a copy of what was captured in ``rect``."""
        places = intersect_all(self._places.touching(rect), [rect])
        if self._black:
            for place in places:
                area(pixels, place, rect)[:] = word(COVER)
        elif places:
            boxes = self._over(rect)
            for place in places:
                for box, colour in boxes:
                    part = intersect(box, place)
                    if part is not None:
                        area(pixels, part, rect)[:] = colour

    def over(self, rects: Sequence[Rect]) -> bool:
        """Is any of ``rects`` in this region?"""
        return bool(self._places.touching_any(rects))

    @property
    def waiting(self) -> bool:
        """Can more be shown soon, though nothing changes?"""
        return self._black or (bool(self._region) and self._unfinished())

    def _tell_pictures(self, count: int, time_ns: int) -> None:
        """So many are covered now: say so, if they are more than have been since there were none."""
        if count > self._pictures_told:
            self._mark("picture", time_ns, time_ns, count - self._pictures_told)
        self._pictures_told = max(self._pictures_told, count) if count else 0

    def _mark(self, reason: MarkerReason, start_ns: int, end_ns: int, count: int) -> None:
        self._markers.append(Marker(kind="suppressed", reason=reason, start_ns=start_ns, end_ns=end_ns, count=count))

    def take_markers(self) -> list[Marker]:
        """What went wrong, or was covered for what it is, since the last call."""
        taken, self._markers = self._markers, []
        return taken

    @abstractmethod
    def _begin(self) -> None:
        """Forget what was on the screen."""

    @abstractmethod
    def _boxed(self, captured: Words, changed: list[Rect] | None, time_ns: int) -> list[Rect]:
        """Look at the sheet, of which ``changed`` is new; where the boxes are others now."""

    @abstractmethod
    def _over(self, rect: Rect) -> list[tuple[Rect, np.uint32]]:
        """The boxes over ``rect`` and their colours."""

    @abstractmethod
    def _unfinished(self) -> bool:
        """Is something covered only for want of time?"""


class Text(Layer):
    """Black boxes over what is personal, over what was not read or not checked, and over pictures.

    Where pictures are shown, so is what is written in them, as far as nothing personal was read there.

    While something is being typed, the lines that change are covered too: half a card's number looks like none.
    """

    def __init__(self, finder: Finder, ocr: Callable[[], Ocr | None], share: float) -> None:
        """``share``: of one core, what reading words may take on average."""
        super().__init__()
        self._finder, self._ocr, self._share = finder, ocr, share
        self._purse_ns = self._most_ns = round(share * SAVED_S * SECOND_NS)
        self._looked_ns = 0
        self.typing = False
        """Is something being typed that is not decided yet?"""
        self.panes: Panes = ()
        """Which windows lie where."""
        self.pictured: Region = ()
        """Where photographs and films are shown."""
        self._typed: tuple[Rect, ...] = ()
        self._begin()

    def _begin(self) -> None:
        self._reader, self._coverer, self._stems = Reader(self._ocr), Coverer(self._finder), Stems()
        self._puzzles, self._pictures = Puzzles(), Pictures()
        self._rects: frozenset[Rect] = frozenset()
        self._boxes = Boxes()
        self._lessened = (Reading(), Reading())

    def _boxed(self, captured: Words, changed: list[Rect] | None, time_ns: int) -> list[Rect]:
        passed_ns = min(max(time_ns - self._looked_ns, 0), SAVED_S * SECOND_NS)
        self._looked_ns = time_ns
        self._purse_ns = min(self._purse_ns + round(passed_ns * self._share), self._most_ns)
        before_ns = self._reader.counts.ocr_ns
        allowance_ns = min(max(self._purse_ns, 0), CALL_NS)
        self._typed = _few([*self._typed, *map(_wider, changed or ())]) if self.typing else ()
        self._puzzles.follow(changed, self._reader.unreadable())
        given = self._puzzles.believed(time_ns)
        reading = self._reader.read(
            self._sheet.pixels, changed, allowance_ns=allowance_ns, given=given, typed=self._typed
        )
        self._purse_ns -= self._reader.counts.ocr_ns - before_ns
        places = self._pictures.places(self._sheet.pixels, changed, time_ns)
        boxes = self._coverer.cover(self._shown_in_pictures(reading), allowance_ns=CALL_NS, panes=self.panes)
        stems = self._stems.places(self._sheet.pixels, changed, self.panes, edges=self._reader.edges)
        pictures = subtract_all(places, self.pictured)
        self._tell_pictures(len(pictures), time_ns)
        rects = frozenset([*boxes, *self._not_pictured(stems), *pictures])
        differing = rects ^ self._rects
        if differing:
            self._rects, self._boxes = rects, Boxes(list(rects))
        return list(differing)

    def _shown_in_pictures(self, reading: Reading) -> Reading:
        """``reading`` without what was not read because it is part of a picture that is shown."""
        if not self.pictured:
            return reading
        unread = tuple(self._not_pictured(reading.unread))
        known, left = self._lessened
        if known is not reading or left.unread != unread:
            self._lessened = (reading, Reading(reading.lines, unread, reading.typed))
        return self._lessened[1]

    def _not_pictured(self, rects: Sequence[Rect]) -> list[Rect]:
        """Those of ``rects`` that are not part of a picture that is shown."""
        if not self.pictured:
            return list(rects)
        shown = [not subtract_all([one], self.pictured) and self._pictures.holds(one) for one in rects]
        return [one for one, seen in zip(rects, shown, strict=True) if not seen]

    def _over(self, rect: Rect) -> list[tuple[Rect, np.uint32]]:
        colour = word(COVER)
        return [(box, colour) for box in self._boxes.touching(rect)]

    def _unfinished(self) -> bool:
        done_typing = bool(self._typed) and not self.typing
        asked = self._reader.vocabulary.wanted or self._puzzles.waiting
        return bool(asked or self._coverer.waiting or done_typing or self._pictures.waiting)

    def puzzles(self, time_ns: int, window_id: int) -> tuple[Rect, ...]:
        """Lines of this window that cannot be read, to ask its application about now."""
        return self._puzzles.take(time_ns, lambda x, y: number_at(self.panes, x, y) == window_id)

    def told(self, time_ns: int, given: Sequence[Given]) -> None:
        """What an application had answered at ``time_ns``."""
        self._puzzles.told(time_ns, given)


class Flat(Layer):
    """A flat block, in the mean of its colours, over each piece of ink, and one over each picture."""

    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        self._structure, self._pictures = Structure(), Pictures()
        self._colours: dict[Rect, np.uint32] = {}
        self._boxes = Boxes()

    def _boxed(self, captured: Words, changed: list[Rect] | None, time_ns: int) -> list[Rect]:
        if changed is not None and not changed and not self._pictures.waiting:
            return []
        pixels = self._sheet.pixels
        screen = Rect(0, 0, pixels.shape[1], pixels.shape[0])
        found = [intersect(_wider(block), screen) for block in self._structure.blocks(pixels, changed)]
        pictures = Boxes(self._pictures.places(pixels, changed, time_ns))
        self._tell_pictures(len(pictures.rects), time_ns)
        apart = [block for block in dict.fromkeys(found) if block is not None and not _within_any(block, pictures)]
        boxes = Boxes([*apart, *pictures.rects])  # a picture goes over what reaches into it
        new = {block for rect in (changed if changed is not None else [screen]) for block in boxes.touching(rect)}
        before, self._boxes = self._colours, boxes
        channels = pixels.view(np.uint8).reshape(*pixels.shape, 4)
        self._colours = {
            block: before[block] if block in before and block not in new else _mean(channels, block)
            for block in boxes.rects
        }
        return [block for block, _ in before.items() ^ self._colours.items()]

    def _over(self, rect: Rect) -> list[tuple[Rect, np.uint32]]:
        return [(box, self._colours[box]) for box in self._boxes.touching(rect)]

    def _unfinished(self) -> bool:
        return self._pictures.waiting


def _within_any(block: Rect, boxes: Boxes) -> bool:
    return any(not subtract(block, box) for box in boxes.touching(block))


def _few(rects: Sequence[Rect]) -> tuple[Rect, ...]:
    """The same places in at most :data:`TYPED_LIMIT` rectangles."""
    places = tuple(dict.fromkeys(rects))
    if len(places) <= TYPED_LIMIT:
        return places
    left, top = min(one.x for one in places), min(one.y for one in places)
    right, below = max(one.x + one.width for one in places), max(one.y + one.height for one in places)
    return (Rect(left, top, right - left, below - top),)


def _wider(block: Rect) -> Rect:
    return Rect(block.x - MARGIN, block.y - MARGIN, block.width + 2 * MARGIN, block.height + 2 * MARGIN)


def _mean(channels: NDArray[np.uint8], block: Rect) -> np.uint32:
    """The mean colour of ``block`` on the screen ``channels``, (height, width, 4)."""
    part = channels[block.y : block.y + block.height, block.x : block.x + block.width]
    count = block.width * block.height
    sums = np.add.reduce(part, axis=(0, 1), dtype=np.uint64).tolist()
    return np.uint32(sum((one + count // 2) // count << 8 * place for place, one in enumerate(sums)))


def word(colour: tuple[int, int, int, int]) -> np.uint32:
    """A colour as one pixel."""
    return np.uint32(int.from_bytes(bytes(colour), "little"))


def area(pixels: NDArray[np.uint32], rect: Rect, of: Rect | None = None) -> NDArray[np.uint32]:
    """The part ``rect`` of ``pixels``, which are those of ``of`` (``None``: of the whole screen)."""
    left, top = (rect.x, rect.y) if of is None else (rect.x - of.x, rect.y - of.y)
    return pixels[top : top + rect.height, left : left + rect.width]
