"""What does the picture look like once password fields are covered?

The canvas holds the screen twice: as captured (within scope), and as shown, that is with an opaque box over every
secret field known at that time. A frame that comes out is what changed in the shown one, so a box that appears or goes
away is a change like any other. Both start as ``OUTSIDE``, the colour of everything that is not in scope.
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
        self._shown = _blank(0, 0)
        self._boxes: tuple[Rect, ...] = ()

    @property
    def rect(self) -> Rect:
        """The whole canvas."""
        height, width = self._captured.shape[:2]
        return Rect(0, 0, width, height)

    def draw(self, raw: RawFrame, boxes: Sequence[Rect]) -> Frame | None:
        """Take in what was captured; give what that changes with ``boxes`` covered, ``None`` if nothing."""
        width, height = raw.size
        whole = raw.whole or (self.rect.width, self.rect.height) != raw.size
        if (self.rect.width, self.rect.height) != raw.size:
            self._captured, self._shown = _blank(width, height), _blank(width, height)
            self._boxes = ()
        for patch in raw.patches:
            _area(self._captured, patch.rect)[:] = patch.bgrx
        clipped = tuple(box for box in (intersect(box, self.rect) for box in boxes) if box is not None)
        moved = subtract_all(self._boxes, clipped) + subtract_all(clipped, self._boxes)
        self._boxes = clipped
        dirty: list[Rect] = []
        for rect in [patch.rect for patch in raw.patches] + moved:
            dirty += subtract_all([rect], dirty)
        for rect in dirty:
            _area(self._shown, rect)[:] = _area(self._captured, rect)
        for box in clipped:
            _area(self._shown, box)[:] = COVER
        if whole:
            return self.whole(raw.time_ns)
        if not dirty:
            return None
        return Frame(raw.time_ns, tuple(Pixels(rect, _area(self._shown, rect).copy()) for rect in dirty), whole=False)

    def whole(self, time_ns: int) -> Frame | None:
        """All that is shown, as of ``time_ns``; ``None`` before the first frame."""
        if not self._shown.size:
            return None
        return Frame(time_ns, (Pixels(self.rect, self._shown.copy()),), whole=True)


def _blank(width: int, height: int) -> NDArray[np.uint8]:
    canvas = np.empty((height, width, 4), np.uint8)
    canvas[:] = OUTSIDE
    return canvas


def _area(canvas: NDArray[np.uint8], rect: Rect) -> NDArray[np.uint8]:
    return canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
