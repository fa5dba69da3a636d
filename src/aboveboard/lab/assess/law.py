"""By which law does success grow with what was demonstrated?

``failure = a * hours ** -b``, a line in the logarithms, as for other learning curves (J. Hestness et al., "Deep
Learning Scaling is Predictable, Empirically", arXiv:1712.00409).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEAST_FAILURE = 0.002
"""Failures below this cannot be told from none with the episodes of a sweep; the law is fitted to this at the least."""


@dataclass(frozen=True)
class Law:
    """``failure = a * hours ** -b``."""

    a: float
    b: float

    def success(self, hours: float) -> float:
        """What the law says for ``hours``."""
        return max(0.0, 1.0 - self.a * math.exp(-self.b * math.log(hours)))


def fit(points: Sequence[tuple[float, float]]) -> Law | None:
    """The law through points (hours, success) by least squares in the logarithms; None for fewer than three."""
    useful = [(math.log(hours), math.log(max(LEAST_FAILURE, 1 - success))) for hours, success in points if hours > 0]
    if len({x for x, _ in useful}) < 3:
        return None
    count = len(useful)
    x_mean, y_mean = sum(x for x, _ in useful) / count, sum(y for _, y in useful) / count
    slope = sum((x - x_mean) * (y - y_mean) for x, y in useful) / sum((x - x_mean) ** 2 for x, _ in useful)
    return Law(math.exp(y_mean - slope * x_mean), -slope)
