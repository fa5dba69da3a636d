"""What a steward is told: groups of ten, one partition, and the proof that a pause arrived."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.fleet import States
from aboveboard.rules.fleet import LEAST_PEOPLE, REPORT_NS, News, Place, Stop, added, groups, moved, report, state_of
from aboveboard.rules.lease import LEASE_DURATION_NS
from aboveboard.rules.pause import picked

AT = 1_000 * SECOND_NS
places = st.tuples(st.sampled_from(["", "DE", "FR", "US-NY", "IE"]), st.sampled_from(["", "a", "b", "c"]))


@pytest.mark.parametrize(
    ("answer", "lease_live", "lately", "state"),
    [
        ("ok", True, True, "permitted"),
        ("ok", False, True, "unreachable"),
        ("pause:by_person", True, True, "paused_by_person"),
        ("pause:by_steward", False, True, "paused_by_steward"),
        ("pause:by_steward", False, False, "unreachable"),
        ("consent:other_disclosure", False, True, "refused"),
        ("something new", False, True, "refused"),
        ("", False, False, "unreachable"),
    ],
)
def test_the_state_of_a_device(answer: str, lease_live: bool, lately: bool, state: str) -> None:
    assert state_of(answer, lease_live=lease_live, lately=lately) == state


def test_smaller_groups_are_joined_until_there_are_ten() -> None:
    people = {("DE", "a"): 12, ("DE", "b"): 4, ("DE", "c"): 7, ("FR", ""): 20, ("IE", ""): 3}
    states = {place: States(permitted=count) for place, count in people.items()}
    found = {(one.country, one.cohort): (one.people, one.states.permitted) for one in groups(people, states)}
    # The three of Ireland alone would follow by subtraction, so the smallest group is joined to them.
    assert found == {("DE", "a"): (12, 12), ("FR", ""): (20, 20), (None, None): (14, 14)}


@given(st.dictionaries(places, st.integers(0, 25)), st.data())
def test_no_group_is_under_ten_and_no_difference_either(people: dict[Place, int], data: st.DataObject) -> None:
    states = {place: States(permitted=data.draw(st.integers(0, 30))) for place in people}
    found = groups(people, states)
    assert all(one.people >= LEAST_PEOPLE for one in found)
    assert len({(one.country, one.cohort) for one in found}) == len(found)
    total = sum(people.values())
    if total < LEAST_PEOPLE:
        assert found == []
        return
    # One partition of everybody: whatever sums of groups are subtracted from whatever others, whole groups remain.
    assert sum(one.people for one in found) == total
    living = [states[place] for place in people if people[place]]
    assert added(*(one.states for one in found)) == added(*living)


@given(st.dictionaries(places, st.integers(0, 25)))
def test_a_group_is_as_fine_as_it_may_be(people: dict[Place, int]) -> None:
    """Nothing is joined that need not be: of all groups of ten people or more at most one went into the others."""
    found = {(one.country, one.cohort) for one in groups(people, {})}
    large = {place for place, count in people.items() if count >= LEAST_PEOPLE}
    assert len(large - found) <= 1


def stop(name: str, lease_until_s: float, **words: int) -> Stop:
    return Stop(device_id=name, lease_until_ns=AT + int(lease_until_s * SECOND_NS), **words)


def at(seconds: float) -> int:
    return AT + int(seconds * SECOND_NS)


def test_a_report_says_what_is_proven_and_names_who_straggles() -> None:
    stops = [
        stop("dev_a", 12, refused_at_ns=at(0.3)),
        stop("dev_b", 14, refused_at_ns=at(1.0), offered_ns=at(0.8)),
        stop("dev_c", 2.5),
        stop("dev_d", 9),
        stop("dev_e", 16, lease_at_ns=at(1.0)),
        stop("dev_g", 15.5, lease_at_ns=at(0.5), refused_at_ns=at(1.2)),
        stop("dev_f", 11, refused_at_ns=at(4), frame_ns=at(3)),
    ]
    told, slow = report("pau", stops, people=40, at_ns=AT, ended_at_ns=None, now_ns=at(5))
    counts = told.counts
    assert counts is not None
    assert (counts.devices, counts.confirmed, counts.lapsed, counts.possible, counts.unproven) == (7, 4, 1, 2, 0)
    assert counts.to_stop is not None
    assert (counts.to_stop.p50_ns, counts.to_stop.max_ns) == (6 * SECOND_NS // 5, 4 * SECOND_NS)
    assert counts.to_last_frame is not None
    assert (counts.to_last_frame.p50_ns, counts.to_last_frame.max_ns) == (0, 3 * SECOND_NS)
    assert counts.to_last_offer is not None
    assert counts.to_last_offer.devices == 1
    assert not told.stopped
    assert told.certain_at_ns == at(16)
    assert [(one.device_id, one.why) for one in slow] == [
        ("dev_e", "lease_after_pause"),
        ("dev_d", "lease_live"),
        ("dev_f", "frame_after_pause"),
    ]
    later, slow = report("pau", stops, people=40, at_ns=AT, ended_at_ns=None, now_ns=AT + REPORT_NS)
    assert later.counts is not None
    assert (later.stopped, later.final, later.counts.lapsed, later.counts.possible) == (True, True, 3, 0)
    assert "dev_d" not in {one.device_id for one in slow}


def test_a_pause_that_ended_sooner_says_for_whom_it_is_not_proven() -> None:
    stops = [stop("dev_a", 12, refused_at_ns=at(0.3)), stop("dev_b", 9)]
    told, _ = report("pau", stops, people=40, at_ns=AT, ended_at_ns=at(5), now_ns=at(60))
    assert told.counts is not None
    assert (told.counts.confirmed, told.counts.possible, told.counts.unproven, told.stopped) == (1, 0, 1, False)


@given(st.integers(0, LEAST_PEOPLE - 1), st.integers(0, 60), st.data())
def test_of_fewer_than_ten_people_nothing_follows_from_what_they_did(
    people: int, now_s: int, data: st.DataObject
) -> None:
    def told(stops: list[Stop]) -> object:
        return report("pau", stops, people=people, at_ns=AT, ended_at_ns=None, now_ns=at(now_s))

    moments = st.sampled_from([0, *(at(second) for second in range(20))])
    stops = data.draw(st.lists(st.builds(Stop, st.just("dev_a"), moments, moments, moments, moments, moments, moments)))
    assert told(stops) == told([]), "whoever was recorded when it began, and stopped when, is told of nobody"
    assert told([])[1] == []  # type: ignore[index]


def test_only_what_lies_in_the_pause_counts() -> None:
    before = Stop("dev_a", lease_until_ns=at(10))
    refused = News(answers=((at(1), 0), (at(2), 0)))
    assert moved(before, refused, at_ns=AT, ended_at_ns=None).refused_at_ns == at(1)
    assert moved(before, refused, at_ns=at(1.5), ended_at_ns=None).refused_at_ns == at(2), "the first was before"
    assert moved(before, refused, at_ns=AT, ended_at_ns=at(0.5)) == before
    resumed = News(answers=((at(5), 0), (at(6), at(21))))
    told = moved(before, resumed, at_ns=AT, ended_at_ns=at(6))
    assert (told.refused_at_ns, told.lease_until_ns) == (at(5), at(10)), "a lease after its end is as it should be"
    renewed = moved(before, resumed, at_ns=AT, ended_at_ns=None)
    assert (renewed.lease_until_ns, renewed.lease_at_ns, renewed.refused_at_ns) == (at(21), at(6), 0), (
        "in it, it is not"
    )
    of_app = moved(before, resumed, at_ns=at(5.5), ended_at_ns=None, of_app=True)
    assert (of_app.lease_until_ns, of_app.refused_at_ns) == (at(10), at(6)), "the lease says that it is paused"
    earlier = News(answers=((at(-0.1), at(14.9)),))
    assert moved(before, earlier, at_ns=AT, ended_at_ns=None) == Stop("dev_a", lease_until_ns=at(14.9))
    frames = News(frames=((at(-1), at(3)), (at(0.2), at(0.3))), offered=(at(1), at(-1)))
    seen = moved(before, frames, at_ns=AT, ended_at_ns=None)
    assert (seen.frame_ns, seen.intake_at_ns, seen.offered_ns) == (at(0.2), at(3), at(1))


@given(st.permutations(range(4)))
def test_news_in_parts_come_to_the_same(order: list[int]) -> None:
    """Two replicas write what they saw in any order: the frames and offers are the same in the end."""
    parts = [
        News(frames=((at(0.1), at(1)),)),
        News(frames=((at(0.3), at(2)),)),
        News(offered=(at(0.9),)),
        News(answers=((at(1), 0),)),
    ]
    one = Stop("dev_a", lease_until_ns=at(10))
    for place in order:
        one = moved(one, parts[place], at_ns=AT, ended_at_ns=None)
    assert (one.frame_ns, one.intake_at_ns, one.offered_ns, one.refused_at_ns) == (at(0.3), at(2), at(0.9), at(1))


def test_percentiles_are_ranks() -> None:
    stops = [stop(f"dev_{number}", 12, refused_at_ns=at(number / 100)) for number in range(1, 101)]
    told, _ = report("pau", list(itertools.chain(stops)), people=100, at_ns=AT, ended_at_ns=None, now_ns=at(2))
    assert told.counts is not None
    assert told.counts.to_stop is not None
    spread = told.counts.to_stop
    assert (spread.p50_ns, spread.p99_ns, spread.max_ns) == (SECOND_NS // 2, SECOND_NS * 99 // 100, SECOND_NS)
    assert told.stopped
    assert told.certain_at_ns == AT + LEASE_DURATION_NS


def test_a_share_picks_about_so_many_and_others_each_time() -> None:
    people = [f"per_{number}" for number in range(5_000)]
    first, second = ({one for one in people if picked(one, pause_id=name, share=20)} for name in ("pau_1", "pau_2"))
    assert 900 < len(first) < 1_100
    assert 100 < len(first & second) < 300
    assert first == {one for one in people if picked(one, pause_id="pau_1", share=20)}
