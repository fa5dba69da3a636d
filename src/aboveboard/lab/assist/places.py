"""Where do a policy and a person work together: on pages in a browser, or in real applications at a desk?

Each attempt at a task begins afresh, and says what was asked for, when it is over, and what came of it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

from aboveboard.base.errors import BadInput, NotFound, Unavailable
from aboveboard.lab.assist.actors import Actor, load_actor
from aboveboard.lab.assist.desk_actor import DeskActor
from aboveboard.lab.model.element_parts import load_elements
from aboveboard.lab.model.element_policy import Choosing
from aboveboard.stage.borrowed import BorrowedDisplay, GuestDisplay
from aboveboard.stage.browser import Browser
from aboveboard.stage.desktop.desk import Desk
from aboveboard.stage.desktop.page_seat import PageSeat
from aboveboard.stage.desktop.task import demonstration
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.tasks import Task, TaskServer, demonstration_seed

ATTEMPT_S = 120.0
"""An attempt that takes longer counts as given up."""


@dataclass(frozen=True)
class Together:
    """One attempt. ``asked``: for what; ``over``: whether it is done, or given up; ``done``: whether as asked for."""

    actor: Actor
    asked: Callable[[], str]
    over: Callable[[], bool]
    done: Callable[[], bool]


class Place(Protocol):
    """Where attempts are made."""

    def attempt(self, task: str, number: int) -> AbstractContextManager[Together]: ...


class Pages:
    """MiniWoB++ in a browser on the display ``name``, for as long as the block lasts."""

    def __init__(self, model: Path, name: str) -> None:
        self._model, self._name = model, name
        self._held = ExitStack()
        self._task: Task | None = None

    def __enter__(self) -> "Pages":
        with ExitStack() as held:
            display, self._server = held.enter_context(BorrowedDisplay(self._name)), held.enter_context(TaskServer())
            self._browser = held.enter_context(Browser(display))
            self._policy = recorded_policy(self._model)
            if self._policy is None:
                self._actor = load_actor(self._model, self._browser)
            else:
                self._seat = held.enter_context(PageSeat(self._browser, self._server))
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    @contextmanager
    def attempt(self, task: str, number: int) -> Iterator[Together]:
        """Attempt ``number`` of ``task``, a demonstration's problem. One that learnt from recordings sees the page as a
        recorder does, and finds its cover taken off."""
        if self._policy is not None:
            seat = self._seat
            seat.begin(task, demonstration_seed(number))
            actor = DeskActor(self._policy, seat)
            yield Together(actor, lambda: seat.asked, lambda: seat.done() or seat.out_of_time, seat.done_soon)
            return
        if self._task is None or self._task.name != task:
            self._task = Task(self._server, self._browser.page, task)
            self._task.open()
            # Its own time is too short for two.
            self._browser.page.evaluate(f"core.EPISODE_MAX_TIME = {1000 * ATTEMPT_S}")
        page, asked = self._task, list[str]()
        page.reset(demonstration_seed(number))
        self._actor.begin(page)
        end_s = time.monotonic() + ATTEMPT_S

        def over() -> bool:
            if not asked and not page.covered():
                asked.append(page.utterance())
            return page.outcome().done or time.monotonic() > end_s

        yield Together(self._actor, lambda: "".join(asked), over, lambda: page.outcome().reward > 0)


class Desks:
    """Real applications on the display ``name``, each in a home of its own."""

    def __init__(self, model: Path, name: str) -> None:
        self._policy, self._name = load_elements(model), name
        if not self._policy.card.kinds:
            raise BadInput(
                "this policy has learnt from pages, and not from what was recorded of applications",
                cause="it was trained on imported demonstrations",
                fix="train one: aboveboard train --policy elements",
            )

    def __enter__(self) -> "Desks":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Each attempt has ended by itself."""

    @contextmanager
    def attempt(self, task: str, number: int) -> Iterator[Together]:
        """Attempt ``number`` of ``task``, a demonstration's problem."""
        with Desk(demonstration(TASKS[task], number), display=GuestDisplay(self._name)) as desk:

            def over() -> bool:
                return desk.done() or desk.ended or desk.elapsed_s > ATTEMPT_S

            try:
                yield Together(DeskActor(self._policy, desk), lambda: desk.asked, over, desk.done_soon)
            except Unavailable:
                # The application hangs: the attempt is over, and what it wrote until then counts.
                return


def recorded_policy(model: Path) -> Choosing | None:
    """The policy over elements in this folder, if it has learnt from recordings."""
    try:
        policy = load_elements(model)
    except (BadInput, NotFound):
        return None
    return policy if policy.card.kinds else None


def kind_of(task: str) -> type[Pages] | type[Desks]:
    """Where ``task`` is done."""
    return Desks if task in TASKS else Pages
