"""The ladder of budgets, as a table."""

from dataclasses import replace

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import Budget
from aboveboard.rules.budget import WORDS, Standing, Step, Use, stand
from aboveboard.rules.decision import EXPLANATIONS, Reason

PROMISE = Budget(cpu_percent=10.0, megabytes_per_day=100)
"""6 s of a core in a minute."""
IDLE = Use(recent=0, minute_s=0, heaviest_s=0, ten_minutes=0, bytes_today=0, bytes_open=0, day_gone=0.5)
NOW_NS = 10_000 * SECOND_NS
MB = 1_000_000


def at(step: Step, *, for_s: float = 1000, failed: int = 0) -> Standing:
    return Standing(cpu=step, since_ns=NOW_NS - int(for_s * SECOND_NS), failed=failed)


@pytest.mark.parametrize(
    ("use", "before", "step"),
    [
        # below the promise nothing happens, however long
        ({"recent": 0.09, "minute_s": 5.2}, at(Step.FULL), Step.FULL),
        # a burst may take half of the minute at any rate
        ({"recent": 0.9, "minute_s": 2.9, "heaviest_s": 0.9}, at(Step.FULL), Step.FULL),
        ({"recent": 0.9, "minute_s": 3.1, "heaviest_s": 0.9}, at(Step.FULL), Step.HALF),
        ({"recent": 0.11, "minute_s": 3.1}, at(Step.FULL), Step.HALF),
        ({"recent": 0.11, "minute_s": 3.1}, at(Step.HALF), Step.SLOW),
        ({"recent": 0.11, "minute_s": 3.1}, at(Step.SLOW), Step.INPUT_ONLY),
        # the last step down is taken only when the next second might not fit
        ({"recent": 0.11, "minute_s": 3.1}, at(Step.INPUT_ONLY), Step.INPUT_ONLY),
        ({"recent": 0.11, "minute_s": 5.23}, at(Step.INPUT_ONLY), Step.STOPPED),
        ({"recent": 0.9, "minute_s": 5.0, "heaviest_s": 0.9}, at(Step.FULL), Step.STOPPED),
        ({"minute_s": 1, "ten_minutes": 0.101}, at(Step.FULL), Step.STOPPED),
        # a step is given five seconds to show what it does
        ({"recent": 0.11, "minute_s": 3.1}, at(Step.HALF, for_s=4), Step.HALF),
        # upwards: calm, half of the minute free, and rested
        ({"recent": 0.05, "minute_s": 2.9}, at(Step.SLOW), Step.HALF),
        ({"recent": 0.07, "minute_s": 2.9}, at(Step.SLOW), Step.SLOW),
        ({"recent": 0.05, "minute_s": 3.1}, at(Step.SLOW), Step.SLOW),
        ({"recent": 0.05, "minute_s": 2.9}, at(Step.SLOW, for_s=14), Step.SLOW),
        ({"recent": 0.05, "minute_s": 2.9}, at(Step.SLOW, for_s=16), Step.HALF),
        ({"recent": 0.05, "minute_s": 2.9}, at(Step.SLOW, for_s=16, failed=1), Step.SLOW),
        ({"recent": 0.05, "minute_s": 2.9}, at(Step.SLOW, for_s=31, failed=1), Step.HALF),
        # after a stop: first the input alone
        ({"minute_s": 2.3}, at(Step.STOPPED), Step.INPUT_ONLY),
        ({"minute_s": 2.5}, at(Step.STOPPED), Step.STOPPED),
        ({"minute_s": 2.3, "heaviest_s": 0.8}, at(Step.STOPPED), Step.STOPPED),
    ],
)
def test_the_processor(use: dict[str, float], before: Standing, step: Step) -> None:
    after = stand(PROMISE, replace(IDLE, **use), before, now_ns=NOW_NS)
    assert after.step is step
    assert after.reason is (Reason.BUDGET_CPU if step else Reason.OK)
    assert (after.since_ns == NOW_NS) == (step is not before.step)


@pytest.mark.parametrize(
    ("used_mb", "day_gone", "before", "step"),
    [
        (49, 0.1, Step.FULL, Step.FULL),
        (51, 0.4, Step.FULL, Step.HALF),
        (51, 0.6, Step.FULL, Step.FULL),
        (71, 0.4, Step.FULL, Step.SLOW),
        (86, 0.4, Step.FULL, Step.INPUT_ONLY),
        (92, 0.95, Step.FULL, Step.FULL),
        (98, 0.4, Step.FULL, Step.STOPPED),  # 2 MB are open
        (98, 0.999, Step.FULL, Step.STOPPED),
        # back only when the use has fallen behind the day, and never from a stop before tomorrow
        (51, 0.52, Step.HALF, Step.HALF),
        (51, 0.54, Step.HALF, Step.FULL),
        (97, 0.4, Step.STOPPED, Step.STOPPED),
        (97, 0.999, Step.STOPPED, Step.STOPPED),
        (0, 0.0, Step.STOPPED, Step.FULL),
    ],
)
def test_the_bytes(used_mb: int, day_gone: float, before: Step, step: Step) -> None:
    use = replace(IDLE, bytes_today=used_mb * MB, bytes_open=2 * MB, day_gone=day_gone)
    after = stand(PROMISE, use, Standing(bytes=before), now_ns=NOW_NS)
    assert after.step is step
    assert after.reason is (Reason.BUDGET_BYTES if step else Reason.OK)


def test_the_lower_of_two_steps_counts_and_says_why() -> None:
    both = replace(IDLE, minute_s=5.9, bytes_today=51 * MB, day_gone=0.1)
    after = stand(PROMISE, both, Standing(), now_ns=NOW_NS)
    assert (after.cpu, after.bytes, after.step) == (Step.STOPPED, Step.HALF, Step.STOPPED)
    assert after.decision().reason is Reason.BUDGET_CPU
    assert not after.decision().allowed


def test_a_load_just_above_the_promise_does_not_make_it_swing() -> None:
    """Each attempt to go up that fails doubles the rest before the next."""
    standing, now_ns, ups = Standing(), NOW_NS, []
    for _ in range(3600):
        now_ns += SECOND_NS
        full = standing.step is Step.FULL
        use = replace(IDLE, recent=0.12 if full else 0.05, minute_s=3.5 if full else 2.5)
        after = stand(PROMISE, use, standing, now_ns=now_ns)
        if after.step < standing.step:
            ups.append(now_ns)
        standing = after
    assert 3 <= len(ups) <= 25, "an hour"
    assert ups[1] - ups[0] < ups[-1] - ups[-2]


def test_every_step_has_its_word_its_rate_and_a_yes_but_for_the_last() -> None:
    assert set(WORDS) == set(Step)
    rates = [Standing(cpu=step).frames_per_second(30) for step in Step]
    assert rates == [30, 15, 2, 0, 0]
    assert [Standing(cpu=step).frames_per_second(1) for step in Step] == [1, 0.5, 0.25, 0, 0]
    assert [Standing(cpu=step).decision().allowed for step in Step] == [True] * 4 + [False]
    assert "below the promise" in EXPLANATIONS[Reason.BUDGET_CPU].next_step
