"""Where on a picture of the screen do the person's words stand?

All text is read (``redact.pixels``) until nothing more can be; there is no hurry. What cannot be read is covered as
well: nobody knows what it says. Without a program that reads that is all text.
"""

from collections.abc import Iterable

import numpy as np

from aboveboard.formats.recording import Session
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.after.typed import OwnFinder
from aboveboard.recorder.redact.own_covers import OwnWords
from aboveboard.recorder.redact.pixels.covering import Coverer
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import Pixels

ROUNDS = 60
"""A word is asked for a few calls after it was seen; words that nobody knows are few after as many."""
ALLOWANCE_NS = 60_000_000_000


class ScreenWords:
    """Follows the screen of one session."""

    def __init__(self, words: OwnWords, reader: Reader | None = None) -> None:
        self._reader = reader or Reader()
        self._coverer = Coverer(OwnFinder(words))
        self._canvas = Canvas()
        self._before: Pixels | None = None
        self._boxes: tuple[Rect, ...] = ()

    def begin(self, session: Session) -> None:
        """A segment begins."""
        self._canvas.begin(session)

    def lose(self) -> None:
        """The screen is unknown."""
        self._canvas = Canvas()

    def boxes(self, patches: Iterable[ScreenPatch]) -> tuple[Rect, ...]:
        """Rectangles over all of them once ``patches`` are drawn; none while the screen is unknown."""
        for patch in patches:
            self._canvas.apply(patch)
        pixels = self._canvas.snapshot()
        if pixels is None:
            return ()
        before = self._before
        changed: list[Rect] | None = None
        if before is not None and before.shape == pixels.shape:
            changed = _changed(before, pixels)
            if not changed:
                return self._boxes
        self._before = pixels
        words = _as_words(pixels)
        reading = self._reader.read(words, changed, allowance_ns=ALLOWANCE_NS)
        for _ in range(ROUNDS):
            if not self._reader.vocabulary.wanted:
                break
            reading = self._reader.read(words, (), allowance_ns=ALLOWANCE_NS)
        self._boxes = self._coverer.cover(reading)
        return self._boxes


def _changed(before: Pixels, now: Pixels) -> list[Rect]:
    """The rectangle around all that differs."""
    differs = (before != now).any(axis=2)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return []
    top, left = int(rows[0]), int(columns[0])
    return [Rect(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)]


def _as_words(pixels: Pixels) -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """Blue, green, red from the lowest byte up."""
    height, width = pixels.shape[:2]
    bgrx = np.full((height, width, 4), 255, np.uint8)
    bgrx[..., :3] = pixels[..., ::-1]
    return bgrx.view(np.uint32).reshape(height, width)
