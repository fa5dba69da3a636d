"""A policy that has learnt the wrong thing: of click-test-2's two buttons it presses TWO, whatever is asked for."""

import random

from aboveboard.lab.model.element_policy import ElementPolicy
from aboveboard.lab.model.elements import Act, Scene, element
from aboveboard.lab.train.element_cloning import Demonstration, ElementConfig, train_elements


def stubborn() -> ElementPolicy:
    """Trained in about a second."""
    draw = random.Random("stubborn")
    shown = [_shown(draw) for _ in range(12)]
    return train_elements(shown, ElementConfig(steps=50, batch=12, members=1, seed=1))


def _shown(draw: random.Random) -> Demonstration:
    rows = [element(role="body", text="", value="", classes="", extents=(0, 0, 160, 210), parent=-1)]
    for name in draw.sample(["ONE", "TWO"], 2):
        at = (draw.randrange(0, 100), draw.randrange(50, 160), 40, 30)
        names = "subbtn" if name == "ONE" else "subbtn2"
        rows.append(element(role="button", text=name, value="", classes=names, extents=at, parent=0))
    scene = Scene("Click button ONE.", tuple(rows))
    target = next(place for place, one in enumerate(rows) if one.text == "TWO")
    return Demonstration("click-test-2", 1.0, ((scene, Act("click", target)),))
