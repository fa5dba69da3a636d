"""What does privacy cost a model? ``python -m benchmarks.learning.private --demonstrations FOLDER``

A policy over elements learns from human demonstrations of the 22 clicking tasks of MiniWoB++ with DP-SGD, and is tried
on held-out problems: success at each epsilon, beside the same training without noise and the usual training. The unit
is one attempt at a task by one person (the demonstrations do not say whose are the same person's). Broken off, it goes
on where it was (``.bench/private``).
"""

import argparse
import hashlib
import math
import os
import sys
import time
from pathlib import Path

import msgspec
import torch

from aboveboard.base.errors import AboveboardError
from aboveboard.lab.assess.frames import Frames
from aboveboard.lab.assess.interval import band
from aboveboard.lab.assess.sweep import WHOLE
from aboveboard.lab.assess.sweep_config import read_sweep
from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.train.demonstrations import load
from aboveboard.lab.train.element_cloning import Demonstration, train_elements
from aboveboard.lab.train.private import Privacy
from aboveboard.lab.train.private_elements import train_privately
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer

HERE = Path(__file__).parent
USUAL = "usual training"


class Result(msgspec.Struct, frozen=True):
    """One draw of one training: by task the reward of each episode. ``epsilon`` of ``None``: no promise."""

    name: str
    draw: int
    epsilon: float | None
    noise: float
    units: int
    cpu_s: float
    rewards: dict[str, list[float]]

    def success(self) -> float:
        """The mean over tasks."""
        shares = [sum(one >= WHOLE for one in rewards) / len(rewards) for rewards in self.rewards.values()]
        return sum(shares) / len(shares)


def learn(
    name: str, shown: list[Demonstration], draw: int, settings: argparse.Namespace
) -> tuple[ElementPolicy, Result]:
    """The policy, and what it took."""
    begin = time.process_time()
    if name == USUAL:
        config = msgspec.structs.replace(read_sweep(HERE / "miniwob.toml").training, seed=draw)
        policy, epsilon, noise = train_elements(shown, config), None, 0.0
    else:
        wanted = Privacy(float(name), settings.delta, settings.steps, settings.lot, settings.clip, settings.rate)
        policy, spent = train_privately([[one] for one in shown], wanted, seed=draw)
        epsilon, noise = (None if math.isinf(spent.epsilon) else spent.epsilon), spent.noise
    return policy, Result(name, draw, epsilon, noise, len(shown), time.process_time() - begin, {})


def report(results: list[Result], settings: argparse.Namespace) -> str:
    """A line for each training."""
    lines = [
        f"{results[0].units} units, delta {settings.delta:g}, {settings.steps} steps of about {settings.lot} units,"
        f" clip {settings.clip:g}, {settings.episodes} episodes of each of {len(results[0].rewards)} tasks",
        f"{'epsilon':<16}{'spent':>8}{'noise':>8}{'draws':>7}{'success':>9}  {'95 % band':<16}{'core-s':>8}",
    ]
    for name in [USUAL, *settings.epsilon]:
        of = [one for one in results if one.name == name]
        if of:
            mean, low, high = band([one.success() for one in of])
            cpu = sum(one.cpu_s for one in of) / len(of)
            spent = "none" if of[0].epsilon is None else f"{of[0].epsilon:.2f}"
            lines.append(
                f"{name:<16}{spent:>8}{of[0].noise:>8.2f}{len(of):>7}{mean:>9.2f}"
                f"  {f'{low:.2f} to {high:.2f}':<16}{cpu:>8.0f}"
            )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demonstrations", type=Path, default=os.environ.get("MINIWOB_DEMONSTRATIONS"))
    parser.add_argument("--out", type=Path, default=Path(".bench/private"))
    parser.add_argument("--epsilon", nargs="+", default=["inf", "8", "2"])
    parser.add_argument("--delta", type=float, default=1e-5)
    parser.add_argument("--per-task", type=int, default=200)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--lot", type=int, default=300)
    parser.add_argument("--clip", type=float, default=0.5)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--episodes", type=int, default=10, help="of each task and draw")
    parser.add_argument("--draws", type=int, default=3)
    settings = parser.parse_args()
    if settings.demonstrations is None:
        print(
            "no demonstrations: this needs a copy of github.com/stanfordnlp/miniwob-plusplus-demos\n"
            "what to do: python -m benchmarks.learning.private --demonstrations FOLDER",
            file=sys.stderr,
        )
        return 2
    begin = time.monotonic()

    def told(words: str) -> None:
        print(f"[{time.monotonic() - begin:6.0f} s] {words}", flush=True)

    torch.set_num_threads(1)
    sweep = read_sweep(HERE / "miniwob.toml")
    group = sweep.group("clicking")
    by_task = load(settings.demonstrations, group.places(), settings.per_task).by_task
    shown = [one for of in by_task.values() for one in of]
    told(f"{len(shown)} demonstrations of {len(by_task)} tasks")
    settings.out.mkdir(parents=True, exist_ok=True)
    kept = {name: str(value) for name, value in vars(settings).items() if name not in ("out", "draws", "epsilon")}
    said = hashlib.sha256(repr(sorted(kept.items())).encode()).hexdigest()[:8]
    results = []
    with Display(width=1280, height=1050) as display, TaskServer() as server, Browser(display, scale=1) as browser:
        frames = Frames(browser.page, server)
        for draw in range(settings.draws):
            for name in [*settings.epsilon, USUAL]:
                path = settings.out / f"{said}-{name.replace(' ', '-')}-{draw}.json"
                if not path.exists():
                    policy, result = learn(name, shown, draw, settings)
                    first = sweep.first_episode + 1000 * draw
                    numbers = range(first, first + settings.episodes)
                    tried = frames.run(
                        policy, [(task, one) for task in by_task for one in numbers], acts_limit=sweep.acts_limit
                    )
                    rewards = {task: [one.reward for one in tried if one.task == task] for task in by_task}
                    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(result, rewards=rewards)))
                results.append(msgspec.json.decode(path.read_bytes(), type=Result))
                told(f"draw {draw}, {name}: {results[-1].success():.2f}, {results[-1].cpu_s:.0f} core-s")
    print(report(results, settings))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AboveboardError as error:
        sys.exit(str(error))
