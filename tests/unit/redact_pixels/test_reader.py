"""Is every piece of ink read, or told as unread; and is nothing read twice?"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.ocr import SURE, SURE_ALONE, Guess
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.reading import UNKNOWN, Reading
from aboveboard.recorder.redact.pixels.wanted import SLOW_CALLS
from samples.screen_text import MONO, Picture, holds, mask_of

LOTS = 10**12


@dataclass
class FakeOcr:
    """Says the same of every word; counts what it is asked for."""

    says: str = "word"
    sure: float = 90.0
    asked: list[object] = field(default_factory=list)

    def read(self, shapes, *, alone: bool = False) -> list[Guess]:
        self.asked += shapes
        return [Guess(self.says, self.sure) for _ in shapes]


def _settle(reader: Reader, pixels, changed=None) -> Reading:
    reading = reader.read(pixels, changed, allowance_ns=LOTS)
    for _ in range(5):
        reading = reader.read(pixels, [], allowance_ns=LOTS)
    return reading


def _page(lines: list[str]) -> np.ndarray:
    picture = Picture(700, 200)
    for number, line in enumerate(lines):
        picture.write(10, 5 + number * 19, line)
    return picture.pixels


def test_without_time_or_ocr_all_ink_is_unread() -> None:
    pixels = _page(["The first line", "another one, here", "the third"])
    ink = pixels.view(np.uint8).reshape(*pixels.shape, 4).min(axis=2) < 240
    for ocr, allowance_ns in ((FakeOcr(), 0), (None, LOTS)):
        reader = Reader(lambda ocr=ocr: ocr)
        for _ in range(5):
            reading = reader.read(pixels, None, allowance_ns=allowance_ns)
        assert not (ink & ~mask_of(list(reading.unread), ink.shape)).any()
        assert {letter for line in reading.lines for letter in line.text} <= {UNKNOWN, " "}


def test_what_is_read_has_its_words_where_they_are() -> None:
    picture = Picture(500, 80)
    rects = [picture.write(x, 30, "order", size=15) for x in (10, 100, 200)]
    reading = _settle(Reader(lambda: FakeOcr("order")), picture.pixels)
    assert [line.text for line in reading.lines] == ["order"] * 3
    for line, rect in zip(reading.lines, rects, strict=True):
        assert holds(line.place(0, 5), rect)
    assert reading.unread == ()


def test_the_same_word_is_asked_for_once_wherever_it_appears() -> None:
    ocr = FakeOcr()
    reader = Reader(lambda: ocr)
    _settle(reader, _page(["order list order", "list order"]))
    assert len(ocr.asked) == 2
    scrolled = _page(["list order", "order list", "order"])
    assert _settle(reader, scrolled).unread == ()
    assert len(ocr.asked) == 2


def test_letters_that_were_learnt_spell_new_words_without_asking() -> None:
    truth = {}

    class Knowing(FakeOcr):
        def read(self, shapes, *, alone: bool = False) -> list[Guess]:
            self.asked += shapes
            return [Guess(truth[shape.levels.shape[1], shape.levels.tobytes()], 95.0) for shape in shapes]

    ocr = Knowing()
    reader = Reader(lambda: ocr)
    words = [one + two for one in "abcde" for two in "abcde"]
    taught = Picture(1000, 60)
    for number, word in enumerate(words):
        taught.write(10 + number * 38, 20, word)
    probe = Reader(lambda: None)
    probe.read(taught.pixels, None, allowance_ns=0)
    strips = sorted((key for key in probe.vocabulary._wanted._words.items()), key=lambda item: item[1].since)
    shapes = [one.shape for _, one in strips]
    for word, shape in zip(words, shapes, strict=True):
        truth[shape.levels.shape[1], shape.levels.tobytes()] = word
    assert _settle(reader, taught.pixels).unread == ()
    asked = len(ocr.asked)
    assert asked < len(words)
    reading = _settle(reader, _page(["abba ecce dada"]))
    assert [line.text for line in reading.lines] == ["abba ecce dada"]
    assert len(ocr.asked) == asked


def test_what_ocr_is_not_sure_of_stays_unread() -> None:
    reading = _settle(Reader(lambda: FakeOcr("word", sure=10.0)), _page(["secret"]))
    assert len(reading.unread) == 1
    assert reading.lines[0].text == UNKNOWN


@pytest.mark.parametrize(("sure", "read"), [(SURE_ALONE - 1, UNKNOWN), (SURE_ALONE, "again")])
def test_what_was_not_read_among_others_is_looked_at_alone_and_has_to_be_surer(sure: float, read: str) -> None:
    class Unsure(FakeOcr):
        def read(self, shapes, *, alone: bool = False) -> list[Guess]:
            return [Guess("again", sure)] if alone else [Guess("among", SURE - 1) for _ in shapes]

    assert _settle(Reader(Unsure), _page(["secret"])).lines[0].text == read


def test_a_word_in_small_letters_is_no_dot_of_the_next_line() -> None:
    picture = Picture(400, 80)
    words = [picture.write(20, y, "row", size=9) for y in (20, 31)]
    assert max(word.height for word in words) <= 7
    reading = _settle(Reader(lambda: FakeOcr("row")), picture.pixels)
    assert [line.text for line in reading.lines] == ["row", "row"]


def test_where_somebody_types_a_word_is_asked_for_only_once_it_rests() -> None:
    ocr, pixels = FakeOcr(), _page(["typed"])
    reader = Reader(lambda: ocr)
    places = (Rect(0, 0, 300, 30),)
    reading = reader.read(pixels, None, allowance_ns=LOTS, typed=places)
    assert [line.rect for line in reading.lines] == list(reading.typed)
    for _ in range(SLOW_CALLS - 2):
        reader.read(pixels, [], allowance_ns=LOTS, typed=places)
    assert not ocr.asked
    for _ in range(2):
        reading = reader.read(pixels, [], allowance_ns=LOTS, typed=places)
    assert reading.lines[0].text == "word"
    assert not reader.read(pixels, [], allowance_ns=LOTS).typed


def test_wide_ink_that_ocr_sees_nothing_in_is_no_icon_though_it_hangs_together() -> None:
    picture = Picture(400, 80)
    # No column is empty, as where a bar to scroll with joins the letters of a line.
    picture.draw.line([(20 + 5 * at, 20 + 10 * (at % 2)) for at in range(32)], fill=(0, 0, 0), width=2)
    reading = _settle(Reader(lambda: FakeOcr("", sure=0.0)), picture.pixels)
    assert any(rect.width > 100 for rect in reading.unread)


def test_an_icon_is_neither_text_nor_unread_but_text_that_ocr_sees_nothing_in_is_unread() -> None:
    picture = Picture(300, 60)
    picture.draw.ellipse((10, 10, 30, 30), fill=(200, 30, 30))
    text = picture.write(100, 15, "invisible")
    reading = _settle(Reader(lambda: FakeOcr("", sure=0.0)), picture.pixels)
    assert len(reading.unread) == 1
    assert holds(reading.unread[0], text)


def test_a_picture_is_unread() -> None:
    pixels = _page(["text"])
    pixels[60:180, 300:500] = np.random.default_rng(3).integers(0, 2**24, (120, 200), dtype=np.uint32)
    reading = _settle(Reader(FakeOcr), pixels)
    assert mask_of(list(reading.unread), pixels.shape)[62:178, 304:496].all()


def test_time_is_kept_on_average() -> None:
    clock = iter(range(0, 10**15, 30_000_000))
    ocr = FakeOcr()
    reader = Reader(lambda: ocr, cpu_ns=lambda: next(clock))
    pixels = _page([" ".join(f"{number:03d}{row}" for number in range(10)) for row in range(9)])
    reader.read(pixels, None, allowance_ns=3_000_000)
    calls = []
    for _ in range(60):
        reader.read(pixels, [], allowance_ns=3_000_000)
        calls.append(reader.counts.ocr_ns)
    assert 0 < calls[-1] <= 61 * 3_000_000 + 30_000_000


EDIT = st.tuples(
    st.integers(0, 8), st.integers(0, 60), st.sampled_from(["order", "a list", "gyp", "", "ill - 12", "Wait, Tom!"])
)


@settings(deadline=None, max_examples=40)
@given(st.lists(EDIT, min_size=1, max_size=6))
def test_looking_at_changes_alone_gives_what_looking_at_all_gives(edits) -> None:
    picture = Picture(700, 200)
    for number in range(9):
        picture.write(10, 5 + number * 19, f"line {number} of the page", font=MONO)
    following = Reader(lambda: None)
    following.read(picture.pixels, None, allowance_ns=0)
    for row, column, text in edits:
        left, top = 10 + column * 9, 4 + row * 19
        before = picture.pixels
        picture.draw.rectangle((left, top, left + 80, top + 17), fill=(255, 255, 255))
        picture.write(left, top + 1, text)
        after = picture.pixels
        rows, columns = np.nonzero(before != after)
        if not rows.size:
            continue
        changed = Rect(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
        reading = following.read(after, [changed], allowance_ns=0)
        assert reading == Reader(lambda: None).read(after, None, allowance_ns=0)


@pytest.mark.parametrize("shape", [(1, 1), (3, 2000), (2000, 3), (40, 40)])
def test_a_screen_of_any_shape_can_be_read(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(2).integers(0, 2**32, shape, dtype=np.uint32)
    reader = Reader(FakeOcr)
    reader.read(noise, None, allowance_ns=LOTS)
    assert isinstance(reader.read(noise, [Rect(0, 0, 1, 1)], allowance_ns=LOTS), Reading)
