"""What does the picture look like once everything is covered that should not be seen?

The canvas holds the screen as captured (within scope). What comes out of it has a veil over it, which leaves of each
application's pixels what is disclosed (``redact.veil``), and over that an opaque box for every secret field known at
that time. A box that appears or goes away is a change like any other. The canvas starts as ``OUTSIDE``, the colour of
everything that is not in scope.
"""

import time
from collections.abc import Callable, Sequence

import numpy as np

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
        self._drawn_ns = 0

    @property
    def rect(self) -> Rect:
        """The whole canvas."""
        height, width = self._captured.shape
        return Rect(0, 0, width, height)

    @property
    def waiting(self) -> bool:
        """Can :meth:`again` show more soon?"""
        return bool(self._captured.size) and self._veil.waiting

    def draw(self, raw: RawFrame, boxes: Sequence[Rect], *, more: bool = False) -> Frame | None:
        """Take in what was captured; give what that changes with ``boxes`` covered, ``None`` if nothing.

        The patches' pixels may be those of ``raw``, which are then the receiver's. ``more``: another frame is there to
        be drawn next; where there are so many that it takes long, this one is shown with that one.
        """
        began_s = self._clock_s()
        late = more and self._busy_s > LATE_S and not self._veil.plain and not raw.whole
        try:
            return self._draw(raw, boxes, late=late and (self.rect.width, self.rect.height) == raw.size)
        finally:
            self._busy_s += self._clock_s() - began_s

    def _draw(self, raw: RawFrame, boxes: Sequence[Rect], *, late: bool) -> Frame | None:
        width, height = raw.size
        whole = raw.whole or (self.rect.width, self.rect.height) != raw.size
        if (self.rect.width, self.rect.height) != raw.size:
            self._captured = _blank(width, height)
            self._boxes = ()
        for patch in raw.patches:
            area(self._captured, patch.rect)[:] = np.ascontiguousarray(patch.bgrx).view(np.uint32)[..., 0]
        painted = self._untold + [patch.rect for patch in raw.patches]
        self._untold = painted if late else []
        if late:
            return None
        self._drawn_ns = raw.time_ns
        before = self._boxes
        self._boxes = tuple(box for box in (intersect(box, self.rect) for box in boxes) if box is not None)
        veiled = self._veil.look(self._captured, painted, raw.time_ns, raw.time_ns, self._boxes)
        told = len(painted) == len(raw.patches)
        if told and not (before or self._boxes or veiled) and self._veil.plain and raw.whole == whole:
            return Frame(raw.time_ns, raw.patches, whole) if raw.patches else None
        if whole:
            return self.whole(raw.time_ns)
        return self._frame(
            raw.time_ns, painted + subtract_all(before, self._boxes) + subtract_all(self._boxes, before) + veiled
        )

    def again(self, time_ns: int, *, current: bool) -> Frame | None:
        """What can be shown at ``time_ns`` though nothing more was captured; ``None`` if nothing.

        What happened in the hold after ``time_ns`` is known. ``current``: what was captured is on the screen even now.
        """
        self._busy_s = 0.0
        if not self._captured.size:
            return None
        start_ns = time_ns if current else min(self._drawn_ns, time_ns)
        return self._frame(time_ns, self._veil.look(self._captured, [], start_ns, time_ns, self._boxes))

    def whole(self, time_ns: int) -> Frame | None:
        """All that is shown, as of ``time_ns``; ``None`` before the first frame."""
        if not self._captured.size:
            return None
        return Frame(time_ns, (self._covered(self.rect),), whole=True)

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
