"""Are photographs and moving pictures covered, all of them, and nothing else?"""

import numpy as np
import pytest
from benchmarks.redaction.pictures import PLAIN, found, page_with_photograph, photograph, words_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import ImageDraw

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.layers import COVER, Flat, Layer, Text, word
from aboveboard.recorder.redact.pixels.pictures import MOVING, STILL_NS, Pictures
from aboveboard.recorder.redact.text.finding import Finding
from samples.screen_text import SANS, Picture, mask_of

LOOK_NS = SECOND_NS // 3
PLACE = Rect(60, 50, 200, 140)
SCREEN = Rect(0, 0, 400, 300)


def page(*, photographed: bool, seed: int = 1) -> Picture:
    picture = Picture(SCREEN.width, SCREEN.height)
    picture.write(20, 10, "the invoice for the office chairs is ready", font=SANS, size=15, colour=(120, 20, 20))
    if photographed:
        drawn = photograph(np.random.default_rng(seed), PLACE.width).resize((PLACE.width, PLACE.height))
        picture.draw._image.paste(drawn, (PLACE.x, PLACE.y))
    return picture


def part(pixels: NDArray[np.uint32], rect: Rect) -> NDArray[np.uint32]:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def share(mask: NDArray[np.bool_], rect: Rect) -> float:
    return float(mask[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width].mean())


@pytest.mark.parametrize("number", range(14))
def test_a_photograph_in_a_page_of_text_is_covered_to_its_edges(number: int) -> None:
    pixels, place = page_with_photograph(np.random.default_rng((5, number)))
    assert share(found(pixels), place) >= 0.99


@pytest.mark.parametrize("name", PLAIN)
def test_what_is_no_photograph_stays(name: str) -> None:
    masks = [found(words_of(PLAIN[name](np.random.default_rng((5, number))))) for number in range(1)]
    assert np.mean([mask.mean() for mask in masks]) <= 0.01


def test_text_on_a_photograph_goes_with_it() -> None:
    picture = page(photographed=True)
    title = picture.write(PLACE.x + 40, PLACE.y + 60, "Summer party", font=SANS, size=18, colour=(255, 255, 255))
    assert share(found(picture.pixels), title) == 1


def test_of_pictures_around_a_page_the_page_stays() -> None:
    ground = photograph(np.random.default_rng(3), 900).resize((900, 700))
    ImageDraw.Draw(ground).rectangle((40, 40, 860, 660), fill=(255, 255, 255))
    mask = found(words_of(ground))
    assert share(mask, Rect(100, 100, 700, 500)) == 0
    assert share(mask, Rect(0, 0, 900, 40)) > 0.99


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 350), st.integers(0, 250), st.integers(1, 160), st.integers(1, 120), st.booleans()),
        max_size=5,
    )
)
def test_what_is_found_does_not_depend_on_how_it_came(changes: list[tuple[int, int, int, int, bool]]) -> None:
    pixels, source = page(photographed=True).pixels, words_of(photograph(np.random.default_rng(2), 400))
    follower, now_ns = Pictures(), 0
    follower.places(pixels, None, now_ns)
    for x, y, width, height, drawn in changes:
        rect = Rect(x, y, min(width, SCREEN.width - x), min(height, SCREEN.height - y))
        part(pixels, rect)[:] = part(source, Rect(0, 0, rect.width, rect.height)) if drawn else 0xFFFFFFFF
        now_ns += STILL_NS + 1  # nothing counts as moving
        seen = follower.places(pixels, [rect], now_ns)
        assert sorted(seen) == sorted(Pictures().places(pixels, None, 0))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 70), st.integers(0, 70), st.integers(0, 2**32 - 1))
def test_any_picture_of_any_size_is_looked_at(width: int, height: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 2**32, (height, width), np.uint32)
    for rect in Pictures().places(pixels, None, 0):
        assert 0 <= rect.x < rect.x + rect.width <= width
        assert 0 <= rect.y < rect.y + rect.height <= height


def test_what_moved_stays_covered_through_a_flat_moment_until_it_rests() -> None:
    pictures, now_ns = Pictures(), 0
    pictures.places(page(photographed=False).pixels, None, now_ns)
    for seed in range(MOVING + 1):
        now_ns += LOOK_NS
        assert pictures.places(page(photographed=True, seed=seed).pixels, [PLACE], now_ns)
    flat = page(photographed=False).pixels
    places = pictures.places(flat, [PLACE], now_ns + LOOK_NS)
    assert share(mask_of(places, flat.shape), PLACE) == 1
    assert pictures.waiting
    assert pictures.places(flat, [], now_ns + LOOK_NS + STILL_NS) == []
    assert not pictures.waiting


def test_a_picture_that_was_scrolled_away_leaves_nothing_covered() -> None:
    pictures = Pictures()
    pictures.places(page(photographed=True).pixels, None, 0)
    assert pictures.places(page(photographed=False).pixels, [SCREEN], LOOK_NS) == []


class Nothing:
    """Finds nothing."""

    def find(self, text: str) -> list[Finding]:
        return []


def layer(kind: str) -> Layer:
    return Flat() if kind == "structure" else Text(Nothing(), lambda: None, 1.0)


@pytest.mark.parametrize("kind", ["redacted", "structure"])
def test_each_layer_leaves_one_colour_of_a_photograph(kind: str) -> None:
    pixels, over = page(photographed=True).pixels, layer(kind)
    over.follow(pixels, [SCREEN], (SCREEN,), SECOND_NS)
    assert [marker.reason for marker in over.take_markers()] == ["picture"]
    shown = pixels.copy()
    over.paint(shown, SCREEN)
    colours = np.unique(part(shown, PLACE))
    assert colours.size == 1
    assert kind == "structure" or colours[0] == word(COVER)


@pytest.mark.parametrize("kind", ["redacted", "structure"])
def test_a_marker_says_that_pictures_were_covered_once_for_each(kind: str) -> None:
    over, now_ns = layer(kind), SECOND_NS
    for photographed, expected in ((False, []), (True, [1]), (True, []), (False, []), (True, [1])):
        now_ns += STILL_NS + 1
        over.follow(page(photographed=photographed).pixels, [SCREEN], (SCREEN,), now_ns)
        markers = over.take_markers()
        assert [marker.count for marker in markers] == expected
        assert all((one.reason, one.start_ns, one.end_ns) == ("picture", now_ns, now_ns) for one in markers)


def test_where_pictures_are_shown_they_are_and_the_text_beside_them_waits_until_it_is_read() -> None:
    pixels, over = page(photographed=True).pixels, layer("redacted")
    assert isinstance(over, Text)
    left = Rect(0, 0, 160, SCREEN.height)
    for pictured, share_shown in (((SCREEN,), 1.0), ((left,), 0.0), ((), 0.0)):
        over.pictured = pictured
        over.follow(pixels, [SCREEN], (SCREEN,), SECOND_NS)
        shown = pixels.copy()
        over.paint(shown, SCREEN)
        same = shown == pixels
        assert share(same, PLACE) == pytest.approx(share_shown, abs=0.03)
        text = part(pixels, Rect(0, 0, 400, 45)) & 0xFF < 0x80
        assert not (part(same, Rect(0, 0, 400, 45)) & text).any()


@pytest.mark.parametrize("kind", ["redacted", "structure"])
def test_a_search_for_pictures_that_fails_makes_all_of_it_black(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pictures, "places", lambda *_: 1 // 0)
    pixels, over = page(photographed=False).pixels, layer(kind)
    over.follow(pixels, [SCREEN], (SCREEN,), SECOND_NS)
    assert [marker.reason for marker in over.take_markers()] == ["detector_missing"]
    over.paint(pixels, SCREEN)
    assert (pixels == word(COVER)).all()
