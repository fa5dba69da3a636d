"""Who works at the stage's display, when no real person does?

A scripted person: looks at a task, moves, clicks and types through XTEST at a quick human's pace, and keeps a log of
every event sent, in memory, so that what was recorded can be compared with what happened. It knows what to do from the
page (``solutions``), and does it only through the X server.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from types import TracebackType

from aboveboard.base.errors import Unavailable
from aboveboard.stage import movement
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.processes import wait_for
from aboveboard.stage.solutions import AGAIN, Act, acts_of, look_up
from aboveboard.stage.tasks import TASK_HEIGHT, TASK_WIDTH, Task, TaskServer, demonstration_seed, window_title
from aboveboard.stage.xtest import SHIFT_KEYSYM, Sent, Xtest, keysym_of

SEEDS_PER_PERSON = 100_000
START_SIZE = 60
"""About how wide the word START is, in CSS pixels: people click at the word, though the whole cover takes clicks."""

BeforePress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Episode:
    """One task done (or not): ``reward`` > 0 is a success. Its events are ``Person.log[first_event:][:events]``.

    ``asked`` is what the task asked for, from when it could be seen (``begin_ns``) to when it was over (``end_ns``,
    both wall time).
    """

    task: str
    seed: str
    reward: float
    seconds: float
    first_event: int
    events: int
    asked: str
    begin_ns: int
    end_ns: int


class Person:
    """Somebody at ``browser`` on ``display``. ``seed`` decides all they do, and which demonstrations they give.

    ``log`` holds every XTEST event sent, in order. ``before_press`` is called with the window's title and the position
    just before a button goes down. Leave the block to disconnect.
    """

    def __init__(
        self,
        display: Display,
        browser: Browser,
        tasks: TaskServer,
        *,
        seed: int = 0,
        before_press: BeforePress | None = None,
    ) -> None:
        self.log: list[Sent] = []
        self._browser = browser
        self._tasks = tasks
        self._random = Random(f"person/{seed}")  # noqa: S311 - a person's spread, not a secret
        self._next_seed = seed * SEEDS_PER_PERSON
        self._before_press = before_press
        self._hand = Xtest(display.name)

    def __enter__(self) -> "Person":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.close()

    def work(self, task: str, episodes: int, on_progress: Callable[[int, int], None] | None = None) -> list[Episode]:
        """Do ``task`` so many times; ``on_progress(done, episodes)`` after each. Raises what the stage raises."""
        place = Task(self._tasks, self._browser.page, task)
        place.open()
        done = []
        for number in range(episodes):
            done.append(self._episode(place))
            if on_progress is not None:
                on_progress(number + 1, episodes)
        return done

    def _episode(self, task: Task) -> Episode:
        seed = demonstration_seed(self._next_seed)
        self._next_seed += 1
        task.reset(seed)
        first_event, begin = len(self.log), time.monotonic()
        title = window_title(task.name)
        self._wait(movement.reaction_s(self._random))
        self._click(title, [(TASK_WIDTH / 2, TASK_HEIGHT / 2)], START_SIZE, spread=0.15)
        if not wait_for(lambda: not task.covered(), 5.0):
            raise Unavailable("the task did not start", cause="the click at START did not reach the page")
        begin_ns, asked = time.time_ns(), task.utterance()
        self._wait(movement.reaction_s(self._random))
        self._do(title, acts_of(task.name))
        wait_for(lambda: task.outcome().done, 1.0)
        return Episode(
            task=task.name,
            seed=seed,
            reward=task.outcome().reward,
            seconds=time.monotonic() - begin,
            first_event=first_event,
            events=len(self.log) - first_event,
            asked=asked,
            begin_ns=begin_ns,
            end_ns=time.time_ns(),
        )

    def _do(self, title: str, acts: Sequence[str]) -> None:
        """Do ``acts`` in order; stop at one whose target cannot be seen."""
        waiting = list(acts)
        while waiting:
            act = look_up(self._browser.page, waiting[0])
            again = waiting[0].startswith(AGAIN)
            if act is None and not again:
                return
            if act is None or not again:
                waiting.pop(0)
            if act is not None:
                self._act(title, act)
                self._browser.page.painted()
                if waiting:
                    self._wait(movement.glance_s(self._random))

    def _act(self, title: str, act: Act) -> None:
        if act.points:
            self._click(title, act.points, act.size)
        else:
            self._type(act.text)

    def _click(self, title: str, points: list[tuple[float, float]], size: float, spread: float = 0.0) -> None:
        """Go to one of ``points`` (CSS pixels) and click; ``spread`` is a share of ``size`` around a single point."""
        scale = self._browser.scale
        x, y = self._aim(points)
        x += self._random.gauss(0.0, spread * size)
        y += self._random.gauss(0.0, spread * size)
        self._move(int(x * scale), int(y * scale), size * scale)
        self._wait(self._random.uniform(0.03, 0.08))
        if self._before_press is not None:
            self._hand.settle()
            self._before_press(title, self._hand.x, self._hand.y)
        self.log.append(self._hand.press())
        self._wait(movement.hold_s(self._random))
        self.log.append(self._hand.release())

    def _aim(self, points: list[tuple[float, float]]) -> tuple[float, float]:
        """People aim at the middle and miss it a little: the visible point nearest to such a try."""
        middle_x = sum(x for x, _ in points) / len(points)
        middle_y = sum(y for _, y in points) / len(points)
        reach = max(math.hypot(x - middle_x, y - middle_y) for x, y in points)
        try_x = middle_x + self._random.gauss(0.0, 0.25 * reach)
        try_y = middle_y + self._random.gauss(0.0, 0.25 * reach)
        return min(points, key=lambda point: math.hypot(point[0] - try_x, point[1] - try_y))

    def _move(self, x: int, y: int, target_px: float) -> None:
        at_s = 0.0
        for point in movement.path((self._hand.x, self._hand.y), (x, y), target_px, self._random):
            # Gap by gap and not by the clock: a busy machine makes a slow hand, never one that hurries to catch up.
            self._wait(point.at_s - at_s)
            at_s = point.at_s
            self.log.append(self._hand.move(point.x, point.y))

    def _type(self, text: str) -> None:
        for character in text:
            keysym = keysym_of(character)
            shift = self._hand.needs_shift(keysym)
            self._wait(movement.key_gap_s(self._random))
            if shift:
                self.log.append(self._hand.key_press(SHIFT_KEYSYM))
                self._wait(movement.KEY_GAP_MIN_S)
            self.log.append(self._hand.key_press(keysym))
            self._wait(movement.key_hold_s(self._random))
            self.log.append(self._hand.key_release(keysym))
            if shift:
                self._wait(movement.KEY_GAP_MIN_S)
                self.log.append(self._hand.key_release(SHIFT_KEYSYM))

    def _wait(self, duration_s: float) -> None:
        time.sleep(duration_s)
