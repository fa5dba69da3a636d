"""What is like a photograph?

Nobody is recognised here: a recogniser of faces misses some. A photograph is known by what it is made of. Its pixels
differ from those beside and above them nearly everywhere, unevenly, in many colours; text stands on a flat ground,
icons are flat inside, and a gradient goes on evenly. So, in blocks of ``BLOCK`` pixels:

1. nearly every pixel differs from its left and its upper neighbour (cheap, and enough for nearly all of a desktop);
2. of those that are left: the steps between pixels are uneven, and there are many colours, none of them a ground;
3. three by three blocks like that are a photograph, with all that (1) holds for and that lies within ``GAP`` blocks.

A drawing in few colours is none, and neither is what is smaller than some 32 pixels: so are icons.
"""

from collections.abc import Sequence

import numpy as np

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import Mask, Words, components

BLOCK = 8
LIVELY = 24
"""Of the 49 pixels of a block that have both neighbours in it: so many differ from both."""
LEAST = 3
"""Blocks in a row and in a column that make a picture: whatever is 32 pixels wide holds so many."""
UNEVEN = (1, 6, 0.4), (3, 8, 0.6)
"""Over so many pixels a step differs from the next by so many quarters of a level, in this share of a block. Of what is
out of focus, or was small and is shown large, the steps are uneven only over more than one pixel."""
COLOURS, ALIKE = 14, 16
"""So many colours a block has at least, and less than so many pixels of one of them: small text has its ground."""
GAP = 2
BAND, TOGETHER = 32, 1024
"""Rows of blocks, and blocks, that are looked at in one go: the arrays for it stay small."""
FILLED = 0.3
"""The share of blocks that are lively in the box of a picture. Of a looser shape (a frame) only its parts count."""


class Blocks:
    """The blocks of one screen. Only those in what changed are judged again."""

    def __init__(self, height: int, width: int) -> None:
        self.lively: Mask = np.zeros((height // BLOCK, width // BLOCK), np.bool_)
        """(1) holds for them."""
        self._alike = np.zeros_like(self.lively)
        self._judged = np.zeros_like(self.lively)
        """Of these it is known whether (2) holds; it is asked only of what may be part of a photograph."""

    def look(self, pixels: Words, changed: Sequence[Rect]) -> bool:
        """Judge those anew that ``changed`` touches in ``pixels``; may :meth:`boxes` be others now?"""
        rows, columns = self.lively.shape
        others = False
        for rect in changed:
            top, left = rect.y // BLOCK, rect.x // BLOCK
            below = min(-(-(rect.y + rect.height) // BLOCK), rows)
            right = min(-(-(rect.x + rect.width) // BLOCK), columns)
            if left >= right:
                continue
            for first in range(top, below, BAND):
                here = slice(first, min(first + BAND, below)), slice(left, right)
                lively = _lively(pixels[here[0].start * BLOCK : here[0].stop * BLOCK, left * BLOCK : right * BLOCK])
                others = others or not np.array_equal(self.lively[here], lively)
                self.lively[here], self._alike[here], self._judged[here] = lively, False, False
        wanted = np.argwhere(_squares(self.lively, LEAST) & ~self._judged)
        blocks = pixels[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
        for at in range(0, len(wanted), TOGETHER):
            down, aside = wanted[at : at + TOGETHER].T
            self._alike[down, aside], self._judged[down, aside] = _alike(blocks[down, :, aside]), True
        return others or bool(len(wanted))

    def boxes(self) -> list[Rect]:
        """The boxes, in pixels, of what hangs together in lively blocks and holds enough that are alike."""
        certain = _squares(self._alike, LEAST)
        if not certain.any():
            return []
        lively = certain | _squares(self.lively, LEAST - 1)
        found: list[Rect] = []
        for left, top, right, below in components(_wider(lively)).tolist():
            if not certain[top:below, left:right].any():
                continue
            part = lively[top:below, left:right]
            rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
            part = part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            x, y = left + int(columns[0]), top + int(rows[0])
            whole = [(0, 0, part.shape[1], part.shape[0])]
            boxes = whole if part.mean() >= FILLED else _runs(part)
            found += [Rect((x + a) * BLOCK, (y + b) * BLOCK, (c - a) * BLOCK, (d - b) * BLOCK) for a, b, c, d in boxes]
        return found


def _lively(pixels: Words) -> Mask:
    """Of ``pixels`` (whole blocks): in which blocks does nearly every pixel differ from its neighbours?"""
    height, width = pixels.shape
    differs = np.zeros((height, width), np.bool_)
    np.not_equal(pixels[1:, 1:], pixels[1:, :-1], out=differs[1:, 1:])
    differs[1:, 1:] &= pixels[1:, 1:] != pixels[:-1, 1:]
    differs[::BLOCK] = False
    differs[:, ::BLOCK] = False
    # Eight bytes at a time: at most eight in each after adding up, at most 49 in all of them.
    sums = differs.view(np.uint64).reshape(height // BLOCK, BLOCK, width // BLOCK).sum(axis=1)
    lively: Mask = (sums * np.uint64(0x0101010101010101)) >> np.uint64(56) >= LIVELY
    return lively


def _alike(blocks: Words) -> Mask:
    """Of (n, 8, 8) pixels: are the steps uneven, the colours many, and is none of them a ground?"""
    channels = blocks.view(np.uint8).reshape(*blocks.shape, 4)
    grey = channels[..., 1].astype(np.int16)
    grey *= 2
    grey += channels[..., 0]
    grey += channels[..., 2]
    uneven: Mask = np.zeros(len(blocks), np.bool_)
    for apart, least, share in UNEVEN:
        aside = np.abs(2 * grey[:, :, apart:-apart] - grey[:, :, : -2 * apart] - grey[:, :, 2 * apart :]) >= least
        under = np.abs(2 * grey[:, apart:-apart] - grey[:, : -2 * apart] - grey[:, 2 * apart :]) >= least
        uneven |= (aside.mean(axis=(1, 2)) + under.mean(axis=(1, 2))) / 2 >= share
    colours = np.sort(blocks.reshape(len(blocks), BLOCK * BLOCK) & np.uint32(0x00FFFFFF), axis=1)
    uneven &= (colours[:, 1:] != colours[:, :-1]).sum(axis=1) + 1 >= COLOURS
    uneven &= (colours[:, ALIKE - 1 :] != colours[:, : 1 - ALIKE]).all(axis=1)
    return uneven


def _runs(lively: Mask) -> list[tuple[int, int, int, int]]:
    """Each row of blocks by itself."""
    return [
        (left, at, right, at + 1)
        for at, row in enumerate(lively)
        for left, _, right, _ in components(row[np.newaxis]).tolist()
    ]


def _squares(blocks: Mask, side: int) -> Mask:
    """What is in squares of blocks of this side that are all marked."""
    full = blocks
    for _ in range(side - 1):
        full = full[1:] & full[:-1]
        full = full[:, 1:] & full[:, :-1]
    kept = np.zeros_like(blocks)
    kept[: len(full), : full.shape[1]] = full
    for _ in range(side - 1):
        kept[1:] |= kept[:-1].copy()
        kept[:, 1:] |= kept[:, :-1].copy()
    return kept


def _wider(blocks: Mask) -> Mask:
    """The same, half of ``GAP`` wider on each side."""
    wider = blocks.copy()
    for _ in range(GAP // 2):
        wider[1:] |= wider[:-1].copy()
        wider[:-1] |= wider[1:].copy()
        wider[:, 1:] |= wider[:, :-1].copy()
        wider[:, :-1] |= wider[:, 1:].copy()
    return wider
