"""Who does the work, and what if one of them fails?

Work is parted into units that need nothing of each other: a person's part of a data set, a draw of a sweep. Results
come in the order of the units, whoever did them and whenever they were done. Without workers (:class:`Here`) this
process does one after the other; ``lab.crew`` has other processes of this machine, ``lab.workers_ray`` a cluster's.

What breaks by accident (a worker that died, a vault that did not answer) is tried :data:`TRIES` times; what was decided
(a rule's no, a forged answer, a recording that cannot be read) ends all the work at once. So does ``check``, which is
asked ten times a second: every worker is killed, whatever it is doing, and what it had open is gone with it.
"""

import os
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from aboveboard.base.errors import AboveboardError, Unavailable

TRIES = 3

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Unit(Generic[T]):
    """A part of the work: ``name`` is for people to read, ``size`` says which are larger; those are begun first."""

    name: str
    of: T
    size: int = 0


@dataclass
class Done(Generic[R]):
    """Results in the order of the units, and why each unit that was tried again had failed before, by its name."""

    results: list[R]
    failures: dict[str, list[str]] = field(default_factory=dict)


Work = Callable[[], AbstractContextManager[Callable[[T], R]]]
"""Entered once by each worker, it gives what does a unit. It and the units are pickled: they must hold no secret, and
nothing that was recorded, where workers are not of this machine."""


class Workers(Protocol):
    """Those who do units. ``check`` raises when all is to stop; ``told`` is called here with each unit's number and
    result. Raises what ``check`` or a unit decided, or :class:`Unavailable` naming the units that kept failing."""

    def run(
        self,
        work: Work[T, R],
        units: Sequence[Unit[T]],
        check: Callable[[], None] = lambda: None,
        told: Callable[[int, R], None] = lambda number, result: None,
    ) -> Done[R]: ...


@dataclass(frozen=True)
class Answer:
    """What became of a unit: a result, or an accident in words, or a decision as its class and what it says."""

    result: Any = None
    accident: str = ""
    decided: tuple[type[AboveboardError], dict[str, Any]] | None = None

    def require(self) -> None:
        """Raise what was decided, if that is what happened."""
        if self.decided is not None:
            kind, state = self.decided
            error = kind.__new__(kind, state["what"])
            error.__dict__.update(state)
            raise error


def attempt(function: Callable[..., Any], *of: Any) -> Answer:
    """Call it with ``of``. Of an accident only the kind and the place are told: its words might be a recording's."""
    try:
        return Answer(function(*of))
    except Unavailable as error:
        return Answer(accident=error.what)
    except AboveboardError as error:
        return Answer(decided=(type(error), dict(error.__dict__)))
    except Exception as error:  # noqa: BLE001 - it is told where the work was given out
        last = traceback.extract_tb(error.__traceback__)[-1]
        return Answer(accident=f"{type(error).__name__} in {os.path.basename(last.filename)}, line {last.lineno}")


class Here:
    """This process, one unit after the other. A mistake of ours is raised as it is; only what is not there for now is
    tried again."""

    def run(
        self,
        work: Work[T, R],
        units: Sequence[Unit[T]],
        check: Callable[[], None] = lambda: None,
        told: Callable[[int, R], None] = lambda number, result: None,
    ) -> Done[R]:
        course = Course(units, told)
        if not units:
            return course.done()
        with work() as function:
            while (number := course.next()) is not None:
                check()
                try:
                    answer = Answer(function(units[number].of))
                except Unavailable as error:
                    answer = Answer(accident=error.what)
                course.take(number, answer)
        return course.done()


class Course(Generic[T, R]):
    """Which unit is next, what came of each, and how often it failed. Larger units go first."""

    def __init__(self, units: Sequence[Unit[T]], told: Callable[[int, R], None], *, largest_first: bool = False):
        self._units, self._told = units, told
        order = sorted(range(len(units)), key=lambda number: -units[number].size if largest_first else number)
        self._waiting = deque(order)
        self._results: dict[int, R] = {}
        self._failures: dict[str, list[str]] = {}
        self._given_up: list[str] = []

    def next(self) -> int | None:
        return self._waiting.popleft() if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, number: int, answer: Answer) -> None:
        """Raises what was decided. A unit that failed waits again, after the others, until it was tried enough."""
        answer.require()
        if not answer.accident:
            self._results[number] = answer.result
            self._told(number, answer.result)
            return
        name = self._units[number].name
        self._failures.setdefault(name, []).append(answer.accident)
        if len(self._failures[name]) < TRIES:
            self._waiting.append(number)
        else:
            self._given_up.append(f"{name} ({answer.accident})")

    def done(self) -> Done[R]:
        if self._given_up:
            raise Unavailable(
                f"{len(self._given_up)} of {len(self._units)} parts of the work failed {TRIES} times: "
                + ", ".join(sorted(self._given_up)[:5])
                + (", …" if len(self._given_up) > 5 else ""),
                cause="a worker ran out of memory, or what it needs does not answer",
                fix="mend that and run it again",
            )
        return Done([self._results[number] for number in range(len(self._units))], self._failures)
