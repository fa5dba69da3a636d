"""Where does a policy prove itself?

In the same kind of place as people worked in: MiniWoB++ in a real browser on a real display. The policy sees what a
recording holds (the screen's pixels, the window's title) and acts through XTEST; the reward is the task's own. Problems
come from held-out seeds only: there is no way to ask for another.
"""

import time
from types import TracebackType

from aboveboard.lab.model.sight import Image
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.screen import active_title, grab
from aboveboard.stage.tasks import TASK_HEIGHT, TASK_WIDTH, Outcome, Task, TaskServer, held_out_seed
from aboveboard.stage.xtest import Xtest

HOLD_S = 0.03
"""How long the policy holds the button."""
SETTLE_S = 0.02
"""From the click until the policy looks again; the page is also waited for until it has painted."""


class Environment:
    """One browser and one hand for many episodes. Not for use from several threads.

    ``time_limit_ms`` is how long an episode may take; ``None`` leaves it to the task. Leave the block to disconnect;
    without a block the connections end with the process.
    """

    def __init__(
        self, display: Display, browser: Browser, server: TaskServer, *, time_limit_ms: int | None = None
    ) -> None:
        self._browser, self._time_limit_ms = browser, time_limit_ms
        self._server = server
        self._eye = display.connect()
        self._hand = Xtest(display.name)
        self._task: Task | None = None
        self.area = (TASK_WIDTH * browser.scale, TASK_HEIGHT * browser.scale)
        """Width and height of the task on the screen in pixels; its corner is the screen's corner."""

    def __enter__(self) -> "Environment":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hand.close()
        self._eye.disconnect()

    def reset(self, task: str, number: int) -> None:
        """Begin held-out episode ``number`` of ``task``, as a person meets it: covered, and START to be clicked."""
        if self._task is None or self._task.name != task:
            self._task = Task(self._server, self._browser.page, task)
            self._task.open()
            if self._time_limit_ms is not None:
                self._browser.page.evaluate(f"core.EPISODE_MAX_TIME = {self._time_limit_ms}")
        # The pointer leaves what the last episode left under it.
        self._hand.move(self.area[0] // 2, self.area[1] - 1)
        self._task.reset(held_out_seed(number))

    def look(self) -> tuple[Image, str]:
        """The screen now, ``(h, w, 3)`` uint8 RGB, and the title of the active window."""
        return grab(self._eye), active_title(self._eye)

    def asked(self) -> str:
        """What the task asks for."""
        return self._begun().utterance()

    def click(self, x: int, y: int) -> Outcome:
        """Click at the screen pixel (x, y), wait until the page has answered, and say how the episode stands."""
        task = self._begun()
        self._hand.move(x, y)
        self._hand.press()
        time.sleep(HOLD_S)
        self._hand.release()
        self._hand.settle()
        time.sleep(SETTLE_S)
        self._browser.page.painted()
        return task.outcome()

    def _begun(self) -> Task:
        if self._task is None:
            raise RuntimeError("reset() comes first")
        return self._task
