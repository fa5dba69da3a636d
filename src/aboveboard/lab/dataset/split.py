"""Which episodes are for training, which for choosing, and which for the test?

By person, by task, or by both, so that nothing leaks: whoever is in one part is in no other, and neither is what they
were asked to do. Each person and each task is drawn by the hash of its name: where somebody is erased, or somebody
joins, nobody else moves to another part, and an earlier test stays a test.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Episode

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
By = Literal["person", "task"]
_SCALE = 1 << 64


@dataclass(frozen=True)
class SplitRule:
    """``shares`` of train, validation and test sum to 1; another ``seed`` draws anew."""

    shares: tuple[float, float, float] = (0.8, 0.1, 0.1)
    by: tuple[By, ...] = ("person",)
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or abs(sum(self.shares) - 1) > 1e-9 or not self.by:
            raise BadInput(
                f"{self.shares} by {', '.join(self.by) or 'nothing'} is no split",
                cause="the shares are not three parts of 1, or it was not said what must not leak",
                fix="use shares such as 0.8, 0.1, 0.1 by person, by task, or by both",
            )


@dataclass(frozen=True)
class Split:
    """``parts`` have the episodes; ``left_out`` counts those whose person and task were drawn for different parts."""

    parts: Mapping[Part, list[Episode]]
    left_out: int

    def sizes(self) -> dict[str, int]:
        """How many steps each part has."""
        return {part: sum(one.steps for one in self.parts[part]) for part in PARTS}


def split(episodes: Iterable[Episode], rule: SplitRule) -> Split:
    """Each episode into the one part that both its person and its task were drawn for, as far as the rule asks."""
    parts: dict[Part, list[Episode]] = {part: [] for part in PARTS}
    left_out = 0
    for episode in episodes:
        names = {"person": episode.person_id, "task": task_of(episode)}
        drawn = {part_of(rule, kind, names[kind]) for kind in rule.by}
        if len(drawn) == 1:
            parts[drawn.pop()].append(episode)
        else:
            left_out += 1
    return Split(parts, left_out)


def part_of(rule: SplitRule, kind: By, name: str) -> Part:
    """The part that this person or task is drawn for: of its name, the seed and the shares, and of nothing else."""
    digest = hashlib.sha256(f"{rule.seed}\0{kind}\0{name}".encode()).digest()
    drawn = int.from_bytes(digest[:8], "big") / _SCALE
    train, validation, _ = rule.shares
    return "train" if drawn < train else "validation" if drawn < train + validation else "test"


def task_of(episode: Episode) -> str:
    """What was to be done: the instruction, however it is spaced and cased; without one, the applications."""
    words = " ".join(episode.instruction.casefold().split())
    return f"asked {words}" if words else "in " + ", ".join(sorted(app.casefold() for app in episode.apps))


def shared_frames(frames: Mapping[Part, Iterable[str]]) -> dict[tuple[Part, Part], int]:
    """How many frames two parts both show (an empty desktop, the same page): what a split by person cannot part."""
    seen = Counter[tuple[Part, Part]]()
    names = {part: set(frames.get(part, ())) for part in PARTS}
    for place, one in enumerate(PARTS):
        for other in PARTS[place + 1 :]:
            seen[one, other] = len(names[one] & names[other])
    return dict(seen)
