"""Does server time become the right wall time, whatever clock the server reads?"""

import pytest

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS, ManualClock
from aboveboard.recorder.capture.server_clock import ROUND_TRIPS, WRAP_MS, ServerClock


def trips(clock: ManualClock, *, ahead_ns: int = 0, latency_ns: int = 200_000) -> list[tuple[int, int, int]]:
    """Round trips to a server whose clock is ``ahead_ns`` of the monotonic one."""
    found = []
    for number in range(ROUND_TRIPS):
        before_ns = clock.monotonic
        clock.advance(latency_ns // 2 + number * 10_000)
        server_ms = (clock.monotonic + ahead_ns) // MILLISECOND_NS % WRAP_MS
        clock.advance(latency_ns // 2)
        found.append((before_ns, server_ms, clock.monotonic))
        clock.advance(1_300_000)
    return found


@pytest.mark.parametrize("uptime_s", [10, 86_400, 60 * 86_400, 200 * 86_400])
def test_a_server_on_the_monotonic_clock_is_mapped_exactly(uptime_s: int) -> None:
    clock = ManualClock(monotonic=uptime_s * SECOND_NS + 123_456)
    server = ServerClock(clock, trips(clock))
    assert server.offset_ms == 0.0
    assert server.clock_error_ns <= 2_000_000
    happened_wall_ns, happened_ns = clock.wall, clock.monotonic
    clock.advance(40 * MILLISECOND_NS)
    error_ns = server.wall_ns(happened_ns // MILLISECOND_NS % WRAP_MS) - happened_wall_ns
    assert abs(error_ns) <= MILLISECOND_NS // 2


@pytest.mark.parametrize("ahead_ns", [-3_000_000_123, 777_777_777, 10**15])
def test_another_clock_is_mapped_within_its_stated_error(ahead_ns: int) -> None:
    clock = ManualClock(monotonic=5_000 * SECOND_NS)
    server = ServerClock(clock, trips(clock, ahead_ns=ahead_ns, latency_ns=3 * MILLISECOND_NS))
    assert server.clock_error_ns > MILLISECOND_NS
    happened_wall_ns = clock.wall
    server_ms = (clock.monotonic + ahead_ns) // MILLISECOND_NS % WRAP_MS
    clock.advance(100 * MILLISECOND_NS)
    assert abs(server.wall_ns(server_ms) - happened_wall_ns) <= server.clock_error_ns


def test_time_goes_on_over_the_wrap_of_the_counter() -> None:
    clock = ManualClock(monotonic=(WRAP_MS - 5) * MILLISECOND_NS)
    server = ServerClock(clock, trips(clock))
    clock.monotonic = (WRAP_MS + 3) * MILLISECOND_NS
    before, after = server.wall_ns(WRAP_MS - 1), server.wall_ns(2)
    assert after - before == 3 * MILLISECOND_NS


def test_setting_the_wall_clock_back_changes_nothing() -> None:
    clock = ManualClock()
    server = ServerClock(clock, trips(clock))
    now_ns = server.now_ns()
    clock.wall -= 3600 * SECOND_NS
    assert server.jump_ns() == 0
    assert server.now_ns() == now_ns


def test_sleep_is_a_jump_forward_that_is_followed_when_told() -> None:
    clock = ManualClock()
    server = ServerClock(clock, trips(clock))
    clock.sleep(60 * SECOND_NS)
    jumped_ns = server.jump_ns()
    assert jumped_ns == 60 * SECOND_NS
    server.follow(jumped_ns)
    assert server.now_ns() == clock.wall
    assert server.jump_ns() == 0
