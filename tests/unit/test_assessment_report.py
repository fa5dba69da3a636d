"""Does an assessment say what it found, and only what holds?"""

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.formats import assessment
from aboveboard.formats.assessment import Assessment, TaskRow
from aboveboard.lab.assess.evaluate import Tried, beats, rate


def _tried(successes: int, episodes: int) -> list[Tried]:
    return [Tried(1.0, 2)] * successes + [Tried(-1.0, 3)] * (episodes - successes)


def _made() -> Assessment:
    rows = []
    for task, ours, theirs in (("click-test", 39, 9), ("click-test-2", 18, 8)):
        policy, random = rate(_tried(ours, 40)), rate(_tried(theirs, 40))
        rows.append(TaskRow(task=task, policy=policy, random=random, beats_random=beats(policy, random)))
    return Assessment(
        rows=rows,
        artefact_id="",
        success="the reward is above 0",
        random_policy="uniform",
        clicks_limit=3,
        first_seed="held-out/0",
        last_seed="held-out/39",
        interval="95 % intervals by Wilson",
        begins="at START",
        seconds=1.5,
    )


def test_intervals_that_touch_do_not_beat() -> None:
    made = _made()
    assert made.beaten() == ["click-test"]
    second = made.rows[1]
    assert second.policy.low < second.random.high < second.policy.high
    assert not beats(second.policy, second.policy)


def test_a_negative_and_a_zero_reward_are_no_success() -> None:
    made = rate([Tried(1.0, 2), Tried(0.01, 2), Tried(0.0, 3), Tried(-1.0, 2)])
    assert (made.successes, made.episodes, made.mean_clicks) == (2, 4, 2.25)
    with pytest.raises(BadInput):
        rate([])


def test_it_is_read_as_it_was_written() -> None:
    made = _made()
    assert assessment.decode(assessment.encode(made)) == made
    for damaged in (b"", b"{}", assessment.encode(made)[:-1], assessment.encode(made).replace(b'"low"', b'"lowest"')):
        with pytest.raises(BadInput):
            assessment.decode(damaged)


def test_its_text_has_both_rates_with_their_intervals() -> None:
    first, second = _made().text().splitlines()[1:3]
    assert " ".join(first.split()) == "click-test 98% [87% to 100%] of 40 22% [12% to 38%] of 40 yes"
    assert second.endswith("no")
