"""Where are the lines of text, and how is a plane told line by line?

How often neighbouring pixels of a row differ goes up and down with the lines: much ink within them, little between. The
distance at which that repeats best is the height of a line, and the lines begin where there is least ink. A wrong guess
costs bytes, never a pixel: the patch says which bands it was told in.
"""

import numpy as np
from numpy.typing import NDArray

ONE_LINE_ROWS = 40
"""What is no higher is one line."""
LEAST_ROWS, MOST_ROWS = 8, 48
"""The heights of a line that are looked for."""
LEAST_LIKENESS = 0.2
"""How well the ink must repeat, of 1 at most, for there to be lines at all."""
NEARLY = 0.9
"""A smaller height that repeats nearly as well is taken: two lines repeat as well as one."""


def line_bands(plane: NDArray[np.uint8]) -> tuple[int, int]:
    """``band`` and ``band_from`` (see ``formats.screen_patch``) for a plane of (height, width); (0, 0): row by row."""
    height, width = plane.shape
    if height <= ONE_LINE_ROWS:
        return (height, 0) if height >= LEAST_ROWS and width >= LEAST_ROWS else (0, 0)
    ink = np.count_nonzero(plane[:, 1:] != plane[:, :-1], axis=1).astype(np.float64)
    waves = ink - ink.mean()
    strength = float(waves @ waves)
    if not strength:
        return 0, 0
    heights = range(LEAST_ROWS, min(MOST_ROWS, height // 2) + 1)
    likeness = [float(waves[rows:] @ waves[:-rows]) / (strength * (1 - rows / height)) for rows in heights]
    best = max(likeness)
    if best < LEAST_LIKENESS:
        return 0, 0
    band = next(rows for rows, alike in zip(heights, likeness, strict=True) if alike >= NEARLY * best)
    lines = ink[: height // band * band].reshape(-1, band).sum(axis=0)
    return band, int(np.argmin(lines + np.roll(lines, 1)))


def in_bands(plane: NDArray[np.uint8], band: int, band_from: int) -> None:
    """Put the bytes of ``plane``, contiguous (height, width), into the order of its bands, in place."""
    if not plane.any():
        return
    height, width = plane.shape
    rows, told, place = plane.copy(), plane.reshape(-1), 0
    whole = (height - band_from) // band
    end = band_from + whole * band
    for first, last, count in ((0, band_from, 1), (band_from, end, whole), (end, height, 1)):
        if first < last:
            size = (last - first) * width
            part = rows[first:last].reshape(count, -1, width)
            told[place : place + size].reshape(count, width, -1)[:] = part.transpose(0, 2, 1)
            place += size
