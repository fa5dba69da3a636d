"""What does a piece of writing on the screen say?

Tesseract, in this process, a word at a time; what was read once is known by its pixels. Where an instruction is known,
what was read is held against its words: letters that look alike are one letter, and a word of the instruction that is
nowhere on the screen to the letter is taken to be the one nearest to it, if that is near.
"""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from aboveboard.base.errors import SetupMissing
from aboveboard.lab.model.areas import Bounds, Mask
from aboveboard.lab.model.sight import Image
from aboveboard.lab.model.words import words_of

TESSDATA = ("/usr/share/tesseract-ocr/5/tessdata", "/usr/share/tesseract-ocr/4.00/tessdata", "/usr/share/tessdata")
LANGUAGE = "eng"
KNOWN_LIMIT = 20_000
ENLARGED, MARGIN = 2, 6
SURE_ALONE = 50
"""A single sign that is less sure than this, of 100, is a picture and no letter."""
NEAR = 0.34
"""Of a word's letters so many may be misread."""
_ALIKE = str.maketrans("01i|!5$8269q4", "ollllssbzbgga")


class Reader:
    """Reads words, or whole lines. Used by one thread. Raises :class:`SetupMissing` where there is nothing to read
    with.
    """

    def __init__(self, *, lines: bool = False) -> None:
        folder = next((path for path in TESSDATA if Path(path, f"{LANGUAGE}.traineddata").is_file()), None)
        try:
            import tesserocr
        except ImportError:
            folder = None
        if folder is None:
            raise SetupMissing(
                "what stands on a screen cannot be read",
                cause="tesseract-ocr-eng or the Python package tesserocr is missing",
                fix="run make setup",
            )
        mode = tesserocr.PSM.SINGLE_LINE if lines else tesserocr.PSM.SINGLE_WORD
        self._program: Any = tesserocr.PyTessBaseAPI(path=folder, lang=LANGUAGE, psm=mode)
        self._program.SetVariable("tessedit_do_invert", "0")
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def read(self, frame: Image, bounds: Bounds, lines: Mask) -> str:
        """What stands in ``bounds``, but for the ``lines`` under it; "" where it is no writing."""
        dark = _dark_on_white(frame, bounds, lines)
        key = dark.tobytes() + dark.shape[1].to_bytes(4, "little")
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        picture = Picture.fromarray(np.pad(dark, MARGIN, constant_values=255))
        picture = picture.resize((picture.width * ENLARGED, picture.height * ENLARGED), Picture.Resampling.BICUBIC)
        self._program.SetImage(picture)
        self._program.SetSourceResolution(150)
        text = str(self._program.GetUTF8Text()).strip()
        if len(text) <= 1 and self._program.MeanTextConf() < SURE_ALONE:
            text = ""
        self._known[key] = text
        if len(self._known) > KNOWN_LIMIT:
            self._known.popitem(last=False)
        return text


def as_asked(said: Sequence[str], asked: Sequence[str]) -> list[str]:
    """What was read, word by word, with those that are most likely a word of ``asked`` spelt as it is there."""
    read = [_alike("".join(words_of(one))) for one in said]
    spelt = list(said)
    for word in dict.fromkeys(asked):
        looks = _alike(word)
        limit = int(NEAR * len(looks))
        far = [distance(looks, one, limit) if one else limit + 1 for one in read]
        least = min(far, default=limit + 1)
        if least <= limit:
            spelt = [word if distance == least else one for one, distance in zip(spelt, far, strict=True)]
    return spelt


def agreement(said: Sequence[str], asked: Sequence[str]) -> float:
    """Which share of the words of ``asked`` was read, nearly or to the letter."""
    read = {_alike("".join(words_of(one))) for one in said} - {""}
    found = 0
    for word in asked:
        looks = _alike(word)
        limit = int(NEAR * len(looks))
        found += any(distance(looks, one, limit) <= limit for one in read)
    return found / max(1, len(asked))


def _alike(word: str) -> str:
    """Letters and digits that look alike become one."""
    return word.lower().translate(_ALIKE)


def distance(one: str, other: str, limit: int) -> int:
    """How many letters have to be changed, added or left out (Levenshtein); ``limit`` + 1 for more than that."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    row = list(range(len(other) + 1))
    for number, letter in enumerate(one, start=1):
        above, row[0] = row[0], number
        for place, against in enumerate(other, start=1):
            above, row[place] = row[place], min(above + (letter != against), row[place] + 1, row[place - 1] + 1)
    return min(row[-1], limit + 1)


def _dark_on_white(frame: Image, bounds: Bounds, lines: Mask) -> NDArray[np.uint8]:
    """How far each pixel is from the ground, as dark on white, whatever the colours were."""
    left, top, right, bottom = bounds
    piece = frame[top:bottom, left:right].astype(np.int32)
    edge = np.concatenate([piece[0], piece[-1], piece[:, 0], piece[:, -1]])
    away = np.abs(piece - np.median(edge, axis=0)).sum(axis=2)
    away[lines[top:bottom, left:right]] = 0
    dark: NDArray[np.uint8] = (255 - away * 255 / max(1, int(away.max()))).astype(np.uint8)
    return dark
