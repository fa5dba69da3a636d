"""Is all text found as ink, whatever its colours, and what is no text not?"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.blobs import sort_out
from aboveboard.recorder.redact.pixels.ink import edges_of, find_ink, follow_edges, without_rules
from samples.screen_text import MONO, SANS, Picture, holds, mask_of

WORDS = ("Order", "ready", "gyp", "ill", "WAIT", "Mj", "19/07", "a.b@c", "fifty")


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    st.tuples(*[st.integers(0, 255)] * 3),
    st.tuples(*[st.integers(0, 255)] * 3),
    st.sampled_from((MONO, SANS)),
    st.integers(9, 40),
    st.integers(0, 60),
)
def test_text_of_any_colour_and_size_is_within_the_ink(words, ground, colour, font, size, x) -> None:
    contrast = max(abs(one - other) for one, other in zip(ground, colour, strict=True))
    if contrast < 60:
        return
    picture = Picture(900, 80, ground)
    picture.write(x, 10, " ".join(words), colour=colour, font=font, size=size)
    pixels = picture.pixels
    visible = np.abs(pixels.view(np.uint8).reshape(80, 900, 4).astype(int) - (*ground[::-1], 255)).max(axis=2) >= 60
    lines, pictures = sort_out(*find_ink(edges_of(pixels)))
    covered = mask_of([Rect(one.x - 1, one.y, one.width + 2, one.height) for one in lines + pictures], (80, 900))
    assert visible.any() or contrast < 200  # thin strokes have half of it
    assert not (visible & ~covered).any()


def test_light_on_dark_is_the_same_as_dark_on_light() -> None:
    pictures = []
    for ground, colour in (((255, 255, 255), (0, 0, 0)), ((0, 0, 0), (255, 255, 255))):
        picture = Picture(ground=ground)
        picture.write(20, 20, "Some words in a row", colour=colour)
        pictures.append(sort_out(*find_ink(edges_of(picture.pixels))))
    assert pictures[0] == pictures[1]
    assert len(pictures[0][0]) == 1


def test_flat_grounds_rules_and_frames_are_no_ink_but_the_text_in_a_frame_is() -> None:
    picture = Picture(600, 300)
    picture.draw.rectangle((0, 0, 599, 40), fill=(40, 80, 120))
    picture.draw.line((300, 0, 300, 299), fill=(0, 0, 0))
    picture.draw.line((10, 100, 280, 100), fill=(0, 0, 0))
    picture.draw.rectangle((20, 150, 280, 176), outline=(120, 120, 120))
    text = picture.write(32, 155, "in the field")
    lines, pictures = sort_out(*find_ink(edges_of(picture.pixels)))
    assert [one for one in lines if one.width > 4] == [lines[0]]
    assert pictures == []
    assert holds(lines[0], text)
    assert lines[0].height < 20


def test_two_lines_beside_a_frame_are_two_lines() -> None:
    picture = Picture(600, 120)
    picture.draw.rectangle((10, 5, 190, 33), outline=(0, 0, 0))
    first = picture.write(200, 5, "the first line is here")
    second = picture.write(200, 23, "and the second follows")
    lines, _ = sort_out(*find_ink(edges_of(picture.pixels)))
    for text in (first, second):
        assert [one for one in lines if holds(one, text, slack=3)], lines
        assert not [one for one in lines if holds(one, first) and holds(one, second)]


def test_what_stands_on_end_is_a_rule_only_if_it_is_narrow() -> None:
    edges = np.zeros((100, 200), np.bool_)
    edges[10:90, 20:22] = True
    edges[10:90, 100:140] = True
    kept = without_rules(edges)
    assert not kept[:, 20:22].any()
    assert kept[:, 104:136].sum() == edges[:, 104:136].sum()


def test_an_area_has_the_ink_that_the_whole_picture_has_there() -> None:
    picture = Picture(600, 300)
    picture.draw.line((50, 0, 50, 299), fill=(0, 0, 0))
    picture.write(60, 100, "beside the rule")
    whole = find_ink(edges_of(picture.pixels))
    part = find_ink(edges_of(picture.pixels), Rect(40, 90, 400, 40))
    assert [(one.x, one.y) for one in whole.blobs] == [(one.x + 40, one.y + 90) for one in part.blobs]


@given(st.integers(0, 6), st.integers(0, 6))
def test_pictures_of_any_shape_have_edges_of_that_shape(height: int, width: int) -> None:
    pixels = np.zeros((height, width), np.uint32)
    assert edges_of(pixels).shape == (height, width)
    assert find_ink(edges_of(pixels)).blobs == []


def test_noise_is_ink_somewhere_and_takes_bounded_time() -> None:
    noise = np.random.default_rng(1).integers(0, 2**32, (400, 600), dtype=np.uint32)
    lines, pictures = sort_out(*find_ink(edges_of(noise)))
    assert mask_of(lines + pictures, (400, 600)).mean() > 0.9


def test_each_cell_of_a_table_with_rules_is_a_line_and_the_rules_are_none() -> None:
    for rule in ((48, 54, 61), (199, 199, 199)):
        ground, colour = ((13, 17, 23), (230, 237, 243)) if rule[0] < 100 else ((255, 255, 255), (0, 0, 0))
        picture = Picture(500, 160, ground)
        cells = []
        for row in range(5):
            for column in range(3):
                x, y = 10 + 150 * column, 10 + 22 * row
                picture.draw.rectangle((x, y, x + 150, y + 22), outline=rule)
                cells.append(picture.write(x + 40, y + 4, "Ada 5551", font=SANS, size=13, colour=colour))
        lines, pictures = sort_out(*find_ink(edges_of(picture.pixels)))
        text = [one for one in lines if one.width > 4]
        assert len(text) == len(cells)
        assert all(any(holds(one, cell, 2) for one in text) for cell in cells)
        assert all(one.height <= 16 for one in text)
        assert pictures == []


places = st.builds(Rect, st.integers(0, 40), st.integers(0, 30), st.integers(1, 30), st.integers(1, 20))


@given(st.lists(st.tuples(places, st.integers(0, 3)), max_size=6))
def test_edges_that_are_followed_are_those_that_are_found_at_once(changes: list[tuple[Rect, int]]) -> None:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 3, (40, 60), np.uint32) * np.uint32(0x40)
    edges = edges_of(pixels)
    for rect, colours in changes:
        part = Rect(rect.x, rect.y, min(rect.width, 60 - rect.x), min(rect.height, 40 - rect.y))
        new = random.integers(0, colours + 1, (part.height, part.width), np.uint32) * np.uint32(0x40)
        pixels[part.y : part.y + part.height, part.x : part.x + part.width] = new
        follow_edges(edges, pixels, [part])
        assert (edges == edges_of(pixels)).all()
