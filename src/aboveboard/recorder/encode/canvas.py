"""What is on the screen now, and which patches show how it became so?

The canvas holds the clean pixels that the source delivered, in memory. It is forgotten whenever recording stops being
permitted, so that nothing from a pause is carried over one. A change becomes patches like this:

1. What moves like a film goes out with loss, at its own pace, and is drawn exactly once it is still (``moving``).
2. Where much changed close together, what was scrolled is told as a copy, and only what then still differs as pixels
   (``motion``).
3. Pixels are packed as planes (``planes``); what packs badly and is large is a picture, and goes as WebP if smaller.

Every patch must be written, in the order given, into the segment that :meth:`Canvas.begin` was last called for.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.images import fits_webp, webp
from aboveboard.recorder.encode.motion import find_move
from aboveboard.recorder.encode.moving import STILL_NS, Moving
from aboveboard.recorder.encode.planes import PlanePacker, Words
from aboveboard.recorder.encode.rects import area, around, grouped, inside, joined, tight_rects

MOTION_LEAST_PIXELS = 16 * 1024
"""In a smaller change nothing is looked for that was scrolled: packing it takes less time than looking."""
MOVES_LIMIT = 2
PICTURE_LEAST_PIXELS = 16 * 1024
BAD_BYTES_PER_PIXEL = 0.6
"""Text packs into a tenth of this; photographs and films into more."""
WEBP_WORTH = 0.85
"""WebP takes three times as long: it is kept if it has at most this part of the bytes."""
PROBE_ROWS = 8

Marks = NDArray[np.bool_]
Plane = TypeVar("Plane", Words, Marks)


class Canvas:
    """Starts blank and unknown; a whole frame makes it known. Used by one thread."""

    def __init__(self, cpu_ns: Callable[[], int] = time.thread_time_ns) -> None:
        self._pixels: Words | None = None
        self._moving = Moving(0, 0)
        self._packer = PlanePacker()
        self._differs: Marks = np.empty(0, np.bool_)
        self._cpu_ns = cpu_ns

    @property
    def known(self) -> bool:
        """Is there a whole picture to go on from?"""
        return self._pixels is not None

    @property
    def owes(self) -> bool:
        """Is a part of it shown with loss?"""
        return bool(self._moving.debts)

    def begin(self) -> None:
        """The patches from now on are those of another segment."""
        self._packer.begin()

    def draw(self, frame: Frame) -> list[ScreenPatch]:
        """Take in ``frame`` and return patches that show it.

        A partial frame on an unknown canvas, or one that does not fit it, makes the canvas unknown: nobody could place
        it. The caller asks the source for a whole frame. No patches: nothing is to be shown just now.
        """
        if frame.whole and (self._pixels is None or frame.patches[0].bgrx.shape[:2] != self._pixels.shape):
            (pixels,) = frame.patches
            self._pixels = _owned(pixels)
            self._moving = Moving(pixels.rect.width, pixels.rect.height)
            return [self._whole(self._pixels, frame.time_ns)]
        if self._pixels is None or not all(inside(patch.rect, _bounds(self._pixels)) for patch in frame.patches):
            self.forget()
            return []
        return list(self._change(self._pixels, frame))

    def whole(self, time_ns: int) -> ScreenPatch | None:
        """The whole picture as a patch dated ``time_ns`` (wall time); ``None`` while it is unknown."""
        if self._pixels is None:
            return None
        self._moving.debts.clear()
        return self._whole(self._pixels, time_ns)

    def payable(self, now_ns: int, still_ns: int = STILL_NS) -> bool:
        """Has something that was shown with loss been still for that long?"""
        return self._pixels is not None and bool(self._moving.payable(now_ns, still_ns))

    def settle(self, now_ns: int, still_ns: int = STILL_NS) -> list[ScreenPatch]:
        """Patches that show exactly what was shown with loss and has been still for that long."""
        if self._pixels is None or not self._moving.debts:
            return []
        patches = []
        for rect in self._moving.payable(now_ns, still_ns):
            patches.append(self._exact(self._pixels, rect, now_ns))
            self._moving.settle(rect)
        return patches

    def forget(self) -> None:
        """Drop the picture; the next whole frame makes it known again."""
        self._pixels = None
        self._moving = Moving(0, 0)

    def _change(self, canvas: Words, frame: Frame) -> Iterator[ScreenPatch]:
        now_ns, still = frame.time_ns, []
        for patch in frame.patches:
            if area(patch.rect) >= PICTURE_LEAST_PIXELS and self._moving.moves(patch.rect, now_ns):
                _area(canvas, patch.rect)[:] = _words(patch)
                yield from self._film(canvas, patch.rect, now_ns)
            else:
                still.append(patch)
        small: list[Pixels] = []
        for group in grouped([patch.rect for patch in still]):
            patches = [still[place] for place in group]
            if sum(area(patch.rect) for patch in patches) >= MOTION_LEAST_PIXELS:
                yield from self._scrolled(canvas, patches, now_ns)
            else:
                small += patches
        # Drawn last: a copy is made of what has been told, and of nothing else.
        for patch in small:
            _area(canvas, patch.rect)[:] = _words(patch)
        for rect in joined([patch.rect for patch in small]):
            yield self._still(canvas, rect, now_ns)

    def _scrolled(self, canvas: Words, patches: list[Pixels], now_ns: int) -> Iterator[ScreenPatch]:
        """A large change: copies, and what they leave."""
        rect = around([patch.rect for patch in patches])
        before = _area(canvas, rect)
        after, differs = self._room(before, rect, patches)
        np.not_equal(before, after, out=differs)
        first = left = np.count_nonzero(differs)
        for _ in range(MOVES_LIMIT):
            move = find_move(before, after, differs) if left > first // 2 else None
            if move is None:
                break
            to = Rect(rect.x + move.rect.x, rect.y + move.rect.y, move.rect.width, move.rect.height)
            source = Rect(move.from_x, move.from_y, move.rect.width, move.rect.height)
            came = _area(before, source)
            np.not_equal(came, _area(after, move.rect), out=_area(differs, move.rect))
            left = np.count_nonzero(differs)
            if left > first // 2:  # there will be another look at what is there now
                _area(before, move.rect)[:] = came
            self._moving.copied(to, move.from_x - move.rect.x, move.from_y - move.rect.y)
            yield ScreenPatch(
                now_ns, to.x, to.y, to.width, to.height, False, "copy", b"",
                from_x=rect.x + move.from_x, from_y=rect.y + move.from_y,
            )  # fmt: skip
        before[:] = after
        for one in tight_rects(differs):
            yield self._still(canvas, Rect(rect.x + one.x, rect.y + one.y, one.width, one.height), now_ns)

    def _room(self, before: Words, rect: Rect, patches: list[Pixels]) -> tuple[Words, Marks]:
        """What ``rect`` is to look like, and marks of its shape, in memory that the next call uses again."""
        size, shape = before.size, before.shape
        if self._differs.size < size:
            self._differs = np.empty(size, np.bool_)
        differs = self._differs[:size].reshape(shape)
        if len(patches) == 1:
            return _words(patches[0]), differs
        after = before.copy()
        for patch in patches:
            place = Rect(patch.rect.x - rect.x, patch.rect.y - rect.y, patch.rect.width, patch.rect.height)
            _area(after, place)[:] = _words(patch)
        return after, differs

    def _film(self, canvas: Words, rect: Rect, now_ns: int) -> Iterator[ScreenPatch]:
        """A change in a film: with loss if its turn has come."""
        pixels = _area(canvas, rect)
        self._moving.owe(rect, now_ns)
        if not self._moving.due(now_ns) or not fits_webp(pixels):
            self._moving.packed_badly(rect, now_ns)
            return
        start_ns = self._cpu_ns()
        probe = pixels[::PROBE_ROWS]
        if self._packer.packed_bytes(probe) > probe.size * BAD_BYTES_PER_PIXEL:
            self._moving.packed_badly(rect, now_ns)
        data = webp(pixels, lossy=True)
        self._moving.spent(now_ns, self._cpu_ns() - start_ns, len(data))
        yield _patch(rect, now_ns, "webp", data, lossy=True)

    def _still(self, canvas: Words, rect: Rect, now_ns: int) -> ScreenPatch:
        """A change, exactly; and was it one that packs badly?"""
        patch = self._exact(canvas, rect, now_ns)
        self._moving.settle(rect)
        if area(rect) >= PICTURE_LEAST_PIXELS and len(patch.data) > area(rect) * BAD_BYTES_PER_PIXEL:
            self._moving.packed_badly(rect, now_ns)
        return patch

    def _exact(self, canvas: Words, rect: Rect, now_ns: int) -> ScreenPatch:
        pixels = _area(canvas, rect)
        if pixels.size >= PICTURE_LEAST_PIXELS and fits_webp(pixels):
            # Asked before: what has been packed as planes cannot be taken back.
            probe = pixels[::PROBE_ROWS]
            expected = self._packer.packed_bytes(probe) * pixels.size / probe.size
            if expected > pixels.size * BAD_BYTES_PER_PIXEL:
                picture = webp(pixels, lossy=False)
                if len(picture) < expected * WEBP_WORTH:
                    return _patch(rect, now_ns, "webp", picture)
        data, band, band_from = self._packer.pack(pixels)
        return ScreenPatch(
            now_ns, rect.x, rect.y, rect.width, rect.height, False, "zstd", data, band=band, band_from=band_from
        )

    def _whole(self, canvas: Words, time_ns: int) -> ScreenPatch:
        height, width = canvas.shape
        return replace(self._exact(canvas, Rect(0, 0, width, height), time_ns), whole=True)


def _area(pixels: Plane, rect: Rect) -> Plane:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _bounds(pixels: Words) -> Rect:
    height, width = pixels.shape
    return Rect(0, 0, width, height)


def _words(pixels: Pixels) -> Words:
    """The same memory as whole pixels."""
    words: Words = np.ascontiguousarray(pixels.bgrx).view(np.uint32)[..., 0]
    return words


def _owned(pixels: Pixels) -> Words:
    """The same memory if it can be written to: a frame's pixels are the receiver's own."""
    words = _words(pixels)
    return words if words.flags.writeable else words.copy()


def _patch(rect: Rect, time_ns: int, kind: str, data: bytes, *, lossy: bool = False) -> ScreenPatch:
    return ScreenPatch(time_ns, rect.x, rect.y, rect.width, rect.height, False, kind, data, lossy=lossy)
