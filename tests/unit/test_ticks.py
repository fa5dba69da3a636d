"""Do those that are waited for look at the same times, and the one that wakes who waits last?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.ticks import LAST_S, LEAST_S, TICK_S, until_tick

moments = st.floats(0, 1e6)


@given(moments)
def test_whoever_looks_next_does_so_at_a_tick_and_soon(now_s: float) -> None:
    left_s = until_tick(now_s=now_s)
    assert LEAST_S <= left_s <= TICK_S + LEAST_S
    assert abs((now_s + left_s + TICK_S / 2) % TICK_S - TICK_S / 2) < 1e-6


@given(moments)
def test_who_looks_last_does_so_shortly_after_the_tick_of_the_others(now_s: float) -> None:
    tick_s = round(now_s / TICK_S) * TICK_S
    assert until_tick(LAST_S, now_s=tick_s) == pytest.approx(LAST_S, abs=1e-6)
    assert until_tick(now_s=tick_s + LAST_S) == pytest.approx(TICK_S - LAST_S, abs=1e-6)


def test_without_a_time_it_is_now() -> None:
    assert LEAST_S <= until_tick() <= TICK_S + LEAST_S
