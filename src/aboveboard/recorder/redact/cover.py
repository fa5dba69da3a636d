"""What does the picture look like once everything is covered that should not be seen?

The canvas holds the screen as captured (within scope). What comes out of it has a veil over it, which leaves of each
application's pixels what is disclosed (``redact.veil``), and over that an opaque box for every secret field known at
that time. A box that appears or goes away is a change like any other. The canvas starts as ``OUTSIDE``, the colour of
everything that is not in scope.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Marker
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.layers import COVER, OUTSIDE, area, word
from aboveboard.recorder.redact.pixels.ink import Words
from aboveboard.recorder.redact.scope import intersect, subtract_all
from aboveboard.recorder.redact.timeline import HOLD_NS, Stretches
from aboveboard.recorder.redact.veil import Veil

LATE_S = 0.3
"""After so long in one go, a frame that another follows at once is taken in, and shown with that one only."""
LOOK_NS = 300 * MILLISECOND_NS
"""Under the veil a change is looked at at once, and what changes within so long after it with the next look."""
LARGEST = 8
PIECES_LIMIT = 64
"""If more rectangles than this are to be painted anew, all in the one around them are."""


class Boxes:
    """Where secret fields were when. A frame is covered where one was within the hold before or after it."""

    def __init__(self, *, hold_ns: int = HOLD_NS) -> None:
        self._hold_ns = hold_ns
        self._boxes: Stretches[tuple[Rect, ...]] = Stretches(())

    def seen(self, time_ns: int, boxes: tuple[Rect, ...]) -> None:
        """From ``time_ns`` on the secret fields are here."""
        self._boxes.add(time_ns, boxes)

    def at(self, time_ns: int) -> tuple[Rect, ...]:
        """What to cover in a frame of ``time_ns``; call it once what happened in the hold after it is known."""
        around = self._boxes.during(time_ns - self._hold_ns, time_ns + self._hold_ns)
        return tuple(dict.fromkeys(box for boxes in around for box in boxes))

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter for frames from ``before_ns`` on."""
        self._boxes.forget(before_ns - self._hold_ns)


class Canvas:
    """The screen as it comes out. Rectangles reach to its edges and no further."""

    def __init__(self, veil: Veil, *, clock_s: Callable[[], float] = time.perf_counter) -> None:
        self._veil, self._clock_s = veil, clock_s
        self._busy_s = 0.0
        self._untold: list[Rect] = []
        self._captured = _blank(0, 0)
        self._boxes: tuple[Rect, ...] = ()
        self._taken_ns, self._looked_ns = 0, -LOOK_NS

    @property
    def rect(self) -> Rect:
        """The whole canvas."""
        height, width = self._captured.shape
        return Rect(0, 0, width, height)

    @property
    def waiting(self) -> bool:
        """Can :meth:`again` show more soon?"""
        return bool(self._captured.size) and (bool(self._untold) or self._veil.waiting)

    def draw(self, raw: RawFrame, boxes: Sequence[Rect], *, more: bool = False) -> Frame | None:
        """Take in what was captured; give what that changes with ``boxes`` covered, ``None`` if nothing.

        The patches' pixels may be those of ``raw``, which are then the receiver's. ``more``: another frame is there to
        be drawn next. What comes too soon after the last look under the veil, or where there are so many that it takes
        long, is shown with a later one, or by :meth:`again`.
        """
        began_s = self._clock_s()
        try:
            return self._draw(raw, boxes, more=more)
        finally:
            self._busy_s += self._clock_s() - began_s

    def _draw(self, raw: RawFrame, boxes: Sequence[Rect], *, more: bool) -> Frame | None:
        width, height = raw.size
        whole = raw.whole or (self.rect.width, self.rect.height) != raw.size
        if (self.rect.width, self.rect.height) != raw.size:
            self._captured = _blank(width, height)
            self._boxes = ()
        for patch in raw.patches:
            area(self._captured, patch.rect)[:] = np.ascontiguousarray(patch.bgrx).view(np.uint32)[..., 0]
        painted = [patch.rect for patch in raw.patches]
        before, told = self._boxes, not self._untold
        self._boxes = tuple(box for box in (intersect(box, self.rect) for box in boxes) if box is not None)
        self._untold += painted
        self._taken_ns = raw.time_ns
        if not whole and before == self._boxes and (self._late(more) or self._soon(raw.time_ns, painted)):
            return None
        dirty = self._look(raw.time_ns, raw.time_ns)
        if told and dirty == painted and not (before or self._boxes) and self._veil.plain and raw.whole == whole:
            return Frame(raw.time_ns, raw.patches, whole) if raw.patches else None
        if whole:
            return self.whole(raw.time_ns)
        return self._frame(raw.time_ns, dirty + subtract_all(before, self._boxes) + subtract_all(self._boxes, before))

    def _late(self, more: bool) -> bool:
        return more and self._busy_s > LATE_S and not self._veil.plain

    def _soon(self, time_ns: int, changed: Sequence[Rect]) -> bool:
        follows = len(self._untold) > len(changed)
        return 0 <= time_ns - self._looked_ns < LOOK_NS and (follows or self._veil.over(changed))

    def again(self, time_ns: int, *, current: bool) -> Frame | None:
        """What can be shown at ``time_ns`` though nothing more was captured; ``None`` if nothing.

        What happened in the hold after ``time_ns`` is known. ``current``: what was captured is on the screen even now.
        """
        self._busy_s = 0.0
        if not self._captured.size or (self._untold and 0 <= time_ns - self._looked_ns < LOOK_NS):
            return None
        return self._frame(time_ns, self._look(time_ns if current else min(self._taken_ns, time_ns), time_ns))

    def rest(self, time_ns: int) -> Frame | None:
        """What was taken in and not shown yet, as of ``time_ns``, if nothing is to come any more."""
        return self._frame(time_ns, self._look(min(self._taken_ns, time_ns), time_ns)) if self._untold else None

    def whole(self, time_ns: int) -> Frame | None:
        """All that is shown, as of ``time_ns``; ``None`` before the first frame."""
        if not self._captured.size:
            return None
        if self._untold:
            self._look(min(self._taken_ns, time_ns), time_ns)
        return Frame(time_ns, (self._covered(self.rect),), whole=True)

    def _look(self, start_ns: int, end_ns: int) -> list[Rect]:
        """Look at all that was taken in, as of then; where to paint anew."""
        untold, self._untold = self._untold, []
        if untold:
            self._looked_ns = end_ns
        return untold + self._veil.look(self._captured, untold, start_ns, end_ns, self._boxes)

    def markers(self) -> list[Marker]:
        """What could not be looked at since the last call."""
        return self._veil.markers()

    def _frame(self, time_ns: int, changed: Sequence[Rect]) -> Frame | None:
        """What is in the rectangles ``changed`` now."""
        dirty: list[Rect] = []
        for rect in _apart(changed):
            dirty += subtract_all([rect], dirty)
            if len(dirty) > PIECES_LIMIT:
                dirty = [_around(changed)]
                break
        return Frame(time_ns, tuple(self._covered(rect) for rect in dirty), whole=False) if dirty else None

    def _covered(self, rect: Rect) -> Pixels:
        """A copy of what is in ``rect``, with all that lies over it."""
        pixels = area(self._captured, rect).copy()
        self._veil.paint(pixels, rect)
        for box in self._boxes:
            here = intersect(box, rect)
            if here is not None:
                area(pixels, here, rect)[:] = word(COVER)
        return Pixels(rect, pixels.view(np.uint8).reshape(rect.height, rect.width, 4))


def _blank(width: int, height: int) -> Words:
    return np.full((height, width), word(OUTSIDE), np.uint32)


def _apart(rects: Sequence[Rect]) -> list[Rect]:
    """The same without most of those that lie within another."""
    largest = sorted(rects, key=lambda rect: rect.width * rect.height, reverse=True)[:LARGEST]
    if len(rects) <= LARGEST:
        return largest
    left, top, width, height = np.array(rects, np.intp).T
    lone = np.ones(len(rects), np.bool_)
    for one in largest:
        within = (left >= one.x) & (top >= one.y)
        within &= (left + width <= one.x + one.width) & (top + height <= one.y + one.height)
        lone &= ~within
    return largest + [rects[at] for at in np.flatnonzero(lone).tolist()]


def _around(rects: Sequence[Rect]) -> Rect:
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.x + rect.width for rect in rects), max(rect.y + rect.height for rect in rects)
    return Rect(left, top, right - left, bottom - top)
