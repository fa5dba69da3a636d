"""How many tasks on real applications can be done: by their own way, by chance, by repetition, by a trained policy?

    make bench-desktop                                            # everything, one to two hours
    make bench-desktop ARGS="--only files-rename --demonstrations 2 --episodes 1"

Everything is done on displays of its own, through XTEST. The scripted person shows each task a few times (that is what
the policy and the nearest neighbour learn from); then all are tried on the same held-out problems, and what each task's
check says is counted. What was tried already is kept in FOLDER and not tried again: delete it to begin anew.
"""

import argparse
import functools
import json
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from typing import cast

import msgspec
import torch

from aboveboard.base.errors import AboveboardError
from aboveboard.lab.assess.baselines import NearestNeighbour, RandomElements
from aboveboard.lab.assess.desktop_environment import DesktopEnvironment
from aboveboard.lab.assess.frames import ElementActor
from aboveboard.lab.assess.interval import wilson
from aboveboard.lab.model.element_policy import load_element_policy
from aboveboard.lab.train.desktop_demonstrations import demonstrate
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements
from aboveboard.stage.desktop.desk import Desk
from aboveboard.stage.desktop.task import held_out
from aboveboard.stage.desktop.tasks import TASKS

SCRIPTED = ("its own way", "near miss", "nothing")
TRAINING = ElementConfig(members=1, passes=60)
"""Longer than on pages: each key is pressed in a few demonstrations only."""
PEERS = ("random", "nearest neighbour", "trained")


@dataclass(frozen=True)
class Tried:
    """One episode. ``error`` is what kept it from being tried to its end."""

    policy: str
    task: str
    number: int
    success: bool
    acts: int
    seconds: float
    asked: str
    error: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demonstrations", type=int, default=5, help="of each task")
    parser.add_argument("--episodes", type=int, default=4, help="held-out problems of each task")
    parser.add_argument("--first", type=int, default=1000, help="the number of the first held-out problem")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="tasks, or how their names begin")
    parser.add_argument("--policies", nargs="+", default=[*SCRIPTED, *PEERS], choices=[*SCRIPTED, *PEERS])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path(".bench/desktop-tasks"))
    asked = parser.parse_args()
    tasks = [name for name in TASKS if not asked.only or any(name.startswith(one) for one in asked.only)]
    asked.folder.mkdir(parents=True, exist_ok=True)
    numbers = range(asked.first, asked.first + asked.episodes)
    shown: list[Demonstration] = []
    jobs: list[tuple[str, int]] = []
    spawn = multiprocessing.get_context("spawn")
    if set(asked.policies) & set(PEERS[1:]):
        jobs = [(task, number) for number in range(asked.demonstrations) for task in tasks]
        with spawn.Pool(asked.workers, _tidy) as pool:
            shown = [one for one in pool.imap(functools.partial(_shown, asked.folder), jobs) if one is not None]
            _ended(pool)
        print(
            f"{len(shown)} of {len(jobs)} demonstrations, {sum(one.seconds for one in shown) / 60:.1f} minutes of them"
        )
    policy = asked.folder / f"policy-{len(tasks)}-{len(shown)}.safetensors"
    if "trained" in asked.policies and not policy.exists():
        begin = time.process_time()
        train_elements(shown, TRAINING).save(policy)
        print(f"trained in {time.process_time() - begin:.0f} core-seconds", flush=True)
    kept = asked.folder / "tried"
    kept.mkdir(exist_ok=True)
    wanted = [(name, task, number) for name in asked.policies for number in numbers for task in tasks]
    with spawn.Pool(asked.workers, _ready, (kept, policy, jobs)) as pool:
        tried = pool.map(_tried, wanted, chunksize=1)
        _ended(pool)
    _print(asked.policies, tasks, tried, {one.steps[0][0].instruction for one in shown})


def _shown(folder: Path, job: tuple[str, int]) -> Demonstration | None:
    """A demonstration; ``None``, with a line why, where it could not be given."""
    task, number = job
    path = folder / f"shown-{task}-{number}.json"
    if not path.exists():
        try:
            path.write_bytes(msgspec.json.encode(demonstrate(TASKS[task], number)))
        except AboveboardError as error:
            print(f"{task}, demonstration {number}: {error}", flush=True)
            return None
    return msgspec.json.decode(path.read_bytes(), type=Demonstration)


def _tidy() -> None:
    """A worker that is told to stop ends its display first."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def _ended(pool: Pool) -> None:
    pool.close()
    pool.join()


_worker: dict[str, object] = {}


def _ready(folder: Path, policy: Path, jobs: Sequence[tuple[str, int]]) -> None:
    """What each worker needs: where results are kept, and of which policy and demonstrations they are."""
    _tidy()
    torch.set_num_threads(1)
    _worker.update({"folder": folder, "policy": policy, "jobs": jobs})


@functools.cache
def _actor(name: str) -> ElementActor:
    """Read and made when it is first asked for: not every worker needs every one."""
    if name == "trained":
        return load_element_policy(cast(Path, _worker["policy"]))
    folder, jobs = cast(Path, _worker["folder"]).parent, cast(Sequence[tuple[str, int]], _worker["jobs"])
    return NearestNeighbour([one for one in (_shown(folder, job) for job in jobs) if one is not None])


def _tried(job: tuple[str, str, int]) -> Tried:
    name, task, number = job
    # Who learns is another with other demonstrations.
    learnt = f"-from-{len(cast(list[object], _worker['jobs']))}" if name in PEERS[1:] else ""
    path = cast(Path, _worker["folder"]) / f"{name.replace(' ', '-')}{learnt}-{task}-{number}.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Tried)
    begin = time.monotonic()
    problem = held_out(TASKS[task], number)
    try:
        if name in SCRIPTED:
            success, acts, error = _scripted(name, task, number), 0, ""
        else:
            actor = RandomElements(number) if name == "random" else _actor(name)
            episode = DesktopEnvironment().attempt(actor, task, number)
            success, acts, error = episode.done, episode.acts, ""
    except AboveboardError as refused:
        success, acts, error = False, 0, str(refused)
    one = Tried(name, task, number, success, acts, time.monotonic() - begin, problem.instruction, error)
    path.write_bytes(msgspec.json.encode(one))
    return one


def _scripted(name: str, task: str, number: int) -> bool:
    with Desk(held_out(TASKS[task], number)) as desk:
        ways: dict[str, Callable[[], object]] = {
            "its own way": lambda: desk.work(TASKS[task].solve(desk.words)),
            "near miss": lambda: desk.work(TASKS[task].miss(desk.words)),
            "nothing": desk.look,
        }
        ways[name]()
        return desk.done_soon()


def _print(policies: Sequence[str], tasks: Sequence[str], tried: Sequence[Tried], known: set[str]) -> None:
    print(f"\n{'':<26}" + "".join(f"{name:>18}" for name in policies))
    for task in tasks:
        cells = [[one for one in tried if (one.policy, one.task) == (name, task)] for name in policies]
        print(f"{task:<26}" + "".join(f"{sum(one.success for one in some)} of {len(some)}".rjust(18) for some in cells))
    print()
    for name in policies:
        some = [one for one in tried if one.policy == name]
        good = sum(one.success for one in some)
        low, high = wilson(good, len(some))
        seconds = sum(one.seconds for one in some) / len(some)
        line = f"{name:<20}{good:>4} of {len(some):<4} {good / len(some):.2f} ({low:.2f} to {high:.2f})"
        acts = f", {sum(one.acts for one in some) / len(some):.1f} acts" if name in PEERS else ""
        print(f"{line}{acts}, {seconds:.1f} s an episode")
    unseen = [one for one in tried if one.policy == "trained" and one.asked not in known]
    if unseen:
        good = sum(one.success for one in unseen)
        low, high = wilson(good, len(unseen))
        print(f"trained, where no demonstration asked for the same: {good} of {len(unseen)} ({low:.2f} to {high:.2f})")
    for one in tried:
        if one.error:
            print(
                f"could not be tried to its end: {one.policy}, {json.dumps(one.task)} {one.number}: {one.error[:300]}"
            )
