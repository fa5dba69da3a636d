"""What changed on the screen, from one frame to the next?

Boxes around what changed, and whether what is in the largest of them, and above and below it, only moved up or down.
Nothing else is kept of the pixels, so that an hour of screens fits in memory. A pointer drawn into the frames would be
a change like any other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from aboveboard.lab.model.sight import Image

CELL = 8
"""Changes are told by squares of so many pixels; those that touch are one box."""
BOXES_LIMIT = 8
"""Of one change only the largest boxes are kept."""
FEW = 3
"""In a film with loss fewer pixels than this of a square are noise."""
SHIFT_LIMIT = 600
SHIFT_ROWS = 12
"""Of fewer rows than this nobody can say whether they moved."""


@dataclass(frozen=True)
class Box:
    """Pixels ``[left, left+width) × [top, top+height)``; ``changed`` of them changed, brighter by ``lit`` (−255 to 255)
    on average.
    """

    left: int
    top: int
    width: int
    height: int
    changed: int
    lit: float

    def point(self, across: float, down: float) -> tuple[float, float]:
        """The screen pixel at these shares of its width and height."""
        return self.left + across * self.width, self.top + down * self.height

    def covers(self, x: float, y: float) -> bool:
        """Is the pixel in it?"""
        return self.left <= x < self.left + self.width and self.top <= y < self.top + self.height

    def shared(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        common = max(0, across) * max(0, down)
        return common / (self.width * self.height + other.width * other.height - common)


@dataclass(frozen=True)
class Change:
    """At ``time_ns`` the screen of ``width`` × ``height`` pixels began to look otherwise.

    ``boxes``: the largest first, never none. ``shift``: by how many pixels what is in the largest, and in those above
    and below it, moved up (scrolled down: > 0), 0 if it did not; ``moved`` which share of the rows says so.
    """

    time_ns: int
    width: int
    height: int
    boxes: tuple[Box, ...]
    shift: int
    moved: float


def changes(frames: Iterable[tuple[int, Image]], *, noise: int = 0) -> Iterator[Change]:
    """The changes between frames ``(time in ns, (h, w, 3) uint8 RGB)``, which are in order.

    Where the screen gets another size, nothing can be said of that change. ``noise``: a film with loss changes a pixel
    by so much without anything having happened; each frame is then held against the last one that had changed.
    """
    last: Image | None = None
    for time_ns, frame in frames:
        found = None
        if last is not None and last.shape == frame.shape:
            found = _change(time_ns, last, frame, noise)
            if found is not None:
                yield found
        if found is not None or last is None or last.shape != frame.shape:
            last = frame


def _change(time_ns: int, before: Image, after: Image, noise: int) -> Change | None:
    differs = _differs(before, after, noise)
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return None
    # Only where anything changed is looked at any closer: most changes are small.
    top, left = int(rows[0]) // CELL * CELL, int(columns[0]) // CELL * CELL
    bottom, right = int(rows[-1]) + 1, int(columns[-1]) + 1
    part = differs[top:bottom, left:right]
    lit = after[top:bottom, left:right].sum(axis=2, dtype=np.int32) - before[top:bottom, left:right].sum(axis=2)
    marks, _ = ndimage.label(_cells(part), structure=np.ones((3, 3)))
    boxes = []
    for down, across in ndimage.find_objects(marks):
        inside = np.s_[down.start * CELL : down.stop * CELL, across.start * CELL : across.stop * CELL]
        boxes.append(_box(part[inside], lit[inside], left + across.start * CELL, top + down.start * CELL))
    boxes.sort(key=lambda box: -box.changed)
    shift, moved = _shift(before, after, column(boxes), noise)
    return Change(time_ns, after.shape[1], after.shape[0], tuple(boxes[:BOXES_LIMIT]), shift, moved)


def _differs(before: Image, after: Image, noise: int) -> NDArray[np.bool_]:
    if not noise:
        return np.asarray(np.not_equal(before, after).any(axis=2))
    differs = np.asarray((np.maximum(before, after) - np.minimum(before, after) > noise).any(axis=2))
    down, across = (range(0, side, CELL) for side in differs.shape)
    many = np.add.reduceat(np.add.reduceat(differs, down, axis=0, dtype=int), across, axis=1) >= FEW
    differs &= np.kron(many, np.ones((CELL, CELL), bool))[: differs.shape[0], : differs.shape[1]]
    return differs


def _cells(differs: NDArray[np.bool_]) -> NDArray[np.bool_]:
    height, width = (-(-side // CELL) * CELL for side in differs.shape)
    whole = np.zeros((height, width), bool)
    whole[: differs.shape[0], : differs.shape[1]] = differs
    found: NDArray[np.bool_] = np.any(whole.reshape(height // CELL, CELL, width // CELL, CELL), axis=(1, 3))
    return found


def _box(differs: NDArray[np.bool_], lit: NDArray[np.int32], left: int, top: int) -> Box:
    """As tight as the pixels allow. ``left``, ``top``: where the piece lies on the screen."""
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    return Box(
        left + int(columns[0]),
        top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
        int(differs.sum()),
        float(lit[differs].mean()) / 3,
    )


def column(boxes: Sequence[Box]) -> Box:
    """The largest box, as high as all that lie above and below it: lines of a text are boxes of their own."""
    first = boxes[0]
    like = [box for box in boxes if abs(box.left + box.width / 2 - first.left - first.width / 2) < first.width / 2]
    top, bottom = min(box.top for box in like), max(box.top + box.height for box in like)
    return replace(first, top=top, height=bottom - top)


def _shift(before: Image, after: Image, box: Box, noise: int) -> tuple[int, float]:
    """By how much the rows of ``box`` moved up, and the share of its telling rows that say so."""
    if box.height < SHIFT_ROWS:
        return 0, 0.0
    inside = np.s_[box.top : box.top + box.height, box.left : box.left + box.width]
    places: dict[int, int] = {}
    for place, row in enumerate(_rows(before[inside], noise)):
        places[row] = -1 if row in places else place
    votes: dict[int, int] = {}
    telling = 0
    for place, row in enumerate(_rows(after[inside], noise)):
        was = places.get(row)
        if was == -1:
            continue
        telling += 1
        if was is not None and abs(was - place) <= SHIFT_LIMIT:
            votes[was - place] = votes.get(was - place, 0) + 1
    shift = max(votes, key=lambda each: votes[each], default=0)
    moved = votes.get(shift, 0) / max(telling, SHIFT_ROWS)
    return (shift, moved) if shift else (0, 0.0)


def _rows(pixels: Image, noise: int) -> list[int]:
    """A number for each row; rows that look alike have the same: with ``noise``, where the same places are dark."""
    if noise:
        grey = pixels.mean(axis=2)
        pixels = np.packbits(grey < np.median(grey) - noise, axis=1)
    return [hash(row.tobytes()) for row in np.ascontiguousarray(pixels)]
