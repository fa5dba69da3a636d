"""Are letters found that are so large that their strokes look like frames, and nothing else?"""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.layers import area
from aboveboard.recorder.redact.pixels.stems import Stems, find_stems
from aboveboard.recorder.redact.pixels.structure import Structure, flatten
from samples.reading import Reader as Onlooker
from samples.screen_text import SANS, Picture


def large(text: str, size: int, ground: tuple[int, int, int] = (255, 255, 255)) -> Picture:
    picture = Picture(1300, 260, ground)
    picture.write(20, 20, text, font=SANS, size=size)
    return picture


def flat(picture: Picture) -> np.ndarray:
    pixels = picture.pixels
    flatten(pixels, Structure().blocks(pixels))
    return np.ascontiguousarray(pixels.view(np.uint8).reshape(*pixels.shape, 4)[..., 2::-1])


@pytest.mark.parametrize("size", [44, 52, 60, 72, 90, 120, 180])
@pytest.mark.parametrize("text", ["HILFE 1417", "TIM HELLI", "Nora Quill", "illit tilt"])
def test_nobody_reads_large_letters_at_structure(text: str, size: int) -> None:
    with Onlooker() as onlooker:
        read = " ".join(onlooker.words(flat(large(text, size)))).lower()
    assert not [part for part in text.lower().split() if part in read]


def test_without_looking_for_stems_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Stems, "places", lambda *_, **__: [])
    with Onlooker() as onlooker:
        assert "HILFE" in onlooker.words(flat(large("HILFE 1417", 100)))


def test_frames_rules_and_panels_are_no_letters() -> None:
    picture = Picture(1000, 600)
    picture.draw.rectangle((20, 20, 400, 300), outline=(90, 90, 90))
    picture.draw.rectangle((500, 20, 540, 60), outline=(90, 90, 90))
    picture.draw.line((450, 10, 450, 500), fill=(0, 0, 0), width=2)
    picture.draw.rectangle((0, 400, 60, 599), fill=(40, 60, 90))
    picture.draw.rectangle((980, 0, 999, 599), fill=(200, 200, 200))
    picture.write(30, 40, "ordinary text, with Ill and HILL in it", font=SANS, size=20)
    assert not find_stems(picture.pixels)


rects = st.builds(Rect, st.integers(0, 500), st.integers(0, 200), st.integers(2, 300), st.integers(2, 200))


@given(st.lists(st.tuples(rects, st.sampled_from("HILTi"), st.integers(50, 150)), min_size=1, max_size=5))
@example(
    [
        (Rect(0, 0, 2, 2), "H", 50),
        (Rect(125, 0, 68, 97), "H", 94),
        (Rect(97, 67, 30, 135), "L", 133),
    ]
)
@example([(Rect(0, 3, 2, 32), "H", 50), (Rect(6, 0, 3, 32), "H", 50), (Rect(0, 0, 6, 2), "H", 50)])
@settings(max_examples=40)
def test_what_is_followed_is_what_is_found_at_once(changes: list[tuple[Rect, str, int]]) -> None:
    following, pixels = Stems(), Picture(700, 400).pixels
    following.places(pixels, None)
    for rect, text, size in changes:
        other = Picture(700, 400, (250, 240, 230))
        other.write(rect.x + 5, rect.y, text * 4, font=SANS, size=size)
        part = Rect(rect.x, rect.y, min(rect.width, 700 - rect.x), min(rect.height, 400 - rect.y))
        area(pixels, part)[:] = area(other.pixels, part)
        found = following.places(pixels, [part])
    assert set(found) == set(Stems().places(pixels, None))
