"""What stands out on a screen: flat areas, boxes, and pieces of writing?

From the pixels alone. An **area** is a run of pixels of one colour with room for a finger in it: a button's ground,
the inside of a field, a patch of colour. What lies between areas is **ink**: letters, lines, frames. Ink that closes a
small square or circle is a **box**, as one ticks; the rest is cut into **writing**, word by word. Nothing here knows a
page.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aboveboard.lab.model.sight import Image

ROOM, AREA_LEAST = 7, 20
"""An area holds a square of so many pixels on each side, and is so wide or high; a letter's stroke or eye is not."""
FRAME = 5
"""So far around an area its frame is looked for."""
BOX_LEAST, BOX_MOST = 20, 40
"""Sides of a box in pixels."""
LINE_LEAST = 14
"""Ink of one colour that goes on for so long to the right is a line under a word or between things."""
SIGN_LEAST = 5
"""What is neither so wide nor so high is no writing."""
WORD_GAP, WORD_GAP_LEAST = 0.16, 4
"""Two letters this far apart, in heights of the higher one (or in pixels), are of one word."""
FAR = 0.5
"""Of the distance between the ground and what is farthest from it: letters' edges are between."""
DOT_GAP = 3
"""Pixels between a dot and its letter."""
LETTER_MOST = 44
LETTERS_LIMIT, WORDS_LIMIT = 10_000, 400
"""Of a screen; what is beyond is not seen."""
Mask = NDArray[np.bool_]
Numbers = NDArray[np.int32]
Bounds = tuple[int, int, int, int]
"""left, top, right, bottom; the last two are just outside."""


@dataclass(frozen=True, slots=True)
class Area:
    """``number`` is its own in :attr:`Found.numbers`; ``colour`` its red, green, blue; ``pixels`` how many it has."""

    number: int
    bounds: Bounds
    colour: tuple[int, int, int]
    pixels: int


@dataclass(frozen=True, slots=True)
class Box:
    """``filled``: the share of its bounds inside its outline, 1 for a square, 0.79 for a circle; ``colour``: within."""

    bounds: Bounds
    filled: float
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Writing:
    """One word's bounds, the colour of its ink, and whether a line runs under it."""

    bounds: Bounds
    colour: tuple[int, int, int]
    underlined: bool


@dataclass(frozen=True)
class Found:
    """``numbers`` ``(h, w)`` says for each pixel in which area it is, 0 for none; ``lines`` whether it is of a line."""

    areas: list[Area]
    boxes: list[Box]
    writing: list[Writing]
    numbers: Numbers
    lines: Mask


def find(frame: Image) -> Found:
    """Everything that stands out on ``frame``, ``(h, w, 3)`` uint8."""
    numbers, areas = _areas(frame)
    ink = numbers == 0
    boxes, taken = _boxes(frame, ink, areas)
    ink &= ~taken
    for area in areas:
        _unframe(ink, area.bounds)
    lines = _lines(frame, ink)
    return Found(areas, boxes, _writing(frame, ink, lines, numbers), numbers, lines)


def _areas(frame: Image) -> tuple[Numbers, list[Area]]:
    packed = (frame[..., 0].astype(np.int32) << 16) | (frame[..., 1].astype(np.int32) << 8) | frame[..., 2]
    height, width = packed.shape
    # Pixels at even places, and between two of one colour a bridge: what is connected then has one colour.
    bridged = np.zeros((2 * height - 1, 2 * width - 1), np.uint8)
    bridged[::2, ::2] = 1
    bridged[1::2, ::2] = packed[1:] == packed[:-1]
    bridged[::2, 1::2] = packed[:, 1:] == packed[:, :-1]
    flat = ndimage.label(bridged)[0][::2, ::2]
    # A square of one colour has the same number at all its corners and, being connected, is found by least and most.
    half = ROOM // 2
    least = ndimage.minimum_filter(flat, ROOM)
    most = ndimage.maximum_filter(flat, ROOM)
    inner = np.zeros_like(flat, bool)
    inner[half:-half, half:-half] = (least == most)[half:-half, half:-half]
    held = np.unique(flat[inner])
    kept = held[[max(side.stop - side.start for side in place) >= AREA_LEAST for place in _places(flat, held)]]
    renumbered = np.zeros(int(flat.max()) + 1, np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    numbers: Numbers = renumbered[flat]
    counts = np.bincount(numbers.ravel(), minlength=len(kept) + 1)
    areas = []
    for number, place in enumerate(ndimage.find_objects(numbers), start=1):
        row, column = np.argwhere(numbers[place] == number)[0]
        red, green, blue = (int(value) for value in frame[place][row, column])
        areas.append(Area(number, _bounds(place), (red, green, blue), int(counts[number])))
    return numbers, areas


def _places(flat: Numbers, held: Numbers) -> list[tuple[slice, ...]]:
    """The bounds of those regions of ``flat`` that are ``held``, which are few of many."""
    few = np.zeros(int(flat.max()) + 1, np.int32)
    few[held] = np.arange(1, len(held) + 1)
    return list(ndimage.find_objects(few[flat]))


def _boxes(frame: Image, ink: Mask, areas: list[Area]) -> tuple[list[Box], Mask]:
    """Ink that closes something small and about as wide as high; and all pixels of those.

    What crosses the edge of a small area is a sign on a button, with the button's frame.
    """
    marks, _ = ndimage.label(ink, np.ones((3, 3), int))
    boxes, taken = [], np.zeros_like(ink)
    for number, place in enumerate(ndimage.find_objects(marks), start=1):
        rows, columns = (side.stop - side.start for side in place)
        if not (BOX_LEAST <= rows <= BOX_MOST and BOX_LEAST <= columns <= BOX_MOST and abs(rows - columns) <= 3):
            continue
        outline = ndimage.binary_fill_holes(marks[place] == number)
        filled = float(outline.mean())
        if filled >= 0.7 and not any(_cross(area.bounds, _bounds(place)) for area in areas):
            middle = frame[place][rows // 2, columns // 2]
            boxes.append(Box(_bounds(place), filled, (int(middle[0]), int(middle[1]), int(middle[2]))))
            taken[place] |= outline
    return boxes, taken


def _cross(area: Bounds, box: Bounds) -> bool:
    """Whether they overlap, the area being neither inside the box nor the ground that it is on."""
    across = min(area[2], box[2]) - max(area[0], box[0])
    down = min(area[3], box[3]) - max(area[1], box[1])
    inside = area[0] >= box[0] and area[1] >= box[1] and area[2] <= box[2] and area[3] <= box[3]
    around = area[2] - area[0] > 2 * BOX_MOST or area[3] - area[1] > 2 * BOX_MOST
    return across > 0 and down > 0 and not inside and not around


def _unframe(ink: Mask, bounds: Bounds) -> None:
    """Take away the frame around an area, so that letters which touch it come free."""
    left, top, right, bottom = bounds
    for away in range(1, FRAME):
        for row in (top - away, bottom - 1 + away):
            if 0 <= row < ink.shape[0]:
                ink[row, max(0, left - FRAME) : right + FRAME] = False
        for column in (left - away, right - 1 + away):
            if 0 <= column < ink.shape[1]:
                ink[max(0, top - FRAME) : bottom + FRAME, column] = False


def _lines(frame: Image, ink: Mask) -> Mask:
    same = np.zeros_like(ink)
    same[:, 1:] = (frame[:, 1:] == frame[:, :-1]).all(axis=2)
    lines: Mask = ndimage.binary_opening(ink & same, np.ones((1, LINE_LEAST)))
    # The first pixel of each has none before it to be like.
    lines[:, :-1] |= lines[:, 1:] & ink[:, :-1]
    return lines


def _writing(frame: Image, ink: Mask, lines: Mask, numbers: Numbers) -> list[Writing]:
    runs = [_bounds(place) for place in ndimage.find_objects(ndimage.label(lines)[0])]
    # Some letters touch the line under them.
    marks, _ = ndimage.label(ink & ~lines, np.ones((3, 3), int))
    letters = []
    for place in ndimage.find_objects(marks):
        left, top, right, bottom = one = _bounds(place)
        if bottom - top <= LETTER_MOST and right - left <= 2 * LETTER_MOST and (right - left) * (bottom - top) > 3:
            letters.append(one)
    words = _words(letters)
    return [Writing(one, _ink_colour(frame, numbers, one), any(_under(line, one) for line in runs)) for one in words]


def _words(letters: Sequence[Bounds]) -> list[Bounds]:
    """Join letters that stand beside each other, and dots with what is below them: from left to right."""
    words: list[Bounds] = []
    of_word: dict[int, list[Bounds]] = {}
    near: list[tuple[Bounds, int]] = []
    fresh = itertools.count()
    for one in sorted(letters)[:LETTERS_LIMIT]:
        near = [(other, number) for other, number in near if other[2] + LETTER_MOST * WORD_GAP >= one[0]]
        numbers = {number for other, number in near if _of_one_word(other, one)}
        number = min(numbers, default=next(fresh))
        joined = [one, *(each for other in numbers for each in of_word.pop(other))]
        of_word[number] = joined
        near = [(other, number if at in numbers else at) for other, at in near] + [(one, number)]
    for found in of_word.values():
        lefts, tops, rights, bottoms = zip(*found, strict=True)
        words.append((min(lefts), min(tops), max(rights), max(bottoms)))
    return [one for one in words if max(one[3] - one[1], one[2] - one[0]) > SIGN_LEAST][:WORDS_LIMIT]


def _of_one_word(one: Bounds, other: Bounds) -> bool:
    high = max(one[3] - one[1], other[3] - other[1])
    beside = max(one[0], other[0]) - min(one[2], other[2])
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    least = min(one[3] - one[1], other[3] - other[1])
    if beside < 0 and overlap >= -DOT_GAP and least < 0.4 * high:
        # A dot or an accent above its letter.
        return True
    return beside <= max(WORD_GAP_LEAST, WORD_GAP * high) and overlap >= 0.5 * least


def _under(line: Bounds, word: Bounds) -> bool:
    return -4 <= line[1] - word[3] <= 6 and min(line[2], word[2]) - max(line[0], word[0]) > 0.6 * (word[2] - word[0])


def _ink_colour(frame: Image, numbers: Numbers, bounds: Bounds) -> tuple[int, int, int]:
    """The colour of most of what is far from the ground, which is the area around it."""
    left, top, right, bottom = bounds
    around = slice(max(0, top - 2), bottom + 2), slice(max(0, left - 2), right + 2)
    flat = frame[around][numbers[around] > 0]
    piece = frame[top:bottom, left:right].reshape(-1, 3).astype(np.int32)
    away = np.abs(piece - np.median(flat if len(flat) else piece, axis=0)).sum(axis=1)
    red, green, blue = (int(value) for value in np.median(piece[away >= FAR * away.max()], axis=0))
    return red, green, blue


def _bounds(place: tuple[slice, ...]) -> Bounds:
    rows, columns = place
    return int(columns.start), int(rows.start), int(columns.stop), int(rows.stop)
