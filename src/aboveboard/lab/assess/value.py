"""How much would have been enough?

A data set's stretches of work (its episodes) are drawn at random, a share of them at a time, several times; a policy is
trained on each draw and tried on held-out problems. Nobody's part is looked at: all stretches are one heap.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.formats.value import Value, ValueLaw, ValuePoint
from aboveboard.lab.assess.interval import band
from aboveboard.lab.assess.law import fit
from aboveboard.lab.model.click_policy import ClickPolicy
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.behaviour_cloning import Config, train
from aboveboard.lab.train.examples import Example, Examples, from_steps
from aboveboard.stage.tasks import window_title

SHARES = (0.125, 0.25, 0.5, 1.0)
FACTOR = 2

Try = Callable[[ClickPolicy, str, range], int]
"""Tries a policy on held-out episodes of a task; the number of successes."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Stretch:
    """One stretch of work: how long it was, and what can be learnt from it."""

    seconds: float
    examples: list[Example]


def stretches(
    steps: Sequence[Step], episodes: Sequence[Episode], frame: Callable[[str], Image], titles: set[str]
) -> tuple[list[Stretch], Counter[str]]:
    """The stretches with clicks in the windows of these ``titles``, and how many steps were left out, by reason."""
    by_session: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        by_session.setdefault((step.person_id, step.session_id), []).append(step)
    found, left_out = [], Counter[str]()
    for episode in episodes:
        last = episode.first_step + episode.steps
        own = [
            step
            for step in by_session.get((episode.person_id, episode.session_id), ())
            if episode.first_step <= step.index < last
        ]
        wanted = [step for step in own if step.title in titles]
        left_out["another window"] += len(own) - len(wanted)
        made = from_steps(wanted, frame, factor=FACTOR)
        left_out += made.left_out
        if made.examples:
            # Of a stretch that went through other windows too, the share that its clicks here are of all its steps.
            seconds = (episode.end_ns - episode.start_ns) / SECOND_NS * len(wanted) / len(own)
            found.append(Stretch(seconds, made.examples))
    return found, left_out


def value(
    heap: Sequence[Stretch],
    tasks: Sequence[str],
    attempt: Try,
    *,
    episodes: int,
    draws: int = 3,
    shares: Sequence[float] = SHARES,
    config: Config | None = None,
    left_out: Counter[str] | None = None,
    progress: Progress = lambda done, total, words: None,
) -> Value:
    """The curve of ``heap``; raises :class:`BadInput` where there is nothing to draw from.

    Takes one training and ``episodes`` of each task for each share and draw; all of it is drawn once, with one seed.
    """
    if not heap or not tasks or episodes < 1 or draws < 1:
        raise BadInput(
            "there is nothing to draw a curve from",
            cause="the data set has no clicks in the windows of these tasks, or no episode or draw was asked for",
            fix="name tasks that were recorded",
        )
    config = config or Config()
    begin = time.monotonic()
    titles = [window_title(task) for task in tasks]
    points, done = [], 0
    for share in sorted(set(shares)):
        drawn = []
        for draw in range(draws):
            picked = _pick(heap, share, f"{config.seed}/{share}/{draw}")
            examples = [example for stretch in picked for example in stretch.examples]
            made = Examples(examples, Counter(), FACTOR)
            policy = train(made, replace(config, seed=config.seed + draw)).policy
            numbers = range(draw * episodes, (draw + 1) * episodes)
            # A window of which nothing was drawn is not known, and so fails.
            known = [task for task, title in zip(tasks, titles, strict=True) if title in policy.card.titles]
            good = sum(attempt(policy, task, numbers) for task in known) / (episodes * len(tasks))
            drawn.append((sum(one.seconds for one in picked) / 3600, len(picked), len(examples), good))
            done += 1
            progress(done, len(set(shares)) * draws, f"{drawn[-1][0]:.3f} h: success {good:.2f}")
        hours, count, clicks, _ = (sum(column) / draws for column in zip(*drawn, strict=True))
        success, low, high = band([good for *_, good in drawn])
        points.append(
            ValuePoint(hours=hours, stretches=count, clicks=clicks, draws=draws, success=success, low=low, high=high)
        )
    return Value(
        points=points,
        law=_law(points),
        flat=len(points) > 1 and points[-1].low <= points[-2].success,
        artefact_id=config.artefact_id,
        tasks=list(tasks),
        episodes=episodes,
        left_out={reason: count for reason, count in sorted((left_out or Counter()).items()) if count},
        seconds=time.monotonic() - begin,
    )


def _pick(heap: Sequence[Stretch], share: float, seed: str) -> list[Stretch]:
    """A share of all hours: stretches in random order until it is reached, at least one."""
    shuffled = random.Random(seed).sample(heap, len(heap))  # noqa: S311 - chance, not a secret
    wanted = share * sum(one.seconds for one in heap)
    picked: list[Stretch] = []
    for one in shuffled:
        if picked and share < 1 and sum(each.seconds for each in picked) + one.seconds > wanted:
            continue
        picked.append(one)
    return picked


def _law(points: Sequence[ValuePoint]) -> ValueLaw | None:
    law = fit([(one.hours, one.success) for one in points])
    if law is None:
        return None
    last = points[-1].hours
    return ValueLaw(a=law.a, b=law.b, next_hour=law.success(last + 1) - law.success(last))
