"""Is what was typed read from what appeared, without the caret and the frame around the field?"""

import numpy as np
import pytest
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from aboveboard.lab.model.reading import Reader
from aboveboard.lab.model.screen_changes import Change, changes
from aboveboard.lab.model.sight import Image
from aboveboard.lab.model.typed_text import read_typed, typed_line

LEFT, TOP = 40, 30


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(lines=True)


def _typing(text: str, caret: int, *, framed: bool, ground: str = "white") -> tuple[list[Change], Image]:
    """Letter by letter, with a caret of that many pixels behind the last; a clock changes elsewhere meanwhile."""
    font = ImageFont.load_default(18)
    frames = []
    for letters in range(len(text) + 1):
        picture = Picture.new("RGB", (400, 120), ground)
        draw = ImageDraw.Draw(picture)
        if framed and letters:
            draw.rectangle((LEFT - 6, TOP - 4, LEFT + 200, TOP + 28), outline="black", width=3)
        draw.text((LEFT, TOP), text[:letters], "black", font)
        end = LEFT + round(draw.textlength(text[:letters], font)) + 1
        draw.rectangle((end, TOP - 1, end + caret - 1, TOP + 22), fill="black")
        draw.rectangle((380, 100, 390, 110), fill=(letters * 20, 0, 0))
        frames.append((letters * 100, np.asarray(picture, np.uint8)))
    return list(changes(frames)), frames[-1][1]


@pytest.mark.parametrize(
    ("text", "caret", "framed", "ground"),
    [
        ("you the", 1, True, "white"),
        ("echo by", 9, False, "white"),
        ("8433", 2, True, "#ffffe1"),
        ("of for", 1, False, "#d0d0ff"),
    ],
)
def test_a_line_that_grew_is_read(reader: Reader, text: str, caret: int, framed: bool, ground: str) -> None:
    seen, after = _typing(text, caret, framed=framed, ground=ground)
    assert read_typed(reader, after, seen) == text


def test_a_last_letter_that_came_with_the_next_change_is_read_too(reader: Reader) -> None:
    (seen, after), (_, later) = (_typing(text, 1, framed=False) for text in ("they ha", "they had"))
    assert read_typed(reader, after, seen) == "they ha"
    assert read_typed(reader, after, seen, later) == "they had"
    _, other = _typing("we met", 1, framed=False)
    assert read_typed(reader, after, seen, other) == "they ha"


def test_the_line_is_where_the_letters_came(reader: Reader) -> None:
    seen, after = _typing("together", 1, framed=False)
    line = typed_line(seen)
    assert line is not None
    left, top, right, bottom = line
    assert LEFT - 3 <= left <= LEFT + 3
    assert TOP - 3 <= top < bottom <= TOP + 30
    assert right - left < 120
    blank = np.full_like(after, 255)
    assert read_typed(reader, blank, seen) == ""


def test_what_is_no_line_is_not_read(reader: Reader) -> None:
    before = np.zeros((300, 300, 3), np.uint8)
    after = np.full_like(before, 255)
    seen = list(changes([(0, before), (1, after)]))
    assert typed_line(seen) is None
    assert read_typed(reader, after, seen) == ""
    assert typed_line([]) is None
