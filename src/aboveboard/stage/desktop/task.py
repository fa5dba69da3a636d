"""What is a task on a real application?

A start (files in a folder of its own, an application opened on them), an instruction, and a check of what came of it:
the bytes of files, the value of a setting, never what anybody says that was done. Names and numbers are drawn from a
seed; demonstrations and held-out problems have seeds of their own. docs/desktop-tasks.md shows how to add one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar

from aboveboard.stage.desktop.applications import Application
from aboveboard.stage.desktop.moves import Move
from aboveboard.stage.tasks import demonstration_seed, held_out_seed

Words = Mapping[str, str]
"""What was drawn for a problem, by name: the words of its instruction and more."""


@dataclass(frozen=True)
class Place:
    """Where one problem is worked on. ``work`` holds its files, ``config`` the settings; ``env`` is for programs."""

    work: Path
    config: Path
    env: Mapping[str, str]


class DesktopTask:
    """The base of all tasks. A subclass says ``name``, ``application``, ``instruction`` and the methods below.

    ``time_limit_s`` and ``acts_limit`` end an attempt. One act fills a field, opens a menu or presses a key.
    """

    name: ClassVar[str]
    application: ClassVar[Application]
    instruction: ClassVar[str]
    """With the names of what is drawn in braces."""
    time_limit_s: ClassVar[float] = 60.0
    acts_limit: ClassVar[int] = 12

    def draw(self, random: Random) -> Words:
        """Names and numbers for a problem."""
        raise NotImplementedError

    def start(self, place: Place, words: Words) -> Sequence[str]:
        """Lay out the files in ``place.work`` (empty) and say with which arguments the application is opened."""
        raise NotImplementedError

    def check(self, place: Place, words: Words) -> bool:
        """Whether what was asked for is there, whole, and nothing else was changed."""
        raise NotImplementedError

    def solve(self, words: Words) -> Sequence[Move]:
        """One way to do it, by menus and keys as a person would."""
        raise NotImplementedError

    def miss(self, words: Words) -> Sequence[Move]:
        """A way to do nearly that: after it the check must say no."""
        raise NotImplementedError


@dataclass(frozen=True)
class Problem:
    """A task with everything drawn: the same task and seed give the same problem on every machine."""

    task: DesktopTask
    seed: str

    @property
    def words(self) -> Words:
        """What was drawn."""
        return self.task.draw(Random(f"{self.task.name}/{self.seed}"))  # noqa: S311 - chance, not a secret

    @property
    def instruction(self) -> str:
        """What is asked for."""
        return self.task.instruction.format(**self.words)


def demonstration(task: DesktopTask, number: int) -> Problem:
    """Problem ``number`` to be shown how it is done."""
    return Problem(task, demonstration_seed(number))


def held_out(task: DesktopTask, number: int) -> Problem:
    """Problem ``number`` to be tried: never one of a demonstration's seeds."""
    return Problem(task, held_out_seed(number))


def files(folder: Path) -> dict[str, bytes | None]:
    """Everything below ``folder`` by its path there: a file's bytes, ``None`` for a folder. Links are not followed.

    Hidden files count too: what an application leaves beside a person's files was changed.
    """
    found: dict[str, bytes | None] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            found[name] = b"(not a file)"
        else:
            found[name] = path.read_bytes() if path.is_file() else None
    return found
