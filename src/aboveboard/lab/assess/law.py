"""By which law does success grow with what was demonstrated, and how sure is that?

``failure = floor + a * hours ** -b``: a line in the logarithms, as for other learning curves (J. Hestness et al., "Deep
Learning Scaling is Predictable, Empirically", arXiv:1712.00409), down to a floor that no amount of the same takes away.
With fewer than four amounts there is no telling a floor from a slope, and it is 0.

How sure: the law is fitted again and again to means that differ from those seen as means of so few draws do (Student's
t); what 95 % of these laws say is the band.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_FAILURE = 0.002
"""Failures below this cannot be told from none with the episodes of a sweep; the law is fitted to this at the least."""
GAIN = 0.01
"""An hour that adds less than this is not worth its asking: from there on the curve counts as flat."""
MOST_HOURS = 10_000.0
FITS = 300
STEEPNESS = (0.02, 3.0)
"""The least and the most that are tried, more closely in each of so many rounds."""
ROUNDS = 4
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Law:
    """``failure = floor + a * hours ** -b``."""

    a: float
    b: float
    floor: float = 0.0

    def success(self, hours: float) -> float:
        """What the law says for ``hours``."""
        return max(0.0, 1.0 - self.floor - self.a * math.exp(-self.b * math.log(hours)))

    def next_hour(self, hours: float) -> float:
        """What it says that one hour more than ``hours`` would add."""
        return self.success(hours + 1) - self.success(hours)

    def flat_from(self, gain: float = GAIN) -> float:
        """After how many hours the next one adds less than ``gain``; at most :data:`MOST_HOURS`."""
        low, high = -9.0, math.log(MOST_HOURS)
        for _ in range(60):
            middle = (low + high) / 2
            rises = self.a * math.exp(-self.b * middle) * -math.expm1(-self.b * math.log1p(math.exp(-middle)))
            low, high = (middle, high) if rises >= gain else (low, middle)
        return math.exp(high)


@dataclass(frozen=True)
class Bands:
    """The 95 % band (low, high) of what a law says of the next hour, and of where it flattens."""

    next_hour: tuple[float, float]
    flat_from: tuple[float, float]


def fit(points: Sequence[tuple[float, float]]) -> Law | None:
    """The law through points (hours, success), by least squares; None for fewer than three amounts.

    Without a floor in the logarithms of failures; with one in the failures themselves.
    """
    useful = [(hours, max(LEAST_FAILURE, 1 - success)) for hours, success in points if hours > 0]
    amounts = len({hours for hours, _ in useful})
    if amounts < 3:
        return None
    hours, failures = (np.array(column) for column in zip(*useful, strict=True))
    return _floored(hours, failures) if amounts > 3 else _straight(np.log(hours), np.log(failures))


def bands(points: Sequence[tuple[float, Sequence[float]]], seed: int = 0) -> Bands | None:
    """How sure the law is that fits ``points`` (hours, success of each draw); None where any was drawn once only."""
    if any(len(drawn) < 2 for _, drawn in points) or len(points) < 3:
        return None
    draw = np.random.default_rng(seed)
    columns = []
    for _, drawn in points:
        spread = float(np.std(drawn, ddof=1)) / math.sqrt(len(drawn))
        columns.append(np.clip(np.mean(drawn) + spread * draw.standard_t(len(drawn) - 1, FITS), 0.0, 1.0))
    hours, last = [one for one, _ in points], max(one for one, _ in points)
    laws = [law for row in zip(*columns, strict=True) if (law := fit(list(zip(hours, row, strict=True)))) is not None]

    def middle(of: Callable[[Law], float]) -> tuple[float, float]:
        low, high = np.percentile([of(law) for law in laws], (2.5, 97.5))
        return float(low), float(high)

    return Bands(middle(lambda law: law.next_hour(last)), middle(Law.flat_from))


def _straight(x: Numbers, y: Numbers) -> Law:
    """The line in the logarithms."""
    away = x - x.mean()
    slope = float(away @ (y - y.mean()) / (away @ away))
    return Law(math.exp(float(y.mean()) - slope * float(x.mean())), -slope)


def _floored(hours: Numbers, failures: Numbers) -> Law:
    """For each steepness the best height and floor, neither below 0; then the steepness with the least error."""
    tried = np.geomspace(*STEEPNESS, 64)
    for _ in range(ROUNDS):
        x = hours[None, :] ** -tried[:, None]
        away = x - x.mean(axis=1, keepdims=True)
        height = (away @ (failures - failures.mean())) / (away * away).sum(axis=1)
        floor = failures.mean() - height * x.mean(axis=1)
        height = np.where(floor < 0, (x @ failures) / (x * x).sum(axis=1), height)
        floor = np.where(height < 0, failures.mean(), np.maximum(floor, 0.0))
        height = np.maximum(height, 0.0)
        best = int(((floor[:, None] + height[:, None] * x - failures) ** 2).sum(axis=1).argmin())
        law = Law(float(height[best]), float(tried[best]), float(floor[best]))
        tried = np.geomspace(tried[max(best - 1, 0)], tried[min(best + 1, len(tried) - 1)], 64)
    return law
