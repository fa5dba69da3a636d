"""Can somebody tell from a model's losses who was in its training?

The attack of Yeom et al. (CSF 2018): what was trained on has the lower loss. How well that tells members from others is
the area under the curve: 0.5 is guessing, 1 is always. Its interval is DeLong's (Biometrics 44, 1988).
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.audit import MembershipTest

LEAST = 20
"""With fewer of either nothing can be said."""
Z95 = 1.959964
FALSE_ALARMS = 0.01


@dataclass(frozen=True)
class Membership:
    """``area`` under the curve with its 95 % interval; ``caught``: the share of members told at 1 % false alarms."""

    members: int
    others: int
    area: float
    low: float
    high: float
    caught: float


def membership(members: Sequence[float], others: Sequence[float]) -> Membership | None:
    """From the losses of both; ``None`` if there are too few."""
    if min(len(members), len(others)) < LEAST:
        return None
    inside, outside = np.asarray(members, np.float64), np.asarray(others, np.float64)
    lower = _below(inside, outside)
    area = float(lower.mean())
    variance = lower.mean(axis=1).var(ddof=1) / len(inside) + lower.mean(axis=0).var(ddof=1) / len(outside)
    reach = Z95 * math.sqrt(float(variance))
    limit = np.quantile(outside, FALSE_ALARMS, method="lower")
    caught = float((inside < limit).mean())
    return Membership(len(inside), len(outside), area, max(0.0, area - reach), min(1.0, area + reach), caught)


def membership_of(members: Sequence[float], others: Sequence[float]) -> MembershipTest | None:
    """The same as an audit has it."""
    found = membership(members, others)
    return MembershipTest(**asdict(found)) if found is not None else None


def _below(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each member and each other, 1 if the member has the lower loss and one half if it has the same."""
    first, second = inside[:, None], outside[None, :]
    told: NDArray[np.float64] = (first < second) + 0.5 * (first == second)
    return told
