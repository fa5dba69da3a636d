"""Where are photographs and moving pictures?

1. Blocks that are like a photograph make the box of one (``photographs``).
2. That box grows over what is less lively (a sky) to where the pixels are at rest: the picture's edge.
3. A picture that has changed in one place at several looks is moving, and stays covered through what is flat in it
   until nothing has changed there for a while.

Blocks are remembered, and only those in what changed are looked at again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.boxes import Boxes
from aboveboard.recorder.redact.pixels.ink import Mask, Words
from aboveboard.recorder.redact.pixels.photographs import BLOCK, Blocks
from aboveboard.recorder.redact.scope import intersect, subtract

REACH_SHARE, REACH = 0.5, 32
"""How far a box may grow on each side: this share of its size, and so many pixels."""
REST, REST_LINES, PLAIN_LINES = 0.95, 9, 2
"""A line of pixels is at rest if this share of it equals the line before. So many of them are an edge, or fewer if as
much of each is of one colour: a picture that was packed small has rows of flat blocks in it."""
FIRST_LINES = 40
"""So many are looked at before all: an edge is mostly near."""
HELD = 0.6
"""The share of lively blocks in a part of a picture; of a line of text it is half at most."""
LARGE = 64
"""Pixels on both sides: a smaller picture is not watched for movement."""
MOVING, STILL_NS = 3, 2 * SECOND_NS
"""So many looks with changes in one place are a moving picture, until it has not changed for so long."""


@dataclass(slots=True)
class _Watched:
    """A place where a picture is or was: how often it changed, and when last."""

    rect: Rect
    changes: int
    changed_ns: int


class Pictures:
    """Follows one screen. Used by one thread."""

    def __init__(self) -> None:
        self._shape, self._blocks = (0, 0), Blocks(0, 0)
        self._grown: dict[Rect, Rect] = {}
        """Each box of blocks that are a picture, and the picture's own."""
        self._watched: list[_Watched] = []

    def places(self, pixels: Words, changed: Sequence[Rect] | None, time_ns: int) -> list[Rect]:
        """Where pictures are on the screen ``pixels`` at ``time_ns``, of which ``changed`` (``None``: all) is new."""
        height, width = pixels.shape
        if changed is None or self._shape != pixels.shape:
            self._shape, self._grown, self._watched = pixels.shape, {}, []
            self._blocks = Blocks(height, width)
            changed = [Rect(0, 0, width, height)]
        before = self._grown
        found = self._blocks.boxes() if self._blocks.look(pixels, changed) else list(before)
        near = Boxes([_reached(box) for box in found]).touching_any(changed) if found else ()
        self._grown = {
            box: _grown(pixels, box) if box not in before or _reached(box) in near else before[box] for box in found
        }
        self._watch(changed, time_ns)
        moving = (one.rect for one in self._watched if one.changes >= MOVING)
        return list(dict.fromkeys([*self._grown.values(), *moving]))

    def holds(self, rect: Rect) -> bool:
        """Is ``rect`` part of a picture that is there now, and no text between or beside pictures?"""
        top, left = rect.y // BLOCK, rect.x // BLOCK
        part = self._blocks.lively[top : -(-(rect.y + rect.height) // BLOCK), left : -(-(rect.x + rect.width) // BLOCK)]
        within = any(not subtract(rect, box) for box in self._grown.values())
        return within and bool(part.size) and bool(part.mean() >= HELD)

    @property
    def waiting(self) -> bool:
        """Is something covered only for what was there a moment ago?"""
        found = set(self._grown.values())
        return any(one.changes >= MOVING and one.rect not in found for one in self._watched)

    def _watch(self, changed: Sequence[Rect], time_ns: int) -> None:
        kept: list[_Watched] = []
        for one in self._watched:
            if any(_mostly(one.rect, rect) for rect in changed):
                one.changes, one.changed_ns = one.changes + 1, time_ns
            if 0 <= time_ns - one.changed_ns < STILL_NS:
                kept.append(one)
        for rect in self._grown.values():
            if min(rect.width, rect.height) >= LARGE and not any(_mostly(rect, one.rect) for one in kept):
                kept.append(_Watched(rect, 0, time_ns))
        self._watched = kept


def _reached(box: Rect) -> Rect:
    """All that is looked at when ``box`` grows, or more."""
    wide, high = _reach(box.width), _reach(box.height)
    return Rect(box.x - wide, box.y - high, box.width + 2 * wide, box.height + 2 * high)


def _reach(side: int) -> int:
    return round(side * REACH_SHARE) + REACH


def _grown(pixels: Words, box: Rect) -> Rect:
    """``box`` out to the edges of the picture that it is in."""
    height, width = pixels.shape
    wide, high = _reach(box.width), _reach(box.height)
    left, top, right, below = box.x, box.y, box.x + box.width, box.y + box.height
    for _ in range(2):
        top -= _until_rest(pixels[max(box.y - high, 0) : top + 1, left:right][::-1])
        below += _until_rest(pixels[below - 1 : min(box.y + box.height + high, height), left:right])
        left -= _until_rest(pixels[top:below, max(box.x - wide, 0) : left + 1].T[::-1])
        right += _until_rest(pixels[top:below, right - 1 : min(box.x + box.width + wide, width)].T)
    return Rect(left, top, right - left, below - top)


def _until_rest(lines: NDArray[np.uint32]) -> int:
    """Of lines of pixels, the first within the picture: how many more belong to it?"""
    if len(lines) < 2:
        return 0
    if len(lines) > FIRST_LINES:
        near = _until_rest(lines[:FIRST_LINES])
        if near < FIRST_LINES - REST_LINES:
            return near
    rest = (lines[1:] == lines[:-1]).mean(axis=1) >= REST
    plain = rest & ((lines[1:, 1:] == lines[1:, :-1]).mean(axis=1) >= REST)
    at = np.flatnonzero(_runs_of(rest, REST_LINES) | _runs_of(plain, PLAIN_LINES))
    return int(at[0]) if at.size else len(rest)


def _runs_of(lines: Mask, count: int) -> Mask:
    """Where ``count`` marked lines begin, or as many as are left: at the edge of the screen one is enough."""
    begins = lines.copy()
    for place in range(1, count):
        begins[:-place] &= lines[place:]
    return begins


def _mostly(one: Rect, other: Rect) -> bool:
    """Do they share more than half of the larger one's pixels?"""
    both = intersect(one, other)
    larger = max(one.width * one.height, other.width * other.height)
    return both is not None and 2 * both.width * both.height > larger
