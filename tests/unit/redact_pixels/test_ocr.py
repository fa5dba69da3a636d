"""Does the program that reads say the right thing of the right word?"""

from itertools import pairwise

import numpy as np
import pytest

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.redact.pixels import ocr
from aboveboard.recorder.redact.pixels.blobs import sort_out
from aboveboard.recorder.redact.pixels.ink import edges_of, find_ink
from aboveboard.recorder.redact.pixels.ocr import Ocr, Shape, sheet_of
from aboveboard.recorder.redact.pixels.strips import strip_of
from samples.screen_text import MONO, SANS, Picture

WORDS = ["Customer", "number", "invoice", "please", "Thursday", "order"]


def _shapes(words: list[str], font: str = SANS, **how) -> list[Shape]:
    shapes = []
    for word in words:
        picture = Picture(400, 90, how.get("ground", (255, 255, 255)))
        picture.write(20, 20, word, font=font, colour=how.get("colour", (0, 0, 0)), size=how.get("size", 14))
        (rect,), _ = sort_out(*find_ink(edges_of(picture.pixels)))
        strip = strip_of(picture.pixels, rect)
        left, right = strip.words[0].left, strip.words[-1].right
        shapes.append(Shape(strip.levels[:, left:right], strip.foot))
    return shapes


@pytest.fixture(scope="module")
def program():
    program = Ocr()
    yield program
    program.close()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"font": MONO},
        {"ground": (20, 20, 20), "colour": (0, 205, 0)},
        {"ground": (255, 255, 255), "colour": (170, 170, 255)},
        {"size": 26},
        {"size": 44},
    ],
)
def test_each_word_of_a_sheet_gets_its_own_text(program: Ocr, how) -> None:
    guesses = program.read(_shapes(WORDS, **how))
    assert [guess.text for guess in guesses] == WORDS
    assert all(guess.sure > 60 for guess in guesses)


def test_words_that_hang_together_are_cut_where_the_ink_has_a_gap(program: Ocr) -> None:
    (shape,) = _shapes(["Customer number"], size=20)
    (guess,) = program.read([shape])
    assert guess.text == "Customer number"
    (cut,) = guess.cuts
    assert shape.levels[:, cut].max() == 0


def test_nothing_is_seen_in_a_blot(program: Ocr) -> None:
    (guess,) = program.read([Shape(np.full((14, 14), 255, np.uint8), 14)])
    assert not any(map(str.isalnum, guess.text)) or guess.sure < 60


def test_the_words_of_a_sheet_do_not_overlap_and_stand_on_one_foot() -> None:
    shapes = _shapes(["ace", "gyp", "Tilt"])
    sheet, places = sheet_of(shapes)
    assert all(one[1] < other[0] for one, other in pairwise(places))
    assert sheet[:, : places[0][0]].min() == sheet[:, places[-1][1] :].min() == 255
    assert all(sheet[:, left:right].min() < 60 for left, right in places)


def test_without_its_data_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "TESSDATA", ("/nowhere",))
    with pytest.raises(SetupMissing):
        Ocr()
