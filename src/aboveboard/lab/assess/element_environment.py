"""How does a policy over elements prove itself with a real hand?

As in :mod:`aboveboard.lab.assess.environment`: MiniWoB++ in a real browser on a real display, begun at START as a
person begins, within the task's own time, everything done through XTEST. What is on the page is read as elements.
"""

import json
import time

from aboveboard.base.errors import BadInput
from aboveboard.lab.assess.environment import HOLD_S, SETTLE_S
from aboveboard.lab.assess.frames import ACTS_LIMIT, TYPED_SETTLE_MS, ElementActor, Episode
from aboveboard.lab.assess.page_script import SCRIPT, scene_of
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TASK_HEIGHT, TASK_WIDTH, Task, TaskServer, held_out_seed
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest

KEY_GAP_S = 0.01
WHEEL_DOWN, WHEEL_UP = 5, 4
WHEEL_LIMIT = 40
WHEEL_AT = 130
"""How far down the task the pointer is when the wheel turns, in CSS pixels."""
ARRIVES_S = 3.0
"""How long keys may take to arrive in the page's field."""
RELEASED_S = 0.5
"""How long the page may take to notice that the button was let go; where a drop-down has opened it never does."""
REST_LIMIT = 60
"""Frames to wait for scrolling to end."""

_RELEASED = """
window.aboveboardReleased = 0;
addEventListener('mouseup', () => { window.aboveboardReleased += 1 }, true)
"""


class ElementEnvironment:
    """One browser and one hand for many episodes, one after the other. Not for use from several threads.

    ``time_limit_ms`` is how long an episode may take; ``None`` leaves it to the task.
    """

    def __init__(
        self, display: Display, browser: Browser, server: TaskServer, *, time_limit_ms: int | None = None
    ) -> None:
        self._browser, self._server, self._time_limit_ms = browser, server, time_limit_ms
        self._hand = Xtest(display.name)
        self._task: Task | None = None

    def __enter__(self) -> "ElementEnvironment":
        return self

    def __exit__(self, *_: object) -> None:
        self._hand.close()

    def attempt(self, actor: ElementActor, task: str, number: int, acts_limit: int = ACTS_LIMIT) -> Episode:
        """Held-out episode ``number`` of ``task``: look and act until it is done, or the acts are used up."""
        self.reset(task, number)
        episode, act_on = Episode(task, number), actor.begin()
        while not episode.done and episode.acts < acts_limit:
            scene = self.look()
            if self._outcome(episode):
                break
            act = act_on(scene)
            episode.story.append((scene, act))
            episode.acts += 1
            self.act(act)
            self._outcome(episode)
        return episode

    def reset(self, task: str, number: int) -> None:
        """Begin held-out episode ``number`` of ``task`` with a click at START."""
        if self._task is None or self._task.name != task:
            self._task = Task(self._server, self._browser.page, task)
            self._task.open()
            self._browser.page.evaluate(SCRIPT)
            self._browser.page.evaluate(_RELEASED)
            if self._time_limit_ms is not None:
                self._browser.page.evaluate(f"core.EPISODE_MAX_TIME = {self._time_limit_ms}")
        self._hand.move(TASK_WIDTH * self._browser.scale // 2, TASK_HEIGHT * self._browser.scale - 1)
        self._task.reset(held_out_seed(number))
        self._press(TASK_WIDTH / 2, TASK_HEIGHT / 2)

    def look(self) -> Scene:
        """The page's elements now, and what the task asks for."""
        rows = self._browser.page.evaluate("aboveboardRead(window)")
        return scene_of(self._need().utterance(), rows)

    def act(self, act: Act) -> None:
        """Do ``act`` on an element of what :meth:`look` saw last, then wait until the page has answered."""
        x, y = self._in_sight(act.target)
        if act.kind == "choose":
            self._choose(x, y, act.text)
            return
        focused = self._browser.page.evaluate(f"document.activeElement === aboveboardNodes[{act.target}]")
        filled = self._browser.page.evaluate(f"!!aboveboardNodes[{act.target}].value")
        if act.kind == "click" or not (focused and filled):
            self._press(x, y)
        if act.kind == "type":
            self._hand.type_text(act.text, KEY_GAP_S)
            self._hand.settle()
            self._answered(act)

    def _answered(self, act: Act) -> None:
        """Wait until the page has what was typed, and then, by its own clock, for what it does after a pause in that.

        A field may take less than was typed, so that is waited for no longer than :data:`ARRIVES_S`.
        """
        self._until(f"String(aboveboardNodes[{act.target}].value ?? '').endsWith({json.dumps(act.text)})", ARRIVES_S)
        self._browser.page.evaluate(f"new Promise(done => setTimeout(done, {TYPED_SETTLE_MS}))")
        self._browser.page.painted()

    def _choose(self, x: float, y: float, text: str) -> None:
        """Open the drop-down, find the entry by its first letters as a person does, and take it."""
        self._press(x, y)
        self._hand.type_text(text, KEY_GAP_S)
        self._hand.tap(NAMED_KEYSYMS["Return"])
        self._hand.settle()
        time.sleep(SETTLE_S)
        self._browser.page.painted()

    def _in_sight(self, target: int) -> tuple[float, float]:
        """Where to press for an element, in CSS pixels; turns the wheel over the task until that is in sight."""
        x, y, seen = self._point(target)
        for _ in range(WHEEL_LIMIT):
            if seen:
                break
            before = (x, y)
            self._hand.move(TASK_WIDTH * self._browser.scale // 2, WHEEL_AT * self._browser.scale)
            button = WHEEL_UP if y < WHEEL_AT else WHEEL_DOWN
            self._hand.press(button)
            self._hand.release(button)
            self._hand.settle()
            time.sleep(SETTLE_S)
            x, y, seen = self._at_rest(target)
            if (x, y) == before:
                # It does not scroll any further.
                break
        return x, y

    def _at_rest(self, target: int) -> tuple[float, float, bool]:
        """The point of an element once it has stopped moving: a browser scrolls smoothly."""
        point = self._point(target)
        for _ in range(REST_LIMIT):
            self._browser.page.painted()
            before, point = point, self._point(target)
            if point == before:
                break
        return point

    def _point(self, target: int) -> tuple[float, float, bool]:
        x, y, seen = self._browser.page.evaluate(f"aboveboardPoint(window, {target})")
        return float(x), float(y), bool(seen)

    def _press(self, x: float, y: float) -> None:
        scale = self._browser.scale
        self._hand.move(int(x * scale), int(y * scale))
        self._hand.settle()
        # What is pointed at may change its picture first; a press on the old one would not become a click.
        time.sleep(SETTLE_S)
        self._browser.page.painted()
        before = self._browser.page.evaluate("aboveboardReleased")
        self._hand.press()
        time.sleep(HOLD_S)
        self._hand.release()
        self._hand.settle()
        self._until(f"aboveboardReleased > {before}", RELEASED_S)
        time.sleep(SETTLE_S)
        self._browser.page.painted()

    def _until(self, holds: str, limit_s: float) -> None:
        """Wait until this holds in the page, but no longer than that."""
        end_s = time.monotonic() + limit_s
        while not self._browser.page.evaluate(holds) and time.monotonic() < end_s:
            time.sleep(SETTLE_S)

    def _outcome(self, episode: Episode) -> bool:
        outcome = self._need().outcome()
        episode.done, episode.reward = outcome.done, outcome.reward
        return outcome.done

    def _need(self) -> Task:
        if self._task is None:
            raise BadInput("reset() comes first", cause="there is no task on the page", fix="begin an episode")
        return self._task
