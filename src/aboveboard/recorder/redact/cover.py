"""What does the picture look like once password fields are covered?

The canvas holds the screen as captured (within scope); what comes out of it has an opaque box over every secret field
known at that time. A box that appears or goes away is a change like any other. The canvas starts as ``OUTSIDE``, the
colour of everything that is not in scope.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.scope import intersect, subtract_all
from aboveboard.recorder.redact.timeline import HOLD_NS, Stretches

OUTSIDE = (0x80, 0x80, 0x80, 0xFF)
"""Mid grey, in the order blue, green, red, unused: where nothing in scope is visible."""
COVER = (0x00, 0x00, 0x00, 0xFF)
"""Black: a covered password field."""


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

    def __init__(self) -> None:
        self._captured = _blank(0, 0)
        self._boxes: tuple[Rect, ...] = ()

    @property
    def rect(self) -> Rect:
        """The whole canvas."""
        height, width = self._captured.shape[:2]
        return Rect(0, 0, width, height)

    def draw(self, raw: RawFrame, boxes: Sequence[Rect]) -> Frame | None:
        """Take in what was captured; give what that changes with ``boxes`` covered, ``None`` if nothing.

        The patches' pixels may be those of ``raw``, which are then the receiver's.
        """
        width, height = raw.size
        whole = raw.whole or (self.rect.width, self.rect.height) != raw.size
        if (self.rect.width, self.rect.height) != raw.size:
            self._captured = _blank(width, height)
            self._boxes = ()
        for patch in raw.patches:
            _area(self._captured, patch.rect)[:] = patch.bgrx
        before = self._boxes
        self._boxes = tuple(box for box in (intersect(box, self.rect) for box in boxes) if box is not None)
        if not before and not self._boxes and raw.whole == whole:
            return Frame(raw.time_ns, raw.patches, whole) if raw.patches else None
        if whole:
            return self.whole(raw.time_ns)
        dirty: list[Rect] = []
        moved = subtract_all(before, self._boxes) + subtract_all(self._boxes, before)
        for rect in [patch.rect for patch in raw.patches] + moved:
            dirty += subtract_all([rect], dirty)
        return Frame(raw.time_ns, tuple(self._covered(rect) for rect in dirty), whole=False) if dirty else None

    def whole(self, time_ns: int) -> Frame | None:
        """All that is shown, as of ``time_ns``; ``None`` before the first frame."""
        if not self._captured.size:
            return None
        return Frame(time_ns, (self._covered(self.rect),), whole=True)

    def _covered(self, rect: Rect) -> Pixels:
        """A copy of what is in ``rect``, with its boxes."""
        pixels = _area(self._captured, rect).copy()
        for box in self._boxes:
            here = intersect(box, rect)
            if here is not None:
                _area(pixels, Rect(here.x - rect.x, here.y - rect.y, here.width, here.height))[:] = COVER
        return Pixels(rect, pixels)


def _blank(width: int, height: int) -> NDArray[np.uint8]:
    canvas = np.full((height, width), int.from_bytes(bytes(OUTSIDE), "little"), np.uint32)
    return canvas.view(np.uint8).reshape(height, width, 4)


def _area(canvas: NDArray[np.uint8], rect: Rect) -> NDArray[np.uint8]:
    return canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
