"""Which steps belong together?

A pure function over the steps of one session; the rules are those of ``docs/spec/trajectory.md``. Every step is in
exactly one episode.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.recording import Task
from aboveboard.formats.trajectory import Episode, Mark, Source, Step

Began = Literal["session", "idle", "window", "begin", "end"]

Instructor = Callable[[Episode, Sequence[Step]], str]
"""Given an episode without an instruction and its steps, says what it was to be; "" for no idea."""


@dataclass(frozen=True)
class EpisodeRules:
    """A pause of more than ``idle_ns`` between two steps cuts; so does another application, unless ``windows`` is off.

    Where it is off, an episode may lead through several applications.
    """

    idle_ns: int = 60 * SECOND_NS
    windows: bool = True


def marked(session_id: str, time_ns: int, task: Task) -> Mark:
    """What the person themselves said of a task, while it was recorded."""
    writer: Source = "person" if task.instruction else ""
    return Mark(
        session_id=session_id,
        time_ns=time_ns,
        kind=task.what,
        instruction=task.instruction,
        instructed_by=writer,
        outcome=task.outcome,
    )


def cut_episodes(
    steps: Sequence[Step],
    marks: Sequence[Mark] = (),
    rules: EpisodeRules | None = None,
    instructor: Instructor | None = None,
) -> list[Episode]:
    """The episodes of ``steps``, which are all of one session, in order. ``marks`` of other sessions are passed over.

    A mark's instruction is of the episode that it begins or ends, its outcome of the one that it ends. A mark next to
    which there is no step says nothing.
    """
    if not steps:
        return []
    ordered = sorted((one for one in marks if one.session_id == steps[0].session_id), key=lambda one: one.time_ns)
    episodes: list[Episode] = []
    begin, because, opening = 0, "session", _opening(ordered, steps[0].time_ns)
    for place in range(1, len(steps) + 1):
        here = steps[place] if place < len(steps) else None
        between = [one for one in ordered if _lies_between(one, steps[place - 1], here)]
        reason = _reason(steps, place, between, rules or EpisodeRules())
        if reason is None:
            continue
        closing = next((one for one in reversed(between) if one.kind == "end"), None)
        made = _episode(steps[begin:place], len(episodes), because, opening, closing)  # type: ignore[arg-type]
        episodes.append(_instructed(made, steps[begin:place], instructor))
        begin, because = place, reason
        opening = next((one for one in reversed(between) if one.kind == "begin"), None)
    return episodes


def _opening(ordered: Sequence[Mark], before_ns: int) -> Mark | None:
    earlier = [one for one in ordered if one.time_ns <= before_ns]
    return earlier[-1] if earlier and earlier[-1].kind == "begin" else None


def _lies_between(mark: Mark, before: Step, after: Step | None) -> bool:
    """A mark at the very time of a step comes before it."""
    return before.time_ns < mark.time_ns and (after is None or mark.time_ns <= after.time_ns)


def _reason(steps: Sequence[Step], place: int, marks: Sequence[Mark], rules: EpisodeRules) -> Began | None:
    """Why the step at ``place`` begins an episode; ``None`` where it goes on."""
    if place == len(steps):
        return "session"
    before, here = steps[place - 1], steps[place]
    if marks:
        return marks[-1].kind
    if here.time_ns - before.end_ns > rules.idle_ns:
        return "idle"
    # A switch is the last step of where it led away from.
    if rules.windows and before.action == "switch" and before.to_app != before.app:
        return "window"
    return None


def _episode(steps: Sequence[Step], index: int, began: Began, opening: Mark | None, closing: Mark | None) -> Episode:
    told = next((one for one in (opening, closing) if one is not None and one.instruction), None)
    return Episode(
        person_id=steps[0].person_id,
        session_id=steps[0].session_id,
        index=index,
        first_step=steps[0].index,
        steps=len(steps),
        start_ns=steps[0].time_ns,
        end_ns=max(step.end_ns for step in steps),
        began=began,
        apps=sorted({step.app for step in steps if step.app}),
        instruction=told.instruction if told else "",
        instructed_by=(told.instructed_by or "person") if told else "",
        outcome=closing.outcome if closing else "unknown",
    )


def _instructed(episode: Episode, steps: Sequence[Step], instructor: Instructor | None) -> Episode:
    words = instructor(episode, steps) if instructor is not None and not episode.instruction else ""
    return msgspec.structs.replace(episode, instruction=words, instructed_by="plug_in") if words else episode


def steps_of(episode: Episode, steps: Sequence[Step]) -> Iterator[Step]:
    """Those of ``steps`` that are in ``episode``."""
    end = episode.first_step + episode.steps
    return (step for step in steps if step.session_id == episode.session_id and episode.first_step <= step.index < end)
