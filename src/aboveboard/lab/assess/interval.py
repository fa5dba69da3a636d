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
    spread = math.sqrt(sum((one - mean) ** 2 for one in means) / (count - 1))
    half = (T_95[count - 2] if count - 2 < len(T_95) else Z_95) * spread / math.sqrt(count)
    return mean, max(0.0, mean - half), min(1.0, mean + half)
