"""How does somebody sit before a page of MiniWoB++ as before any application?

What shows is read by accessibility, as of any window, and not by the page's own means; everything is done through
XTEST. Success is the task's own reward. The problem begins with the cover off, and the task's clock is slowed down: a
busy machine must not decide.
"""

import time
from random import Random

from aboveboard.stage.browser import Browser
from aboveboard.stage.desktop.accessible import Accessible, Control
from aboveboard.stage.desktop.seat import Seat
from aboveboard.stage.processes import wait_for
from aboveboard.stage.tasks import Task, TaskServer
from aboveboard.stage.xtest import Xtest

ACTS_LIMIT, LIMIT_S = 10, 120.0
SHOWN_S, TYPED_S = 0.15, 0.35
"""Until a page that has painted has told it on the accessibility bus; pages wait for a pause in typing."""
REWARD_S = 0.5


class PageSeat(Seat):
    """Before one page in ``browser``, for many problems, one after the other; leave the block to disconnect."""

    def __init__(self, browser: Browser, server: TaskServer, *, pace: Random | None = None) -> None:
        super().__init__((browser.display.width, browser.display.height), pace)
        self._browser, self._server = browser, server
        self._task: Task | None = None
        self._end_s = 0.0
        self._asked = ""

    def __enter__(self) -> "PageSeat":
        self._accessible = Accessible(self._browser.display.accessibility_from)
        self._hand = Xtest(self._browser.display.name)
        return self

    def __exit__(self, *_: object) -> None:
        self._hand.close()
        self._accessible.__exit__()

    def begin(self, task: str, seed: str) -> None:
        """The problem of ``task`` that ``seed`` decides; raises :class:`NotFound`."""
        if self._task is None or self._task.name != task:
            self._task = Task(self._server, self._browser.page, task)
            self._task.open()
            self._browser.page.evaluate(f"core.EPISODE_MAX_TIME = {1000 * LIMIT_S}")
        self._hand.move(self.size[0] - 1, self.size[1] - 1)
        self._task.reset(seed)
        self._task.start()
        self._asked, self._end_s = self._task.utterance(), time.monotonic() + LIMIT_S

    @property
    def asked(self) -> str:
        return self._asked

    @property
    def acts_limit(self) -> int:
        return ACTS_LIMIT

    @property
    def out_of_time(self) -> bool:
        return time.monotonic() > self._end_s

    def look(self) -> list[Control]:
        """What the page shows, once it has painted."""
        time.sleep(TYPED_S)
        self._browser.page.painted()
        time.sleep(SHOWN_S)
        return self._accessible.look([self._browser.pid])

    def done(self) -> bool:
        """Whether the episode is over, well or not: nothing more can be done then."""
        return self._task is not None and self._task.outcome().done

    def done_soon(self) -> bool:
        """Whether it ended with a reward."""
        wait_for(self.done, REWARD_S, every_s=0.05)
        return self._task is not None and self._task.outcome().reward > 0
