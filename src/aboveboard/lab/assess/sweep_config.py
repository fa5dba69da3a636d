"""What is a sweep to try? One TOML file says all of it, and a result names the file it came from.

``[[points]]`` say on how much to train: ``hours`` of demonstrations in all, or ``per_task`` demonstrations of each
task. With ``folds`` the tasks are held out in turn: trained on the others, tried on those only.
"""

import hashlib
from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.lab.train.element_cloning import ElementConfig
from aboveboard.lab.train.levels import Level

LIMIT_BYTES = 64 * 1024
PEERS = ("random", "nearest neighbour")


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tasks that are learnt by one policy together. ``folders``: where a task's files lie under other names."""

    name: str
    tasks: list[str]
    folders: dict[str, list[str]] = {}

    def places(self) -> dict[str, list[str]]:
        """For each task, the folders that hold its demonstrations."""
        return {task: self.folders.get(task, [task]) for task in self.tasks}


class Point(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One amount of demonstrations for one group, drawn ``draws`` times.

    ``peers`` are tried on the episodes of the first draw; a nearest neighbour knows its demonstrations. ``screen`` and
    ``keystrokes`` are the level to which the demonstrations are brought down (:mod:`aboveboard.lab.train.levels`).
    """

    group: str
    hours: float = 0.0
    per_task: int = 0
    draws: int = 5
    folds: int = 0
    peers: list[str] = []
    screen: Screen = "exact"
    keystrokes: Keystrokes = "exact"

    @property
    def name(self) -> str:
        """How the point is called in results and file names."""
        amount = f"{self.hours:g}h" if self.hours else f"{self.per_task}each"
        parts = (self.group, amount, f"{self.folds}folds" if self.folds else "", self.level.name)
        return "-".join(part for part in parts if part)

    @property
    def level(self) -> Level:
        """How closely its demonstrations are recorded."""
        return Level(self.screen, self.keystrokes)


class Sweep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. ``grant`` is under which the data was opened.

    ``episodes`` are tried of each task and draw; the first draw begins with held-out episode ``first_episode``, each
    next one where the one before ended.
    """

    name: str
    groups: list[Group]
    points: list[Point]
    episodes: int = 25
    first_episode: int = 0
    acts_limit: int = 30
    seed: int = 0
    grant: str = ""
    training: ElementConfig = ElementConfig()

    @property
    def sha256(self) -> str:
        """Of all settings but the list of points: adding one or changing their order leaves results as they are."""
        return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(self, points=[]), order="sorted")).hexdigest()

    def group(self, name: str) -> Group:
        """The group of that name."""
        return next(one for one in self.groups if one.name == name)


def read_sweep(path: Path) -> Sweep:
    """Read a sweep's file; raises :class:`BadInput`."""
    data = path.read_bytes()
    if len(data) > LIMIT_BYTES:
        raise BadInput(f"{path.name} is larger than {LIMIT_BYTES} bytes", fix="a sweep's file is a page of TOML")
    try:
        sweep = msgspec.toml.decode(data, type=Sweep)
    except msgspec.DecodeError as error:
        raise BadInput(f"{path.name} does not describe a sweep: {error}", fix="see benchmarks/learning") from error
    names = {one.name for one in sweep.groups}
    for point in sweep.points:
        if point.group not in names:
            raise _bad(path, f"there is no group {point.group!r}")
        if (point.hours > 0) == (point.per_task > 0):
            raise _bad(path, f"a point of {point.group} needs either hours or per_task, above 0")
        if point.draws < 1 or point.folds == 1 or point.folds < 0:
            raise _bad(path, f"{point.name} has {point.draws} draws and {point.folds} folds")
        if "none" in (point.screen, point.keystrokes):
            raise _bad(path, f"{point.name} is not recorded at all")
        if unknown := set(point.peers) - set(PEERS):
            raise _bad(path, f"{sorted(unknown)} are no peers; there are {list(PEERS)}")
    if sweep.episodes < 1 or sweep.first_episode < 0 or not sweep.points:
        raise _bad(path, "nothing is to be tried")
    return sweep


def _bad(path: Path, why: str) -> BadInput:
    return BadInput(f"{path.name} cannot be run: {why}", cause="a mistake in the file", fix="correct it and run again")
