"""What is there to act on, going by the pixels alone?

A frame becomes the same kind of :class:`Scene` that an element policy sees, from what stands out on it (``areas``) and
what is written (``reading``). Where the instruction itself stands is left out: nothing is to be done to it. Colours are
told coarsely, so that what is lit under a pointer looks as it does without one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from aboveboard.lab.model.areas import Area, Bounds, Found, Writing, find
from aboveboard.lab.model.elements import ELEMENTS_LIMIT, Element, Scene
from aboveboard.lab.model.pixel_things import (
    NEAR,
    NEAR_WORD,
    Thing,
    arrange,
    away,
    in_order,
    middle,
    size,
    things_of,
    within,
)
from aboveboard.lab.model.reading import Reader, agreement, as_asked
from aboveboard.lab.model.sight import Image
from aboveboard.lab.model.words import read

SCALE = 2
"""Pixels of the screen to one unit of a scene's extents."""
INSTRUCTION = 0.6
"""An area on which so much of the instruction can be read is where the instruction stands."""


@dataclass(frozen=True)
class Seen:
    """A scene, and where its elements are on the screen."""

    scene: Scene
    _things: list[Thing]
    _found: Found

    def point(self, place: int) -> tuple[int, int]:
        """The screen pixel at which to press an element."""
        return _point(self._things[place], self._found)

    def element_at(self, x: int, y: int) -> int | None:
        """Which element a press at the screen pixel (x, y) meets; None where there is none.

        Of several the one that holds nothing else, then the nearest (a line is higher than its words), then the least.
        """
        around = self._found.numbers[max(0, y - 4) : y + 5, max(0, x - 4) : x + 5].ravel()
        there = [
            (place, one, far)
            for place, one in enumerate(self._things)
            if (far := away(one.bounds, x, y)) <= (NEAR_WORD if one.role == "word" else NEAR)
        ]
        # Of areas that lie over each other it is the one that is seen there.
        seen = [(int((around == one.number).sum()), -size(one.bounds), one.number) for _, one, _ in there if one.number]
        shown = max(seen, default=(0, 0, 0))[2]
        met = [
            (bool(one.inside), far, size(one.bounds), place) for place, one, far in there if one.number in (0, shown)
        ]
        return min(met)[-1] if met else None


class Eye:
    """Sees scenes. Used by one thread."""

    def __init__(self) -> None:
        self._reader = Reader()

    def look(self, frame: Image, instruction: str) -> Seen:
        """What is on ``frame``, ``(h, w, 3)`` uint8 RGB, in the light of the instruction."""
        found = find(frame)
        asked = read(instruction).words
        written = [(one, self._reader.read(frame, one.bounds, found.lines)) for one in found.writing]
        told = _instruction_at(found.areas, written, asked)
        written = [(one, text) for one, text in written if told is None or not within(one.bounds, told)]
        spelt = as_asked([text for _, text in written], asked)
        words = [(one, text) for (one, _), text in zip(written, spelt, strict=True)]
        things = things_of(found, words, told)
        height, width = frame.shape[:2]
        root = Thing((0, 0, width, height), "screen", ())
        arrange(root, things)
        order: list[Thing] = []
        elements: list[Element] = []
        _lay_out(root, -1, order, elements)
        return Seen(Scene(instruction, tuple(elements)), order, found)


def _instruction_at(
    areas: Sequence[Area], written: Sequence[tuple[Writing, str]], asked: Sequence[str]
) -> Bounds | None:
    """The bounds of the smallest area on which most of the instruction can be read, and little else."""
    for area in sorted(areas, key=lambda one: size(one.bounds)):
        said = [text for one, text in written if text and within(one.bounds, area.bounds)]
        if said and agreement(said, asked) >= INSTRUCTION and agreement(asked, said) >= INSTRUCTION:
            return area.bounds
    return None


def _lay_out(thing: Thing, parent: int, order: list[Thing], elements: list[Element]) -> None:
    """Parents before children, children as one reads."""
    if len(order) >= ELEMENTS_LIMIT:
        return
    left, top, right, bottom = (side / SCALE for side in thing.bounds)
    place = len(order)
    order.append(thing)
    elements.append(
        Element(
            role=thing.role,
            text=thing.text,
            value=thing.value,
            names=thing.names,
            left=left,
            top=top,
            width=right - left,
            height=bottom - top,
            parent=parent,
        )
    )
    for one in in_order(thing.inside):
        _lay_out(one, place, order, elements)


def _point(thing: Thing, found: Found) -> tuple[int, int]:
    """Where to press: the middle, or of an area whose middle is covered the place farthest from its edges."""
    if thing.point != (0, 0):
        return thing.point
    x, y = middle(thing.bounds)
    if not thing.number:
        return x, y
    left, top, right, bottom = thing.bounds
    own = found.numbers[top:bottom, left:right]
    if not set(np.unique(found.numbers[max(0, y - 8) : y + 9, max(0, x - 8) : x + 9])) - {0, thing.number}:
        return x, y
    deep = ndimage.distance_transform_cdt(np.pad(own == thing.number, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(deep.argmax()), deep.shape)
    return left + int(column), top + int(row)
