"""Whatever recording costs, and whatever the steps of the ladder save: never more than promised, and it recovers."""

import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.formats.disclosure import Budget
from aboveboard.recorder.budget import CpuMeter, Governor
from aboveboard.rules.budget import (
    FAILED_LIMIT,
    IDLE_SHARE,
    LEAST_RESERVE,
    MEGABYTE,
    MINUTE_S,
    REST_NS,
    Standing,
    Step,
    stand,
)
from samples.disclosed import app, disclosure

LOADS = st.lists(st.tuples(st.integers(1, 90), st.floats(0, 3)), min_size=1, max_size=30)
"""For so many seconds the full rate costs so much of a core."""
CHEAPER = st.lists(st.floats(0, 1), min_size=3, max_size=3).map(lambda parts: [1.0, *sorted(parts, reverse=True), 0.0])
"""What each step costs of that."""


class Machine:
    """A recorder that costs what it is told to."""

    def __init__(self, cpu_percent: float, cheaper: list[float]) -> None:
        self.promise = Budget(cpu_percent=cpu_percent)
        self.spent_s, self.now_ns = 0.0, 1000 * SECOND_NS
        self.meter = CpuMeter(lambda: self.spent_s)
        self.cheaper = cheaper
        self.standing = Standing()
        self.seconds: list[float] = []

    def second(self, load: float) -> None:
        cost_s = IDLE_SHARE + load * self.cheaper[self.standing.step]
        self.seconds.append(cost_s)
        self.spent_s += cost_s
        self.now_ns += SECOND_NS
        self.meter.look(1)
        use = self.meter.use(bytes_today=0, bytes_open=0, day_gone=0.5)
        self.standing = stand(self.promise, use, self.standing, now_ns=self.now_ns)

    def worst_minute_s(self) -> float:
        ends = range(1, len(self.seconds) + 1)
        return max(sum(self.seconds[max(0, end - MINUTE_S) : end]) for end in ends)


@settings(max_examples=150, deadline=None)
@given(LOADS, CHEAPER, st.floats(1, 100))
def test_a_minute_never_costs_more_than_promised(
    loads: list[tuple[int, float]], cheaper: list[float], cpu_percent: float
) -> None:
    machine = Machine(cpu_percent, cheaper)
    for seconds, load in loads:
        for _ in range(seconds):
            machine.second(load)
    allowed_s = cpu_percent / 100 * MINUTE_S
    heaviest_s = max(machine.seconds)
    # Nobody knows before how heavy the heaviest second yet will be; what was kept free for it counts.
    surprise_s = max(IDLE_SHARE, heaviest_s - LEAST_RESERVE * allowed_s)
    assert machine.worst_minute_s() <= allowed_s + surprise_s + 1e-9


@settings(max_examples=60, deadline=None)
@given(LOADS, CHEAPER, st.floats(1, 100))
def test_when_the_load_is_over_it_goes_back_to_the_full_rate(
    loads: list[tuple[int, float]], cheaper: list[float], cpu_percent: float
) -> None:
    machine = Machine(cpu_percent, cheaper)
    for seconds, load in loads:
        for _ in range(seconds):
            machine.second(load)
    longest_s = MINUTE_S * 10 + sum(REST_NS * 2**failed for failed in range(FAILED_LIMIT + 1)) // SECOND_NS
    for _ in range(longest_s):
        machine.second(0.0)
    assert machine.standing.step is Step.FULL


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(1, 7200), st.integers(0, 3_000_000)), min_size=1, max_size=40),
)
def test_a_day_never_has_more_bytes_than_promised_however_often_it_restarts(
    megabytes: int, segments: list[tuple[int, int]]
) -> None:
    clock = ManualClock()
    promised = replace(disclosure(app("Editor")), budget=Budget(megabytes_per_day=megabytes))
    with TemporaryDirectory() as home:
        stored: Counter[int] = Counter()
        for number, (passed_s, size_bytes) in enumerate(segments):
            clock.advance(passed_s * SECOND_NS)
            if number % 3 == 0:
                governor = Governor(Path(home), promised, clock, spent_s=lambda: 0.0)
            if governor.may_store(size_bytes).allowed:
                stored[time.localtime(clock.wall_ns() / SECOND_NS).tm_yday] += size_bytes
    assert all(sealed <= megabytes * MEGABYTE for sealed in stored.values())
