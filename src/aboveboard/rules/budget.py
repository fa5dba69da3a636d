"""How closely may the screen be recorded just now, so that recording never costs more than was promised?

A ladder leads from the full rate down to not recording at all. Two promises pull it down, and the lower step counts:

1. **Processor.** The mean share of a core, over every minute, stays below the promise. A burst may take up to half of
   the minute's allowance at any rate; beyond that, a rate that would break the promise costs a step. Recording stops
   while a second as heavy as the heaviest of this minute, and what it costs to be stopped, would not fit any more. It
   goes on when half of the minute is free again.
2. **Bytes.** The day's bytes stay below the promise. Steps are taken while the day's use is above half *and* ahead of
   the day itself; recording stops before what is still open could exceed what is left, until tomorrow.

After too much processor it goes up one step at a time, each after a rest that doubles with every attempt that failed:
a load that stays just above the promise must not make the ladder swing.
"""

from dataclasses import dataclass
from enum import IntEnum

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import Budget
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

MEGABYTE = 1_000_000
MINUTE_S = 60
BURST = 0.5
"""The part of a minute's processor time that a burst may take before the ladder is used."""
LEAST_RESERVE = 0.1
"""The part of a minute's processor time that is always kept free for the next second."""
IDLE_SHARE = 0.003
"""What a recorder that records nothing costs: it is spent on the last step too."""
CALM = 0.6
"""A rate below this part of the promise allows a step up."""
STEP_NS = 5 * SECOND_NS
"""A step is given this long to show what it does."""
REST_NS = 15 * SECOND_NS
"""The shortest rest on a step before the next one up."""
RISE_NS = 300 * SECOND_NS
"""A step up that is taken back within this time has failed."""
FAILED_LIMIT = 4
AHEAD = 0.5
"""No step is taken for bytes before this part of the day's is used."""
LEFT_FOR = (0.5, 0.7, 0.85)
"""The parts of the day's bytes above which the first, second and third step are taken, if that is ahead of the day."""
BEHIND = 0.02
"""By how much the use must fall behind the day before a step for bytes is taken back."""


class Step(IntEnum):
    """The ladder. Each step costs less than the one before."""

    FULL = 0
    HALF = 1
    SLOW = 2
    INPUT_ONLY = 3
    STOPPED = 4


SLOW_FRAMES_PER_SECOND = 2.0
WORDS: dict[Step, str] = {
    Step.FULL: "full rate",
    Step.HALF: "half the frames",
    Step.SLOW: "two frames a second",
    Step.INPUT_ONLY: "input only, without the screen",
    Step.STOPPED: "stopped",
}
"""As people read them beside "recording"."""


@dataclass(frozen=True)
class Use:
    """What recording has cost. Shares are of one core.

    ``recent``: the mean share over the last seconds; ``minute_s``: processor seconds in the last minute;
    ``heaviest_s``: those of the heaviest second in it; ``ten_minutes``: the mean share over ten minutes.
    ``bytes_today``: sealed since local midnight; ``bytes_open``: what the segment that is not sealed yet may add.
    ``day_gone``: from 0 to 1.
    """

    recent: float
    minute_s: float
    heaviest_s: float
    ten_minutes: float
    bytes_today: int
    bytes_open: int
    day_gone: float


@dataclass(frozen=True)
class Standing:
    """Where on the ladder: for the processor and for bytes. Times are monotonic; 0 is long ago.

    ``since_ns``: of the last step for the processor; ``rose_ns``: of the last one up; ``failed``: how much the rest
    before the next one up is doubled.
    """

    cpu: Step = Step.FULL
    bytes: Step = Step.FULL
    since_ns: int = 0
    rose_ns: int = 0
    failed: int = 0

    @property
    def step(self) -> Step:
        """The lower of the two."""
        return max(self.cpu, self.bytes)

    @property
    def reason(self) -> Reason:
        """Which promise it is for; ``OK`` at the full rate."""
        if self.step is Step.FULL:
            return Reason.OK
        return Reason.BUDGET_BYTES if self.bytes >= self.cpu else Reason.BUDGET_CPU

    def decision(self) -> Decision:
        """May anything be recorded?"""
        return no(self.reason) if self.step is Step.STOPPED else ALLOWED

    def frames_per_second(self, disclosed: int) -> float:
        """At most so many frames, of ``disclosed``; 0 is no screen."""
        slow = min(SLOW_FRAMES_PER_SECOND, disclosed / 4)
        return {Step.FULL: float(disclosed), Step.HALF: disclosed / 2, Step.SLOW: slow}.get(self.step, 0.0)


def stand(promise: Budget, use: Use, before: Standing, *, now_ns: int) -> Standing:
    """Where to stand for the next second."""
    cpu = _cpu_step(promise, use, before, now_ns)
    since_ns, rose_ns, failed = before.since_ns, before.rose_ns, before.failed
    if cpu is not before.cpu:
        since_ns = now_ns
    if cpu < before.cpu:
        rose_ns, failed = now_ns, max(failed - 1, 0)
    elif cpu > before.cpu and before.rose_ns and now_ns - before.rose_ns < RISE_NS:
        failed = min(failed + 2, FAILED_LIMIT)
    return Standing(cpu, _bytes_step(promise, use, before.bytes), since_ns, rose_ns, failed)


def _cpu_step(promise: Budget, use: Use, before: Standing, now_ns: int) -> Step:
    share = promise.cpu_percent / 100
    allowed_s = share * MINUTE_S
    reserve_s = max(use.heaviest_s, LEAST_RESERVE * allowed_s)
    here, since_ns = before.cpu, now_ns - before.since_ns
    stays_below = use.minute_s + reserve_s + IDLE_SHARE * MINUTE_S <= allowed_s and use.ten_minutes <= share
    if not stays_below:
        return Step.STOPPED
    rested = since_ns >= REST_NS * 2**before.failed
    if here is Step.STOPPED:
        return Step.INPUT_ONLY if rested and use.minute_s + reserve_s <= BURST * allowed_s else here
    if use.recent > share and use.minute_s > BURST * allowed_s and since_ns >= STEP_NS:
        return Step(min(here + 1, Step.INPUT_ONLY))
    calm = use.recent < CALM * share and use.minute_s <= BURST * allowed_s
    return Step(here - 1) if here and calm and rested else here


def _bytes_step(promise: Budget, use: Use, here: Step) -> Step:
    limit_bytes = promise.megabytes_per_day * MEGABYTE
    used = use.bytes_today / limit_bytes
    if use.bytes_today + use.bytes_open >= limit_bytes:
        return Step.STOPPED
    if used <= AHEAD:
        return Step.FULL
    if here is Step.STOPPED or used > use.day_gone - BEHIND:
        wanted = sum(used > part for part in LEFT_FOR) if used > use.day_gone else 0
        return max(here, Step(wanted))
    return Step.FULL
