"""What can still be read in a picture? Asked of a program that looks at the whole of it, enlarged twice, in two ways.

Of each thing that was written the place is known. It is *found exactly* if what was read there holds its letters and
digits, and *found roughly* if three quarters of them are there in order: a reader who knows what to expect could guess.
"""

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import numpy as np
from benchmarks.redaction.screens.draw import Written
from numpy.typing import NDArray
from PIL import Image

from aboveboard.lab.assess.interval import wilson
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ocr import TESSDATA

ENLARGED = 2
ROUGHLY = 0.75
AROUND = 4


class Onlooker:
    """Reads pictures whole."""

    def __init__(self) -> None:
        import tesserocr

        self._program: Any = tesserocr.PyTessBaseAPI(path=TESSDATA[0], lang="eng")
        self._modes, self._levels = (tesserocr.PSM.AUTO, tesserocr.PSM.SPARSE_TEXT), tesserocr.RIL

    def words(self, pixels: NDArray[np.uint32]) -> list[list[tuple[str, Rect]]]:
        """What is read where, for each of two ways to look."""
        height, width = pixels.shape
        rgb = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)[..., 2::-1]
        image = Image.fromarray(np.ascontiguousarray(rgb)).convert("L")
        self._program.SetImage(image.resize((width * ENLARGED, height * ENLARGED), Image.Resampling.BICUBIC))
        return [self._words(mode) for mode in self._modes]

    def _words(self, mode: int) -> list[tuple[str, Rect]]:
        self._program.SetPageSegMode(mode)
        self._program.Recognize()
        found, words = [], self._program.GetIterator()
        while words is not None:
            box = words.BoundingBox(self._levels.WORD)
            if box:
                left, top, right, bottom = (part // ENLARGED for part in box)
                found.append((words.GetUTF8Text(self._levels.WORD), Rect(left, top, right - left, bottom - top)))
            if not words.Next(self._levels.WORD):
                break
        return found


def bare(text: str) -> str:
    """Its letters and digits."""
    return "".join(one for one in text.lower() if one.isalnum())


def found(written: Written, looks: list[list[tuple[str, Rect]]]) -> tuple[bool, bool]:
    """Was it read there exactly; and at least roughly?"""
    wanted = bare(written.token.text)
    rect = written.rect
    exactly = roughly = False
    for look in looks:
        here = "".join(
            bare(text)
            for text, box in look
            if rect.x - AROUND <= box.x + box.width / 2 <= rect.x + rect.width + AROUND
            and rect.y - AROUND <= box.y + box.height / 2 <= rect.y + rect.height + AROUND
        )
        exactly |= wanted in here
        matched = sum(block.size for block in SequenceMatcher(None, wanted, here, autojunk=False).get_matching_blocks())
        roughly |= matched >= ROUGHLY * len(wanted)
    return exactly, exactly or roughly


@dataclass
class Tally:
    """Of so many of a class, how many were found."""

    written: int = 0
    exactly: int = 0
    roughly: int = 0

    def add(self, exactly: bool, roughly: bool) -> None:
        self.written += 1
        self.exactly += exactly
        self.roughly += roughly

    def line(self, name: str) -> str:
        """For a table: counts, shares, and the upper end of the 95 % interval of what was found exactly."""
        low, high = wilson(self.exactly, self.written)
        return (
            f"{name:16} {self.written:6} {self.exactly:6} {self.roughly:6}  {self.exactly / self.written:7.2%}"
            f"  (95 %: {low:.2%} to {high:.2%})"
        )


@dataclass
class Result:
    """By class of what was planted; ``rest``: of the ordinary words that could be read before, how many still can."""

    planted: dict[str, Tally] = field(default_factory=dict)
    rest: Tally = field(default_factory=Tally)

    def add(self, written: list[Written], before: list[Any], after: list[Any]) -> None:
        """One picture, as it was and as it is now."""
        for one in written:
            exactly, roughly = found(one, after)
            if one.token.kind is not None:
                self.planted.setdefault(one.token.kind, Tally()).add(exactly, roughly)
            elif found(one, before)[0]:
                self.rest.add(exactly, roughly)

    def table(self) -> str:
        """For people."""
        total = Tally(
            *(sum(getattr(one, part) for one in self.planted.values()) for part in ("written", "exactly", "roughly"))
        )
        lines = [f"{'class':16} {'there':>6} {'exact':>6} {'rough':>6}"]
        lines += [self.planted[kind].line(kind) for kind in sorted(self.planted)]
        lines += [total.line("all planted"), self.rest.line("ordinary words")]
        return "\n".join(lines)
