"""What would the recorder have left of a whole picture of the screen, at a lower level?

The lab may not import the recorder, so whoever assesses a data set passes these. They are the recorder's own parts, on
one picture at a time and without its hurry: everything is read that can be read, and what cannot is covered.
"""

from collections.abc import Callable

import numpy as np

from aboveboard.base.errors import SetupMissing
from aboveboard.formats.disclosure import Screen
from aboveboard.lab.model.sight import Image

ROUNDS = 60
"""A word is asked for a few calls after it was seen; words that nobody knows are few after as many."""
ALLOWANCE_NS = 60_000_000_000


def lowered(level: Screen) -> Callable[[Image], Image]:
    """Brings ``(h, w, 3)`` uint8 RGB pictures down to ``structure`` or ``redacted``.

    Raises :class:`SetupMissing` where a part for it is not installed.
    """
    return _structure if level == "structure" else _redacted()


def through(view: Callable[[Image], Image], frame: Callable[[str], Image]) -> Callable[[str], Image]:
    """``frame`` by its name, as ``view`` shows it."""
    return lambda name: view(frame(name))


def _structure(image: Image) -> Image:
    from aboveboard.recorder.redact.pixels.structure import structure

    return _image(structure(_words(image)))


def _redacted() -> Callable[[Image], Image]:
    from aboveboard.recorder.redact.pixels.covering import Coverer
    from aboveboard.recorder.redact.pixels.reader import Reader
    from aboveboard.recorder.redact.pixels.stems import Stems
    from aboveboard.recorder.redact.text.detectors import Options, load
    from aboveboard.recorder.redact.text.redactor import Redactor

    found = load(Options())
    if found.missing:
        raise SetupMissing(
            f"the level 'redacted' cannot be tried here: {found.missing[0].name} is missing",
            cause=found.missing[0].why,
            fix="pip install 'aboveboard[recorder]'",
        )
    reader, coverer = Reader(), Coverer(Redactor(found.detectors))

    def cover(image: Image) -> Image:
        pixels = _words(image)
        reading = reader.read(pixels, None, allowance_ns=ALLOWANCE_NS)
        for _ in range(ROUNDS):
            if not reader.vocabulary.wanted:
                break
            reading = reader.read(pixels, (), allowance_ns=ALLOWANCE_NS)
        covered = image.copy()
        for one in (*coverer.cover(reading), *Stems().places(pixels, None, edges=reader.edges)):
            covered[max(one.y, 0) : one.y + one.height, max(one.x, 0) : one.x + one.width] = 0
        return covered

    return cover


def _words(image: Image) -> np.ndarray[tuple[int, int], np.dtype[np.uint32]]:
    """Blue, green, red from the lowest byte up."""
    height, width = image.shape[:2]
    bgrx = np.full((height, width, 4), 255, np.uint8)
    bgrx[..., :3] = image[..., ::-1]
    return bgrx.view(np.uint32).reshape(height, width)


def _image(pixels: np.ndarray[tuple[int, int], np.dtype[np.uint32]]) -> Image:
    height, width = pixels.shape
    return np.ascontiguousarray(pixels.view(np.uint8).reshape(height, width, 4)[..., 2::-1])
