"""What is a policy about to do now on a page? Two kinds of policy, each as one question with one answer.

Each looks at the display as it is at that moment, so it can be asked at any time, also while a person acts.
"""

from pathlib import Path
from typing import Protocol

import xcffib

from aboveboard.base.errors import BadInput
from aboveboard.formats.trajectory import Proposed
from aboveboard.lab.assess.frames import TYPED_SETTLE_MS
from aboveboard.lab.assess.page_script import SCRIPT, scene_of
from aboveboard.lab.model.element_policy import ElementPolicy, load_element_policy
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.ensemble import ClickModel, load_clicks
from aboveboard.lab.model.memory import Memory
from aboveboard.lab.train.run_file import POLICY_FILE
from aboveboard.stage.browser import Browser
from aboveboard.stage.screen import active_title, grab
from aboveboard.stage.tasks import TASK_HEIGHT, TASK_WIDTH, Task

SETTLE_S = 0.15
"""From an act until the next look."""


class Actor(Protocol):
    """``propose`` says what it would do now (``None``: nothing); ``done`` that its last proposal was carried out."""

    def propose(self) -> Proposed | None: ...
    def done(self) -> None: ...


class PageActor(Actor, Protocol):
    """``begin`` is a new attempt at a task whose page is open."""

    def begin(self, task: Task) -> None: ...


class ClickActor:
    """Clicks by what the whole screen shows; knows only windows with the titles that it learnt."""

    def __init__(self, policy: ClickModel, display: str) -> None:
        self._policy = policy
        self._conn = xcffib.connect(display=display)

    def begin(self, task: Task) -> None:
        """It remembers nothing."""

    def propose(self) -> Proposed | None:
        """Where to click."""
        title = active_title(self._conn)
        if title not in self._policy.card.titles:
            return None
        click = self._policy.act(grab(self._conn), title)
        return Proposed(action="click", x=click.x, y=click.y)

    def done(self) -> None:
        """It remembers nothing."""


class ElementActor:
    """Acts on the elements of a task's page in ``browser``; remembers what it did since :meth:`begin`."""

    def __init__(self, policy: ElementPolicy, browser: Browser) -> None:
        self._policy, self._page, self._scale = policy, browser.page, browser.scale
        self._task: Task | None = None
        self._memory = Memory()
        self._last: tuple[Scene, Act] | None = None

    def begin(self, task: Task) -> None:
        """A new attempt at ``task``, whose page is open."""
        self._task, self._memory, self._last = task, Memory(), None
        self._page.evaluate(SCRIPT)

    def propose(self) -> Proposed | None:
        """What to do next; first the click at START, which covers the page, and then what is out of sight nearer."""
        self._last = None
        if self._task is None or self._task.outcome().done:
            return None
        if self._task.covered():
            return self._at("click", TASK_WIDTH / 2, TASK_HEIGHT / 2)
        scene = scene_of(self._task.utterance(), self._page.evaluate("aboveboardRead(window)"))
        act = self._policy.act(scene, self._memory)
        x, y, seen = self._page.evaluate(f"aboveboardPoint(window, {act.target})")
        if not seen and not 0 <= y < TASK_HEIGHT:
            return self._at("scroll", TASK_WIDTH / 2, TASK_HEIGHT * 0.6, turns=1 if y > 0 else -1)
        self._last = scene, act
        node = f"aboveboardNodes[{act.target}]"
        focused = self._page.evaluate(f"document.activeElement === {node} && !!{node}.value")
        if act.kind == "type" and focused:
            return Proposed(action="type", text=act.text)
        return self._at(act.kind, x, y, act.text)

    def done(self) -> None:
        """Remember it, and wait until the page has answered."""
        if self._last is not None:
            self._memory.note(*self._last)
            if self._last[1].kind == "type":
                self._page.evaluate(f"new Promise(done => setTimeout(done, {TYPED_SETTLE_MS}))")
        self._page.painted()

    def _at(self, action: str, x: float, y: float, text: str = "", turns: int = 0) -> Proposed:
        place = int(x * self._scale), int(y * self._scale)
        return Proposed(action=action, x=place[0], y=place[1], text=text, turns=turns)  # type: ignore[arg-type]


def load_actor(folder: Path, browser: Browser) -> PageActor:
    """The policy in a model's folder, on the display of ``browser``; raises :class:`NotFound`, :class:`BadInput`."""
    try:
        return ElementActor(load_element_policy(folder / POLICY_FILE), browser)
    except (BadInput, FileNotFoundError):
        return ClickActor(load_clicks(folder), browser.display.name)
