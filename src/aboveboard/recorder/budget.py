"""What does recording cost this machine, and does that keep what the disclosure promises?

Once a second the governor reads the processor time of this process and its children and the bytes sealed today, asks
the rule (``rules.budget``) where to stand, and tells the source its pace. It is a condition: on the last step of the
ladder nothing is recorded. Two things make the promise hold through everything:

* the day's bytes are written down, durably, *before* a segment that they count is stored, so a restart forgets none;
* no segment is stored that would exceed what is left of the day, whatever the ladder said (:meth:`Governor.may_store`).

The processor time that starting took is not counted: it is over before recording begins.
"""

import resource
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import msgspec

from aboveboard.base.clock import SECOND_NS, Clock
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.fields import Count
from aboveboard.recorder.capture.port import Source
from aboveboard.recorder.durable import replace_whole
from aboveboard.rules.budget import MEGABYTE, MINUTE_S, WORDS, Standing, Step, Use, stand
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

FILE_NAME = "bytes.json"
RECENT_S = 5
TEN_MINUTES_S = 600
OPEN_RESERVE_BYTES = 100_000
"""What sealing may add to an open segment, and what may arrive in it within a second, beyond its present size."""
ALL_BYTES = 2**53
"""More than any promise."""
_DAY_S = 86_400


class Kept(msgspec.Struct, frozen=True):
    """``bytes.json``: how many bytes were sealed on ``day`` (local)."""

    day: date
    bytes: Count


class CpuMeter:
    """Processor seconds, second by second, for ten minutes. ``spent_s`` tells the total so far."""

    def __init__(self, spent_s: Callable[[], float]) -> None:
        self._spent_s = spent_s
        self._last_s = spent_s()
        self._minute: deque[float] = deque(maxlen=MINUTE_S)
        self._before: deque[float] = deque(maxlen=TEN_MINUTES_S)
        """The total at the beginning of each second of the last ten minutes."""

    def look(self, passed_s: int) -> None:
        """``passed_s`` whole seconds have passed since the last look; what was spent is spread over them."""
        now_s = self._spent_s()
        passed_s = min(max(passed_s, 1), TEN_MINUTES_S)
        each_s = max(now_s - self._last_s, 0.0) / passed_s
        for number in range(passed_s):
            self._minute.append(each_s)
            self._before.append(self._last_s + number * each_s)
        self._last_s = now_s

    def use(self, *, bytes_today: int, bytes_open: int, day_gone: float) -> Use:
        """The facts for the rule; after the first :meth:`look`."""
        recent_s = self._last_s - self._before[-min(RECENT_S, len(self._before))]
        return Use(
            recent=recent_s / RECENT_S,
            minute_s=sum(self._minute),
            heaviest_s=max(self._minute),
            ten_minutes=(self._last_s - self._before[0]) / TEN_MINUTES_S,
            bytes_today=bytes_today,
            bytes_open=bytes_open,
            day_gone=day_gone,
        )


class DayBytes:
    """The bytes sealed today, in ``home/bytes.json``. A file that cannot be read means that the day's are spent."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._path, self._clock = home / FILE_NAME, clock
        self._kept = self._read()

    def today(self) -> int:
        """How many, of the local day that it is now. Setting the clock back does not begin a new day."""
        return self._kept.bytes if self._day() <= self._kept.day else 0

    def add(self, size_bytes: int) -> None:
        """Count a segment that is about to be stored; durable when this returns."""
        day, before = self._day(), self._kept.day
        flown_west = before - day == timedelta(days=1)  # more than that is a clock that was wrong
        kept = Kept(before if flown_west else day, self.today() + size_bytes)
        replace_whole(self._path, msgspec.json.encode(kept))
        self._kept = kept

    def day_gone(self) -> float:
        """From 0 at local midnight to 1 at the next."""
        now = time.localtime(self._clock.wall_ns() / SECOND_NS)
        return (now.tm_hour * 3600 + now.tm_min * 60 + now.tm_sec) / _DAY_S

    def _day(self) -> date:
        now = time.localtime(self._clock.wall_ns() / SECOND_NS)
        return date(now.tm_year, now.tm_mon, now.tm_mday)

    def _read(self) -> Kept:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return Kept(self._day(), 0)
        except (OSError, msgspec.DecodeError):
            return Kept(self._day(), ALL_BYTES)


class Governor:
    """Keeps the promise of ``disclosure``; see ``conditions.Condition``. One thread looks, another steers and stores.

    ``open_bytes`` tells the size of the segment being filled; ``children`` the processes that work for this one now
    (those that have ended are known by themselves).
    """

    def __init__(
        self,
        home: Path,
        disclosure: Disclosure,
        clock: Clock,
        *,
        open_bytes: Callable[[], int] = lambda: 0,
        children: Callable[[], Iterable[int]] = tuple,
        spent_s: Callable[[], float] | None = None,
    ) -> None:
        self._disclosure, self._clock = disclosure, clock
        self._open_bytes = open_bytes
        self._bytes = DayBytes(home, clock)
        self._cpu = CpuMeter(spent_s or (lambda: cpu_spent_s(children())))
        self._standing = self._steered = Standing()
        self._decision = self._standing.decision()
        self._looked_ns = clock.monotonic_ns()
        self._pace = float(disclosure.frames_per_second)

    @property
    def words(self) -> str:
        """How closely the screen is recorded, for people."""
        return WORDS[self._standing.step]

    @property
    def step(self) -> Step:
        """Where on the ladder."""
        return self._standing.step

    def look(self) -> Decision:
        """Within the promise? At most once a second anything is measured; a sleep of the machine counts as rest."""
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._looked_ns >= SECOND_NS:
            passed_s = (now_ns - self._looked_ns) // SECOND_NS
            self._looked_ns += passed_s * SECOND_NS
            self._cpu.look(passed_s)
            use = self._cpu.use(
                bytes_today=self._bytes.today(),
                bytes_open=self._open_bytes() + OPEN_RESERVE_BYTES,
                day_gone=self._bytes.day_gone(),
            )
            self._standing = stand(self._disclosure.budget, use, self._standing, now_ns=now_ns)
            self._decision = self._standing.decision()
        return self._decision

    def steer(self, source: Source) -> None:
        """Tell ``source`` its pace, if that is another one than before."""
        if self._standing is self._steered:
            return
        self._steered = self._standing
        pace = self._standing.frames_per_second(self._disclosure.frames_per_second)
        if pace != self._pace:
            self._pace = pace
            source.set_pace(pace)

    def begin_anew(self) -> None:
        """A source starts: it goes at the full rate until it is told otherwise."""
        self._pace, self._steered = float(self._disclosure.frames_per_second), Standing()

    def may_store(self, size_bytes: int) -> Decision:
        """May a sealed segment of this size be stored? If so it is counted, durably, before it is."""
        if self._bytes.today() + size_bytes > self._disclosure.budget.megabytes_per_day * MEGABYTE:
            return no(Reason.BUDGET_BYTES)
        try:
            self._bytes.add(size_bytes)
        except OSError as error:
            return no(Reason.SPOOL_FULL, f"what was sealed today cannot be written down: {error.strerror}")
        return ALLOWED

    def close(self) -> None:
        """Nothing is held."""


def cpu_spent_s(children: Iterable[int] = ()) -> float:
    """Processor seconds of this process, of its children that have ended, and of ``children`` that have not."""
    total_s = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        used = resource.getrusage(who)
        total_s += used.ru_utime + used.ru_stime
    for pid in children:
        with suppress(OSError):  # it has ended, and is counted above
            total_s += time.clock_gettime(_cpu_clock_of(pid))
    return total_s


def _cpu_clock_of(pid: int) -> int:
    """Linux' number for the clock of the processor time of a process, as ``clock_getcpuclockid`` makes it."""
    return (~pid << 3) | 2
