"""Do the hand on a display and the sweep in frames agree, in the real browser, act by act?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from aboveboard.lab.assess.baselines import RandomElements
from aboveboard.lab.assess.element_environment import ElementEnvironment
from aboveboard.lab.assess.frames import TIME_LIMIT_MS, ElementActor, Episode, Frames
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.model.memory import inside
from aboveboard.lab.model.words import read
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer

EPISODES = 3


@dataclass(frozen=True)
class Stage:
    display: Display
    browser: Browser
    server: TaskServer


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Display() as display, TaskServer() as server, Browser(display) as browser:
        yield Stage(display, browser, server)


class Able:
    """Knows how each of these tasks is done, and sees nothing but the scene."""

    def __init__(self, *acts: Callable[[Scene], Act | None]) -> None:
        self._acts = acts

    def begin(self) -> Callable[[Scene], Act]:
        left = list(self._acts)

        def act(scene: Scene) -> Act:
            while True:
                done = left.pop(0)(scene)
                if done is not None:
                    return done

        return act


def _quoted(scene: Scene, number: int) -> str:
    return read(scene.instruction).quoted[number].text


def _role(scene: Scene, role: str) -> int:
    return next(place for place, one in enumerate(scene.elements) if one.role == role)


def _type(scene: Scene) -> Act:
    return Act("type", _role(scene, "input-text"), _quoted(scene, 0))


def _submit(scene: Scene) -> Act:
    return Act("click", _role(scene, "button"))


def _choose(scene: Scene) -> Act:
    target = _role(scene, "select")
    return Act("choose", target, next(one for one in scene.elements[target].options if one in scene.instruction))


def _suggested(scene: Scene) -> Act:
    # The last thing that says so: the list's entry, and not what the page tells those who cannot see it.
    begin, end = _quoted(scene, 0), ([one.text for one in read(scene.instruction).quoted[1:]] or [""])[0]
    said = [(one.text, place) for place, one in enumerate(scene.elements) if "ui" in one.names]
    return Act("click", next(place for text, place in said if text.startswith(begin) and text.endswith(end)))


def _tweet(scene: Scene) -> int:
    """The block of the user that is asked for; far down the page for most."""
    user = next(word for word in scene.instruction.replace(",", " ").split() if word.startswith("@"))
    place = next(place for place, one in enumerate(scene.elements) if one.text == user)
    while "media" not in scene.elements[place].names:
        place = scene.elements[place].parent
    return place


def _in_tweet(scene: Scene, fits: Callable[[int], bool]) -> int | None:
    tweet = _tweet(scene)
    for place in range(tweet + 1, len(scene.elements)):
        if scene.elements[place].parent < tweet:
            break
        if fits(place):
            return place
    return None


def _more(scene: Scene) -> Act | None:
    icon = _quoted(scene, 0).lower()
    if _in_tweet(scene, lambda place: icon in scene.elements[place].names) is not None:
        return None
    place = _in_tweet(scene, lambda place: "more" in scene.elements[place].names)
    assert place is not None
    return Act("click", place)


def _icon(scene: Scene) -> Act:
    wanted = _quoted(scene, 0)
    place = _in_tweet(
        scene,
        lambda place: (
            wanted.lower() in scene.elements[place].names
            or (scene.elements[place].role == "li" and inside(scene, place).startswith(wanted))
            or (scene.elements[place].role == "li" and scene.elements[place].text.startswith(wanted))
        ),
    )
    assert place is not None
    return Act("click", place)


ABLE = {
    "enter-text": Able(_type, _submit),
    "choose-list": Able(_choose, _submit),
    "use-autocomplete": Able(_type, _suggested, _submit),
    "social-media": Able(_more, _icon),
}


@pytest.mark.parametrize("task", ABLE)
def test_the_able_succeed_alike_in_both(stage: Stage, task: str) -> None:
    on_display, in_frames = _both(stage, lambda: ABLE[task], [(task, number) for number in range(EPISODES)], 4)
    assert [one.reward > 0 for one in on_display] == [True] * EPISODES
    _agree(on_display, in_frames)


def test_chance_fares_alike_in_both(stage: Stage) -> None:
    """Random acts lead to where nobody would go on purpose: wrong buttons, half-filled fields, closed lists."""
    episodes = [
        (task, number) for task in ("click-dialog-2", "click-option", "login-user") for number in range(EPISODES)
    ]
    on_display, in_frames = _both(stage, lambda: RandomElements(7), episodes, 4)
    _agree(on_display, in_frames)
    assert len({one.reward > 0 for one in on_display}) == 2 or any(one.reward < 0 for one in on_display)


def _both(
    stage: Stage, actor: Callable[[], ElementActor], episodes: list[tuple[str, int]], acts: int
) -> tuple[list[Episode], list[Episode]]:
    # A busy machine must not decide: the clock is as slow as in frames.
    with ElementEnvironment(stage.display, stage.browser, stage.server, time_limit_ms=TIME_LIMIT_MS) as environment:
        one = actor()
        on_display = [environment.attempt(one, task, number, acts) for task, number in episodes]
    frames = Frames(stage.browser.page, stage.server, frames=len(episodes))
    return on_display, frames.run(actor(), episodes, acts_limit=acts, keep_story=True)


def _agree(on_display: list[Episode], in_frames: list[Episode]) -> None:
    for hand, sweep in zip(on_display, in_frames, strict=True):
        where = f"{hand.task}, episode {hand.number}"
        assert [act for _, act in hand.story] == [act for _, act in sweep.story], where
        assert (hand.done, hand.reward) == (sweep.done, sweep.reward), where
        for (seen, _), (read_, _) in zip(hand.story, sweep.story, strict=True):
            assert seen.instruction == read_.instruction, where
            assert _told(seen) == _told(read_), where


def _told(scene: Scene) -> list[tuple[object, ...]]:
    """Everything but the places on the screen, and but what a page only reads aloud (a pixel wide): that follows the
    pointer, which a sweep has none of."""
    return [
        (one.role, one.text, one.value, one.names, one.parent, one.options) for one in scene.elements if one.width > 1
    ]
