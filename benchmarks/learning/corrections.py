"""What are corrections worth? ``python -m benchmarks.learning.corrections --demonstrations FOLDER``

A policy learns from human demonstrations of MiniWoB++ tasks, and then meets tasks of which nothing was demonstrated.
A scripted person, who reads the answer from the page, watches and takes over where it is about to err, until so many
acts of each task were corrected, in three rounds, trained again after each. Beside it, from the same person on the same
problems: as many demonstrated acts, and as many whole demonstrations. All are tried on the same held-out problems;
bands are over draws of demonstrations, beginnings and problems. Broken off, it goes on where it was
(``.bench/corrections``).
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from benchmarks.learning.experts import EXPERTS

from aboveboard.base.errors import AboveboardError
from aboveboard.lab.assess.frames import Frames
from aboveboard.lab.assess.interval import band
from aboveboard.lab.assess.sweep import WHOLE, pick
from aboveboard.lab.assess.sweep_config import Point, Sweep, read_sweep
from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.train.corrections import Expert, Watched, taught
from aboveboard.lab.train.demonstrations import load
from aboveboard.lab.train.element_cloning import Demonstration, train_elements
from aboveboard.lab.train.examples import WEIGHT
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer, demonstration_seed

HERE = Path(__file__).parent
ROUNDS = 3
ATTEMPTS_AT_ONCE = 20
MOST_PER_TASK = 60
BEFORE, AFTER, ACTS, WHOLES = "before", "corrected", "as many demonstrated acts", "as many whole demonstrations"
Told = Callable[[str], None]


class Result(msgspec.Struct, frozen=True):
    """One draw: by what was learnt from, and by task, the reward of each episode."""

    draw: int
    rewards: dict[str, dict[str, list[float]]]
    corrections: dict[str, int]
    demonstrated_acts: dict[str, int]
    cpu_s: float


class _Alone:
    """The person, doing it all by themselves."""

    def __init__(self, expert: Expert) -> None:
        self._expert = expert

    def begin(self) -> Callable[[Scene], Act]:
        return lambda scene: self._expert(scene) or Act("click", 0)


def one_draw(
    draw: int,
    sweep: Sweep,
    known: dict[str, list[Demonstration]],
    settings: argparse.Namespace,
    frames: Frames,
    told: Told,
) -> Result:
    """Train, correct and train again; try before and after, and the two peers."""
    cpu = time.process_time()
    config = msgspec.structs.replace(sweep.training, seed=sweep.seed + draw)
    base = pick(Point(group="known", hours=settings.hours), known, sorted(known), f"corrections/{sweep.seed}/{draw}")
    policies = {BEFORE: train_elements(base, config)}
    first = draw * 1000
    lessons: list[Demonstration] = []
    corrections = dict.fromkeys(EXPERTS, 0)
    policy = policies[BEFORE]
    for number in range(ROUNDS):
        for task, expert in EXPERTS.items():
            due = settings.corrections * (number + 1) // ROUNDS - corrections[task]
            watched = Watched(policy, expert, due)
            at = first + number * ATTEMPTS_AT_ONCE
            while watched.corrections < due and at < first + (number + 1) * ATTEMPTS_AT_ONCE:
                frames.run(watched, [(task, at)], acts_limit=sweep.acts_limit, seed=demonstration_seed)
                at += 1
            corrections[task] += watched.corrections
            lessons += [taught(task, turns, settings.weight) for turns in watched.attempts]
        policy = train_elements([*base, *lessons], config)
        told(f"draw {draw}, round {number + 1}: {corrections}")
    policies[AFTER] = policy
    shown = {task: _shown(frames, task, expert, first, settings.corrections) for task, expert in EXPERTS.items()}
    acts = {task: _cut(some, settings.corrections) for task, some in shown.items()}
    for name, chosen in ((ACTS, acts), (WHOLES, shown)):
        peers = [replace(one, weight=settings.weight) for some in chosen.values() for one in some]
        policies[name] = train_elements([*base, *peers], config)
    cpu_s = time.process_time() - cpu
    rewards = {name: _tried(frames, policy, draw, sweep, settings.episodes) for name, policy in policies.items()}
    whole_acts = {task: sum(len(one.steps) for one in some) for task, some in shown.items()}
    result = Result(draw, rewards, corrections, whole_acts, cpu_s)
    told(f"draw {draw}: " + ", ".join(f"{name} {_mean(one):.3f}" for name, one in rewards.items()))
    return result


def _shown(frames: Frames, task: str, expert: Expert, first: int, number: int) -> list[Demonstration]:
    """Whole attempts of the person, on the problems that the corrections begin with."""
    problems = [(task, first + n) for n in range(number)]
    done = frames.run(_Alone(expert), problems, keep_story=True, seed=demonstration_seed)
    return [Demonstration(task, 0.0, tuple(one.story)) for one in done if one.reward >= WHOLE]


def _cut(some: Sequence[Demonstration], acts: int) -> list[Demonstration]:
    """Their first ``acts`` acts; the last attempt may be cut."""
    kept: list[Demonstration] = []
    for one in some:
        left = acts - sum(len(each.steps) for each in kept)
        if left > 0:
            kept.append(replace(one, steps=one.steps[:left]))
    return kept


def _tried(frames: Frames, policy: ElementPolicy, draw: int, sweep: Sweep, episodes: int) -> dict[str, list[float]]:
    numbers = range(sweep.first_episode + draw * episodes, sweep.first_episode + (draw + 1) * episodes)
    return {
        task: [one.reward for one in frames.run(policy, [(task, n) for n in numbers], acts_limit=sweep.acts_limit)]
        for task in EXPERTS
    }


def _share(rewards: list[float]) -> float:
    return sum(one >= WHOLE for one in rewards) / len(rewards)


def _mean(by_task: dict[str, list[float]]) -> float:
    return sum(_share(one) for one in by_task.values()) / len(by_task)


def report(results: Sequence[Result], corrections: int) -> str:
    """A line for each task and for their mean: before, after, the gain with its band, and the peers."""
    names = list(results[0].rewards)
    lines = [
        f"{corrections} corrections on each task, {len(results)} draws, 95 % bands over draws, "
        f"{sum(one.cpu_s for one in results) / len(results):.0f} core-s a draw",
        f"{'':<28}{'before':>8}{'after':>8}  {'gain':<26}{'peer: as many acts':>20}{'whole demonstrations':>22}",
    ]
    for task in [*results[0].rewards[BEFORE], "mean"]:

        def of(name: str, task: str = task) -> list[float]:
            every = [one.rewards[name] for one in results]
            return [_mean(one) if task == "mean" else _share(one[task]) for one in every]

        mean = {name: sum(of(name)) / len(results) for name in names}
        gain, low, high = _band([after - before for after, before in zip(of(AFTER), of(BEFORE), strict=True)])
        lines.append(
            f"{task:<28}{mean[BEFORE]:>8.2f}{mean[AFTER]:>8.2f}  {f'{gain:+.2f} ({low:+.2f} to {high:+.2f})':<26}"
            f"{mean[ACTS]:>20.2f}{mean[WHOLES]:>22.2f}"
        )
    given = {task: sum(one.corrections[task] for one in results) / len(results) for task in EXPERTS}
    shown = {task: sum(one.demonstrated_acts[task] for one in results) / len(results) for task in EXPERTS}
    lines.append("corrections given: " + ", ".join(f"{task} {number:.1f}" for task, number in given.items()))
    lines.append("acts in the whole demonstrations: " + ", ".join(f"{task} {n:.0f}" for task, n in shown.items()))
    return "\n".join(lines)


def _band(gains: list[float]) -> tuple[float, float, float]:
    """As :func:`band`, of numbers from -1 to 1."""
    mean, low, high = band([(one + 1) / 2 for one in gains])
    return 2 * mean - 1, 2 * low - 1, 2 * high - 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demonstrations", type=Path, default=os.environ.get("MINIWOB_DEMONSTRATIONS"))
    parser.add_argument("--out", type=Path, default=Path(".bench/corrections"))
    parser.add_argument("--corrections", type=int, default=30, help="acts on each task")
    parser.add_argument("--hours", type=float, default=0.2, help="of demonstrations of the other tasks")
    parser.add_argument("--weight", type=int, default=WEIGHT)
    parser.add_argument("--episodes", type=int, default=25, help="of each task and draw")
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--first-draw", type=int, default=0)
    settings = parser.parse_args()
    if settings.demonstrations is None:
        print(
            "no demonstrations: this needs a copy of github.com/stanfordnlp/miniwob-plusplus-demos\n"
            "what to do: python -m benchmarks.learning.corrections --demonstrations FOLDER",
            file=sys.stderr,
        )
        return 2
    begin = time.monotonic()

    def told(words: str) -> None:
        print(f"[{time.monotonic() - begin:6.0f} s] {words}", flush=True)

    sweep = read_sweep(HERE / "miniwob.toml")
    places = {task: where for task, where in sweep.group("clicking").places().items() if task not in EXPERTS}
    known = load(settings.demonstrations, places, MOST_PER_TASK, lambda done, total, words: told(words)).by_task
    settings.out.mkdir(parents=True, exist_ok=True)
    results = []
    with Display(width=1280, height=1050) as display, TaskServer() as server, Browser(display, scale=1) as browser:
        frames = Frames(browser.page, server)
        for draw in range(settings.first_draw, settings.first_draw + settings.draws):
            name = f"{settings.corrections}-{settings.hours:g}h-x{settings.weight}-{settings.episodes}-{draw}.json"
            path = settings.out / name
            if not path.exists():
                result = one_draw(draw, sweep, known, settings, frames, told)
                part = path.with_suffix(".part")
                part.write_bytes(msgspec.json.encode(result))
                part.replace(path)
            results.append(msgspec.json.decode(path.read_bytes(), type=Result))
    print(report(results, settings.corrections))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
