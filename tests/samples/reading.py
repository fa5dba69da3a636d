"""Which words can be read in a picture? Asked of a program that knows nothing of recordings (Tesseract)."""

from collections import Counter
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from aboveboard.base.errors import SetupMissing
from aboveboard.replay.pixels import Pixels

TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"
ENLARGED = 2
"""Letters of a screen are smaller than what the program was made for."""
LEAST_LETTERS = 2


class Reader:
    """Reads pictures; the same pixels are read once."""

    def __init__(self) -> None:
        if not Path(TESSDATA).is_dir():
            raise SetupMissing("there is nothing to read with", cause="tesseract-ocr-eng is missing", fix="make setup")
        import tesserocr

        self._program = tesserocr.PyTessBaseAPI(path=TESSDATA, lang="eng", psm=tesserocr.PSM.SINGLE_BLOCK)
        self._read = cache(self._words)
        self.pictures = 0
        """How many different pictures were read."""

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.End()

    def words(self, pixels: Pixels) -> Counter[str]:
        """The words in ``pixels``, (height, width, 3) RGB, and how often each is there."""
        height, width = pixels.shape[:2]
        return self._read(width, height, np.ascontiguousarray(pixels).tobytes())

    def _words(self, width: int, height: int, data: bytes) -> Counter[str]:
        self.pictures += 1
        image = Image.frombytes("RGB", (width, height), data).convert("L")
        self._program.SetImage(image.resize((width * ENLARGED, height * ENLARGED), Image.Resampling.BICUBIC))
        return Counter(
            word for word in self._program.GetUTF8Text().split() if sum(map(str.isalnum, word)) >= LEAST_LETTERS
        )


def found_of(wanted: Counter[str], read: Counter[str]) -> int:
    """How many of the ``wanted`` words were ``read`` too."""
    return (wanted & read).total()
