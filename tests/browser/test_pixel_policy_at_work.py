"""Does a policy that is given pixels and words alone learn from a person at work, and act with a real hand?"""

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from aboveboard.lab.assess.environment import Environment
from aboveboard.lab.assess.pixel_environment import ByEye, RandomPixels, attempt
from aboveboard.lab.model.elements import Element, Scene
from aboveboard.lab.model.pixel_scene import Eye
from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.element_cloning import ElementConfig, train_elements
from aboveboard.lab.train.pixel_demonstrations import Press, demonstration
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.person import Person
from aboveboard.stage.screen import grab
from aboveboard.stage.tasks import TASK_WIDTH, Task, TaskServer
from aboveboard.stage.xtest import Xtest

TASKS = ("click-test-2", "click-option")
DEMONSTRATIONS, TRIED = 7, 3

Stage = tuple[Display, Browser, TaskServer]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Display() as display, TaskServer() as server, Browser(display) as browser:
        yield display, browser, server


def test_it_learns_to_read_and_press(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    display, browser, server = stage
    monkeypatch.setattr(Person, "_wait", lambda _, seconds: time.sleep(min(seconds, 0.005)))
    eye, connection, shown = Eye(), display.connect(), []

    def look(_: str, x: int, y: int) -> None:
        shown.append((time.time_ns(), Press(x, y, _kept(grab(connection)))))

    made, left_out = [], Counter[str]()
    with Person(display, browser, server, seed=6, before_press=look) as person:
        for done in (each for task in TASKS for each in person.work(task, DEMONSTRATIONS)):
            presses = [press for at, press in shown if done.begin_ns < at < done.end_ns]
            if done.reward > 0:
                made.append(demonstration(eye, done.task, done.asked, 1.0, presses, left_out))
    connection.disconnect()
    assert None not in made
    assert len(made) >= len(TASKS) * DEMONSTRATIONS - 2
    policy = train_elements([one for one in made if one], ElementConfig(steps=100, members=1))
    with Environment(display, browser, server, time_limit_ms=120_000) as environment:
        chance = RandomPixels(*environment.area, seed=0)
        tried = [attempt(ByEye(eye, policy), environment, task, number) for task in TASKS for number in range(TRIED)]
        random = [attempt(chance, environment, task, number, 3) for task in TASKS for number in range(TRIED)]
    good, by_chance = (sum(one.reward > 0 for one in each) for each in (tried, random))
    assert good >= 2 * TRIED - 1
    assert by_chance < good
    # START is not of the policy's doing: one press for a button, two for an option and Submit.
    assert {one.task: one.acts for one in tried if one.reward > 0} == {"click-test-2": 1, "click-option": 2}


def _kept(frame: Image) -> Callable[[], Image]:
    return lambda: frame


def _of_task(scene: Scene) -> list[Element]:
    """Without what stands beside the task, such as a clock."""
    return [one for one in scene.elements if one.left < TASK_WIDTH]


def test_it_sees_no_difference_where_the_pointer_is(stage: Stage) -> None:
    """Just before a press the target is lit: a policy must not learn to press what is lit."""
    display, browser, server = stage
    eye, connection, hand = Eye(), display.connect(), Xtest(display.name)
    for name, selector in {"click-tab": "#area ul a", "click-widget": "#area input, button, textarea"}.items():
        task = Task(server, browser.page, name)
        task.open()
        task.reset("demonstration/3")
        task.start()
        asked = task.utterance()
        at = browser.page.evaluate(
            f"[...document.querySelectorAll('{selector}')].map(one => {{ const box = one.getBoundingClientRect();"
            " return [box.left + box.width / 2, box.top + box.height / 2]; })"
        )
        hand.move(300, 400)
        hand.settle()
        browser.page.painted()
        frame = grab(connection)
        before = _of_task(eye.look(frame, asked).scene)
        lit = 0
        for x, y in at:
            hand.move(int(x * browser.scale), int(y * browser.scale))
            hand.settle()
            time.sleep(0.05)
            browser.page.painted()
            under = grab(connection)
            lit += bool((under != frame)[: int(y * browser.scale) + 60, : TASK_WIDTH * browser.scale].any())
            assert _of_task(eye.look(under, asked).scene) == before
        assert lit > 0
    hand.close()
    connection.disconnect()
