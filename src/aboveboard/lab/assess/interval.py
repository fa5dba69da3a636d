"""How sure can one be of a success rate seen in a few episodes?

Wilson's score interval (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
of the American Statistical Association 22, 1927): unlike the textbook interval it never leaves 0 to 1, and is not
empty where all episodes, or none, succeeded.
"""

import math
from collections.abc import Sequence

from aboveboard.base.errors import BadInput

Z_95 = 1.959963984540054
"""The standard normal's 97.5th percentile: 95 % in the middle."""


def wilson(successes: int, episodes: int, z: float = Z_95) -> tuple[float, float]:
    """The interval (low, high), both 0 to 1; raises :class:`BadInput` unless 0 ≤ successes ≤ episodes, episodes > 0."""
    if episodes <= 0 or not 0 <= successes <= episodes:
        raise BadInput(
            f"{successes} successes of {episodes} episodes have no interval",
            cause="nothing was evaluated, or the counts are mixed up",
            fix="evaluate at least one episode",
        )
    rate = successes / episodes
    square = z * z
    middle = (rate + square / (2 * episodes)) / (1 + square / episodes)
    half = z / (1 + square / episodes) * math.sqrt(rate * (1 - rate) / episodes + square / (4 * episodes * episodes))
    # At the ends the formula gives exactly 0 or 1, but its rounding does not.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == episodes else min(1.0, middle + half)
    return low, high


T_95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)
"""Student's t, its 97.5th percentile for 1 to 9 degrees of freedom (W. S. Gosset's distribution, as in any table)."""


def band(means: Sequence[float]) -> tuple[float, float, float]:
    """The mean of several draws, and the 95 % interval (low, high) of that mean by Student's t, kept within 0 to 1.

    One draw says nothing about how much draws differ: its interval is 0 to 1. Raises :class:`BadInput` for none.
    """
    if not means:
        raise BadInput("no draws have no band", cause="nothing was evaluated", fix="evaluate at least one draw")
    count = len(means)
    mean = sum(means) / count
    if count == 1:
        return mean, 0.0, 1.0
    half = _t(count - 1) * math.sqrt(_variance(means) / count)
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def difference(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    """By how much the mean of ``one`` is above that of ``other``, with its 95 % interval (B. L. Welch, Biometrika 34).

    The draws are independent of each other. A single draw says nothing: −1 to 1. Raises :class:`BadInput` for none.
    """
    above = band(one)[0] - band(other)[0]
    if min(len(one), len(other)) < 2:
        return above, -1.0, 1.0
    parts = [_variance(drawn) / len(drawn) for drawn in (one, other)]
    total = sum(parts)
    if total == 0:
        return above, above, above
    freedom = int(total**2 / sum(part**2 / (len(drawn) - 1) for part, drawn in zip(parts, (one, other), strict=True)))
    half = _t(freedom) * math.sqrt(total)
    return above, max(-1.0, above - half), min(1.0, above + half)


def newcombe(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float]:
    """The 95 % interval of the difference of two rates (successes, episodes), as if all episodes were of one draw.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine
    17, 1998, method 10: unlike an interval over few draws it is not empty where all of them came out alike.
    """
    (p, (p_low, p_high)), (q, (q_low, q_high)) = ((good / every, wilson(good, every)) for good, every in (one, other))
    return p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low)


def paired(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    """As :func:`difference`, of draws that belong together two and two; raises :class:`BadInput` for none."""
    apart = [first - second for first, second in zip(one, other, strict=True)]
    above = sum(apart) / max(1, len(apart))
    if not apart:
        raise BadInput("no draws have no difference", cause="nothing was evaluated", fix="evaluate at least one draw")
    if len(apart) == 1:
        return above, -1.0, 1.0
    half = _t(len(apart) - 1) * math.sqrt(_variance(apart) / len(apart))
    return above, max(-1.0, above - half), min(1.0, above + half)


def _variance(drawn: Sequence[float]) -> float:
    mean = sum(drawn) / len(drawn)
    return sum((one - mean) ** 2 for one in drawn) / (len(drawn) - 1)


def _t(freedom: int) -> float:
    return T_95[max(freedom, 1) - 1] if freedom <= len(T_95) else Z_95
