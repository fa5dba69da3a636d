"""Two tasks without a browser: press the button that is named."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from aboveboard.lab.assess.frames import ElementActor, Episode, Frames
from aboveboard.lab.assess.sweep import Tools
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.train.element_cloning import Demonstration


def scene(wanted: str) -> Scene:
    shown = [("body", "", -1), ("button", "Ann", 0), ("button", "Bob", 0), ("button", "Cyn", 0)]
    return Scene(
        f"Press {wanted}.",
        tuple(
            element(role=role, text=text, value="", classes="", extents=(0, 20 * place, 9, 9), parent=parent)
            for place, (role, text, parent) in enumerate(shown)
        ),
    )


def demonstrations(task: str, number: int) -> list[Demonstration]:
    draw = random.Random(task)
    names = [draw.choice(["Ann", "Bob", "Cyn"]) for _ in range(number)]
    place = {"Ann": 1, "Bob": 2, "Cyn": 3}
    return [
        Demonstration(task, 2.0 + n % 3, ((scene(name), Act("click", place[name])),)) for n, name in enumerate(names)
    ]


class NoBrowser(Frames):
    """Plays the one scene of these tasks; counts what it was asked to try."""

    def __init__(self) -> None:
        self.tried: list[tuple[str, int]] = []

    def run(
        self,
        actor: ElementActor,
        episodes: Sequence[tuple[str, int]],
        *,
        acts_limit: int = 1,
        keep_story: bool = False,
        on_done: Callable[[Episode], None] | None = None,
    ) -> list[Episode]:
        self.tried += episodes
        done = []
        for task, number in episodes:
            wanted = ("Ann", "Bob", "Cyn")[number % 3]
            shown = scene(wanted)
            act = actor.begin()(shown)
            done.append(Episode(task, number, float(shown.elements[act.target].text == wanted), 1, done=True))
        return done


@contextmanager
def tools() -> Iterator[Tools]:
    """Those of a worker."""
    yield Tools(NoBrowser())
