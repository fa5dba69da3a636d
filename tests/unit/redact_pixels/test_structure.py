"""Is there no text left, and is what is left still a screen?"""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.structure import Structure, flatten, structure
from samples.reading import Reader as Onlooker
from samples.screen_text import MONO, SANS, Picture


def _rgb(pixels: np.ndarray) -> np.ndarray:
    return pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1]


def _screen() -> Picture:
    picture = Picture(900, 300)
    picture.draw.rectangle((0, 0, 899, 24), fill=(30, 60, 110))
    picture.write(8, 4, "File  Edit  View", colour=(255, 255, 255), font=SANS, size=14)
    picture.write(20, 60, "Customer", font=SANS, size=14)
    picture.draw.rectangle((120, 54, 420, 82), outline=(90, 90, 90))
    picture.write(130, 60, "Ada Lovelace", font=SANS, size=14)
    for number in range(6):
        picture.write(20, 110 + 20 * number, f"a line of text with the number {number * 7919}", size=15)
    return picture


def test_nobody_reads_a_word_in_it() -> None:
    pixels = _screen().pixels
    with Onlooker() as onlooker:
        before, after = onlooker.words(_rgb(pixels)), onlooker.words(_rgb(structure(pixels)))
    assert before.total() > 30
    assert not before & after
    assert after.total() <= 3  # what it takes blocks for


def test_frames_and_grounds_stay_as_they_were() -> None:
    pixels = _screen().pixels
    flat = structure(pixels)
    assert (flat[54, 120:421] == pixels[54, 120:421]).all()
    assert (flat[82, 120:421] == pixels[82, 120:421]).all()
    assert (flat[:25, 300:] == pixels[:25, 300:]).all()
    assert (flat[250:, 500:] == 0xFFFFFFFF).all()


@settings(deadline=None, max_examples=30)
@given(st.text("abcdeginopAB07", min_size=1, max_size=12), st.sampled_from((MONO, SANS)), st.integers(10, 40))
def test_of_two_words_of_the_same_box_nothing_tells_which_it_was(text: str, font: str, size: int) -> None:
    assume(set(text) != {"i"})  # alone, what is two pixels wide is taken for a mark, and its dot stays
    picture = Picture(600, 90)
    picture.write(20, 20, text, font=font, size=size)
    flat = structure(picture.pixels)
    ink = flat != 0xFFFFFFFF
    rows, columns = np.nonzero(ink)
    for row in np.unique(rows):
        assert len(np.unique(flat[row, columns[rows == row]])) <= 2 * len(text)
        changes = np.count_nonzero(flat[row, 1:] != flat[row, :-1])
        assert changes <= 4 * (len(text.split()) + text.count("i") + 1)


def test_only_what_changed_is_looked_at_again() -> None:
    picture = _screen()
    following = Structure()
    following.blocks(picture.pixels)
    rect = picture.write(500, 200, "something new")
    assert set(following.blocks(picture.pixels, [rect])) == set(Structure().blocks(picture.pixels))


@pytest.mark.parametrize("block", [Rect(-5, -5, 8, 8), Rect(95, 45, 50, 50), Rect(200, 200, 5, 5)])
def test_blocks_reach_to_the_edges_and_no_further(block: Rect) -> None:
    pixels = np.random.default_rng(1).integers(0, 2**32, (50, 100), dtype=np.uint32)
    before = pixels.copy()
    flatten(pixels, [block])
    outside = np.ones(pixels.shape, np.bool_)
    outside[
        max(block.y - 1, 0) : max(block.y + block.height + 1, 0), max(block.x - 1, 0) : block.x + block.width + 1
    ] = False
    assert (pixels[outside] == before[outside]).all()
