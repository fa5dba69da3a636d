"""Is everything that happens really recorded?

A recorder that says it records but does not is worse than none. So once a second what a second, independent path saw is
compared with what the recorder itself says (``recorder.rounds`` collects both; this module only judges):

1. **Input.** Of the presses up to the last that the capture was told of, it was told of all; and presses that
   happened more than :data:`TOLD_NS` ago have been told. Both but for a few.
2. **Screen.** A rectangle that was painted shows what the capture believes, or the capture's belief moves on.
3. **Writing.** What the source delivered arrived; what arrived was written, or left out for a reason that is counted.
4. **Segments.** What waits for the vault is on the disk.
5. **Parts.** Each thread lives, and has moved within its time.

A finding is one thing that went wrong, with its stretch. Three alarms within a minute (an alarm is a second that found
something) stop the recording for a minute: what cannot be made whole must not look as if it were.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.lease import HealthWord
from aboveboard.formats.recording import MarkerReason
from aboveboard.recorder.capture.port import Rect
from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

TOLD_NS = 3 * SECOND_NS
"""The display may keep what it tells the capture in a buffer for so long (``capture.input``)."""
FORGIVEN_PRESSES = 2
"""Presses whose count may differ for a reason of the display's own."""
PRESSES_KEPT_NS = 60 * SECOND_NS
SCREEN_NS = 3 * SECOND_NS
"""A rectangle that differs must do so for this long, and the capture's belief must stand still meanwhile."""
MOVES_NS = 4 * SECOND_NS
"""How long a part that looks about every two seconds may stand still; for any part, how long it may be dead."""
LAST_PART = "deliver"
"""The part of a source that waits for all the others: where one of them stands still, so does it."""
LATE_NS = 3 * SECOND_NS
"""Rounds further apart than this: the machine slept or had no time, and nothing is concluded from it."""
ALARMS_LIMIT = 3
ALARMS_NS = 60 * SECOND_NS
STOPPED_NS = 60 * SECOND_NS
TOLD_FOR_NS = 600 * SECOND_NS
"""How long a word stays in what the vault and the person are told."""


class Glance(NamedTuple):
    """One rectangle as it is and as the capture believes, by their hashes."""

    rect: Rect
    real: int
    believed: int


class Part(NamedTuple):
    """A thread: whether it lives, how far it has come (any number that moves), and how long it may stand still."""

    alive: bool
    moved: int
    patience_ns: int


@dataclass(slots=True)
class Facts:
    """What was seen in one round. Counts only grow.

    ``presses_before`` and ``presses_after``: presses on the independent path, read before and after ``presses_told``,
    those that the capture was told; ``presses_until``: those there up to the last of these. ``delivered``: items the
    source gave away; ``arrived``: items that were taken. ``items_missing``, ``segments_missing``: what is neither kept
    nor accounted for. ``recording``: is anything to be recorded just now?
    """

    recording: bool
    presses_before: int = 0
    presses_after: int = 0
    presses_told: int = 0
    presses_until: int = 0
    glances: tuple[Glance, ...] = ()
    delivered: int = 0
    arrived: int = 0
    items_missing: int = 0
    segments_missing: int = 0
    parts: Mapping[str, Part] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """One thing that went wrong, from when to when (monotonic), how the recording marks it, and words for people."""

    word: HealthWord
    marked_as: MarkerReason
    since_ns: int
    until_ns: int
    what: str


class _Presses(NamedTuple):
    """In one round: when, how many had happened, how many were not told, how many of those before the last told."""

    at_ns: int
    happened: int
    untold: int
    between: int


def _between(samples: Sequence[_Presses]) -> tuple[int, int]:
    """How many presses were lost among those told, and since when.

    Two readings in a row must agree: one alone may fall between an event on one path and on the other.
    """
    pairs = list(pairwise(samples))
    if not pairs:
        return 0, 0
    least, since_ns = min((max(one.between, other.between), -other.at_ns) for one, other in pairs)
    return min(each.between for each in pairs[-1]) - least, -since_ns


def _untold(samples: Sequence[_Presses], told: int, now_ns: int) -> tuple[int, int]:
    """How many presses of more than ``TOLD_NS`` ago were not told at all, and since when."""
    old = [sample for sample in samples if sample.at_ns <= now_ns - TOLD_NS]
    if not old:
        return 0, 0
    least, since_ns = min((sample.untold, -sample.at_ns) for sample in old)
    return old[-1].happened - told - least, -since_ns


class Watchdog:
    """Judges round after round. Reads no clock and does no I/O; used by one thread."""

    def __init__(self) -> None:
        self._last_ns = 0
        self._suspects: dict[Rect, tuple[int, int]] = {}
        self._moved: dict[str, tuple[int, int]] = {}
        self._missing = (0, 0)
        self._begin_anew()

    @property
    def suspects(self) -> tuple[Rect, ...]:
        """The rectangles to look at again in the next round."""
        return tuple(self._suspects)

    def judge(self, facts: Facts, now_ns: int) -> list[Finding]:
        """What went wrong by ``now_ns`` (monotonic)? After a finding all comparisons begin anew."""
        late = now_ns - self._last_ns > LATE_NS
        before_ns, self._last_ns = self._last_ns, now_ns
        if late:
            self._begin_anew()
            self._moved.clear()
        found = self._parts(facts, now_ns)
        if not facts.recording:
            self._begin_anew()
            return found
        found += self._presses(facts, now_ns)
        found += self._screen(facts, now_ns)
        found += self._counts(facts, before_ns, now_ns)
        if found:
            self._begin_anew()
        return found

    def _begin_anew(self) -> None:
        self._samples: deque[_Presses] = deque()
        self._suspects.clear()
        self._delivered = 0

    def _presses(self, facts: Facts, now_ns: int) -> list[Finding]:
        samples, told = self._samples, facts.presses_told
        samples.append(_Presses(now_ns, facts.presses_before, facts.presses_after - told, facts.presses_until - told))
        while samples[0].at_ns < now_ns - PRESSES_KEPT_NS:
            samples.popleft()
        lost, since_ns = max(_between(samples), _untold(samples, told, now_ns))
        if lost <= FORGIVEN_PRESSES:
            return []
        what = f"{lost} presses of keys or buttons did not reach the recorder"
        return [Finding("events_lost", "events_lost", since_ns, now_ns, what)]

    def _screen(self, facts: Facts, now_ns: int) -> list[Finding]:
        before, self._suspects = self._suspects, {}
        for glance in facts.glances:
            if glance.real == glance.believed:
                continue
            since_ns, believed = before.get(glance.rect, (now_ns, glance.believed))
            follows = believed != glance.believed
            self._suspects[glance.rect] = (now_ns if follows else since_ns, glance.believed)
        oldest_ns = min((since_ns for since_ns, _ in self._suspects.values()), default=now_ns)
        if now_ns - oldest_ns < SCREEN_NS:
            return []
        what = f"the screen changed and for {_seconds(now_ns - oldest_ns)} the recorder did not notice"
        return [Finding("screen_stalled", "screen_stalled", oldest_ns, now_ns, what)]

    def _counts(self, facts: Facts, before_ns: int, now_ns: int) -> list[Finding]:
        found = []
        not_arrived = self._delivered - facts.arrived  # delivered by the round before, not taken by now
        self._delivered = facts.delivered
        items, segments = facts.items_missing - self._missing[0], facts.segments_missing - self._missing[1]
        self._missing = (facts.items_missing, facts.segments_missing)
        if not_arrived > 0 or items:
            what = f"{max(not_arrived, 0) + abs(items)} captured items were not written"
            found.append(Finding("items_lost", "events_lost", before_ns, now_ns, what))
        if segments > 0:
            what = f"{segments} sealed segments are gone from this machine's disk"
            found.append(Finding("segments_lost", "events_lost", before_ns, now_ns, what))
        return found

    def _parts(self, facts: Facts, now_ns: int) -> list[Finding]:
        found: list[Finding] = []
        for name, part in facts.parts.items():
            moved, since_ns = self._moved.get(name, (part.moved, now_ns))
            if moved != part.moved and part.alive:
                since_ns = now_ns
            self._moved[name] = (part.moved, since_ns)
            patience_ns = part.patience_ns if part.alive else min(part.patience_ns, MOVES_NS)
            if now_ns - since_ns < patience_ns:
                continue
            self._moved[name] = (part.moved, now_ns)
            if name == LAST_PART and found:
                continue  # because of the others
            still = f"stands still for {_seconds(now_ns - since_ns)}" if part.alive else "has ended"
            marked_as: MarkerReason = "screen_stalled" if name == "screen" else "events_lost"
            found.append(Finding("part_stalled", marked_as, since_ns, now_ns, f"the part {name!r} {still}"))
        return found


class Alarms:
    """What was found lately, and what follows from it. Used by one thread; what it gives is safe for any."""

    def __init__(self) -> None:
        self._rounds: deque[int] = deque()
        self._told: deque[tuple[int, Finding]] = deque()
        self._stopped_until_ns = 0

    def note(self, findings: list[Finding], now_ns: int) -> None:
        """Remember what a round found."""
        if not findings:
            return
        self._told.extend((now_ns, finding) for finding in findings)
        self._rounds.append(now_ns)
        while self._rounds[0] <= now_ns - ALARMS_NS:
            self._rounds.popleft()
        if len(self._rounds) >= ALARMS_LIMIT:
            self._stopped_until_ns = now_ns + STOPPED_NS
            self._rounds.clear()

    def decision(self, now_ns: int) -> Decision:
        """May anything be recorded, as far as what is recorded can be believed?"""
        if now_ns >= self._stopped_until_ns:
            return ALLOWED
        return no(Reason.CAPTURE_INCOMPLETE, self._told[-1][1].what if self._told else "")

    def lately(self, now_ns: int) -> list[Finding]:
        """The newest finding of each kind that is still told."""
        while self._told and self._told[0][0] <= now_ns - TOLD_FOR_NS:
            self._told.popleft()
        return list({finding.word: finding for _, finding in list(self._told)}.values())


def _seconds(duration_ns: int) -> str:
    return f"{duration_ns / SECOND_NS:.0f} s"
