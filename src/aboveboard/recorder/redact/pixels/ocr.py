"""What does a word say, by looking at its shape?

Tesseract, in this process, on one thread. It is slow (a third of a millisecond for a letter), so it is asked only for
words that nothing else knows, many at a time: they are put side by side on one line, dark on white whatever their
colours were, on the same foot and in the same size. Where it cannot be loaded nothing is read, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.redact.pixels.strips import Levels, height_of, spans, strong_columns

TESSDATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
LANGUAGE = "eng"
SIZES = ((22, 2.0), (30, 1.5), (50, 1.0))
"""Up to this height in pixels a line is enlarged so much; a higher one is brought to ``TARGET``."""
TARGET = 44
GAP = 0.7
"""Between two words, in heights."""
SPACE_LEAST, SPACE_CERTAIN, SINGLE_LEAST = 0.25, 0.36, 0.45
"""In heights: no space is narrower; so wide a gap is one; and both in what is one word by the gaps beside it."""
SURE, SURE_ALONE = 40, 70
"""Of 100: with less it is not known what the word says; what was not read among others has to be surer alone."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A word to be read: how far its pixels are from the ground, and the row of its foot.

    ``single``: by the gaps beside it, there is no space in it.
    """

    levels: Levels
    foot: int
    single: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """``text`` may be empty: nothing was seen. ``sure``: 0 to 100.

    ``cuts``: where the text has spaces, the columns of the shape that they are in; empty if that is not clear.
    """

    text: str
    sure: float
    cuts: tuple[int, ...] = ()


class _Letter(NamedTuple):
    """``middle``: share of the word's width. ``begins``: OCR sees a space before it. ``sure``: of the word it is in."""

    text: str
    middle: float
    begins: bool
    sure: float


class Ocr:
    """Reads words. Used by one thread. Raises :class:`SetupMissing` where there is nothing to read with."""

    def __init__(self, language: str = LANGUAGE) -> None:
        folder = next((path for path in TESSDATA if Path(path, f"{language}.traineddata").is_file()), None)
        if folder is None:
            raise SetupMissing(
                "text on the screen cannot be read", cause="tesseract-ocr-eng is missing", fix="make setup"
            )
        try:
            import tesserocr
        except ImportError as error:
            raise SetupMissing(
                "text on the screen cannot be read", cause="the Python package tesserocr is missing", fix="make setup"
            ) from error
        self._levels = tesserocr.RIL
        self._program: Any = tesserocr.PyTessBaseAPI(path=folder, lang=language, psm=tesserocr.PSM.SINGLE_LINE)
        self._program.SetVariable("tessedit_do_invert", "0")

    def read(self, shapes: Sequence[Shape], *, alone: bool = False) -> list[Guess]:
        """What each of ``shapes`` says, of one line height roughly. ``alone``: it is one, to be seen larger."""
        sheet, places = sheet_of(shapes, scale=1.5 if alone else 1.0)
        self._program.SetImage(Image.fromarray(sheet))
        self._program.SetSourceResolution(150)
        self._program.Recognize()
        return [_spaced(letters, shape) for letters, shape in zip(self._letters(places), shapes, strict=True)]

    def close(self) -> None:
        """Give its memory back."""
        self._program.End()

    def _letters(self, places: Sequence[tuple[int, int]]) -> list[list[_Letter]]:
        """Each letter that was seen, to the word whose place it is in."""
        found: list[list[_Letter]] = [[] for _ in places]
        bounds = [(one[1] + other[0]) / 2 for one, other in pairwise(places)]
        letters = self._program.GetIterator()
        while letters is not None:
            box = letters.BoundingBox(self._levels.SYMBOL)
            text = (letters.GetUTF8Text(self._levels.SYMBOL) or "").strip() if box else ""
            if text:
                middle = (box[0] + box[2]) / 2
                at = int(np.searchsorted(bounds, middle))
                left, right = places[at]
                begins = bool(letters.IsAtBeginningOf(self._levels.WORD))
                sure = float(letters.Confidence(self._levels.WORD))
                found[at].append(_Letter(text, (middle - left) / (right - left), begins, sure))
            if not letters.Next(self._levels.SYMBOL):
                break
        return found


def sheet_of(shapes: Sequence[Shape], *, scale: float = 1.0) -> tuple[NDArray[np.uint8], list[tuple[int, int]]]:
    """All of them side by side, dark on white; and the columns from and to where each one is."""
    height = max(shape.levels.shape[0] for shape in shapes)
    enlarged = scale * next((factor for most, factor in SIZES if height <= most), TARGET / height)
    pictures = [_picture(shape.levels, enlarged) for shape in shapes]
    feet = [round(shape.foot * enlarged) for shape in shapes]
    margin, gap = max(8, round(6 * enlarged)), round(height * enlarged * GAP)
    above, below = max(feet), max(one.shape[0] - foot for one, foot in zip(pictures, feet, strict=True))
    width = sum(one.shape[1] for one in pictures) + gap * (len(pictures) - 1) + 2 * margin
    sheet = np.full((above + max(below, 0) + 2 * margin, width), 255, np.uint8)
    places, left = [], margin
    for one, foot in zip(pictures, feet, strict=True):
        top = margin + above - foot
        sheet[top : top + one.shape[0], left : left + one.shape[1]] = one
        places.append((left, left + one.shape[1]))
        left += one.shape[1] + gap
    return sheet, places


def _spaced(letters: Sequence[_Letter], shape: Shape) -> Guess:
    """The text of ``letters``, with spaces where the ink has gaps for them.

    OCR makes up spaces where there is no gap, and overlooks some where there is one. Where letters and ink do not fit
    together there are no cuts: the ink is then covered as a whole.
    """
    if not letters:
        return Guess("", 0.0)
    height, width = height_of(shape.levels), shape.levels.shape[1]
    least = (SINGLE_LEAST if shape.single else SPACE_LEAST) * height
    certain = (SINGLE_LEAST if shape.single else SPACE_CERTAIN) * height
    starts, ends = spans(~strong_columns(shape.levels.max(axis=0)))
    text, cuts = letters[0].text, []
    for before, after in pairwise(letters):
        between = [
            (end - start, (start + end) // 2)
            for start, end in zip(starts, ends, strict=True)
            if before.middle * width <= (start + end) / 2 <= after.middle * width
        ]
        gap, middle = max(between, default=(0, 0))
        if gap >= (least if after.begins else certain):
            text += " "
            cuts.append(middle)
        text += after.text
    return Guess(text, min(letter.sure for letter in letters), tuple(cuts) if sorted(set(cuts)) == cuts else ())


def _picture(levels: Levels, enlarged: float) -> NDArray[np.uint8]:
    strongest = max(int(levels.max()), 1)
    dark = (255 - levels.astype(np.uint16) * 255 // strongest).astype(np.uint8)
    height, width = dark.shape
    size = (max(1, round(width * enlarged)), max(1, round(height * enlarged)))
    return np.asarray(Image.fromarray(dark).resize(size, Image.Resampling.BICUBIC))
