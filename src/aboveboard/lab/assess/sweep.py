"""How does success depend on how much was demonstrated?

Each point of a sweep is drawn several times: other demonstrations, another beginning of the networks, other held-out
episodes. What each draw gave is written down at once, with the checkpoint, so that a sweep that was broken off goes on
where it was. A success is the task's whole reward; some tasks reward a part, which counts as none here and is told
beside it.
"""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.lab.assess.baselines import NearestNeighbour, RandomElements
from aboveboard.lab.assess.frames import ElementActor, Episode, Frames
from aboveboard.lab.assess.sweep_config import Point, Sweep
from aboveboard.lab.train.demonstrations import Loaded
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements

WHOLE = 0.999
"""From this reward on an episode is a success: 1, but for the rounding of a task's own sum."""

Told = Callable[[str], None]


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one draw of one point gave. ``rewards`` are by task, an episode each, in order of their numbers.

    ``config_sha256``, ``data_version``, ``commit`` and ``grant`` say from what it was made; ``cpu_s`` is what training
    took, on one thread.
    """

    point: str
    policy: str
    draw: int
    rewards: dict[str, list[float]]
    hours: float
    demonstrations: int
    cpu_s: float
    seconds: float
    config_sha256: str
    data_version: str
    commit: str
    grant: str = ""

    def success(self, least: float = WHOLE) -> float:
        """The mean over tasks of the share of episodes with at least this reward."""
        shares = [sum(one >= least for one in rewards) / len(rewards) for rewards in self.rewards.values()]
        return sum(shares) / len(shares)


def run_sweep(sweep: Sweep, loaded: Loaded, frames: Frames, folder: Path, commit: str, told: Told) -> list[Cell]:
    """Try all points; ``folder`` keeps what each draw gave, and what is there already is not done again."""
    folder.mkdir(parents=True, exist_ok=True)
    cells = []
    for point in sweep.points:
        for draw in range(point.draws):
            for policy in ("trained", *(point.peers if draw == 0 else ())):
                path = folder / f"{point.name}-{policy.replace(' ', '-')}-{draw}.json"
                cell = _kept(path, sweep, loaded)
                if cell is None:
                    cell = _try(sweep, point, policy, draw, loaded, frames, path.with_suffix(".safetensors"), commit)
                    part = path.with_suffix(".part")
                    part.write_bytes(msgspec.json.encode(cell))
                    part.replace(path)
                told(
                    f"{point.name}, {policy}, draw {draw + 1} of {point.draws}: success {cell.success():.3f} from "
                    f"{cell.demonstrations} demonstrations ({cell.hours:.2f} h), trained in {cell.cpu_s:.0f} core-s"
                )
                cells.append(cell)
    return cells


def pick(point: Point, by_task: dict[str, list[Demonstration]], tasks: Sequence[str], seed: str) -> list[Demonstration]:
    """Draw demonstrations for a point: by turns from each task until the hours are spent, or so many of each."""
    draw = random.Random(seed)  # noqa: S311 - chance, not a secret
    pools = {task: draw.sample(by_task[task], len(by_task[task])) for task in tasks}
    if point.per_task:
        return [one for pool in pools.values() for one in pool[: point.per_task]]
    left = point.hours * 3600
    picked: list[Demonstration] = []
    for turn in range(max(len(pool) for pool in pools.values())):
        for task in draw.sample(sorted(pools), len(pools)):
            if turn < len(pools[task]):
                one = pools[task][turn]
                if one.seconds > left:
                    return picked
                left -= one.seconds
                picked.append(one)
    return picked


def _try(
    sweep: Sweep, point: Point, policy: str, draw: int, loaded: Loaded, frames: Frames, checkpoint: Path, commit: str
) -> Cell:
    begin = time.monotonic()
    tasks = sweep.group(point.group).tasks
    held_out = tasks[draw % point.folds :: point.folds] if point.folds else tasks
    learnt = [task for task in tasks if task not in held_out] if point.folds else tasks
    picked = pick(point, loaded.by_task, learnt, f"{sweep.seed}/{point.name}/{draw}")
    if not picked:
        raise BadInput(f"{point.name} is less than one demonstration", fix="ask for more hours")
    cpu = time.process_time_ns()
    actor = _actor(policy, picked, msgspec.structs.replace(sweep.training, seed=sweep.seed + draw), checkpoint)
    cpu_s = (time.process_time_ns() - cpu) / SECOND_NS
    rewards: dict[str, list[float]] = {}
    for task in held_out:
        first = sweep.first_episode + draw * sweep.episodes
        numbers = range(first, first + sweep.episodes)
        tried: list[Episode] = frames.run(actor, [(task, number) for number in numbers], acts_limit=sweep.acts_limit)
        rewards[task] = [one.reward for one in tried]
    return Cell(
        point=point.name,
        policy=policy,
        draw=draw,
        rewards=rewards,
        hours=sum(one.seconds for one in picked) / 3600,
        demonstrations=len(picked),
        cpu_s=cpu_s,
        seconds=time.monotonic() - begin,
        config_sha256=sweep.sha256,
        data_version=loaded.version,
        commit=commit,
        grant=sweep.grant,
    )


def _actor(policy: str, picked: list[Demonstration], config: ElementConfig, checkpoint: Path) -> ElementActor:
    if policy == "random":
        return RandomElements(config.seed)
    if policy == "nearest neighbour":
        return NearestNeighbour(picked)
    trained = train_elements(picked, config)
    trained.save(checkpoint)
    return trained


def _kept(path: Path, sweep: Sweep, loaded: Loaded) -> Cell | None:
    """What this draw gave before; None where it was not tried, or from another file or other data."""
    if not path.exists():
        return None
    try:
        cell = msgspec.json.decode(path.read_bytes(), type=Cell)
    except msgspec.DecodeError as error:
        raise BadInput(
            f"{path} is no result of a sweep: {error}", cause="it was changed by hand", fix="delete it"
        ) from error
    return cell if (cell.config_sha256, cell.data_version) == (sweep.sha256, loaded.version) else None
