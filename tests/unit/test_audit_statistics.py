"""Do the measures of remembering say what their sources say, and nothing for a model that remembers nothing?"""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.lab.audit import canaries
from aboveboard.lab.audit.exposure import chance, exposure, rank
from aboveboard.lab.audit.membership import LEAST, membership


def test_ranks_and_bits() -> None:
    assert rank(1.0, [2.0, 3.0]) == 1
    assert rank(2.5, [2.0, 3.0]) == 2
    assert rank(2.0, [2.0, 2.0]) == 1
    assert rank(9.0, [2.0, 3.0]) == 3
    assert exposure(1, 255) == 8.0
    assert exposure(256, 255) == 0.0


def test_the_chance_of_ranks_is_fishers() -> None:
    assert chance([], 255) == 1.0
    # One share of 0.05, and two: chi-square of 5.991 with 2, and 11.983 with 4 degrees of freedom.
    assert chance([5], 99) == pytest.approx(0.05)
    assert chance([5, 5], 99) == pytest.approx(0.0174787, abs=1e-6)
    assert chance([1] * 8, 255) < 1e-9


def test_a_model_that_remembers_nothing_is_seldom_refused() -> None:
    random = Random(1)
    draws = [chance([random.randint(1, 256) for _ in range(8)], 255) for _ in range(4000)]
    for limit in (0.5, 0.1, 0.01):
        assert sum(one < limit for one in draws) / len(draws) <= limit * 1.3
    assert sum(one < 0.5 for one in draws) / len(draws) > 0.4


@given(st.lists(st.integers(1, 256), min_size=1, max_size=50))
def test_the_chance_is_a_probability_and_lower_ranks_make_it_less(ranks: list[int]) -> None:
    found = chance(ranks, 255)
    assert 0.0 <= found <= 1.0
    assert chance([1, *ranks[1:]], 255) <= found + 1e-12


def test_members_are_told_or_not() -> None:
    random = Random(2)
    inside, outside = [random.gauss(0, 1) for _ in range(150)], [random.gauss(0, 1) for _ in range(150)]
    same = membership(inside, outside)
    assert same is not None
    assert same.low < 0.5 < same.high
    assert 0.1 < same.high - same.low < 0.16  # DeLong's interval for 150 and 150 that are alike
    apart = membership([one - 3 for one in inside], outside)
    assert apart is not None
    assert apart.low > 0.95
    assert apart.caught > 0.5
    assert membership([1.0] * (LEAST - 1), outside) is None
    alike = membership([1.0] * LEAST, [1.0] * LEAST)
    assert alike is not None
    assert (alike.area, alike.low, alike.high, alike.caught) == (0.5, 0.5, 0.5, 0.0)


def test_canaries_are_not_known_before_and_differ() -> None:
    drawn = canaries.draw(20)
    assert len({one.number for one in drawn}) == 20
    assert all(len(one.number) == canaries.DIGITS and one.number.isdigit() for one in drawn)
    assert {one.number for one in drawn}.isdisjoint(one.number for one in canaries.draw(20))
    assert canaries.draw(3, Random(5)) == canaries.draw(3, Random(5))
    assert all(math.isfinite(float(one.number)) for one in drawn)
