"""How does a policy prove itself on a real application, or on a page that it sees as one?

As on a page (:mod:`aboveboard.lab.assess.element_environment`): held-out problems only, the same actors, the same
episodes, everything done through XTEST. Each episode has a display, a home and an application of its own; success is
what the task's check finds in files and settings, and nothing else is a reward.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from aboveboard.base.errors import NotFound, Unavailable
from aboveboard.lab.assess.frames import ElementActor, Episode
from aboveboard.lab.model.as_recorded import view_as_recorded
from aboveboard.lab.model.desktop_scene import View, view_of
from aboveboard.stage.browser import Browser
from aboveboard.stage.desktop.accessible import Control
from aboveboard.stage.desktop.desk import HEIGHT, WIDTH, Desk
from aboveboard.stage.desktop.page_seat import PageSeat
from aboveboard.stage.desktop.seat import Seat
from aboveboard.stage.desktop.task import DesktopTask, held_out
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer, held_out_seed

Sight = Callable[[str, Sequence[Control]], View]
"""What an actor sees of what it was asked for and of what shows."""


def sight_of(kinds: Sequence[Sequence[str]]) -> Sight:
    """What a policy sees that learnt from these kinds of controls; everything where there are none."""
    return partial(view_as_recorded, frozenset(tuple(one) for one in kinds)) if kinds else view_of


class DesktopEnvironment:
    """Many episodes, one after the other; ``tasks`` by name are those of the stage unless others are given."""

    def __init__(self, tasks: Mapping[str, DesktopTask] = TASKS, sight: Sight = view_of) -> None:
        self._tasks, self._sight = tasks, sight

    def attempt(
        self,
        actor: ElementActor,
        task: str,
        number: int,
        acts_limit: int | None = None,
        *,
        sight: Sight | None = None,
    ) -> Episode:
        """Held-out episode ``number`` of ``task``: look and act until it is done, or acts or time are used up.

        Raises :class:`NotFound` for an unknown task and :class:`SetupMissing` where its application is missing.
        """
        if task not in self._tasks:
            raise NotFound(f"there is no task {task!r}", cause="a slip of the pen", fix=f"one of {sorted(self._tasks)}")
        with Desk(held_out(self._tasks[task], number)) as desk:
            return attempt_at(desk, actor, sight or self._sight, Episode(task, number), acts_limit)


class PagesByAccessibility:
    """MiniWoB++ in a browser on a display of its own, for as long as the block lasts, seen as any application is."""

    def __init__(self, sight: Sight = view_of) -> None:
        self._sight = sight
        self._held = ExitStack()

    def __enter__(self) -> "PagesByAccessibility":
        with ExitStack() as held:
            display, server = held.enter_context(Display(WIDTH, HEIGHT)), held.enter_context(TaskServer())
            browser = held.enter_context(Browser(display))
            self._seat = held.enter_context(PageSeat(browser, server))
            self._held = held.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def attempt(
        self,
        actor: ElementActor,
        task: str,
        number: int,
        acts_limit: int | None = None,
        *,
        sight: Sight | None = None,
    ) -> Episode:
        """Held-out episode ``number`` of ``task``; raises :class:`NotFound` for an unknown task."""
        self._seat.begin(task, held_out_seed(number))
        return attempt_at(self._seat, actor, sight or self._sight, Episode(task, number), acts_limit)


def attempt_at(seat: Seat, actor: ElementActor, sight: Sight, episode: Episode, acts_limit: int | None) -> Episode:
    """Look and act until it is done, or acts or time are used up."""
    act_on, limit = actor.begin(), seat.acts_limit if acts_limit is None else acts_limit
    try:
        while episode.acts < limit:
            # An application that has become calm has also written what it was to write, but for a slow one.
            view = sight(seat.asked, seat.look())
            if seat.done() or seat.ended or seat.out_of_time:
                break
            act = act_on(view.scene)
            episode.story.append((view.scene, act))
            episode.acts += 1
            if (done := view.move(act)) is not None:
                seat.do(*done)
    except Unavailable:
        # The application hangs after what was done to it: what it wrote until then counts.
        pass
    episode.done = seat.done_soon()
    episode.reward = float(episode.done)
    return episode
