"""Does the policy do better than chance, and how sure is that?

The trained policy and a random one try the same held-out problems, with the same number of clicks each. A task counts
as beaten where the policy's 95 % interval lies wholly above the random one's.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from aboveboard.base.errors import BadInput
from aboveboard.formats.assessment import Assessment, Rate, TaskRow
from aboveboard.lab.assess.environment import Environment
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.model.click_policy import Click
from aboveboard.lab.model.ensemble import ClickModel
from aboveboard.lab.model.sight import Image
from aboveboard.stage.tasks import held_out_seed, window_title

CLICKS_LIMIT = 3
"""One for START, one for the task, one to correct oneself."""

Progress = Callable[[int, int, str], None]
"""Told (episodes done, all episodes, words)."""


class Actor(Protocol):
    """Whatever looks at a screen and clicks."""

    def act(self, frame: Image, title: str) -> Click: ...


class RandomPolicy:
    """Knows where the task is and nothing else: clicks uniformly over the task's ``width`` × ``height`` pixels."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.words = f"uniform over the task's {width} x {height} pixels"
        self._width = width
        self._height = height
        self._random = Random(f"random policy/{seed}")  # noqa: S311 - chance, not a secret

    def act(self, frame: Image, title: str) -> Click:
        """A click that does not depend on what it is shown."""
        return Click(self._random.randrange(self._width), self._random.randrange(self._height), 0.0)


@dataclass(frozen=True)
class Tried:
    """One episode: the task's own reward (> 0 is a success), and the clicks it took."""

    reward: float
    clicks: int


def attempt(actor: Actor, environment: Environment, task: str, number: int, clicks_limit: int = CLICKS_LIMIT) -> Tried:
    """Held-out episode ``number`` of ``task``: look and click until it is done, or the clicks are used up."""
    environment.reset(task, number)
    for clicks in range(1, clicks_limit + 1):
        frame, title = environment.look()
        click = actor.act(frame, title)
        outcome = environment.click(click.x, click.y)
        if outcome.done:
            return Tried(outcome.reward, clicks)
    return Tried(0.0, clicks_limit)


def beats(one: Rate, other: Rate) -> bool:
    """Whether the interval of ``one`` lies wholly above that of ``other``."""
    return one.low > other.high


def run(
    policy: ClickModel,
    environment: Environment,
    tasks: Sequence[str],
    episodes: int,
    on_progress: Progress | None = None,
    *,
    seed: int = 0,
) -> Assessment:
    """Assess ``policy`` on ``episodes`` held-out problems of each of ``tasks``, beside a random policy on the same.

    Raises :class:`BadInput` for a task that the policy has not learnt, or no episodes, before anything is tried.
    Takes about a third of a second an episode and policy.
    """
    if episodes < 1 or not tasks:
        raise BadInput("there is nothing to assess", cause="no task or no episode was asked for", fix="ask for some")
    for task in tasks:
        policy.require(window_title(task))
    begin = time.monotonic()
    random = RandomPolicy(*environment.area, seed)
    total, done = 2 * episodes * len(tasks), 0
    rows = []
    for task in tasks:
        tried: dict[str, list[Tried]] = {"trained": [], "random": []}
        actors: list[tuple[str, Actor]] = [("trained", policy), ("random", random)]
        for name, actor in actors:
            for number in range(episodes):
                tried[name].append(attempt(actor, environment, task, number))
                done += 1
                if on_progress is not None:
                    on_progress(done, total, f"{task}, {name} policy: {_standing(tried[name])}")
        ours, theirs = rate(tried["trained"]), rate(tried["random"])
        rows.append(TaskRow(task=task, policy=ours, random=theirs, beats_random=beats(ours, theirs)))
    return Assessment(
        rows=rows,
        artefact_id=policy.card.artefact_id,
        success="the task's own reward is above 0",
        random_policy=random.words,
        clicks_limit=CLICKS_LIMIT,
        first_seed=held_out_seed(0),
        last_seed=held_out_seed(episodes - 1),
        interval="95 % intervals by Wilson",
        begins="each begins at the cover that says START",
        seconds=time.monotonic() - begin,
    )


def rate(tried: Sequence[Tried]) -> Rate:
    """The successes among ``tried`` and their interval."""
    successes = sum(one.reward > 0 for one in tried)
    low, high = wilson(successes, len(tried))
    clicks = sum(one.clicks for one in tried) / len(tried)
    return Rate(successes=successes, episodes=len(tried), low=low, high=high, mean_clicks=clicks)


def _standing(tried: Sequence[Tried]) -> str:
    return f"{sum(one.reward > 0 for one in tried)} of {len(tried)}"
