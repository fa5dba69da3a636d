"""The rules of concerns and notices, at their edges."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.notice import EMBARGOED, KINDS, Audience
from aboveboard.rules.concerns import ConcernFacts, may_widen, raise_scope, raise_scopes, scope_raises
from aboveboard.rules.decision import Reason
from aboveboard.rules.fleet import LEAST_PEOPLE
from aboveboard.rules.notices import ATTEMPTS, EMBARGO_NS, concerns, may_be_counted, may_tell_others, wait_ns

PERSON = new_id(Kind.PERSON)


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_NS


@pytest.mark.parametrize(
    ("now", "before", "this"),
    [
        ("2026-11-22T12:00:00", "raise/2026-10", "raise/2026-11"),
        ("2027-01-01T00:00:00", "raise/2026-12", "raise/2027-01"),
        ("2026-12-31T23:59:59", "raise/2026-11", "raise/2026-12"),
        ("2028-03-31T08:00:00", "raise/2028-02", "raise/2028-03"),
    ],
)
def test_a_pass_is_for_its_month_and_the_next(now: str, before: str, this: str) -> None:
    assert raise_scopes(ns(now)) == (before, this)
    assert raise_scope(ns(now)) == this
    for scope in (before, this):
        assert scope_raises(scope, now_ns=ns(now)).allowed
    for scope in ("raise/2019-01", "raise/2199-12", "join/cnc_x", "", f"{this} "):
        assert scope_raises(scope, now_ns=ns(now)).reason is Reason.CONCERN_PASS


def test_what_is_late_is_late_from_its_date_on_and_only_while_it_is_not_answered() -> None:
    for answered, now_ns, allowed in ((False, 99, True), (False, 100, False), (True, 101, True)):
        late = ConcernFacts("cnc_1", "stf_1", answer_by_ns=100, answered=answered)
        assert may_widen([late], now_ns=now_ns).allowed is allowed
    assert may_widen([], now_ns=0).allowed
    assert may_widen([None], now_ns=0).reason is Reason.RULE_ERROR  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("audience", "concerned"),
    [
        (Audience(), True),
        (Audience(people=[PERSON]), True),
        (Audience(people=[new_id(Kind.PERSON)]), False),
        (Audience(people=[PERSON], country="FR"), True),  # a person who is named is meant, wherever they are
        (Audience(country="US"), True),
        (Audience(country="US-NY"), True),
        (Audience(country="US-CT"), False),
        (Audience(country="U"), False),
        (Audience(cohort="pilot"), True),
        (Audience(cohort=""), False),
        (Audience(country="US", cohort="other"), False),
    ],
)
def test_whom_it_concerns(audience: Audience, concerned: bool) -> None:
    assert concerns(audience, person_id=PERSON, country="US-NY", cohort="pilot") is concerned


@pytest.mark.parametrize("kind", KINDS)
def test_an_embargo_ends_when_all_were_reached_or_with_its_time(kind: str) -> None:
    def told(unreached: int, now_ns: int, *, counted: bool = True) -> bool:
        return may_tell_others(kind, published_at_ns=0, counted=counted, unreached=unreached, now_ns=now_ns).allowed

    free = kind not in EMBARGOED
    assert told(1, EMBARGO_NS - 1) is free
    assert told(0, 1, counted=False) is free
    assert told(0, 1)
    assert told(9, EMBARGO_NS, counted=False)


def test_only_everyone_together_is_counted_before_a_day_has_passed() -> None:
    def counted(audience: Audience, people: int, now_ns: int = 0) -> bool:
        return may_be_counted(audience, people=people, published_at_ns=0, now_ns=now_ns)

    assert counted(Audience(), LEAST_PEOPLE)
    assert not counted(Audience(), LEAST_PEOPLE - 1)
    for some in (Audience(country="DE"), Audience(cohort="a"), Audience(people=[PERSON])):
        assert not counted(some, 1000)
        assert counted(some, 1, EMBARGO_NS)


@given(st.integers(0, 100))
def test_each_wait_is_as_long_as_the_one_before_or_longer_and_they_end(attempts: int) -> None:
    this, following = wait_ns(attempts), wait_ns(attempts + 1)
    assert (this is None) is (attempts >= ATTEMPTS)
    if this is not None and following is not None:
        assert 0 < this <= following
