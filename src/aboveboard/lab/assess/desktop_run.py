"""Does a policy over elements do better than chance, and than repeating what it was shown?

All three try the same held-out problems, of real applications at a desk or of MiniWoB++ pages in a browser; both are
seen by accessibility. The policy and the nearest neighbour see what a policy from recordings sees; chance has
everything that can be acted on.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from aboveboard.base.errors import BadInput
from aboveboard.formats.assessment import Assessment, Rate, TaskRow
from aboveboard.lab.assess.baselines import NearestNeighbour, RandomElements
from aboveboard.lab.assess.desktop_environment import DesktopEnvironment, PagesByAccessibility, Sight, sight_of
from aboveboard.lab.assess.evaluate import beats
from aboveboard.lab.assess.frames import ElementActor, Episode
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.model.desktop_scene import view_of
from aboveboard.lab.model.element_policy import Choosing
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.stage.desktop.page_seat import ACTS_LIMIT
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.tasks import held_out_seed

FIRST = 1000
"""Problems before this one may be looked at while features are chosen."""

Progress = Callable[[int, int, str], None]
"""Told (episodes done, all episodes, words)."""


def run(
    policy: Choosing,
    demonstrations: Sequence[Demonstration],
    tasks: Sequence[str],
    episodes: int,
    on_progress: Progress = lambda done, total, words: None,
) -> Assessment:
    """Assess ``policy``, which learnt from ``demonstrations``, on ``episodes`` held-out problems of each of ``tasks``.

    Raises :class:`BadInput` for no episodes, and for a policy that has not learnt from recordings; :class:`NotFound`
    for what is no task, and :class:`SetupMissing`. Takes some ten seconds an episode.
    """
    if episodes < 1 or not tasks or not policy.card.kinds:
        raise BadInput(
            "there is nothing to try",
            cause="no task or no episode was asked for, or the policy has learnt from pages alone",
            fix=f"train with --policy elements, and name tasks such as {', '.join(sorted(TASKS)[:3])}",
        )
    begin, seen = time.monotonic(), sight_of(policy.card.kinds)
    actors: list[tuple[str, ElementActor, Sight]] = [
        ("trained", policy, seen),
        ("random", RandomElements(0), view_of),
        ("nearest", NearestNeighbour(demonstrations), seen),
    ]
    rows, done, total = list[TaskRow](), 0, len(tasks) * episodes * len(actors)
    with ExitStack() as held:
        desks = DesktopEnvironment()
        pages = held.enter_context(PagesByAccessibility()) if set(tasks) - set(TASKS) else None
        for task in tasks:
            rates = {}
            environment = pages if pages is not None and task not in TASKS else desks
            for name, actor, sight in actors:
                tried = list[Episode]()
                for number in range(FIRST, FIRST + episodes):
                    tried.append(environment.attempt(actor, task, number, sight=sight))
                    done += 1
                    good = sum(one.done for one in tried)
                    on_progress(done, total, f"{task}, {name}: {good} of {len(tried)}")
                rates[name] = rate(tried)
            ours, chance = rates["trained"], rates["random"]
            rows.append(
                TaskRow(
                    task=task, policy=ours, random=chance, beats_random=beats(ours, chance), nearest=rates["nearest"]
                )
            )
    return Assessment(
        rows=rows,
        artefact_id=policy.card.artefact_id,
        success="the task's own check of files and settings, or the page's own reward",
        random_policy="any element that can be acted on, alike; into a field any piece of the instruction, or nothing",
        clicks_limit=max(TASKS[task].acts_limit if task in TASKS else ACTS_LIMIT for task in tasks),
        first_seed=held_out_seed(FIRST),
        last_seed=held_out_seed(FIRST + episodes - 1),
        interval="95 % intervals by Wilson",
        begins="each begins with the application or the page just opened",
        seconds=time.monotonic() - begin,
        unit="acts",
    )


def rate(tried: Sequence[Episode]) -> Rate:
    """The successes among ``tried``, their interval, and how many acts they took."""
    good = sum(one.done for one in tried)
    low, high = wilson(good, len(tried))
    acts = sum(one.acts for one in tried) / len(tried)
    return Rate(successes=good, episodes=len(tried), low=low, high=high, mean_clicks=acts)
