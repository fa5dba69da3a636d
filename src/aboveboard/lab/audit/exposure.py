"""How much does a model prefer what was planted?

*Exposure* (Carlini et al., 2019) of a canary: log2 of how many numbers there are, less log2 of its rank among them by
the model's loss. Here the rank is among ``n`` other numbers drawn at random, so the most that can be seen is
log2(n + 1) bits. For a model that remembers nothing every rank is as likely as any other; how unlikely the ranks of all
canaries together are follows from Fisher's method.
"""

import math
from collections.abc import Sequence


def rank(planted: float, others: Sequence[float]) -> int:
    """1 if the model finds ``planted`` likelier than all ``others``. Losses that are the same count against it."""
    return 1 + sum(other < planted for other in others)


def exposure(rank_: int, others: int) -> float:
    """In bits: 0 for the last rank of all, log2(others + 1) for the first."""
    return math.log2(others + 1) - math.log2(rank_)


def chance(ranks: Sequence[int], others: int) -> float:
    """How likely ranks this low or lower are, all together, for a model that remembers nothing; 1 for no ranks.

    Fisher's method: minus twice the sum of the logarithms of n shares is chi-square with 2n degrees of freedom. A share
    here is the rank over ``others`` + 1, which is no lower than a uniform one: what comes out is never too low.
    """
    half = -sum(math.log(rank_ / (others + 1)) for rank_ in ranks)
    term, total = 1.0, 0.0
    for place in range(len(ranks)):
        total += term
        term *= half / (place + 1)
    return min(1.0, math.exp(-half) * total) if ranks else 1.0
