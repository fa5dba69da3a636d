"""What does the screen look like once regions, words and windows on it are black?

Two pictures are kept: the screen as it was recorded, and as whoever reads the new segments will see it. After each
frame the second is brought up to the first under the boxes, by patches that are exact (PNG). A patch that no box
touches may stay as it is. Where a segment before is missing and the screen therefore unknown, nothing of it comes out
until a whole picture does. While a covered window is active the picture stands still.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from aboveboard.formats.recording import Session
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.scope import intersect, subtract_all
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import Pixels, encode_png

IMAGES = {"png", "webp"}
"""Formats of patches that stand alone."""


class Screen:
    """Follows one session's screen through its segments, in order."""

    def __init__(self) -> None:
        self._true = Canvas()
        self._shown: Pixels | None = None
        """What a reader sees; ``None``: the same as what was recorded."""
        self._boxes: tuple[Rect, ...] = ()
        self._dirty: list[Rect] = []
        """Where the two may differ but for the boxes: what changed while the picture stood still."""

    @property
    def same(self) -> bool:
        """Does a reader see what was recorded?"""
        return self._shown is None

    @property
    def lost(self) -> bool:
        """Is the screen unknown because a segment is missing?"""
        return self._true.lost

    def begin(self, session: Session) -> None:
        """A segment begins."""
        self._true.begin(session)
        if not self._true.known or not (self._boxes or self._dirty):
            self._shown, self._boxes, self._dirty = None, (), []

    def follow(self, patches: Iterable[ScreenPatch]) -> None:
        """Patches that stay as they are; only while :attr:`same`."""
        for patch in patches:
            self._true.apply(patch)

    def frame(
        self, time_ns: int, patches: Sequence[ScreenPatch], boxes: Sequence[Rect], *, still: bool
    ) -> list[ScreenPatch]:
        """What comes out at ``time_ns``, at which ``patches`` were drawn and ``boxes`` are black."""
        before = self._true.snapshot()
        if self._shown is None and before is not None:
            self._shown = before.copy()
        for patch in patches:
            self._true.apply(patch)
        pixels = self._true.snapshot()
        if pixels is None:
            return []
        height, width = pixels.shape[:2]
        screen = Rect(0, 0, width, height)
        clipped = tuple(dict.fromkeys(box for one in boxes if (box := intersect(one, screen)) is not None))
        if self._shown is None or self._shown.shape != pixels.shape:
            self._shown = np.zeros_like(pixels)
            return [self._whole(time_ns, screen, pixels, clipped, still=still)]
        if any(patch.whole for patch in patches):
            return [self._whole(time_ns, screen, pixels, clipped, still=still)]
        return self._changes(time_ns, patches, pixels, clipped, still=still)

    def _whole(
        self, time_ns: int, screen: Rect, pixels: Pixels, boxes: tuple[Rect, ...], *, still: bool
    ) -> ScreenPatch:
        assert self._shown is not None
        if not still:
            self._shown = pixels.copy()
        self._dirty = [screen] if still else []
        self._boxes = boxes
        _blacken(self._shown, screen, boxes)
        return ScreenPatch(time_ns, 0, 0, screen.width, screen.height, True, "png", encode_png(self._shown))

    def _changes(
        self,
        time_ns: int,
        patches: Sequence[ScreenPatch],
        pixels: Pixels,
        boxes: tuple[Rect, ...],
        *,
        still: bool,
    ) -> list[ScreenPatch]:
        assert self._shown is not None
        out: list[ScreenPatch] = []
        for patch in patches:
            rect = Rect(patch.x, patch.y, patch.width, patch.height)
            alone = patch.format in IMAGES and not still and not self._dirty
            if alone and not any(intersect(rect, box) for box in (*boxes, *self._boxes)):
                out.append(patch)
                _area(self._shown, rect)[:] = self._true.shown(patch)
            else:
                self._dirty.append(rect)
        if boxes != self._boxes:
            self._dirty += [*self._boxes, *boxes]
        looked_at = intersections(self._dirty, boxes) if still else self._dirty
        done: list[Rect] = []
        for dirty in looked_at:
            for rect in subtract_all([dirty], done):
                new = _area(pixels, rect).copy()
                _blacken(new, rect, boxes)
                changed = _differing(new, _area(self._shown, rect), rect)
                if changed is not None:
                    _area(self._shown, rect)[:] = new
                    image = encode_png(np.ascontiguousarray(_area(self._shown, changed)))
                    out.append(ScreenPatch(time_ns, *changed, False, "png", image))
            done.append(dirty)
        if not still:
            self._dirty = []
        self._boxes = boxes
        return out


def intersections(rects: Sequence[Rect], others: Sequence[Rect]) -> list[Rect]:
    """What one of each has in common."""
    return [both for rect in rects for other in others if (both := intersect(rect, other)) is not None]


def _area(pixels: Pixels, rect: Rect) -> Pixels:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _blacken(pixels: Pixels, place: Rect, boxes: Iterable[Rect]) -> None:
    """``pixels`` are what is in ``place``."""
    for box in boxes:
        here = intersect(box, place)
        if here is not None:
            _area(pixels, Rect(here.x - place.x, here.y - place.y, here.width, here.height))[:] = 0


def _differing(new: Pixels, old: Pixels, rect: Rect) -> Rect | None:
    """The smallest rectangle that holds all that differs."""
    differs = (new != old).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return None
    top, left = int(rows[0]), int(columns[0])
    return Rect(rect.x + left, rect.y + top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)
