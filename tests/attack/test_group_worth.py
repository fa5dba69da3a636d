"""What recordings brought is told of ten people or more, and no sum or difference of it tells of fewer."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.rules.decision import Reason
from aboveboard.rules.groups import may_value

PEOPLE = [f"per_{number:02}" for number in range(40)]


def test_groups_of_ten_that_leave_ten_are_valued() -> None:
    assert may_value(PEOPLE, {"north": PEOPLE[:10]}).allowed
    assert may_value(PEOPLE, {"north": PEOPLE[:20], "south": PEOPLE[20:]}).allowed
    assert may_value(PEOPLE, {"north": PEOPLE[:30], "late": PEOPLE[10:]}).allowed


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ({"one": PEOPLE[:1]}, Reason.GROUP_TOO_FEW),
        ({"nine": PEOPLE[:9]}, Reason.GROUP_TOO_FEW),
        ({}, Reason.GROUP_TOO_FEW),
        # Padded with names of whom there is nothing.
        ({"nine and strangers": [*PEOPLE[:9], *(f"per_x{number}" for number in range(9))]}, Reason.GROUP_TOO_FEW),
        ({"one, many times": PEOPLE[:1] * 12}, Reason.GROUP_TOO_FEW),
        ({"all but one": PEOPLE[:39]}, Reason.GROUP_APART),
        ({"with": PEOPLE[:20], "without": PEOPLE[:19]}, Reason.GROUP_APART),
        # No two of the three differ by few, all three together single one person out.
        ({"a": PEOPLE[:20], "b": PEOPLE[19:40], "c": [*PEOPLE[10:19], *PEOPLE[20:31]]}, Reason.GROUP_APART),
    ],
)
def test_a_group_that_tells_of_fewer_is_refused(groups: dict[str, list[str]], reason: Reason) -> None:
    assert may_value(PEOPLE, groups).reason is reason


def test_who_asks_again_for_all_but_one_of_them_is_refused() -> None:
    assert may_value(PEOPLE, {"north": PEOPLE[:20]}).allowed
    again = may_value(PEOPLE, {"north": PEOPLE[1:20]}, before=[PEOPLE[:20]])
    assert (again.allowed, again.reason) == (False, Reason.GROUP_APART)
    assert may_value(PEOPLE, {"north": PEOPLE[:20]}, before=[PEOPLE[:20], PEOPLE[10:30]]).allowed


def test_what_cannot_be_decided_is_refused() -> None:
    assert may_value(PEOPLE, {"north": None}).reason is Reason.RULE_ERROR  # type: ignore[dict-item]
    assert not may_value([], {"nobody": []}).allowed


Families = st.lists(st.sets(st.sampled_from(PEOPLE), min_size=8), min_size=1, max_size=3)


@given(asked=Families, before=st.lists(st.sets(st.sampled_from(PEOPLE), min_size=8), max_size=2))
def test_no_sum_and_no_difference_tells_of_fewer_than_ten(asked: list[set[str]], before: list[set[str]]) -> None:
    blocks = [set(PEOPLE[start : start + 10]) for start in range(0, 40, 10)]
    for groups in (asked, [set().union(*(block for block in blocks if block & one)) for one in asked]):
        if not may_value(PEOPLE, {str(place): one for place, one in enumerate(groups)}, before).allowed:
            continue
        known = [set(PEOPLE), *groups, *before]
        for one, other in itertools.product(known, known):
            for told in (one - other, one & other, one | other, set(PEOPLE) - one - other):
                assert not told or len(told) >= 10
