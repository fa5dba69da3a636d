"""How does success depend on how much was demonstrated?

Each point of a sweep is drawn several times: other demonstrations, another beginning of the networks, other held-out
episodes. What each draw gave is written down at once, with the checkpoint, so that a sweep that was broken off goes on
where it was. A success is the task's whole reward; some tasks reward a part, which counts as none here and is told
beside it.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.lab.assess.baselines import NearestNeighbour, RandomElements
from aboveboard.lab.assess.frames import ElementActor, Episode, Frames
from aboveboard.lab.assess.sweep_config import Point, Sweep
from aboveboard.lab.crew import Processes
from aboveboard.lab.train.demonstrations import Loaded
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements
from aboveboard.lab.train.levels import Redacting, ThroughLevel, bring_down
from aboveboard.lab.workers import Here, Unit, Workers

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
    screen: Screen = "exact"
    keystrokes: Keystrokes = "exact"

    def success(self, least: float = WHOLE) -> float:
        """The mean over tasks of the share of episodes with at least this reward."""
        shares = [sum(one >= least for one in rewards) / len(rewards) for rewards in self.rewards.values()]
        return sum(shares) / len(shares)


@dataclass(frozen=True)
class Tools:
    """What a worker tries policies with. ``redacting`` gives the recorder's rules for a fresh session; only points at
    ``redacted`` need it."""

    frames: Frames
    redacting: Callable[[], Redacting] | None = None


Planned = tuple[Point, str, int, Path]
"""A point, a policy, a draw, and where its result rests."""


@dataclass(frozen=True)
class CellWork:
    """One draw of one point, by any worker that has the data, tools of its own, and the folder for results."""

    sweep: Sweep
    loaded: Loaded
    tools: Callable[[], AbstractContextManager[Tools]]
    commit: str

    @contextmanager
    def __call__(self) -> Iterator[Callable[[Planned], Cell]]:
        with self.tools() as tools:
            yield partial(self._do, tools)

    def _do(self, tools: Tools, planned: Planned) -> Cell:
        path = planned[3]
        cell = _try(self.sweep, planned, self.loaded, tools, self.commit)
        part = path.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(cell))
        part.replace(path)
        return cell


def run_sweep(
    sweep: Sweep,
    loaded: Loaded,
    tools: Callable[[], AbstractContextManager[Tools]],
    folder: Path,
    commit: str,
    told: Told,
    workers: Workers | None = None,
    check: Callable[[], None] = lambda: None,
) -> list[Cell]:
    """Try all points; ``folder`` keeps what each draw gave, and what is there already is not done again.

    Each of ``workers`` enters ``tools`` for itself. ``check`` raises when all is to stop, since a grant has ended. What
    a grant opened leaves this machine for no worker: raises :class:`BadInput` for others than its own.
    """
    if sweep.grant and not isinstance(workers, None | Here | Processes):
        raise BadInput(
            f"a sweep over what {sweep.grant} opened is not for other machines",
            cause="the demonstrations would go to them in the clear",
            fix="use processes of this one: say how many",
        )
    folder.mkdir(parents=True, exist_ok=True)
    planned = list(_planned(sweep, folder))
    cells = {one[3]: cell for one in planned if (cell := _kept(one[3], sweep, loaded)) is not None}
    missing = [one for one in planned if one[3] not in cells]

    def tell(one: Planned, cell: Cell) -> None:
        point, policy, draw, path = one
        cells[path] = cell
        told(
            f"{point.name}, {policy}, draw {draw + 1} of {point.draws}: success {cell.success():.3f} from "
            f"{cell.demonstrations} demonstrations ({cell.hours:.2f} h), trained in {cell.cpu_s:.0f} core-s"
        )

    for one in planned:
        if one[3] in cells:
            tell(one, cells[one[3]])
    units = [
        Unit(f"{point.name}, {policy}, draw {draw + 1}", (point, policy, draw, path))
        for point, policy, draw, path in missing
    ]
    work = CellWork(sweep, loaded, tools, commit)
    done = (workers or Here()).run(work, units, check, lambda number, cell: tell(missing[number], cell))
    for name, why in done.failures.items():
        told(f"{name} was begun again: {', '.join(why)}")
    return [cells[path] for *_, path in planned]


def kept_cells(sweep: Sweep, loaded: Loaded, folder: Path) -> list[Cell]:
    """What was tried already of a sweep that is not done yet."""
    found = (_kept(path, sweep, loaded) for *_, path in _planned(sweep, folder))
    return [cell for cell in found if cell is not None]


def _planned(sweep: Sweep, folder: Path) -> Iterator[Planned]:
    """Each point, policy and draw, and where its result rests."""
    for point in sweep.points:
        for draw in range(point.draws):
            for policy in ("trained", *(point.peers if draw == 0 else ())):
                yield point, policy, draw, folder / f"{point.name}-{policy.replace(' ', '-')}-{draw}.json"


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


def _try(sweep: Sweep, planned: Planned, loaded: Loaded, tools: Tools, commit: str) -> Cell:
    point, policy, draw, path = planned
    begin = time.monotonic()
    tasks = sweep.group(point.group).tasks
    held_out = tasks[draw % point.folds :: point.folds] if point.folds else tasks
    learnt = [task for task in tasks if task not in held_out] if point.folds else tasks
    picked = pick(point, loaded.by_task, learnt, f"{sweep.seed}/{point.name}/{draw}")
    if not picked:
        raise BadInput(f"{point.name} is less than one demonstration", fix="ask for more hours")
    picked = [bring_down(one, point.level, tools.redacting) for one in picked]
    cpu = time.process_time_ns()
    actor = _actor(
        policy,
        picked,
        msgspec.structs.replace(sweep.training, seed=sweep.seed + draw),
        path.with_suffix(".safetensors"),
    )
    cpu_s = (time.process_time_ns() - cpu) / SECOND_NS
    if point.screen == "structure":
        actor = ThroughLevel(actor)
    rewards: dict[str, list[float]] = {}
    for task in held_out:
        first = sweep.first_episode + draw * sweep.episodes
        numbers = range(first, first + sweep.episodes)
        tried: list[Episode] = tools.frames.run(
            actor, [(task, number) for number in numbers], acts_limit=sweep.acts_limit
        )
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
        screen=point.screen,
        keystrokes=point.keystrokes,
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
