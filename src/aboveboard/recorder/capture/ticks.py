"""When does somebody look again whom others wait for?

What is held may come out once everybody has looked after it. Were each to look at times of their own, the last would be
nearly a tick behind the first. So they look at the same times, and the one that wakes who waits looks last.
"""

import time

TICK_S = 0.1
LAST_S = 0.015
"""So long after the others looks the one that wakes who waits."""
LEAST_S = 0.01
"""Who has just looked does not look again so soon."""


def until_tick(after_s: float = 0.0, *, now_s: float | None = None) -> float:
    """Seconds from ``now_s`` (of ``time.monotonic``; ``None``: now) to the next tick, or to ``after_s`` past one."""
    left_s = TICK_S - ((time.monotonic() if now_s is None else now_s) - after_s) % TICK_S
    return left_s if left_s >= LEAST_S else left_s + TICK_S
