"""What changed on the screen, if nothing tells what was painted?

All that may be seen is read and compared with what was read before. Two rules stand for what X11 tells by events:

1. The pixels count only if the windows lay the same before and after they were read.
2. A pixel is read only if, for the whole of ``SETTLE_NS`` before, windows in scope were topmost there. Systems go on
   painting a window for a moment that is gone by their own account: it fades, shrinks, or slides away.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.changes import changed_rects
from aboveboard.recorder.capture.port import Pixels, Rect
from aboveboard.recorder.capture.portable.desktop import Screen, Unread
from aboveboard.recorder.capture.portable.lookout import Lookout
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.scope import Stacked, intersect_all, subtract_all, visible
from aboveboard.recorder.redact.timeline import Stretches

SETTLE_NS = 500 * MILLISECOND_NS
PARTS_LIMIT = 100
"""More visible pieces than this are not read: each costs the system a call. The largest are."""
UNREAD_NS = 3 * SECOND_NS
"""If nothing could be read for so long, the screen cannot be recorded."""

_OUTSIDE = np.uint32(0xFF808080)


class Picture:
    """The screen as it was last read. Used by one thread."""

    def __init__(self, screen: Screen, lookout: Lookout, disclosure: Disclosure) -> None:
        self._screen, self._lookout, self._disclosure = screen, lookout, disclosure
        self._seen: Stretches[tuple[Rect, ...]] = Stretches(())
        self._shown: tuple[Rect, ...] = ()
        self._canvas: NDArray[np.uint32] = np.zeros((0, 0), np.uint32)
        self.good_ns = 0
        """When the screen was last known; 0 before the first time."""

    @property
    def shown(self) -> tuple[Rect, ...]:
        """Where the screen is being captured."""
        return self._shown

    def looked(self, size: tuple[int, int]) -> None:
        """The windows have been looked at: what may be seen of a screen of ``size``?"""
        now = visible(self._lookout.stack, Rect(0, 0, *size), self._disclosure)
        if now != self._seen.at(self._lookout.looked_ns):
            self._seen.add(self._lookout.looked_ns, now)

    def take(
        self, size: tuple[int, int], time_ns: int, *, pixels: bool, unchanged: Callable[[], bool]
    ) -> RawFrame | None:
        """Read what may be seen; what changed, ``None`` if nothing did or it does not count.

        Without ``pixels`` nothing is read and all turns grey. ``unchanged`` is asked once the pixels are read: do the
        windows still lie as when they were last looked at? Raises :class:`Unavailable` if the screen cannot be read.
        """
        shown = self._settled(time_ns) if pixels else ()
        try:
            read = [self._screen.grab(self._native(rect)) for rect in shown]
        except Unread:
            if self.good_ns and time_ns - self.good_ns > UNREAD_NS:
                raise
            return None
        if not unchanged():
            return None
        self.good_ns = time_ns
        whole = self._canvas.shape != (size[1], size[0])
        if whole:
            self._canvas, self._shown = np.full((size[1], size[0]), _OUTSIDE, np.uint32), ()
        changed = subtract_all(self._shown, shown)
        for gone in changed:
            _area(self._canvas, gone)[:] = _OUTSIDE
        for rect, after in zip(shown, read, strict=True):
            before = _area(self._canvas, rect)
            changed += [
                Rect(rect.x + part.x, rect.y + part.y, part.width, part.height) for part in changed_rects(before, after)
            ]
            before[:] = after
        self._shown = shown
        if whole:
            changed = [Rect(0, 0, *size)]
        if not changed:
            return None
        patches = tuple(Pixels(rect, _bytes(_area(self._canvas, rect))) for rect in changed)
        return RawFrame(time_ns, size, patches, whole)

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        """What was read last in ``rect``; ``None`` if not all of it is being captured. From any thread."""
        if subtract_all([rect], self._shown):
            return None
        area = _area(self._canvas, rect)
        return _bytes(area) if area.shape == (rect.height, rect.width) else None

    def _settled(self, now_ns: int) -> tuple[Rect, ...]:
        """What could be seen for the whole of the time before."""
        self._seen.forget(now_ns - SETTLE_NS)
        always: Sequence[Rect] | None = None
        for rects in self._seen.during(now_ns - SETTLE_NS, now_ns):
            always = rects if always is None else intersect_all(always, rects)
        largest = sorted(always or (), key=lambda rect: rect.width * rect.height, reverse=True)
        return tuple(largest[:PARTS_LIMIT])

    def _native(self, rect: Rect) -> Rect:
        """``rect`` in the system's own coordinates."""
        left, top = self._lookout.origin
        return Rect(rect.x + left, rect.y + top, rect.width, rect.height)


def places(stack: tuple[Stacked, ...]) -> list[tuple[Rect, tuple[Rect, ...], Rect, str]]:
    """All that decides what may be seen; titles do not."""
    return [(one.outer, one.shape, one.content, one.client.wm_class if one.client else "") for one in stack]


def _area(canvas: NDArray[np.uint32], rect: Rect) -> NDArray[np.uint32]:
    return canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _bytes(area: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """A copy of uint32 pixels (height, width) as uint8 (height, width, 4)."""
    copied = np.array(area, order="C")
    return copied.view(np.uint8).reshape(*area.shape, 4)
