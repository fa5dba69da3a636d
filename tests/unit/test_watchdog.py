"""What the watchdog concludes, as tables on a clock that moves only when told."""

from dataclasses import replace
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.watchdog import MOVES_NS, Alarms, Facts, Finding, Glance, Part, Watchdog
from aboveboard.rules.decision import Reason

HERE, THERE = Rect(0, 0, 8, 8), Rect(90, 90, 8, 8)
QUIET = Facts(recording=True)


class Watch:
    """A watchdog that has been watching for a while, and its clock."""

    def __init__(self, facts: Facts = QUIET, *, seconds: int = 10) -> None:
        self.dog, self.now_ns, self.facts = Watchdog(), 1000 * SECOND_NS, facts
        self.found: list[Finding] = []
        self.rounds(seconds)

    def round(self, *, after_s: float = 1.0, **changes: Any) -> list[Finding]:
        self.facts = replace(self.facts, **changes)
        self.now_ns += int(after_s * SECOND_NS)
        found = self.dog.judge(self.facts, self.now_ns)
        self.found += found
        return found

    def rounds(self, seconds: int, **changes: Any) -> list[Finding]:
        return [finding for _ in range(seconds) for finding in self.round(**changes)]

    def pressed(self, count: int, *, told: int | None = None) -> list[Finding]:
        """So many presses happened within the last second; ``told`` of them the capture knows of."""
        facts, known = self.facts, count if told is None else told
        happened = facts.presses_after + count
        return self.round(
            presses_before=happened,
            presses_after=happened,
            presses_told=facts.presses_told + known,
            presses_until=happened if known else facts.presses_until,
        )


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    watch = Watch()
    assert not watch.rounds(100)


# Input


@pytest.mark.parametrize(("a_second", "known", "limit_s"), [(8, 0, 5), (8, 7, 5), (1, 0, 6), (50, 49, 5)])
def test_presses_that_were_not_told_are_found(a_second: int, known: int, limit_s: int) -> None:
    watch = Watch()
    for _ in range(60):
        watch.pressed(a_second)
    assert not watch.found
    for _ in range(limit_s):
        if watch.pressed(a_second, told=known):
            break
    assert watch.found
    finding = watch.found[0]
    assert (finding.word, finding.marked_as, finding.until_ns) == ("events_lost", "events_lost", watch.now_ns)
    assert finding.since_ns >= watch.now_ns - 61 * SECOND_NS


def test_a_slow_typist_is_watched_too() -> None:
    watch = Watch()
    for _ in range(8):
        watch.pressed(1, told=0)
        watch.rounds(6)
    assert watch.found


@pytest.mark.parametrize("delay_s", [1, 2])
def test_presses_told_late_are_no_loss(delay_s: int) -> None:
    watch = Watch()
    late, happened = [0] * delay_s, 0
    for count in [9, 0, 0, 30, 30, 30, 0, 1, 0, 0, 0, 25] * 10:
        late.append(count)
        told = watch.facts.presses_told + late.pop(0)
        happened += count
        assert not watch.round(presses_before=happened, presses_after=happened, presses_told=told, presses_until=told)


def test_presses_that_only_the_capture_knows_of_are_no_loss_and_hide_none_later() -> None:
    watch = Watch()
    watch.round(presses_told=40)
    assert not watch.rounds(70), "a finger on a touch screen presses the pointer's button"
    for _ in range(9):
        watch.pressed(5, told=0)
    assert watch.found


def test_a_thread_that_paused_between_two_readings_makes_no_loss() -> None:
    """Told is read between the two counts of presses; what happened in between is in the second alone."""
    watch = Watch()
    happened = 20
    watch.round(presses_before=0, presses_after=happened, presses_told=happened, presses_until=0)
    for _ in range(20):
        settled = {"presses_before": happened, "presses_after": happened, "presses_told": happened}
        assert not watch.round(**settled, presses_until=happened)


# Screen


def differs(real: int, believed: int, rect: Rect = HERE) -> dict[str, Any]:
    return {"glances": (Glance(rect, real, believed),)}


def test_a_place_that_stays_different_is_found() -> None:
    watch = Watch()
    assert not watch.round(**differs(2, 1))
    assert watch.dog.suspects == (HERE,)
    assert not watch.rounds(2, **differs(2, 1))
    (finding,) = watch.round(**differs(2, 1))
    assert (finding.word, finding.marked_as) == ("screen_stalled", "screen_stalled")
    assert finding.until_ns - finding.since_ns == 3 * SECOND_NS


def test_a_picture_that_moves_while_the_belief_stands_still_is_found() -> None:
    watch = Watch()
    for real in range(2, 6):
        watch.round(**differs(real, 1))
    assert [finding.word for finding in watch.found] == ["screen_stalled"]


def test_a_belief_that_follows_is_no_finding_however_late() -> None:
    watch = Watch()
    for place in range(60):
        assert not watch.round(**differs(place + 1, place))
    assert not watch.rounds(3, **differs(61, 60))
    assert not watch.round(**differs(61, 61))
    assert watch.dog.suspects == ()


def test_a_place_that_is_no_longer_captured_is_forgotten() -> None:
    watch = Watch()
    watch.rounds(3, **differs(2, 1))
    assert not watch.round(glances=())
    assert not watch.rounds(2, **differs(2, 1, THERE))


# Writing


def test_what_was_delivered_and_did_not_arrive_is_found_in_the_next_round() -> None:
    watch = Watch()
    assert not watch.round(delivered=100, arrived=97), "three are on their way"
    assert not watch.round(delivered=150, arrived=150)
    watch.round(delivered=200, arrived=199)
    (finding,) = watch.round(delivered=260, arrived=199)
    assert (finding.word, finding.marked_as) == ("items_lost", "events_lost")
    assert finding.what.startswith("1 captured")


@pytest.mark.parametrize(
    ("lost", "word"), [({"items_missing": 3}, "items_lost"), ({"segments_missing": 1}, "segments_lost")]
)
def test_what_is_missing_is_found_at_once_and_once(lost: dict[str, int], word: str) -> None:
    watch = Watch()
    (finding,) = watch.round(**lost)
    assert finding.word == word
    assert not watch.rounds(100)


def test_what_went_missing_before_a_pause_is_said_after_it() -> None:
    watch = Watch()
    assert not watch.round(recording=False, items_missing=2)
    (finding,) = watch.round(recording=True)
    assert finding.word == "items_lost"


# Parts


def parts(**moved: int) -> dict[str, Any]:
    return {"parts": {name: Part(True, place, MOVES_NS) for name, place in moved.items()}}


def test_a_part_that_stands_still_is_found_within_five_seconds_and_again_while_it_does() -> None:
    watch = Watch(seconds=0)
    found_s = []
    for second in range(13):
        if watch.round(**parts(input=second, screen=1)):
            found_s.append(second)
    assert found_s == [4, 8, 12]
    assert {(finding.word, finding.marked_as) for finding in watch.found} == {("part_stalled", "screen_stalled")}
    assert "'screen'" in watch.found[0].what


def test_the_part_that_waits_for_others_is_not_blamed_for_them() -> None:
    watch = Watch(seconds=0)
    for _ in range(6):
        watch.round(**parts(screen=1, deliver=1))
    assert ["'screen'" in finding.what for finding in watch.found] == [True]
    alone = Watch(seconds=0)
    for second in range(6):
        alone.round(**parts(screen=second, deliver=1))
    assert ["'deliver'" in finding.what for finding in alone.found] == [True]


def test_each_part_has_its_own_patience_but_death_has_none() -> None:
    watch = Watch(seconds=0)
    for second in range(6):
        dead = Part(False, second, 90 * SECOND_NS)
        watch.round(parts={"lease": Part(True, 1, 30 * SECOND_NS), "upload": dead})
    assert [finding.what for finding in watch.found] == ["the part 'upload' has ended"]


def test_parts_are_watched_while_nothing_is_recorded() -> None:
    watch = Watch(replace(QUIET, recording=False, **parts(recorder=1)), seconds=6)
    assert [finding.word for finding in watch.found] == ["part_stalled"]


# Sleep, pauses, and what follows from findings


def test_nothing_is_concluded_after_a_sleep_or_from_a_machine_without_time() -> None:
    watch = Watch(seconds=0)
    for _ in range(20):
        happened = watch.facts.presses_after + 50
        found = watch.round(
            after_s=4,
            presses_before=happened,
            presses_after=happened,
            delivered=watch.facts.delivered + 5,
            **parts(input=1),
            **differs(2, 1),
        )
        assert not found


def test_what_happens_in_a_pause_is_nobodys_business() -> None:
    watch = Watch()
    for _ in range(20):
        happened = watch.facts.presses_after + 9
        assert not watch.round(recording=False, presses_before=happened, presses_after=happened)
    assert not watch.rounds(20, recording=True)


def finding(word: Any = "events_lost", *, at_s: int = 0) -> Finding:
    return Finding(word, "events_lost", at_s * SECOND_NS, at_s * SECOND_NS, f"{word} at {at_s}")


def test_three_alarms_in_a_minute_stop_for_a_minute() -> None:
    alarms = Alarms()
    for at_s in (100, 110):
        alarms.note([finding(), finding("items_lost")], at_s * SECOND_NS)
        assert alarms.decision(at_s * SECOND_NS).allowed
    alarms.note([finding(at_s=159)], 159 * SECOND_NS)
    assert alarms.decision(159 * SECOND_NS).reason is Reason.CAPTURE_INCOMPLETE
    assert alarms.decision(218 * SECOND_NS).detail == "events_lost at 159"
    assert alarms.decision(219 * SECOND_NS).allowed
    alarms.note([finding()], 220 * SECOND_NS)
    assert alarms.decision(220 * SECOND_NS).allowed, "it is counted anew"


def test_three_alarms_over_more_than_a_minute_do_not_stop() -> None:
    alarms = Alarms()
    for at_s in (100, 130, 161, 192):
        alarms.note([finding()], at_s * SECOND_NS)
        assert alarms.decision(at_s * SECOND_NS).allowed


def test_the_newest_of_each_kind_is_told_for_ten_minutes() -> None:
    alarms = Alarms()
    alarms.note([finding(at_s=0), finding("items_lost")], 0)
    alarms.note([finding(at_s=300)], 300 * SECOND_NS)
    assert sorted(each.what for each in alarms.lately(599 * SECOND_NS)) == ["events_lost at 300", "items_lost at 0"]
    assert [each.what for each in alarms.lately(600 * SECOND_NS)] == ["events_lost at 300"]
    assert not alarms.lately(900 * SECOND_NS)
