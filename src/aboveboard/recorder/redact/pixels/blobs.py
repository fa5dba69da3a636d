"""Which pieces of ink are lines of text, which are pictures, and which belong together?

1. A frame around text (a button, a field) is taken off: it reaches further up and down than what is in it.
2. A tall piece is cut: without what stands upright in it, then where a row has little ink.
3. A small piece just over or under another belongs to it: the dot of an i, an accent.
4. What is still tall, a picture or letters as high as a hand, is a picture. Dots and bars are nothing.
"""

from itertools import pairwise

import numpy as np

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ink import Mask, blobs_of, without_rules

TALL = 26
"""Rows: a higher piece may be several lines."""
PICTURE = 72
"""Rows: a higher one is a picture."""
SHORT_RULE = 32
CUTS = 3
SPARSE = 0.1
"""A row with less than this share of what the fullest row has is between two lines."""
LINE_LEAST = 6
SMALL_HEIGHT, SMALL_WIDTH = 7, 30
DOT, DOT_LEAST = 0.5, 3
"""Of a line's height, and rows: a higher piece is no dot of it."""
SIDE = 5
"""Columns at each end in which a frame stands."""


def sort_out(edges: Mask, blobs: list[Rect]) -> tuple[list[Rect], list[Rect]]:
    """Lines and pictures, disjoint or nearly so, in order of their tops."""
    lines: list[Rect] = []
    pictures: list[Rect] = []
    for blob in blobs:
        _sort_one(edges, _without_frame(edges, blob), CUTS, lines, pictures)
    return _with_their_dots(lines), pictures


def _sort_one(edges: Mask, blob: Rect, cuts: int, lines: list[Rect], pictures: list[Rect]) -> None:
    if blob.width <= 2 or blob.height <= 1:
        return
    if blob.height <= TALL or not cuts:
        (lines if blob.height <= PICTURE else pictures).append(blob)
        return
    part = _area(edges, blob)
    inner = without_rules(part, rule=SHORT_RULE) if blob.height > SHORT_RULE else part
    pieces: list[Rect] = []
    for piece in blobs_of(inner):
        if piece.height < blob.height - 1:
            pieces.append(piece)
        else:
            cut = _cut_between_rows(_area(inner, piece))
            pieces += [Rect(piece.x + one.x, piece.y + one.y, one.width, one.height) for one in cut]
    if blob.height <= PICTURE and not _several_lines(pieces):
        lines.append(blob)
        return
    if not pieces and blob.height > PICTURE and min(blob.width, blob.height) > TALL:
        pictures.append(blob)
    for piece in pieces:
        moved = Rect(blob.x + piece.x, blob.y + piece.y, piece.width, piece.height)
        uncut = piece.height >= blob.height - 1
        _sort_one(edges, moved if uncut else _without_frame(edges, moved), 0 if uncut else cuts - 1, lines, pictures)


def _several_lines(pieces: list[Rect]) -> bool:
    """Is one of them under another? Else what was taken out may be the stems of large letters."""
    tall = [one for one in pieces if one.height >= LINE_LEAST]
    return bool(tall) and min(one.y + one.height for one in tall) <= max(one.y for one in tall)


def _cut_between_rows(part: Mask) -> list[Rect]:
    """Pieces of a mask that has ink in every row, cut where there is little; one piece if nowhere."""
    ink = part.sum(axis=1)
    dense = ink > max(2.0, ink.max() * SPARSE)
    starts = np.flatnonzero(dense & ~np.concatenate(([False], dense[:-1]))).tolist()
    ends = (np.flatnonzero(dense & ~np.concatenate((dense[1:], [False]))) + 1).tolist()
    bands = [(start, end) for start, end in zip(starts, ends, strict=True) if end - start >= LINE_LEAST]
    tops = [0, *((bands[at][1] + bands[at + 1][0]) // 2 for at in range(len(bands) - 1)), part.shape[0]]
    if len(bands) < 2:
        tops = [0, part.shape[0]]
    found = []
    for top, bottom in pairwise(tops):
        found += [Rect(one.x, top + one.y, one.width, one.height) for one in blobs_of(part[top:bottom])]
    return found


def _without_frame(edges: Mask, blob: Rect) -> Rect:
    """What is in a frame, if ``blob`` has one that leaves two rows free above and below."""
    if blob.width < 3 * SIDE or blob.height < LINE_LEAST + 4:
        return blob
    part = _area(edges, blob)
    upright = part.sum(axis=0) >= 0.8 * blob.height
    left, right = bool(upright[:SIDE].any()), bool(upright[-SIDE:].any())
    if not left and not right:
        return blob
    first, last = SIDE if left else 0, part.shape[1] - SIDE if right else part.shape[1]
    inner = part[:, first:last]
    rows = np.flatnonzero(inner.any(axis=1))
    if not rows.size:
        return blob
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if top < 2 or blob.height - bottom < 2:
        return blob
    columns = np.flatnonzero(inner.any(axis=0))
    return Rect(blob.x + first + int(columns[0]), blob.y + top, max(int(columns[-1] - columns[0]), 1), bottom - top)


def _with_their_dots(lines: list[Rect]) -> list[Rect]:
    small = [one for one in lines if one.height <= SMALL_HEIGHT and one.width <= SMALL_WIDTH]
    large = sorted((one for one in lines if one.height > SMALL_HEIGHT or one.width > SMALL_WIDTH), key=_top)
    if not small:
        return large
    boxes = np.array(large, np.intp).reshape(-1, 4)
    for dot in small:
        beside = (boxes[:, 0] < dot.x + dot.width) & (dot.x < boxes[:, 0] + boxes[:, 2])
        near_by = dot.height + 2
        over = (boxes[:, 1] <= dot.y + dot.height + near_by) & (dot.y <= boxes[:, 1] + boxes[:, 3] + near_by)
        over &= dot.height <= np.maximum(boxes[:, 3] * DOT, DOT_LEAST)  # else it may be a word in small letters
        near = np.flatnonzero(beside & over)
        if near.size:
            at = int(near[np.abs(boxes[near, 1] + boxes[near, 3] // 2 - dot.y).argmin()])
            large[at] = _around(large[at], dot)
            boxes[at] = large[at]
        else:
            large.append(dot)
            boxes = np.vstack((boxes, np.array([dot], np.intp)))
    return sorted(large, key=_top)


def _around(one: Rect, other: Rect) -> Rect:
    left, top = min(one.x, other.x), min(one.y, other.y)
    right, bottom = max(one.x + one.width, other.x + other.width), max(one.y + one.height, other.y + other.height)
    return Rect(left, top, right - left, bottom - top)


def _area(edges: Mask, rect: Rect) -> Mask:
    """Its part of ``edges``, with the column in which its last ink ends."""
    return edges[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width + 1]


def _top(rect: Rect) -> tuple[int, int]:
    return rect.y, rect.x
