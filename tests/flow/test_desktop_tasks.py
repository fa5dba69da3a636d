"""Are tasks on real applications done by a real hand, and does nothing else count as done?"""

from collections.abc import Callable, Mapping
from random import Random

import pytest

from aboveboard.base.errors import NotFound, SetupMissing, Unavailable
from aboveboard.lab.assess.desktop_environment import DesktopEnvironment
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.words import read
from aboveboard.lab.train.desktop_demonstrations import demonstrate
from aboveboard.stage.desktop.applications import Application
from aboveboard.stage.desktop.desk import Desk
from aboveboard.stage.desktop.moves import button
from aboveboard.stage.desktop.task import DesktopTask, Place, files, held_out
from aboveboard.stage.desktop.tasks import TASKS
from aboveboard.wire import confine

pytestmark = pytest.mark.skipif(not confine.available(), reason="this kernel has no Landlock; nothing is started there")


@pytest.fixture(autouse=True)
def _little_patience_for_what_never_comes(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "misses" in request.node.name:
        monkeypatch.setattr("aboveboard.stage.desktop.desk.WRITTEN_S", 0.4)


def test_its_own_way_does_it_at_a_persons_pace() -> None:
    task = TASKS["settings-hinting"]
    with Desk(held_out(task, 1), pace=Random("a person")) as desk:
        assert not desk.done()
        desk.work(task.solve(desk.words))
        assert desk.done_soon()


def test_the_near_miss_misses() -> None:
    task = TASKS["files-rename"]
    with Desk(held_out(task, 1)) as desk:
        desk.work(task.miss(desk.words))
        assert len(files(desk.place.work)) == 5
        assert not desk.done_soon()


class Able:
    """Does what ``acts`` say in turn, and sees nothing but the scene."""

    def __init__(self, *acts: Callable[[Scene], Act]) -> None:
        self._acts = acts

    def begin(self) -> Callable[[Scene], Act]:
        left = list(self._acts)
        return lambda scene: left.pop(0)(scene) if left else _key("escape")(scene)


def _key(name: str) -> Callable[[Scene], Act]:
    return lambda scene: Act("click", next(at for at, one in enumerate(scene.elements) if one.names == (name,)))


def _type(scene: Scene) -> Act:
    field = next(place for place, one in enumerate(scene.elements) if one.role == "textarea")
    return Act("type", field, read(scene.instruction).quoted[0].text)


def test_an_actor_is_tried_on_what_it_sees() -> None:
    done = DesktopEnvironment().attempt(Able(_type, _key("return")), "terminal-command", 2)
    assert (done.reward, done.done) == (1.0, True)
    assert done.acts in (2, 3)  # a slow shell is pressed a key more before it answers


def test_an_actor_that_types_and_sends_nothing_off_misses() -> None:
    typed = DesktopEnvironment().attempt(Able(_type), "terminal-command", 2, acts_limit=2)
    assert (typed.reward, typed.acts, typed.done) == (0.0, 2, False)


def test_a_demonstration_holds_what_was_seen_before_each_act() -> None:
    shown = demonstrate(TASKS["terminal-command"], 0)
    (before, typed), (after, sent) = shown.steps
    assert typed.text == read(before.instruction).quoted[0].text
    assert after.elements[sent.target].names == ("return",)
    assert typed.text not in before.elements[typed.target].value
    assert typed.text in after.elements[typed.target].value


class Hasty(DesktopTask):
    """Says yes to everything."""

    name, instruction, application = "hasty", "Do nothing.", TASKS["terminal-command"].application

    def draw(self, random: object) -> Mapping[str, str]:
        return {}

    def start(self, place: Place, words: Mapping[str, str]) -> list[str]:
        return []

    def check(self, place: Place, words: Mapping[str, str]) -> bool:
        return True


def test_a_check_that_says_yes_from_the_start_is_refused() -> None:
    with pytest.raises(Unavailable, match="done before it began"), Desk(held_out(Hasty(), 0)):
        pass


class Elsewhere(Hasty):
    """For an application that is not on this machine."""

    application = Application("no-such-program", "no-such-package")


def test_a_missing_application_is_named_with_its_package() -> None:
    environment = DesktopEnvironment({"elsewhere": Elsewhere()})
    with pytest.raises(SetupMissing, match="no-such-package"):
        environment.attempt(Able(), "elsewhere", 0)
    with pytest.raises(NotFound, match="elsewhere"):
        environment.attempt(Able(), "another", 0)


def test_what_does_not_show_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.stage.desktop.desk.FOUND_S", 0.1)
    with Desk(held_out(TASKS["terminal-command"], 0)) as desk, pytest.raises(Unavailable, match="no push button 'Fly'"):
        desk.work([button("Fly")])
