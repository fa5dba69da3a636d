"""How does a policy from pixels alone prove itself?

On a real display, begun at START, with a hand (XTEST): it is given the screen's pixels and what the task asks for, and
nothing of the page's structure.
"""

from collections.abc import Callable
from random import Random
from typing import Protocol

from aboveboard.lab.assess.environment import Environment
from aboveboard.lab.assess.frames import ElementActor, Episode
from aboveboard.lab.model.pixel_scene import Eye
from aboveboard.lab.model.sight import Image

ACTS_LIMIT = 10
"""The longest of the tasks takes seven."""

Point = tuple[int, int]


class PixelActor(Protocol):
    """Whatever looks at the screen, is told what is asked for, and answers with the pixel to press.

    ``begin`` gives a fresh memory of what was done.
    """

    def begin(self) -> Callable[[Image, str], Point]: ...


class ByEye:
    """A policy over elements that sees no other elements than ``eye`` finds in the pixels."""

    def __init__(self, eye: Eye, policy: ElementActor) -> None:
        self._eye, self._policy = eye, policy

    def begin(self) -> Callable[[Image, str], Point]:
        act_on = self._policy.begin()

        def press(frame: Image, asked: str) -> Point:
            seen = self._eye.look(frame, asked)
            return seen.point(act_on(seen.scene).target)

        return press


class RandomPixels:
    """Knows where the task is and nothing else: presses uniformly over its ``width`` × ``height`` pixels."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self._width, self._height = width, height
        self._random = Random(f"random pixels/{seed}")  # noqa: S311 - chance, not a secret

    def begin(self) -> Callable[[Image, str], Point]:
        return lambda frame, asked: (self._random.randrange(self._width), self._random.randrange(self._height))


def attempt(
    actor: PixelActor, environment: Environment, task: str, number: int, acts_limit: int = ACTS_LIMIT
) -> Episode:
    """Held-out episode ``number`` of ``task``: look and press until it is done, or the acts are used up."""
    environment.reset(task, number)
    width, height = environment.area
    environment.click(width // 2, height // 2)
    episode, press = Episode(task, number), actor.begin()
    while not episode.done and episode.acts < acts_limit:
        frame, _ = environment.look()
        outcome = environment.click(*press(frame, environment.asked()))
        episode.acts += 1
        episode.done, episode.reward = outcome.done, outcome.reward
    return episode
