"""Is an application believed only where the ink agrees?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import Given, alike, fitted
from aboveboard.recorder.redact.pixels.reader import Reader
from samples.screen_text import MONO, SANS, Picture

TEXT = "please send the list to Ada"


def _read(told: str, shown: str = TEXT, font: str = SANS):
    picture = Picture(600, 60)
    rect = picture.write(20, 20, shown, font=font)
    reader = Reader(lambda: None)
    return reader.read(picture.pixels, None, allowance_ns=0, given=[Given(rect, told)]), reader


@pytest.mark.parametrize("font", [SANS, MONO])
def test_what_fits_is_read_without_ocr(font: str) -> None:
    reading, reader = _read(TEXT, font=font)
    assert [line.text for line in reading.lines] == [TEXT]
    assert reading.unread == ()
    assert reader.counts.words_given >= 3


@pytest.mark.parametrize(
    "told",
    [
        "please send the list",  # a part of it
        "please send the list to Ada tomorrow",
        "lorem ipsum",
        "a bbbbbbbbbb ccccc d e ffffffff",
        "",
    ],
)
def test_what_does_not_fit_is_not_believed(told: str) -> None:
    reading, _ = _read(told)
    assert all(line.text.strip("\ufffd ") == "" for line in reading.lines)
    assert sum(rect.width for rect in reading.unread) > 120


def test_what_contradicts_what_is_known_is_not_believed() -> None:
    picture = Picture(600, 60)
    rect = picture.write(20, 20, TEXT, font=SANS)
    reader = Reader(lambda: None)
    reader.read(picture.pixels, None, allowance_ns=0, given=[Given(rect, TEXT)])
    other = Picture(600, 60)
    other.write(20, 20, f"{TEXT} Lovelace", font=SANS)
    wrong = Given(Rect(10, 10, 500, 40), "quoins howl abc mock xx Oto Lovelace")
    reading = reader.read(other.pixels, None, allowance_ns=0, given=[wrong])
    assert "Lovelace" not in "".join(line.text for line in reading.lines)
    assert reader.counts.given_refused == 1


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 500), st.integers(1, 90)), max_size=9))
def test_any_text_over_any_ink_fits_whole_or_not_at_all(text: str, ink) -> None:
    spans, at = [], 0
    for gap, width in ink:
        spans.append((at + gap, at + gap + width))
        at += gap + width + 1
    texts = fitted(Given(Rect(0, 0, 1, 1), text), spans)
    assert texts is None or (len(texts) == len(spans) and " ".join(texts).split() == text.split())


def test_words_are_alike_if_few_letters_differ() -> None:
    assert alike("Smith", "Smlth") > 0.6 > alike("Smith", "Order")
