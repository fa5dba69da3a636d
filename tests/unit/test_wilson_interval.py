"""Is the interval Wilson's?"""

import math

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.lab.assess.interval import Z_95, wilson

PUBLISHED = [
    # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998),
    # table I, method 3 (score without continuity correction).
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0000, 0.1611),
    (1, 29, 0.0061, 0.1718),
]


@pytest.mark.parametrize(("successes", "episodes", "low", "high"), PUBLISHED)
def test_it_gives_the_published_values(successes: int, episodes: int, low: float, high: float) -> None:
    assert wilson(successes, episodes) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("successes", "episodes"), [(1, 3), (7, 40), (39, 40), (500, 1000)])
def test_its_ends_solve_the_equation_that_defines_them(successes: int, episodes: int) -> None:
    rate = successes / episodes
    for end in wilson(successes, episodes):
        assert abs(rate - end) == pytest.approx(Z_95 * math.sqrt(end * (1 - end) / episodes), rel=1e-9)


def test_it_stays_within_0_and_1_and_is_never_empty() -> None:
    for episodes in range(1, 50):
        for successes in range(episodes + 1):
            low, high = wilson(successes, episodes)
            assert 0.0 <= low <= successes / episodes <= high <= 1.0
            assert high - low > 0.01
    assert wilson(0, 5)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0


@pytest.mark.parametrize(("successes", "episodes"), [(0, 0), (-1, 5), (6, 5), (1, -2)])
def test_it_refuses_what_has_no_rate(successes: int, episodes: int) -> None:
    with pytest.raises(BadInput):
        wilson(successes, episodes)
