"""Into which rectangles is a change cut?

A patch costs about as much time as forty thousand unchanged pixels more in another one, and a hundred bytes. So
rectangles are joined unless keeping them apart saves more than that, and cut where it does.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect

PATCH_PIXELS = 24 * 1024
"""How many unchanged pixels may be told again to save one patch."""
GROUP_SPARSE = 2
"""Rectangles lie close together if the one around them has at most so many times their pixels."""
DEPTH_LIMIT = 5
"""Cuts within cuts: at most 32 rectangles."""


def area(rect: Rect) -> int:
    """In pixels."""
    return rect.width * rect.height


def around(rects: Sequence[Rect]) -> Rect:
    """The smallest rectangle that holds all of them."""
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.x + rect.width for rect in rects), max(rect.y + rect.height for rect in rects)
    return Rect(left, top, right - left, bottom - top)


def inside(inner: Rect, outer: Rect) -> bool:
    """Does ``outer`` hold all of ``inner``?"""
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


def overlap(one: Rect, other: Rect) -> Rect | None:
    """What both hold, if anything."""
    left, top = max(one.x, other.x), max(one.y, other.y)
    right, bottom = min(one.x + one.width, other.x + other.width), min(one.y + one.height, other.y + other.height)
    return Rect(left, top, right - left, bottom - top) if right > left and bottom > top else None


def joined(rects: Sequence[Rect]) -> list[Rect]:
    """Disjoint ``rects``, or the one around them if that tells few pixels more."""
    if len(rects) < 2:
        return list(rects)
    one = around(rects)
    return [one] if area(one) - sum(map(area, rects)) <= PATCH_PIXELS * (len(rects) - 1) else list(rects)


def grouped(rects: Sequence[Rect]) -> list[list[int]]:
    """Which of ``rects`` lie close together: groups of their places in it, each place once."""
    groups: list[list[int]] = []
    for place, rect in enumerate(rects):
        for group in groups:
            together = [rects[one] for one in group] + [rect]
            if area(around(together)) <= GROUP_SPARSE * sum(map(area, together)):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def tight_rects(differs: NDArray[np.bool_]) -> list[Rect]:
    """Disjoint rectangles, relative to the array's corner, that hold every true place."""
    height, width = differs.shape
    found: list[Rect] = []
    _cut(differs, Rect(0, 0, width, height), found, DEPTH_LIMIT)
    return found


def _cut(differs: NDArray[np.bool_], rect: Rect, found: list[Rect], depth: int) -> None:
    part = differs[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not rows.size:
        return
    left, top = rect.x + int(columns[0]), rect.y + int(rows[0])
    tight = Rect(left, top, int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1)
    if depth and area(tight) > PATCH_PIXELS:
        row, empty_rows = _widest_gap(rows)
        column, empty_columns = _widest_gap(columns)
        if max(empty_rows * tight.width, empty_columns * tight.height) > PATCH_PIXELS:
            for half in _halves(rect, row, column, by_rows=empty_rows * tight.width > empty_columns * tight.height):
                _cut(differs, half, found, depth - 1)
            return
    found.append(tight)


def _halves(rect: Rect, row: int, column: int, *, by_rows: bool) -> tuple[Rect, Rect]:
    if by_rows:
        return Rect(rect.x, rect.y, rect.width, row), Rect(rect.x, rect.y + row, rect.width, rect.height - row)
    return Rect(rect.x, rect.y, column, rect.height), Rect(rect.x + column, rect.y, rect.width - column, rect.height)


def _widest_gap(places: NDArray[np.intp]) -> tuple[int, int]:
    """The first place after the widest stretch that is not in ``places`` (rising), and how wide it is."""
    if places.size < 2:
        return 0, 0
    steps = np.diff(places)
    widest = int(steps.argmax())
    return int(places[widest + 1]), int(steps[widest]) - 1
