"""What is told of a change, and of a place that an action may have been at? Numbers for the networks; pure.

Nothing tells where on the screen anything is: what is learnt in one window holds in another.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.lab.model.screen_changes import Box, Change

Kind = str
KINDS: tuple[Kind, ...] = ("click", "double_click", "drag", "scroll_up", "scroll_down", "type", "key")
PLACED = KINDS[:5]
"""Kinds of action that are done at a place."""
SCROLLS = ("scroll_up", "scroll_down")
Rows = NDArray[np.float32]

AROUND = 2
"""So many changes before and after are looked at, too."""
TOLD = 3
"""Of so many boxes of a change more is told than where all lie."""
LONGEST_S = 3.0
AGAIN_S, AGAIN_CHANGES, ALIKE = 10.0, 40, 0.5
"""A place changed again where a box shares so much with one of so many changes before or after, at most so long away:
a caret blinks, what is marked was marked by the last click.
"""
BACK_NS, ON_NS = 1_500 * MILLISECOND_NS, 400 * MILLISECOND_NS
"""An action's place is looked for in what changed so long before and after: what the pointer comes to lights up."""
CHANGES_BACK = 6
ANCHORS = ((0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""Of each box: its middle, its corners."""


@dataclass(frozen=True)
class Places:
    """Where an action may have been: ``points`` ``(n, 2)`` in screen pixels; ``rows``: what is told of each."""

    points: Rows
    rows: Rows


def change_rows(changes: Sequence[Change]) -> Rows:
    """What is told of each change and of those around it, ``(n, features)``."""
    own = [_own(one, again(changes, at, one.boxes[:TOLD])) for at, one in enumerate(changes)]
    nobody = [0.0] * OWN
    made = np.zeros((len(changes), CHANGE_FEATURES), np.float32)
    for at, one in enumerate(changes):
        told: list[float] = []
        for other in range(at - AROUND, at + AROUND + 1):
            there = 0 <= other < len(changes)
            told += own[other] if there else nobody
            if other != at:
                told += _between(one, changes[other]) if there else [0.0, LONGEST_S, 0.0, 0.0, 0.0, 0.0]
        made[at] = told
    return made


def places(changes: Sequence[Change], at: int, kind: Kind) -> Places:
    """Where an action of ``kind`` (of :data:`PLACED`) may have been that the change number ``at`` shows."""
    now = changes[at]
    first = max(at - CHANGES_BACK, bisect_left(changes, now.time_ns - BACK_NS, key=_time))
    last = bisect_right(changes, now.time_ns + ON_NS, key=_time)
    seen = [(number, rank, box) for number in range(first, last) for rank, box in enumerate(changes[number].boxes)]
    repeated = {number: again(changes, number, changes[number].boxes) for number in range(first, last)}
    kinds = [float(kind == each) for each in PLACED]
    points, rows = [], []
    for number, rank, box in seen:
        one = changes[number]
        x, y = box.point(0.5, 0.5)
        told = [
            (now.time_ns - one.time_ns) / SECOND_NS,
            float(number == at),
            float(number > at),
            float(rank == 0),
            *_shape(box, one),
            *repeated[number][rank],
            max(box.shared(other) for other in now.boxes),
            sum(box.shared(other) > 0.8 for _, _, other in seen) / 4,
            sum(other.covers(x, y) for _, _, other in seen) / 4,
            float(any(other.covers(x, y) for other in now.boxes)),
            *kinds,
        ]
        for anchor, (across, down) in enumerate(ANCHORS):
            points.append(box.point(across, down))
            # A kind has anchors of its own: told as pairs, since a drag begins in a corner and a click does not.
            pairs = [float(anchor == each) * float(is_kind) for each in range(len(ANCHORS)) for is_kind in kinds]
            rows.append(told + pairs)
    return Places(np.array(points, np.float32), np.array(rows, np.float32))


def _time(change: Change) -> int:
    return change.time_ns


def again(changes: Sequence[Change], at: int, boxes: Sequence[Box]) -> Rows:
    """How soon before and after the change number ``at`` each of its ``boxes`` changed again, ``(boxes, 2)``: 1 at
    once, 0 never.
    """
    made = np.zeros((len(boxes), 2), np.float32)
    own = _corners(boxes)
    for side, others in ((0, range(at - 1, at - 1 - AGAIN_CHANGES, -1)), (1, range(at + 1, at + 1 + AGAIN_CHANGES))):
        for other in others:
            if not 0 <= other < len(changes):
                break
            apart_s = abs(changes[other].time_ns - changes[at].time_ns) / SECOND_NS
            if apart_s > AGAIN_S or made[:, side].all():
                break
            alike = (_shares(own, _corners(changes[other].boxes)) > ALIKE).any(axis=1)
            made[alike & (made[:, side] == 0), side] = math.exp(-apart_s)
    return made


def _corners(boxes: Sequence[Box]) -> Rows:
    return np.array([(b.left, b.top, b.left + b.width, b.top + b.height) for b in boxes], np.float32)


def _shares(own: Rows, others: Rows) -> Rows:
    """Intersection over union of each with each."""
    sides = np.minimum(own[:, None, 2:], others[None, :, 2:]) - np.maximum(own[:, None, :2], others[None, :, :2])
    common = sides.clip(min=0).prod(axis=2)
    areas = [(each[:, 2:] - each[:, :2]).prod(axis=1) for each in (own, others)]
    shared: Rows = common / (areas[0][:, None] + areas[1][None, :] - common)
    return shared


def _own(one: Change, repeated: Rows) -> list[float]:
    largest = one.boxes[0]
    left, top = min(box.left for box in one.boxes), min(box.top for box in one.boxes)
    right = max(box.left + box.width for box in one.boxes)
    bottom = max(box.top + box.height for box in one.boxes)
    told = [
        1.0,
        len(one.boxes) / 8,
        (right - left) / one.width,
        (bottom - top) / one.height,
        math.log1p(sum(box.changed for box in one.boxes)) / 10,
        float(one.shift > 0) * one.moved,
        float(one.shift < 0) * one.moved,
        min(abs(one.shift), 200) / 100,
    ]
    for rank in range(TOLD):
        if rank < len(one.boxes):
            box = one.boxes[rank]
            told += [*_shape(box, one), *(float(each) for each in repeated[rank])]
            told += [_limited(box.left - largest.left), _limited(box.top - largest.top)]
        else:
            told += [0.0] * (_SHAPE + 4)
    return told


def _shape(box: Box, one: Change) -> list[float]:
    area = box.width * box.height
    return [
        math.log1p(box.width) / 5,
        math.log1p(box.height) / 5,
        area / (one.width * one.height),
        box.changed / area,
        box.lit / 100,
        abs(box.lit) / 100,
    ]


def _between(one: Change, other: Change) -> list[float]:
    mine, its = one.boxes[0], other.boxes[0]
    apart_s = abs(one.time_ns - other.time_ns) / SECOND_NS
    return [
        1.0,
        min(apart_s, LONGEST_S),
        math.exp(-4 * apart_s),
        max(box.shared(its) for box in one.boxes),
        _limited(its.left + its.width - mine.left - mine.width),
        _limited(its.top - mine.top),
    ]


def _limited(pixels: int) -> float:
    return max(-60, min(60, pixels)) / 30


_SAMPLE = Change(0, 8, 8, (Box(0, 0, 8, 8, 64, 0.0),), 0, 0.0)
_SHAPE = len(_shape(_SAMPLE.boxes[0], _SAMPLE))
OWN = len(_own(_SAMPLE, np.zeros((1, 2), np.float32)))
CHANGE_FEATURES = (2 * AROUND + 1) * OWN + 2 * AROUND * len(_between(_SAMPLE, _SAMPLE))
PLACE_FEATURES = places([_SAMPLE], 0, "click").rows.shape[1]
