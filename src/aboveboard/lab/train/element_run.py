"""What does one training of a policy over elements learn from, and what is kept from it?

As :mod:`aboveboard.lab.train.click_run` for a policy that clicks: what is known of other controls comes from those whom
the policy, or its part, learns from, and from nobody else.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from aboveboard.base.errors import BadInput
from aboveboard.formats.audit import Exposures, MembershipTest
from aboveboard.formats.recording import TOPICS, Marker
from aboveboard.formats.trajectory import Episode
from aboveboard.lab.audit.elements import PlantedWord, draw, exposures, loss_of, membership_test, with_canaries
from aboveboard.lab.dataset.read import EventRow
from aboveboard.lab.derive.steps import TYPED_UNSEEN, VOIDING
from aboveboard.lab.model.element_parts import load_elements
from aboveboard.lab.train.click_run import Fitted, Recorded
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, Progress, train_elements
from aboveboard.lab.train.known_controls import Known
from aboveboard.lab.train.recorded_demonstrations import COPIES, recorded
from aboveboard.lab.train.run_file import POLICY_FILE, PolicyRun, RunFile
from aboveboard.lab.train.situations import held_out

Planted = PlantedWord
plant = draw
MARKER = next(topic for topic, kind in TOPICS.items() if kind is Marker)
PASSES = 60
"""Longer than on pages: each key is pressed in a few demonstrations only."""


class RecordedEvents(Recorded, Protocol):
    """A data set with its events."""

    def events_of(self, person_id: str) -> Iterable[EventRow]: ...


@dataclass(frozen=True)
class Parted:
    """What is learnt from and what is held out, of some people. ``once`` of the members has no scene twice."""

    members: list[Demonstration]
    once: list[Demonstration]
    others: list[Demonstration]
    known: Known
    left_out: Counter[str]


def parted(data: RecordedEvents, run: PolicyRun, people: Iterable[str]) -> Parted:
    """The demonstrations of these people, in an order that nobody else's recordings change.

    What was held out is told in scenes of what the members met: nothing is known from it. An attempt in which keys or
    presses were left out of the recording is not learnt from: half of one teaches a wrong order.
    """
    found = Parted([], [], [], Known(), Counter())
    steps, inside, outside = [], list[Episode](), list[Episode]()
    for person_id in people:
        own, gaps = list(data.steps_of(person_id)), list(_gaps(data, person_id))
        taken = set[tuple[str, int]]()
        for episode in data.episodes_of(person_id):
            if any(session == episode.session_id and begin_ns <= episode.end_ns and episode.start_ns <= end_ns
                   for session, begin_ns, end_ns in gaps):  # fmt: skip
                found.left_out["an attempt of which something is not in the recording"] += 1
                continue
            out = bool(run.held_out) and held_out(episode, share=run.held_out, seed=run.seed)
            (outside if out else inside).append(episode)
            last = episode.first_step + episode.steps
            taken |= {(episode.session_id, index) for index in range(episode.first_step, last) if not out}
        found.known.learn(step for step in own if (step.session_id, step.index) in taken)
        steps += own
    copies = [list(recorded(steps, inside, found.known, found.left_out if not one else Counter(), one))
              for one in range(COPIES)]  # fmt: skip
    found.once.extend(copies[0])
    found.members.extend(chain.from_iterable(copies))
    found.others.extend(recorded(steps, outside, found.known, Counter()))
    return found


def _gaps(data: RecordedEvents, person_id: str) -> Iterator[tuple[str, int, int]]:
    """From when until when something that was done was left out: session, begin and end."""
    for row in data.events_of(person_id):
        marker = row.timed().event if row.topic == MARKER else None
        if isinstance(marker, Marker) and marker.reason in VOIDING | TYPED_UNSEEN:
            yield row.session_id, marker.start_ns, marker.end_ns


def fit(
    data: RecordedEvents,
    file: RunFile,
    people: Sequence[str],
    planted: list[PlantedWord],
    made: Path,
    told: Progress,
    tried: Callable[[int, float], None],
) -> Fitted:
    """As :func:`click_run.fit <aboveboard.lab.train.click_run.fit>`; ``tried`` once, at the end.

    Raises :class:`BadInput` where there is nothing to learn from.
    """
    begin, losses, run = time.monotonic(), list[float](), file.run
    found = parted(data, run, people)
    if not found.members:
        reasons = ", ".join(f"{count} {reason}" for reason, count in found.left_out.most_common())
        raise BadInput(
            "there is no act on an element to learn from",
            cause=f"left out: {reasons}" if reasons else "the data set has no episodes",
            fix="record with controls disclosed, and say what each task was and that it was done ('aboveboard mark')",
        )

    def each(done: int, total: int, loss: float) -> None:
        losses.append(loss)
        told(done, total, loss)

    shown = with_canaries(found.members, planted, run.canary_repeats)
    policy = train_elements(shown, config_of(run, file.dataset_id), each)
    policy.card.kinds.extend(list(one) for one in found.known.kinds)
    policy.save(made / POLICY_FILE)
    if found.others:
        tried(len(losses), sum(loss_of(policy, one) for one in found.others) / len(found.others))
    tail = losses[-max(1, len(losses) // 10) :]
    return Fitted(sum(tail) / len(tail), time.monotonic() - begin)


def config_of(run: PolicyRun, artefact_id: str) -> ElementConfig:
    """How the networks are trained."""
    return ElementConfig(
        steps=run.steps, passes=PASSES, members=1, seed=run.seed, threads=run.threads, artefact_id=artefact_id
    )


def measure(
    folder: Path, parts: Sequence[tuple[Parted, list[PlantedWord]]], progress: Callable[[int, int], None]
) -> tuple[Exposures | None, MembershipTest | None]:
    """What the policy in ``folder`` remembers of what its parts learnt from."""
    policy = load_elements(folder)
    planted = [(part.members, one) for part, own in parts for one in own if part.members]
    members = [one for part, _ in parts for one in part.once]
    others = [one for part, _ in parts for one in part.others]
    return exposures(policy, planted, progress), membership_test(policy, members, others)
