"""How much of a data set would have been enough, recorded how closely, and what did groups of people bring?

Its stretches of work (its episodes) are drawn at random, a share of them at a time, several times; a policy is trained
on each draw and tried on held-out problems. The same again with its frames brought down to less. Nobody's part is
looked at: all stretches are one heap. The part of a group is left out as a whole, if ``rules.groups`` allows.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.formats.value import GroupWorth, Value
from aboveboard.lab.assess.worth import About, Tried, Way, gain_of, worth
from aboveboard.lab.model.click_policy import ClickPolicy
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.behaviour_cloning import Config, train
from aboveboard.lab.train.examples import Example, Examples, from_steps
from aboveboard.rules.groups import may_value
from aboveboard.stage.tasks import window_title

SHARES = (0.125, 0.25, 0.5, 1.0)
FACTOR = 2
NEEDED = 0.25
"""A task needs a kind of action that is in at least this share of its stretches."""

Attempt = Callable[[ClickPolicy, Way, str, range], int]
"""Tries a policy, trained on what was recorded in this way, on held-out episodes of a task; the number of successes."""
Learn = Callable[[Way, Examples, Config], ClickPolicy]
"""Trains a policy on what was recorded in this way; a variant of training is a way of its own."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Stretch:
    """One stretch of work: how long it was, what can be learnt from it, and the groups that asked to be valued."""

    seconds: float
    examples: list[Example]
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Heap:
    """All stretches of a data set, recorded in one way. ``groups``: how many people of each are in it, ten or more.

    ``left_out`` counts steps by reason; ``kinds`` are the kinds of action that each window's work needs.
    """

    stretches: list[Stretch]
    left_out: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, int] = field(default_factory=dict)


def heap_of(
    steps: Sequence[Step],
    episodes: Sequence[Episode],
    frame: Callable[[str], Image],
    titles: Collection[str],
    groups: Mapping[str, Collection[str]] | None = None,
    before: Sequence[Collection[str]] = (),
) -> Heap:
    """The stretches with clicks in the windows of these ``titles``.

    ``groups`` are people by the name of their group; ``before``, the groups that were valued of this data set before.
    Raises :class:`Refused` where what they brought could tell of fewer than ten people.
    """
    by_session: dict[tuple[str, str], list[Step]] = {}
    for step in steps:
        by_session.setdefault((step.person_id, step.session_id), []).append(step)
    heap, people, seen = Heap([]), list[str](), dict[str, list[set[str]]]()
    for episode in episodes:
        last = episode.first_step + episode.steps
        own = [
            step
            for step in by_session.get((episode.person_id, episode.session_id), ())
            if episode.first_step <= step.index < last
        ]
        wanted = [step for step in own if step.title in titles]
        heap.left_out["another window"] += len(own) - len(wanted)
        for title in {step.title for step in wanted}:
            seen.setdefault(title, []).append({step.action for step in wanted if step.title == title})
        made = from_steps(wanted, frame, factor=FACTOR)
        heap.left_out.update(made.left_out)
        if made.examples:
            # Of a stretch that went through other windows too, the share that its clicks here are of all its steps.
            seconds = (episode.end_ns - episode.start_ns) / SECOND_NS * len(wanted) / len(own)
            people.append(episode.person_id)
            heap.stretches.append(Stretch(seconds, made.examples))
    for title, each in seen.items():
        count = Counter(action for actions in each for action in actions)
        heap.kinds[title] = {action.replace("_", " ") for action, n in count.items() if n >= NEEDED * len(each)}
    return _grouped(heap, people, groups, before) if groups else heap


def _grouped(
    heap: Heap, people: Sequence[str], groups: Mapping[str, Collection[str]], before: Sequence[Collection[str]]
) -> Heap:
    may_value(set(people), groups, before).require()
    named = {name: frozenset(members) & set(people) for name, members in groups.items()}
    labelled = [
        replace(stretch, groups=frozenset(name for name, members in named.items() if person in members))
        for person, stretch in zip(people, heap.stretches, strict=True)
    ]
    return replace(heap, stretches=labelled, groups={name: len(members) for name, members in named.items()})


def usual(way: Way, examples: Examples, config: Config) -> ClickPolicy:
    """Behaviour cloning, whichever way it was recorded."""
    return train(examples, config).policy


def value(
    heaps: Mapping[Way, Heap],
    tasks: Sequence[str],
    attempt: Attempt,
    *,
    episodes: int,
    draws: int = 3,
    shares: Sequence[float] = SHARES,
    config: Config | None = None,
    learn: Learn = usual,
    progress: Progress = lambda done, total, words: None,
) -> Value:
    """What the data set is worth; its first heap is as it was recorded. Raises :class:`BadInput` where it is empty.

    Takes one training and ``episodes`` of each task for each way, share and draw, and for each group and draw; all of
    it is drawn once, with one seed.
    """
    whole = next(iter(heaps.values()), Heap([]))
    if not whole.stretches or not tasks or episodes < 1 or draws < 1:
        raise BadInput(
            "there is nothing to draw a curve from",
            cause="the data set has no clicks in the windows of these tasks, or no episode or draw was asked for",
            fix="name tasks that were recorded",
        )
    config = config or Config()
    begin = time.monotonic()
    total = draws * (len(heaps) * len(set(shares)) + len(whole.groups))
    tried: list[Tried] = []

    def one(way: Way, amount: str, picked: Sequence[Stretch], draw: int) -> Tried:
        examples = Examples([example for stretch in picked for example in stretch.examples], Counter(), FACTOR)
        policy = learn(way, examples, replace(config, seed=config.seed + draw)) if examples.examples else None
        numbers = range(draw * episodes, (draw + 1) * episodes)
        good = {task: _good(policy, way, task, numbers, attempt) for task in tasks}
        hours = sum(each.seconds for each in picked) / 3600
        made = Tried(way, amount, hours, len(picked), {task: (count, episodes) for task, count in good.items()})
        tried.append(made)
        progress(len(tried), total, f"{way.name}, {hours:.3f} h: success {made.success:.2f}")
        return made

    for way, heap in heaps.items():
        for share in sorted(set(shares)):
            for draw in range(draws):
                one(way, f"{share:g}", _pick(heap.stretches, share, f"{config.seed}/{share}/{draw}"), draw)
    first, most = next(iter(heaps)), f"{max(shares):g}"
    curves, groups = list(tried), []
    for name, people in whole.groups.items():
        rest = [stretch for stretch in whole.stretches if name not in stretch.groups]
        without = [one(first, f"without {name}", rest, draw) for draw in range(draws)]
        with_all = [each for each in curves if (each.way, each.amount) == (first, most)]
        gain, low, high = gain_of(with_all, without, pairs=True)
        groups.append(GroupWorth(name=name, people=people, gain=gain, low=low, high=high))
    about = About(
        about=f"Recorded work at {len(tasks)} task{'s' * (len(tasks) > 1)}; a policy that sees the screen and clicks",
        measured="In a real browser on a display of its own, by hand; a success is the task's own",
        artefact_id=config.artefact_id,
        episodes=episodes,
        kinds={task: whole.kinds.get(window_title(task), set()) for task in tasks},
        left_out=whole.left_out,
        seconds=time.monotonic() - begin,
    )
    return worth(curves, about, groups)


def _good(policy: ClickPolicy | None, way: Way, task: str, numbers: range, attempt: Attempt) -> int:
    """How many it does; a window of which nothing was picked is not known, and so fails."""
    known = policy is not None and window_title(task) in policy.card.titles
    return attempt(policy, way, task, numbers) if policy is not None and known else 0


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
