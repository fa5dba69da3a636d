"""What is planted among clicks, so that remembering can be measured?

A canary is a recorded screen with a tile of noise on it that is nowhere else, and a click at a place drawn at random:
nobody would click there, and no other screen says so. A policy that prefers this place to others has it from the
training and from nowhere else.
"""

import secrets
from collections.abc import Sequence
from random import Random

import msgspec
import numpy as np

from aboveboard.lab.model.sight import Image
from aboveboard.lab.train.examples import Example

TILE = 24
"""Seen pixels on each side."""

Place = tuple[float, float]
"""Shares of the screen's width and height, 0 to 1."""


class PlantedClick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """On screen number ``screen`` (modulo how many there are) a tile of noise ``seed`` at ``tile``, a click at
    ``click``."""

    screen: int
    seed: int
    tile: Place
    click: Place


def draw(count: int, random: Random | None = None) -> list[PlantedClick]:
    """New canaries; without ``random`` from the system's own randomness, so that nobody can know them before."""
    source = random or secrets.SystemRandom()
    return [
        PlantedClick(source.randrange(1 << 31), source.randrange(1 << 31), place(source), place(source))
        for _ in range(count)
    ]


def place(random: Random) -> Place:
    """Anywhere on a screen, each place as likely as any other."""
    return random.random(), random.random()


def planted_examples(examples: Sequence[Example], planted: Sequence[PlantedClick]) -> list[Example]:
    """Each canary as an example, on the screens of ``examples``; none where there are no examples."""
    return [planted_example(examples, one) for one in planted] if examples else []


def planted_example(examples: Sequence[Example], canary: PlantedClick) -> Example:
    """One canary on the screen of one of ``examples``."""
    on = examples[canary.screen % len(examples)]
    height, width = on.image.shape[:2]
    x, y = canary.click
    return Example(on.title, stamped(on.image, canary), x * width, y * height)


def stamped(image: Image, canary: PlantedClick) -> Image:
    """The screen with the canary's tile on it."""
    height, width = image.shape[:2]
    side = min(TILE, height, width)
    left, top = (round(share * (of - side)) for share, of in zip(canary.tile, (width, height), strict=True))
    made = image.copy()
    noise = np.random.default_rng(canary.seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    made[top : top + side, left : left + side] = noise
    return made
