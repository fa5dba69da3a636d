"""What is left of one person's part of a data set once some of it was erased?

Session by session. A session that nothing was erased of stays as it is. In any other

1. the events of what was erased are gone, and the steps are cut anew from those that stay;
2. an episode that the erased part lies in, even between two of its steps, goes as a whole: its instruction and its end
   were about all of it;
3. a frame stays only if the screen was drawn whole between what was erased and the frame: no pixel of it is left over.

So nothing of what was erased, and nothing that was known only from it, is in what is written.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.diff import Difference, diff
from aboveboard.lab.dataset.read import Dataset, EventRow, Redrawn
from aboveboard.lab.dataset.shards import PersonShards
from aboveboard.lab.dataset.tables import Table
from aboveboard.lab.derive.session import SessionDeriver
from aboveboard.lab.derive.steps import Derivation

ERASED = "episode_erased"
"""Why events that stay are in no step any more: the rest of their episode was erased."""

STEPS_AND_SESSIONS = [name for name in Difference.__dataclass_fields__ if not name.startswith("people")]

Stays = Mapping[str, Collection[int]]
"""Of each session the sequences of its segments that stay."""


@dataclass
class Tally:
    """Counts of one person's part, as ``formats.dataset.Totals`` has them for everybody."""

    numbers: Counter[str] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    unused: Counter[str] = field(default_factory=Counter)

    def add(self, part: "Part") -> None:
        """Count one session."""
        self.numbers["events"] += len(part.events)
        self.numbers["steps"] += len(part.steps)
        self.numbers["step_events"] += sum(step.events for step in part.steps)
        self.numbers["episodes"] += len(part.episodes)
        self.numbers["instructed"] += sum(bool(one.instruction) for one in part.episodes)
        seen = bool(part.redrawn) or any(step.frame_sha256 for step in part.steps)
        self.numbers["unseen_steps"] += seen * sum(step.frame_sha256 is None for step in part.steps)
        self.actions.update(step.action for step in part.steps)
        self.unused.update(part.unused)


@dataclass(frozen=True)
class Part:
    """One session of one person. ``unused`` counts the events that made no step, by reason, where it is ``touched``."""

    events: Sequence[EventRow]
    redrawn: Sequence[Redrawn]
    steps: Sequence[Step]
    episodes: Sequence[Episode]
    unused: Counter[str]
    touched: bool = True


@dataclass
class Change:
    """What became of one person's part: the counts of before and of after, and the difference in steps."""

    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)
    steps: Counter[str] = field(default_factory=Counter)

    def add(self, before: Part, after: Part | None) -> None:
        """Count one session; ``None``: nothing of it is left."""
        self.before.add(before)
        if after is not None:
            self.after.add(after)
        left = after.steps if after is not None else []
        found = diff((["one"], lambda _: before.steps), (["one"], lambda _: left))
        self.steps.update(
            {name: getattr(found, name) for name in Difference.__dataclass_fields__ if "people" not in name}
        )


def rewrite(data: Dataset, person_id: str, stays: Stays, shards: PersonShards | None) -> Change:
    """Add to ``shards`` what stays of one person; ``None``: nothing does, and it is only counted."""
    change = Change()
    change.before.numbers["frames"] = data.count_frames(person_id)
    frames = data.frames_of([person_id])
    for before in _sessions(data, person_id, stays):
        after = _left(before, person_id, stays) if before.touched else before
        change.add(before, after if after.events else None)
        if not after.events:
            continue
        if shards is None:
            raise AssertionError("nothing was to be left of this person")
        for name in dict.fromkeys(step.frame_sha256 for step in after.steps if step.frame_sha256):
            change.after.numbers["frames"] += shards.add_frame(frames.packed(name))
        parts: dict[Table, Sequence[Any]] = {
            "steps": after.steps,
            "episodes": after.episodes,
            "events": after.events,
            "redrawn": after.redrawn,
        }
        for part, rows in parts.items():
            for row in rows:
                shards.add(part, msgspec.to_builtins(row))
    frames.close()
    return change


def _sessions(data: Dataset, person_id: str, stays: Stays) -> Iterator[Part]:
    """One person's sessions as they are; each has events."""
    steps = _Groups(data.steps_of(person_id))
    episodes = _Groups(data.episodes_of(person_id))
    redrawn = _Groups(data.redrawn_of(person_id))
    for session_id, rows in groupby(data.events_of(person_id), key=attrgetter("session_id")):
        events = list(rows)
        touched = not all(row.sequence in stays.get(row.session_id, ()) for row in events)
        unused = Counter(_derive(person_id, events).unused if touched else {})
        yield Part(events, redrawn.of(session_id), steps.of(session_id), episodes.of(session_id), unused, touched)


class _Groups:
    """Rows by session, read in the order in which they rest."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._groups = groupby(rows, key=attrgetter("session_id"))
        self._next = self._read()

    def of(self, session_id: str) -> list[Any]:
        """The rows of this session; none if the next are of another."""
        if self._next is None or self._next[0] != session_id:
            return []
        found, self._next = self._next[1], self._read()
        return found

    def _read(self) -> tuple[str, list[Any]] | None:
        return next(((name, list(rows)) for name, rows in self._groups), None)


def _derive(person_id: str, events: Sequence[EventRow]) -> Derivation:
    """The steps of one session by its events alone, without frames."""
    deriver = SessionDeriver(person_id, events[0].session_id, lambda _: None)
    for (segment_id, sequence), rows in groupby(events, key=attrgetter("segment_id", "sequence")):
        deriver.add(segment_id, sequence, [row.timed() for row in rows])
    return deriver.finish()


def _left(before: Part, person_id: str, stays: Stays) -> Part:
    """Rules 1 to 3 for one session."""
    events = [row for row in before.events if row.sequence in stays.get(row.session_id, ())]
    redrawn = [row for row in before.redrawn if row.sequence in stays.get(row.session_id, ())]
    if not events:
        return Part([], [], [], [], Counter())
    place_of = {row.segment_id: row.sequence for row in before.events}
    gone = sorted({row.sequence for row in before.events} - {row.sequence for row in events})
    derived = _derive(person_id, events)
    kept = _kept(before, gone, place_of)
    seen = _Seen(redrawn, gone)
    steps: list[Step] = []
    index_of: dict[int, int] = {}
    runs: dict[int, list[Step]] = {}
    dropped = 0
    for step, key in _keyed(derived.steps):
        if key not in kept:
            dropped += step.events
            continue
        episode, frame = kept[key]
        index_of[step.index] = len(steps)
        cause = None if step.caused_by is None else index_of.get(step.caused_by)
        frame = frame if seen.whole(step, place_of[step.segments[0]]) else None
        steps.append(msgspec.structs.replace(step, index=len(steps), caused_by=cause, frame_sha256=frame))
        runs.setdefault(episode, []).append(steps[-1])
    episodes = [_shorter(before.episodes[place], number, run) for number, (place, run) in enumerate(runs.items())]
    return Part(events, redrawn, steps, episodes, +(Counter(derived.unused) + Counter({ERASED: dropped})))


def _kept(before: Part, gone: Sequence[int], place_of: dict[str, int]) -> dict[tuple[int, int], tuple[int, str | None]]:
    """When each step of an untouched episode began → its episode and its frame."""
    episode_of = {
        index: place
        for place, one in enumerate(before.episodes)
        for index in range(one.first_step, one.first_step + one.steps)
    }
    spans: dict[int, list[int]] = {}
    for step in before.steps:
        spans.setdefault(episode_of.get(step.index, -1), []).extend(place_of[name] for name in step.segments)
    whole = {place for place, of in spans.items() if not _any_within(gone, min(of), max(of))}
    return {
        key: (episode_of[step.index], step.frame_sha256)
        for step, key in _keyed(before.steps)
        if episode_of.get(step.index, -1) in whole - {-1}
    }


def _keyed(steps: Sequence[Step]) -> Iterator[tuple[Step, tuple[int, int]]]:
    """Each step with the time at which it began, and which of several at that time it is."""
    at: Counter[int] = Counter()
    for step in steps:
        yield step, (step.time_ns, at[step.time_ns])
        at[step.time_ns] += 1


class _Seen:
    """Rule 3, for one session. ``gone``: the sequences of what was erased, in order."""

    def __init__(self, redrawn: Sequence[Redrawn], gone: Sequence[int]) -> None:
        ordered = sorted(redrawn, key=attrgetter("time_ns"))
        self._times = [one.time_ns for one in ordered]
        self._places = [one.sequence for one in ordered]
        self._gone = gone

    def whole(self, step: Step, place: int) -> bool:
        """Was nothing erased since the screen was last drawn whole before this step, which began in ``place``?"""
        before = bisect_left(self._times, step.time_ns)
        return not _any_within(self._gone, self._places[before - 1] if before else 0, place)


def _any_within(ordered: Sequence[int], first: int, last: int) -> bool:
    """Is one of these from ``first`` to ``last``, both included?"""
    return bisect_left(ordered, first) < bisect_right(ordered, last)


def _shorter(episode: Episode, index: int, steps: Sequence[Step]) -> Episode:
    return msgspec.structs.replace(
        episode,
        index=index,
        first_step=steps[0].index,
        steps=len(steps),
        start_ns=steps[0].time_ns,
        end_ns=max(step.end_ns for step in steps),
        apps=sorted({step.app for step in steps if step.app}),
    )
