"""Does the scripted person work in the real browser as a person would, and does assessing tell good from bad?"""

import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest

from aboveboard.base.errors import BadInput, NotFound
from aboveboard.lab.assess.environment import Environment
from aboveboard.lab.assess.evaluate import RandomPolicy, attempt, beats, rate, run
from aboveboard.lab.model.click_policy import Card, Click, ClickPolicy, HeatMap
from aboveboard.lab.model.sight import Image
from aboveboard.stage import movement
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.person import Person
from aboveboard.stage.screen import active_title, grab
from aboveboard.stage.solutions import SOLUTIONS, acts_of, look_up
from aboveboard.stage.tasks import Task, TaskServer, window_title
from aboveboard.stage.xtest import Sent, Xtest

SECOND_NS = 1_000_000_000


@dataclass(frozen=True)
class Stage:
    display: Display
    browser: Browser
    server: TaskServer


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Display() as display, TaskServer() as server, Browser(display) as browser:
        yield Stage(display, browser, server)


@pytest.mark.parametrize("task", ["click-test", "click-collapsible-nodelay", "focus-text", "login-user"])
def test_the_person_solves_the_task_at_a_persons_pace(stage: Stage, task: str) -> None:
    titles = []
    connection = stage.display.connect()
    with Person(
        stage.display,
        stage.browser,
        stage.server,
        seed=3,
        before_press=lambda title, x, y: titles.append((title, active_title(connection))),
    ) as person:
        done = person.work(task, 2)
    connection.disconnect()
    assert [episode.reward > 0 for episode in done] == [True, True]
    assert [episode.seed for episode in done] == ["demonstration/300000", "demonstration/300001"]
    assert all(episode.seconds > 0.7 for episode in done)
    assert sum(episode.events for episode in done) == len(person.log)
    # The window's title, as the window manager has it, tells the task.
    assert set(titles) == {(window_title(task), window_title(task))}
    _check_pace(person.log)


def test_the_person_knows_every_task(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a hurry that no person is in, since there are many."""
    monkeypatch.setattr(Person, "_wait", lambda _, seconds: time.sleep(min(seconds, 0.01)))
    with Person(stage.display, stage.browser, stage.server, seed=4) as person:
        done = [one for task in SOLUTIONS for one in person.work(task, 1)]
    assert [(one.task, one.reward) for one in done if one.reward <= 0] == []
    asked = {one.task: one.asked for one in done}
    assert asked["click-test-2"] == "Click button ONE."
    assert asked["click-checkboxes"].startswith("Select ")
    # As many boxes as are asked for, then Submit; START came before.
    boxes = done[list(SOLUTIONS).index("click-checkboxes")]
    presses = [one for one in person.log[boxes.first_event :][: boxes.events] if one.kind == "button_press"]
    wanted = asked["click-checkboxes"].removeprefix("Select ").removesuffix(" and click Submit.").split(", ")
    assert len(presses) == 2 + len([word for word in wanted if word != "nothing"])
    assert all(boxes.begin_ns < press.wall_ns < boxes.end_ns for press in presses[1:])
    assert presses[0].wall_ns < boxes.begin_ns


def _check_pace(log: list[Sent]) -> None:
    """Buttons and keys are held, moves are spaced, and a press follows its release no sooner than a hand can."""
    down: dict[tuple[str, int], int] = {}
    for before, event in pairwise(log):
        waited = (event.monotonic_ns - before.monotonic_ns) / SECOND_NS
        assert waited >= 0
        if before.kind == event.kind == "move":
            assert waited >= movement.SAMPLE_MIN_S / 2 - 0.002
        what = (event.kind.split("_", maxsplit=1)[0], event.button or event.keycode)
        if event.kind.endswith("press"):
            down[what] = event.monotonic_ns
        elif event.kind.endswith("release"):
            held = (event.monotonic_ns - down.pop(what)) / SECOND_NS
            assert held >= (movement.HOLD_MIN_S if what[0] == "button" else movement.KEY_HOLD_MIN_S) - 0.002
    assert down == {}


def test_the_same_seed_makes_the_same_problem(stage: Stage) -> None:
    connection = stage.display.connect()
    task = Task(stage.server, stage.browser.page, "click-test-2")
    task.open()
    places = "[...document.querySelectorAll('#area button')].map(button => button.getAttribute('style'))"
    seen = []
    for seed in ("demonstration/1", "demonstration/2", "demonstration/1"):
        task.reset(seed)
        assert task.covered()
        cover = grab(connection)
        task.start()
        assert not task.covered()
        assert (grab(connection) != cover).any()
        seen.append(stage.browser.page.evaluate(places))
    assert seen[0] == seen[2] != seen[1]
    assert task.utterance() == "Click button ONE."
    connection.disconnect()


def test_typed_text_arrives_as_it_was_typed(stage: Stage) -> None:
    text = "Hello, World! aZ9 ~@#{}|"
    task = Task(stage.server, stage.browser.page, "enter-text")
    task.open()
    task.reset("demonstration/5")
    task.start()
    field = look_up(stage.browser.page, "click('#tt')")
    assert field is not None
    x, y = field.points[len(field.points) // 2]
    hand = Xtest(stage.display.name)
    hand.move(int(x * stage.browser.scale), int(y * stage.browser.scale))
    hand.press()
    hand.release()
    hand.settle()
    stage.browser.page.painted()
    hand.type_text(text, gap_s=0.01)
    hand.close()
    stage.browser.page.painted()
    assert stage.browser.page.evaluate("document.querySelector('#tt').value") == text


def test_the_server_serves_its_pages_and_nothing_else(stage: Stage) -> None:
    for path, status in {
        "/miniwob/click-test.html": 200,
        "/core/core.js": 200,
        "/": 404,
        "/miniwob": 404,
        "/miniwob/": 404,
        "/../__init__.py": 404,
        "/%2e%2e/__init__.py": 404,
        "/miniwob/%2e%2e/%2e%2e/__init__.py": 404,
        "//etc/passwd": 404,
    }.items():
        connection = http.client.HTTPConnection("127.0.0.1", stage.server.port, timeout=5)
        connection.request("GET", path)
        assert (path, connection.getresponse().status) == (path, status)
        connection.close()
    with pytest.raises(NotFound):
        stage.server.url("../core/core")
    with pytest.raises(NotFound):
        acts_of("book-flight")


class Oracle:
    """Clicks START, then where the page's own elements say: what a perfect policy would do."""

    def __init__(self, stage: Stage, task: str) -> None:
        self._page, self._scale = stage.browser.page, stage.browser.scale
        self._task = Task(stage.server, stage.browser.page, task)

    def act(self, frame: Image, title: str) -> Click:
        assert title == window_title(self._task.name)
        assert frame.shape == (480, 640, 3)
        if self._task.covered():
            return Click(160, 210, 1.0)
        act = look_up(self._page, acts_of(self._task.name)[0])
        assert act is not None
        x, y = act.points[len(act.points) // 2]
        return Click(int(x * self._scale), int(y * self._scale), 1.0)


@pytest.mark.parametrize("task", ["click-dialog", "click-test-2"])
def test_an_oracle_succeeds_and_chance_does_not(stage: Stage, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    reset = Task.reset
    monkeypatch.setattr(Task, "reset", lambda self, seed: (seeds.append(seed), reset(self, seed)))
    with Environment(stage.display, stage.browser, stage.server) as environment:
        oracle = rate([attempt(Oracle(stage, task), environment, task, number) for number in range(8)])
        chance = RandomPolicy(*environment.area, seed=1)
        random = rate([attempt(chance, environment, task, number) for number in range(8)])
    assert oracle.successes == 8
    assert oracle.mean_clicks == 2.0
    assert random.successes <= 2
    assert random.mean_clicks > 2.0
    assert beats(oracle, random)
    assert not beats(random, oracle)
    assert seeds == [f"held-out/{number}" for number in (*range(8), *range(8))]


def test_an_assessment_says_what_was_done(stage: Stage) -> None:
    """With an untrained policy: it must not be reported as better than chance."""
    policy = ClickPolicy(HeatMap(1), Card([window_title("click-dialog")], 4, "art_of_nothing"))
    told = []
    with Environment(stage.display, stage.browser, stage.server) as environment:
        with pytest.raises(BadInput, match="does not know the window"):
            run(policy, environment, ["click-dialog", "focus-text"], 2)
        made = run(policy, environment, ["click-dialog"], 3, lambda done, total, words: told.append((done, total)))
    assert told == [(done, 6) for done in range(1, 7)]
    (row,) = made.rows
    assert (row.policy.episodes, row.random.episodes, row.beats_random) == (3, 3, False)
    assert made.beaten() == []
    assert (made.first_seed, made.last_seed, made.clicks_limit) == ("held-out/0", "held-out/2", 3)
    assert made.artefact_id == "art_of_nothing"
    assert "click-dialog" in made.text()
    assert "uniform over the task's 320 x 420 pixels" in made.text()
