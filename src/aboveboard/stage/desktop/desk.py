"""How is one problem begun, looked at, worked on and ended?

On a display of its own, or as a guest on one that is there, in a home of its own: nothing of another problem is there,
and nothing stays. Everything is done through XTEST; what shows is read by accessibility; whether it is done, the task's
check alone decides.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from aboveboard.base.errors import Unavailable
from aboveboard.stage.desktop.accessible import FOCUSED, Accessible, Control
from aboveboard.stage.desktop.applications import ENVIRONMENT
from aboveboard.stage.desktop.moves import Move, find
from aboveboard.stage.desktop.seat import Seat
from aboveboard.stage.desktop.task import Place, Problem
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program, require, wait_for
from aboveboard.stage.xtest import Xtest

WIDTH, HEIGHT = 1024, 768
START_S, FOUND_S, WRITTEN_S = 30.0, 10.0, 2.0
CALM_S, CALM_LIMIT_S = 0.1, 3.0
"""What shows is taken as it is when two looks, so far apart, agree."""


def kept_in(home: Path) -> list[str]:
    """What applications are started by: whoever acts in one reaches the problem's ``home`` and nothing else."""
    return [sys.executable, "-I", "-m", "aboveboard.stage.desktop.kept_in", str(home)]


@dataclass(frozen=True)
class Taken:
    """One move as it was done: what showed just before, and the place of what it was done to (-1 for a key)."""

    controls: tuple[Control, ...]
    place: int
    move: Move


class Desk(Seat):
    """``problem`` from entering the block to leaving it. Raises :class:`SetupMissing` where an application is missing.

    With ``pace`` the hand moves as a person's does (``stage.movement``); without, it is where it wants to be at once.
    ``display`` is where it is done, and is entered with the block: a display that is there already is a
    :class:`aboveboard.stage.borrowed.GuestDisplay`.
    """

    def __init__(self, problem: Problem, *, pace: Random | None = None, display: Display | None = None) -> None:
        self.problem, self.words = problem, problem.words
        self.ended = False
        """Whether the application has gone."""
        self._display = display or Display(WIDTH, HEIGHT)
        super().__init__((WIDTH, HEIGHT), pace)

    def __enter__(self) -> "Desk":
        application = self.problem.task.application
        path = program(application.program, application.package)
        self._display.__enter__()
        try:
            home = self._display.home
            self.place = Place(home / "work", home / "config", self._display.env | ENVIRONMENT)
            self.place.work.mkdir()
            for name, text in application.files.items():
                (self.place.config / name).parent.mkdir(parents=True, exist_ok=True)
                (self.place.config / name).write_text(text, encoding="utf-8")
            arguments = self.problem.task.start(self.place, self.words)
            self._accessible = Accessible(self._display.accessibility_from)
            self.size = (self._display.width, self._display.height)
            self._hand = Xtest(self._display.name)
            argv = [*kept_in(home), path, *application.arguments, *arguments]
            self._process = self._display.processes.start(argv, dict(self.place.env))
            self._begin_s = time.monotonic()
            wait_for(lambda: any(one.has(FOCUSED) for one in self._look()) or self.ended, START_S, every_s=CALM_S)
            require(len(self.look()) > 1, argv[0], self._display.processes)
            if self.done():
                raise Unavailable(
                    f"{self.problem.task.name} is done before it began", cause="its check says yes to all"
                )
        except BaseException:
            self._display.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._hand.close()
        self._accessible.__exit__()
        self._display.__exit__(None, None, None)

    @property
    def asked(self) -> str:
        return self.problem.instruction

    @property
    def acts_limit(self) -> int:
        return self.problem.task.acts_limit

    @property
    def elapsed_s(self) -> float:
        """Since the application was opened."""
        return time.monotonic() - self._begin_s

    @property
    def out_of_time(self) -> bool:
        """Whether the task's time is over."""
        return self.elapsed_s > self.problem.task.time_limit_s

    def look(self) -> list[Control]:
        """What shows, once it has become calm."""
        end, now = time.monotonic() + CALM_LIMIT_S, self._look()
        while time.monotonic() < end:
            time.sleep(CALM_S)
            before, now = now, self._look()
            if now == before:
                break
        return now

    def done(self) -> bool:
        """Whether what the task asks for is there now."""
        return self.problem.task.check(self.place, self.words)

    def done_soon(self) -> bool:
        """The same, with the time that applications take to write what they were told to."""
        return wait_for(self.done, WRITTEN_S, every_s=0.05)

    def work(self, moves: Sequence[Move], before: Callable[[Taken], None] | None = None) -> list[Taken]:
        """Do ``moves`` one after the other; each is waited for until it can be done.

        ``before`` is told of each just before it is done. Raises :class:`Unavailable` for what does not show up.
        """
        taken = []
        for move in moves:
            controls = self._showing(move)
            one = Taken(tuple(controls), -1 if move.kind == "key" else find(controls, move) or 0, move)
            if before is not None:
                before(one)
            self.do(move, None if one.place < 0 else controls[one.place])
            taken.append(one)
        return taken

    def _look(self) -> list[Control]:
        self.ended = self._process.poll() is not None
        return self._accessible.look([self._process.pid])

    def _showing(self, move: Move) -> list[Control]:
        controls = self.look()
        end = time.monotonic() + FOUND_S
        while move.kind != "key" and find(controls, move) is None:
            if time.monotonic() > end:
                names = sorted({f"{one.role} {one.name!r}" for one in controls if one.name})
                raise Unavailable(
                    f"{self.problem.task.name}: there is no {move.role} {move.name!r}",
                    cause=f"another version of the application, or a wrong way: it shows {', '.join(names)[:600]}",
                )
            controls = self.look()
        return controls
