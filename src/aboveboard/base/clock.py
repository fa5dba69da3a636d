"""What time is it, on which clock?

All times are integer nanoseconds, and a name ends in the clock it was read on:

* ``wall_ns``: since the Unix epoch; may jump when somebody sets the clock;
* ``monotonic_ns``: never jumps, stops while the machine sleeps (the clock of X servers);
* ``boot_ns``: never jumps, runs on while the machine sleeps (the clock that a lease is counted on).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

SECOND_NS = 1_000_000_000
MILLISECOND_NS = 1_000_000


class Clock(Protocol):
    """Where a place reads time from; rules and formats never do, they are told ``now``."""

    def wall_ns(self) -> int: ...

    def monotonic_ns(self) -> int: ...

    def boot_ns(self) -> int: ...


class SystemClock:
    """The machine's own clocks (Linux)."""

    def wall_ns(self) -> int:
        return time.time_ns()

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def boot_ns(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


@dataclass
class ManualClock:
    """A clock that moves only when told: for simulations and tests."""

    wall: int = 1_800_000_000 * SECOND_NS
    monotonic: int = 1_000 * SECOND_NS
    boot: int = 1_000 * SECOND_NS

    def wall_ns(self) -> int:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.monotonic

    def boot_ns(self) -> int:
        return self.boot

    def advance(self, duration_ns: int) -> None:
        """Let ``duration_ns`` pass on all three clocks."""
        self.wall += duration_ns
        self.monotonic += duration_ns
        self.boot += duration_ns

    def sleep(self, duration_ns: int) -> None:
        """Suspend the machine for ``duration_ns``: the monotonic clock stands still."""
        self.wall += duration_ns
        self.boot += duration_ns


def boot_id() -> str:
    """The kernel's name for this boot: ``boot_ns`` of two boots must never be compared."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
