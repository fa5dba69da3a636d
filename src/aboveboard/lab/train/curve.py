"""How does a long row of losses stay short enough to be kept and drawn?"""

import math
from collections.abc import Sequence

from aboveboard.formats.training import POINTS, Point


class Curve:
    """Losses by step in at most :data:`POINTS` points: each the mean of as many steps, twice as many once it is full.

    What is no finite number is left out.
    """

    def __init__(self, points: Sequence[Point] = ()) -> None:
        self._points = list(points)
        self._each, self._sum, self._count = 1, 0.0, 0

    def add(self, step: int, loss: float) -> None:
        """The loss of a later step than all before."""
        if not math.isfinite(loss):
            return
        self._sum, self._count = self._sum + loss, self._count + 1
        if self._count < self._each:
            return
        self._points.append(Point(step=step, loss=self._sum / self._count))
        self._sum, self._count = 0.0, 0
        if len(self._points) == POINTS:
            pairs = zip(self._points[::2], self._points[1::2], strict=True)
            self._points = [Point(step=late.step, loss=(early.loss + late.loss) / 2) for early, late in pairs]
            self._each *= 2

    def before(self, step: int) -> "Curve":
        """What was told of the steps before this one."""
        return Curve([one for one in self._points if one.step < step])

    @property
    def points(self) -> list[Point]:
        return list(self._points)
