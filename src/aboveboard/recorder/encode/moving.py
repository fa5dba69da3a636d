"""Which part of the screen moves like a film, and how much of it is worth keeping?

What changes again and again and packs badly each time is a film: it goes out with loss, no faster than its shares of
time and bytes allow, and what was lost or left out is owed. A debt is paid once its place has been still for half a
second: then it is drawn again without loss. So a picture that stands is exact, and a film costs what it may.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.encode.rects import around, inside, overlap

TILE = 64
HEAT_FADES_NS = SECOND_NS
"""After this long without a bad change, heat is down to a third."""
HOT = 2.0
"""Three bad changes within half a second."""
HEAT_LIMIT = 4.0
"""So that it is forgotten soon after the film has ended, however long it was."""
STILL_NS = 500 * MILLISECOND_NS
CPU_SHARE = 0.04
"""Of one core, for all films on the screen together."""
BYTES_PER_S = 32 * 1024
"""For all films together: 640 × 360 pixels about three times a second, 115 MB for each hour of film."""
DEBTS_LIMIT = 16


@dataclass(frozen=True)
class Debt:
    """The replay's pixels of ``rect`` are not exactly the screen's since ``since_ns``."""

    rect: Rect
    since_ns: int


class Moving:
    """What moves on a screen of ``width`` × ``height``. Times are wall time; where that is set back, all goes on."""

    def __init__(self, width: int, height: int) -> None:
        self.debts: list[Debt] = []
        self._heat: NDArray[np.float64] = np.zeros((-(-height // TILE), -(-width // TILE)))
        self._heat_ns = 0
        self._next_ns = 0
        self._seen_ns = 0

    def packed_badly(self, rect: Rect, now_ns: int) -> None:
        """``rect`` changed, and its pixels packed badly."""
        self._fade(now_ns)
        tiles = self._tiles(rect)
        np.minimum(tiles + 1.0, HEAT_LIMIT, out=tiles)

    def moves(self, rect: Rect, now_ns: int) -> bool:
        """Has most of ``rect`` been changing like a film?"""
        self._fade(now_ns)
        tiles = self._tiles(rect)
        return bool(tiles.max() >= HOT) and float(np.median(tiles)) >= HOT

    def due(self, now_ns: int) -> bool:
        """May a picture of a film be kept now?"""
        self._follow(now_ns)
        return now_ns >= self._next_ns

    def spent(self, now_ns: int, cpu_ns: int, size_bytes: int) -> None:
        """A picture was kept at that cost: the next has to wait accordingly."""
        wait_ns = max(cpu_ns / CPU_SHARE, size_bytes * SECOND_NS / BYTES_PER_S)
        self._next_ns = max(self._next_ns, now_ns) + int(wait_ns)

    def owe(self, rect: Rect, now_ns: int) -> None:
        """What is shown of ``rect`` is not exact from now on."""
        self.settle(rect)
        self.debts.append(Debt(rect, now_ns))
        if len(self.debts) > DEBTS_LIMIT:
            self.debts = [Debt(around([debt.rect for debt in self.debts]), now_ns)]

    def settle(self, rect: Rect) -> None:
        """All of ``rect`` was drawn exactly."""
        self.debts = [debt for debt in self.debts if not inside(debt.rect, rect)]

    def copied(self, rect: Rect, dx: int, dy: int) -> None:
        """``rect`` was copied from (``dx``, ``dy``) pixels away: what was owed there is owed here too."""
        for debt in list(self.debts):
            moved = Rect(debt.rect.x - dx, debt.rect.y - dy, debt.rect.width, debt.rect.height)
            here = overlap(moved, rect)
            if here is not None:
                self.owe(here, debt.since_ns)

    def payable(self, now_ns: int, still_ns: int = STILL_NS) -> list[Rect]:
        """What has been still long enough to be drawn exactly."""
        self._follow(now_ns)
        return [debt.rect for debt in self.debts if now_ns - debt.since_ns >= still_ns]

    def _tiles(self, rect: Rect) -> NDArray[np.float64]:
        bottom, right = -(-(rect.y + rect.height) // TILE), -(-(rect.x + rect.width) // TILE)
        return self._heat[rect.y // TILE : bottom, rect.x // TILE : right]

    def _follow(self, now_ns: int) -> None:
        """If the clock was set back, what is remembered happened that much earlier too."""
        back_ns, self._seen_ns = self._seen_ns - now_ns, now_ns
        if back_ns > 0:
            self._heat_ns -= back_ns
            self._next_ns -= back_ns
            self.debts = [Debt(debt.rect, debt.since_ns - back_ns) for debt in self.debts]

    def _fade(self, now_ns: int) -> None:
        self._follow(now_ns)
        passed_ns = now_ns - self._heat_ns
        if passed_ns > 0:
            self._heat *= math.exp(-passed_ns / HEAT_FADES_NS)
            self._heat_ns = now_ns
