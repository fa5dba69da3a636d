"""Which things are on a screen, what are they called, and what is on what?

Areas with the words on them, boxes with the words to their right, words by themselves. Things are called what they look
like, by plain rules: a pale area is a button, a white and wide one a field.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from aboveboard.lab.model.areas import Area, Bounds, Box, Found, Writing
from aboveboard.lab.model.colours import colour_name

WORDS_ON_AREA = 6
"""So many words are an area's own, if nothing else is on it."""
ROUND, WIDE, LONG = 0.9, 1.3, 2.5
"""A box that fills less of its bounds is a circle; what is so many times as wide as high is wide, or long."""
BUTTON_MOST, FIELD_MOST, ONE_LINE = 200, 130, 43
"""The height of the highest button, field, and field of a single line, in pixels."""
BESIDE = 30
"""So far to the right of a box its words begin."""
NEAR, NEAR_WORD = 3, 6
"""So many pixels outside of its bounds a press still meets a thing, or a word."""


@dataclass
class Thing:
    """``number`` is that of its area, 0 for no area; ``point`` where to press it, (0, 0) for its middle.

    ``role`` is area, box, word or screen; ``value`` on or off; ``inside`` what is on it.
    """

    bounds: Bounds
    role: str
    names: tuple[str, ...]
    text: str = ""
    value: str = ""
    number: int = 0
    point: tuple[int, int] = (0, 0)
    inside: "list[Thing]" = field(default_factory=list)


def things_of(found: Found, words: Sequence[tuple[Writing, str]], told: Bounds | None) -> list[Thing]:
    """Everything but what is in the bounds ``told``, where the instruction stands."""
    things = [
        of_area(one)
        for one in found.areas
        if not (told and within(one.bounds, told)) and not any(within(one.bounds, box.bounds) for box in found.boxes)
    ]
    boxes = [of_box(one) for one in found.boxes if not (told and within(one.bounds, told))]
    left = sorted(words, key=lambda one: one[0].bounds[0])
    for box in boxes:
        left = _take_beside(box, left)
    return things + boxes + [of_word(one, text) for one, text in left]


def of_area(one: Area) -> Thing:
    """An area by its colour, size and shape, and what people call such a one."""
    left, top, right, bottom = one.bounds
    colour, (width, height) = colour_name(one.colour), (right - left, bottom - top)
    sizes = (f"h{round(4 * math.log2(height))}", f"w{round(math.log2(width))}", _shape(width, height))
    return Thing(one.bounds, "area", _names(colour, *sizes, called(colour, width, height)), number=one.number)


def of_box(one: Box) -> Thing:
    """A box: what is in its middle says whether it is ticked; that is its value, and its names stay the same."""
    ticked = colour_name(one.colour) not in ("white", "pale")
    names = ("round", "radio") if one.filled < ROUND else ("square", "checkbox")
    thing = Thing(one.bounds, "box", _names(*names), value="on" if ticked else "off")
    thing.point = middle(one.bounds)
    return thing


def called(colour: str, width: int, height: int) -> str:
    """What people call such an area, going by its looks: a button is pale, a field white and wide. "" for nothing."""
    if colour == "pale" and height <= BUTTON_MOST:
        return "button"
    if colour == "white" and width > WIDE * height and height <= FIELD_MOST:
        return "text" if height <= ONE_LINE else "textarea"
    return ""


def _names(*words: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in words if word))


def of_word(one: Writing, text: str) -> Thing:
    """A word by its colour and the line under it."""
    names = (colour_name(one.colour), *(("underlined",) if one.underlined else ()))
    return Thing(one.bounds, "word", names, text)


def _take_beside(box: Thing, words: list[tuple[Writing, str]]) -> list[tuple[Writing, str]]:
    """Give a box the words that begin to its right, on its own line; the rest."""
    rest = []
    end, (_, level) = box.bounds[2], middle(box.bounds)
    for one, text in words:
        left, top, right, bottom = one.bounds
        if -2 <= left - end <= (BESIDE if not box.text else BESIDE / 2) and top - 4 <= level <= bottom + 4:
            box.text = f"{box.text} {text}".strip()
            box.bounds = around(box.bounds, one.bounds)
            end = right
        else:
            rest.append((one, text))
    return rest


def arrange(root: Thing, things: Sequence[Thing]) -> None:
    """Put each thing inside the smallest that holds it; words that alone are on an area become its own."""
    areas = sorted((one for one in things if one.role == "area"), key=lambda one: size(one.bounds))
    for thing in things:
        holder = next((one for one in areas if one is not thing and _inside(thing, one)), root)
        holder.inside.append(thing)
    for area in areas:
        if 0 < len(area.inside) <= WORDS_ON_AREA and all(one.role == "word" for one in area.inside):
            area.text = " ".join(one.text for one in in_order(area.inside) if one.text)
            area.inside = []


def _inside(thing: Thing, area: Thing) -> bool:
    if thing.role != "area":
        return holds(area.bounds, middle(thing.bounds))
    return within(thing.bounds, area.bounds) and size(thing.bounds) < size(area.bounds)


def in_order(things: Iterable[Thing]) -> list[Thing]:
    """Line by line: what begins above the middle of a line's first thing is on that line."""
    rest = sorted(things, key=lambda one: (one.bounds[1], one.bounds[0]))
    ordered: list[Thing] = []
    while rest:
        _, level = middle(rest[0].bounds)
        line = [one for one in rest if one.bounds[1] <= level]
        ordered += sorted(line, key=lambda one: one.bounds[0])
        rest = [one for one in rest if one.bounds[1] > level]
    return ordered


def _shape(width: int, height: int) -> str:
    if width > LONG * height:
        return "long"
    if width > WIDE * height:
        return "wide"
    return "tall" if height > WIDE * width else "even"


def middle(bounds: Bounds) -> tuple[int, int]:
    """The pixel in the middle."""
    return (bounds[0] + bounds[2]) // 2, (bounds[1] + bounds[3]) // 2


def size(bounds: Bounds) -> int:
    """How many pixels are within."""
    return (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])


def around(one: Bounds, other: Bounds) -> Bounds:
    """What holds both."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def within(one: Bounds, other: Bounds) -> bool:
    """Whether ``one`` lies inside ``other``, or nearly."""
    return (
        one[0] >= other[0] - NEAR
        and one[1] >= other[1] - NEAR
        and one[2] <= other[2] + NEAR
        and one[3] <= other[3] + NEAR
    )


def holds(bounds: Bounds, point: tuple[int, int]) -> bool:
    """Whether a point lies inside, or nearly."""
    return away(bounds, *point) <= NEAR


def away(bounds: Bounds, x: int, y: int) -> int:
    """How many pixels outside of ``bounds``; 0 inside."""
    return max(bounds[0] - x, x - bounds[2] + 1, bounds[1] - y, y - bounds[3] + 1, 0)
