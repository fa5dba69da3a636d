"""Are words taken apart where somebody would, and has the same letter the same number?"""

import pytest

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.blobs import sort_out
from aboveboard.recorder.redact.pixels.ink import edges_of, find_ink
from aboveboard.recorder.redact.pixels.strips import Strip, gap_of, strip_of
from samples.screen_text import SANS, Picture

TEXT = "please send the list to Ada at ten"


def _strip(text: str = TEXT, x: int = 20, **how) -> Strip:
    ground = how.pop("ground", (255, 255, 255))
    picture = Picture(900, 80, ground)
    picture.write(x, 20, text, **how)
    lines, _ = sort_out(*find_ink(edges_of(picture.pixels)))
    assert len(lines) == 1
    return strip_of(picture.pixels, lines[0])


@pytest.mark.parametrize("size", [11, 13, 15, 18, 24])
def test_a_line_of_equal_cells_has_the_words_that_were_written(size: int) -> None:
    assert len(_strip(size=size).words) == len(TEXT.split())


@pytest.mark.parametrize("size", [11, 13, 15, 18, 24])
def test_no_word_of_narrow_and_wide_letters_is_cut_and_most_are_apart(size: int) -> None:
    picture = Picture(900, 80)
    places, x = [], 20
    for word in TEXT.split():
        rect = picture.write(x, 20, word, font=SANS, size=size)
        places.append((rect.x, rect.x + rect.width))
        x += rect.width + round(size * 0.33)
    lines, _ = sort_out(*find_ink(edges_of(picture.pixels)))
    strip = strip_of(picture.pixels, lines[0])
    found = [(strip.rect.x + word.left, strip.rect.x + word.right) for word in strip.words]
    assert len(found) >= len(places) - 2
    for left, right in places:
        assert sum(start < right and left < end for start, end in found) == 1


@pytest.mark.parametrize("size", [12, 15, 20])
def test_a_word_of_equal_cells_has_a_glyph_for_each_letter(size: int) -> None:
    strip = _strip("send the order", size=size)
    assert [len(word.glyphs) for word in strip.words] == [4, 3, 5]


def test_the_same_word_has_the_same_glyphs_elsewhere_and_other_words_have_others() -> None:
    first, second = _strip("order number order"), _strip("an order", x=73)
    assert first.words[0].glyphs == first.words[2].glyphs == second.words[1].glyphs
    assert first.words[0].glyphs != first.words[1].glyphs


def test_light_on_dark_has_the_glyphs_of_dark_on_light() -> None:
    dark = _strip(ground=(0, 0, 0), colour=(255, 255, 255))
    assert [word.glyphs for word in dark.words] == [word.glyphs for word in _strip().words]


def test_a_comma_is_not_an_apostrophe() -> None:
    low, high = ([one for word in _strip(text).words for one in word.glyphs] for text in ("Ha,a", "Ha'a"))
    assert low[1] == high[1]
    assert low[2] != high[2]


@pytest.mark.parametrize(
    ("gaps", "height", "least", "most"),
    [
        ([1, 2, 1, 3, 10, 2, 1, 11, 2], 14, 4, 10),
        ([1, 5, 4, 3, 8, 3, 2, 8, 8, 4, 1, 8, 14], 14, 6, 8),  # a frame further off beside a line of equal cells
        ([1] * 20 + [3] * 4, 10, 3, 3),
        ([1, 2, 3], 14, 5, 9),
        ([], 14, 5, 9),
    ],
)
def test_words_are_apart_where_the_gaps_leap(gaps: list[int], height: int, least: int, most: int) -> None:
    assert least <= gap_of(gaps, height)[0] <= most


def test_a_gap_between_cells_says_nothing_of_those_between_words() -> None:
    assert gap_of([1, 2, 1, 2, 60], 14) == gap_of([1, 2, 1, 2], 14)
    assert not gap_of([1, 2, 1, 2, 60], 14)[1]


def test_where_a_gap_may_be_a_space_it_is_not_clear_that_there_is_none() -> None:
    least, clear = gap_of([1, 2, 1, 8, 2], 20)
    assert least > 8
    assert not clear


def test_the_words_of_two_windows_side_by_side_are_told_apart_in_each_by_its_own_gaps() -> None:
    picture = Picture(500, 60)
    picture.draw.rectangle((150, 0, 499, 59), fill=(30, 30, 30))
    picture.write(12, 20, "the order of a", font=SANS, size=14)
    picture.write(160, 20, "send it to me", size=16, colour=(220, 220, 220))
    rect = Rect(8, 18, 300, 22)
    strip = strip_of(picture.pixels, rect)
    edge = 150 - rect.x
    assert all(word.right <= edge or word.left >= edge for word in strip.words)
    assert sum(word.left >= edge for word in strip.words) == 4


def test_a_rule_through_a_line_does_not_join_its_words() -> None:
    picture = Picture(500, 60)
    picture.write(12, 20, TEXT)
    picture.draw.line((0, 40, 499, 40), fill=(150, 150, 150))
    assert len(strip_of(picture.pixels, Rect(10, 18, 330, 25)).words) == len(TEXT.split())


def test_where_the_letters_of_words_touch_each_gap_is_between_two_words() -> None:
    picture = Picture(500, 60)
    for number in range(8):
        picture.draw.rectangle((20 + 43 * number, 20, 20 + 43 * number + 39, 34), fill=(0, 0, 0))
    assert len(strip_of(picture.pixels, Rect(18, 20, 350, 15)).words) == 8
