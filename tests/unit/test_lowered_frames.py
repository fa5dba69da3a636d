"""Is a picture that is brought down for an assessment what the recorder would have left of it?"""

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from aboveboard.commands.lowered_frames import lowered, through
from aboveboard.lab.model.sight import Image

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
PLAIN, SECRET = (20, 20, 380, 60), (20, 100, 380, 140)
"""Where the words are: left, top, right, bottom."""


@pytest.fixture(scope="module")
def screen() -> Image:
    """A line of plain words and one with a card's number, on a light ground, with a red bar at the left."""
    picture = Picture.new("RGB", (480, 180), (240, 240, 240))
    draw, font = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 26)
    draw.rectangle((0, 0, 8, 180), fill=(200, 30, 30))
    draw.text((24, 24), "Open the report today", fill=(20, 20, 20), font=font)
    draw.text((24, 104), "4111 1111 1111 1111", fill=(20, 20, 20), font=font)
    return np.asarray(picture)


def _part(image: Image, place: tuple[int, int, int, int]) -> Image:
    left, top, right, bottom = place
    return image[top:bottom, left:right]


def test_a_structure_has_places_and_colours_and_no_letters(screen: Image) -> None:
    shown = lowered("structure")(screen)
    assert shown.shape == screen.shape
    assert shown.dtype == np.uint8
    for place in (PLAIN, SECRET):
        before, after = _part(screen, place), _part(shown, place)
        assert (after != before).any()
        # Every row of what is left has few colours: the ground and flat blocks, no strokes of letters.
        assert max(len(np.unique(row, axis=0)) for row in after) <= 8 < max(len(np.unique(r, axis=0)) for r in before)
    assert tuple(shown[90, 4]) == (200, 30, 30)


def test_redacted_covers_the_number_and_leaves_the_words(screen: Image) -> None:
    shown = lowered("redacted")(screen)
    assert (_part(shown, PLAIN) == _part(screen, PLAIN)).all()
    secret = _part(shown, SECRET)
    assert not secret[12:28, 12:240].any()
    assert tuple(shown[90, 4]) == (200, 30, 30)


def test_a_frame_is_seen_through_it_by_its_name(screen: Image) -> None:
    view = lowered("structure")
    assert (through(view, {"a": screen}.__getitem__)("a") == view(screen)).all()
