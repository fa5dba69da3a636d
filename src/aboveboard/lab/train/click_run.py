"""What does one training of a click policy learn from, and what is kept from it?

A run says everything that decides the result: with the same recordings it gives the same policy again. Its people are
cut into shards by the hash of their id alone: whoever joins or is erased moves nobody else.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aboveboard.formats.audit import Exposures, MembershipTest
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.audit.clicks import exposures, losses_of, membership_test
from aboveboard.lab.audit.planted_clicks import PlantedClick, draw, planted_examples
from aboveboard.lab.model.click_policy import ClickPolicy
from aboveboard.lab.model.ensemble import load_clicks
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.behaviour_cloning import Config, train
from aboveboard.lab.train.examples import Example, Examples, from_steps
from aboveboard.lab.train.run_file import POLICY_FILE, PolicyRun, RunFile
from aboveboard.lab.train.situations import held_out
from aboveboard.stage.tasks import window_title

Planted = PlantedClick
plant = draw
LOOKED_AT = 24
"""So many of the examples that are held out tell how training goes, at most."""


class Recorded(Protocol):
    """A data set."""

    def steps_of(self, person_id: str) -> Iterable[Step]: ...
    def episodes_of(self, person_id: str) -> Iterable[Episode]: ...
    def frame(self, sha256: str) -> Image: ...


@dataclass(frozen=True)
class Fitted:
    """The ``loss`` at the end, and how long it took."""

    loss: float
    seconds: float


@dataclass(frozen=True)
class Parted:
    """What is learnt from and what is held out, of some people."""

    members: Examples
    others: Examples


def config_of(run: PolicyRun, artefact_id: str) -> Config:
    """How the network is trained."""
    return Config(steps=run.steps, seed=run.seed, threads=run.threads, artefact_id=artefact_id)


def shard_of(person_id: str, shards: int) -> int:
    """Which shard a person is in: of their id and the number of shards, and of nothing else."""
    digest = hashlib.sha256(f"shard\0{person_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % shards


def people_of(people: Iterable[str], run: PolicyRun) -> dict[int, list[str]]:
    """The people of each shard that has any, in order."""
    found: dict[int, list[str]] = {}
    for person_id in sorted(people):
        found.setdefault(shard_of(person_id, run.shards), []).append(person_id)
    return dict(sorted(found.items()))


def parted(data: Recorded, run: PolicyRun, people: Iterable[str]) -> Parted:
    """The examples of these people, in an order that nobody else's recordings change."""
    titles = {window_title(task) for task in run.tasks}
    inside: list[Step] = []
    outside: list[Step] = []
    for person_id in people:
        episode_of = _episodes(data.episodes_of(person_id))
        for step in data.steps_of(person_id):
            if titles and step.title not in titles:
                continue
            episode = episode_of.get((step.session_id, step.index))
            out = held_out(episode, share=run.held_out, seed=run.seed) if run.held_out else False
            (outside if out else inside).append(step)
    return Parted(from_steps(inside, data.frame), from_steps(outside, data.frame))


def with_canaries(members: Examples, planted: list[PlantedClick], repeats: int) -> Examples:
    """The members with what was planted among them."""
    more: list[Example] = planted_examples(members.examples, planted) * repeats
    return Examples([*members.examples, *more], members.left_out, members.factor)


def fit(
    data: Recorded,
    file: RunFile,
    people: Sequence[str],
    planted: list[PlantedClick],
    made: Path,
    told: Callable[[int, int, float], None],
    tried: Callable[[int, float], None],
) -> Fitted:
    """Train on these people, and what was planted among them, and write the policy into ``made``.

    ``told`` is given (steps done, all, loss) after each step, ``tried`` now and then (steps done, the loss on what is
    held out).
    """
    examples = parted(data, file.run, people)
    others = examples.others.examples
    looked_at = others[:: max(1, math.ceil(len(others) / LOOKED_AT))]

    def held_out_loss(step: int, policy: ClickPolicy) -> None:
        if found := losses_of(policy, looked_at):
            tried(step, sum(found) / len(found))

    shown = with_canaries(examples.members, planted, file.run.canary_repeats)
    trained = train(shown, config_of(file.run, file.dataset_id), told, held_out_loss)
    trained.policy.save(made / POLICY_FILE)
    return Fitted(trained.loss, trained.seconds)


def measure(
    folder: Path, parts: Sequence[tuple[Parted, list[PlantedClick]]], progress: Callable[[int, int], None]
) -> tuple[Exposures | None, MembershipTest | None]:
    """What the policy in ``folder`` remembers of what its parts learnt from."""
    policy = load_clicks(folder)
    planted = [(part.members.examples, one) for part, own in parts for one in own if part.members.examples]
    members = [one for part, _ in parts for one in part.members.examples]
    others = [one for part, _ in parts for one in part.others.examples]
    return exposures(policy, planted, progress), membership_test(policy, members, others)


def _episodes(episodes: Iterable[Episode]) -> dict[tuple[str, int], Episode]:
    return {
        (one.session_id, index): one for one in episodes for index in range(one.first_step, one.first_step + one.steps)
    }
