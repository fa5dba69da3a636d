"""What was typed, by what appeared on the screen?

Letters appear one after another in a line. Of the boxes that changed while somebody typed, those of one line belong
together; the line that grew most often is read (Tesseract), as far as it changed.
"""

from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from aboveboard.lab.model.areas import Bounds
from aboveboard.lab.model.reading import Reader
from aboveboard.lab.model.screen_changes import Box, Change
from aboveboard.lab.model.sight import Image

LINE_PX = 48
"""Nothing that is higher is a line of text."""
LEAST_PX = 4
INK = 120
"""How far a pixel's colour is from the ground's, of 765, where something is written."""
THROUGH = 0.8
LETTER_PX, MORE = 12, 2
"""How far the last letter may stand beyond what grew, and how many may have come at last."""


def typed_line(changes: Sequence[Change]) -> Bounds | None:
    """Left, top, right and bottom of the line that grew most often in ``changes``; ``None`` where there is none."""
    lines: list[list[tuple[int, Box]]] = []
    for number, change in enumerate(changes):
        for box in change.boxes:
            if box.height <= LINE_PX:
                line = next((each for each in lines if _beside(each[-1][1], box)), None)
                if line is None:
                    lines.append([(number, box)])
                else:
                    line.append((number, box))
    grown = max(lines, key=_growth, default=None)
    if grown is None:
        return None
    boxes = [box for _, box in grown]
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.left + box.width for box in boxes), max(box.top + box.height for box in boxes)
    return left, top, right, bottom


def read_typed(reader: Reader, after: Image, changes: Sequence[Change], later: Image | None = None) -> str:
    """What was typed during ``changes``, as it stands in ``after``, ``(h, w, 3)``; "" where nothing can be read.

    ``later`` is the frame that followed soon, with another change: the last letter often shows only there, together
    with what the key after it did. It counts if it says the same and a letter or two more.
    """
    line = typed_line(changes)
    if line is None:
        return ""
    text = _read(reader, after, line)
    if text and later is not None and later.shape == after.shape:
        left, top, right, bottom = line
        more = _read(reader, later, (left, top, min(after.shape[1], right + LETTER_PX), bottom))
        if more.startswith(text) and len(more) <= len(text) + MORE:
            return more
    return text


def _read(reader: Reader, frame: Image, line: Bounds) -> str:
    left, top, right, bottom = line
    piece = frame[top:bottom, left:right].astype(np.int32)
    ink = np.abs(piece - np.median(piece.reshape(-1, 3), axis=0)).sum(axis=2) > INK
    # A caret, and the frame around a field, reach from one side to the other: no letter does.
    across, down = ink.mean(axis=1) > THROUGH, ink.mean(axis=0) > THROUGH
    rows, columns = np.flatnonzero(~across), np.flatnonzero(~down)
    if len(rows) < LEAST_PX or len(columns) < LEAST_PX:
        return ""
    lines = np.zeros(frame.shape[:2], bool)
    lines[top:bottom, left:right] = across[:, None] | down[None, :]
    bounds = left + int(columns[0]), top + int(rows[0]), left + int(columns[-1]) + 1, top + int(rows[-1]) + 1
    return reader.read(frame, bounds, lines)


def _growth(line: Sequence[tuple[int, Box]]) -> int:
    """In how many changes it reached further to the right than before: what only blinks or ticks does not."""
    reached = {number: box.left + box.width for number, box in line}
    return len(set(accumulate(reached.values(), max)))


def _beside(one: Box, other: Box) -> bool:
    """Are they in one line, and near each other?"""
    middle, other_middle = one.top + one.height / 2, other.top + other.height / 2
    apart = max(other.left - one.left - one.width, one.left - other.left - other.width)
    return abs(middle - other_middle) <= max(one.height, other.height) / 2 and apart <= LINE_PX
