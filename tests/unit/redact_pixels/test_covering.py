"""Is every word of what was found covered, with everything that nobody checked?"""

import re

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.covering import Coverer, cover, units
from aboveboard.recorder.redact.pixels.misread import with_digits
from aboveboard.recorder.redact.pixels.reading import Content, Line, Reading, Word
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from samples.screen_text import holds, mask_of

CELL, HEIGHT = 9, 14


def line(text: str, x: int = 10, y: int = 10) -> Line:
    """As a terminal shows it: cells of nine pixels."""
    words = tuple(
        Word(match.start() * CELL, match.end() * CELL, match.start(), match.end())
        for match in re.finditer(r"\S+", text)
    )
    return Line(Rect(x, y, len(text) * CELL, HEIGHT), Content(text, words))


class Pattern:
    """Finds a pattern; counts the texts."""

    name = "pattern"

    def __init__(self, pattern: str) -> None:
        self._pattern = re.compile(pattern)
        self.texts: list[str] = []

    def find(self, text: str) -> list[Finding]:
        self.texts.append(text)
        return [Finding(one.start(), one.end(), "name", 1.0, self.name) for one in self._pattern.finditer(text)]


def _boxes(lines: list[Line], pattern: str) -> tuple[Rect, ...]:
    return cover(Reading(tuple(lines)), Redactor([Pattern(pattern)]))


def test_each_word_that_a_finding_touches_is_covered_whole_and_no_other() -> None:
    (box,) = _boxes([line("call Ada Lovelace now")], r"da Love")
    assert holds(box, Rect(10 + 5 * CELL, 10, 12 * CELL, HEIGHT), slack=-1)
    assert box.width < 13 * CELL


def test_an_address_over_three_lines_is_found() -> None:
    lines = [line("Ada Lovelace"), line("12 Mill Street", y=29), line("Ashbury 12345", y=48), line("Thank you", y=67)]
    boxes = _boxes(lines, r"12 Mill Street\nAshbury 12345")
    assert [any(holds(box, one.rect) for box in boxes) for one in lines] == [False, True, True, False]


def test_cells_of_a_table_are_read_as_a_row() -> None:
    lines = [line("Customer"), line("Ada Lovelace", x=140)]
    boxes = _boxes(lines, r"(?<=Customer\t).*")
    assert [any(holds(box, one.rect) for box in boxes) for one in lines] == [False, True]


def test_two_columns_of_text_are_read_each_for_itself_too() -> None:
    left = [line("we wrote to Ada"), line("Lovelace again", y=29)]
    right = [line("some other text", x=200), line("in another column", x=200, y=29)]
    boxes = _boxes([left[0], right[0], left[1], right[1]], r"Ada\nLovelace")
    assert len(boxes) == 2
    assert all(box.x < 190 for box in boxes)


def test_what_was_not_read_is_covered() -> None:
    unread = Rect(100, 50, 30, 12)
    (box,) = cover(Reading((line("nothing here"),), (unread,)), Redactor([Pattern("x")]))
    assert holds(box, unread, slack=0)


def test_a_text_that_could_not_be_checked_is_covered_whole() -> None:
    class Broken:
        name = "broken"

        def find(self, text: str) -> list[Finding]:
            raise RuntimeError("no model")

    lines = [line("some words"), line("and more", y=29), line("apart", x=500, y=300)]
    boxes = cover(Reading(tuple(lines)), Redactor([Broken()]))
    assert all(any(holds(box, one.rect, slack=0) for box in boxes) for one in lines)


def test_letters_that_were_taken_for_digits_do_not_hide_a_number() -> None:
    assert with_digits("DEO6 l159 OK So") == "DE06 1159 OK So"
    assert _boxes([line("IBAN DEO6 1159")], r"DE\d\d \d{4}")


def test_a_text_is_checked_once_wherever_it_stands() -> None:
    pattern = Pattern("Ada")
    coverer = Coverer(Redactor([pattern]))
    first = coverer.cover(Reading((line("call Ada"), line("at noon", y=29))))
    checked = len(pattern.texts)
    moved = coverer.cover(Reading((line("call Ada", y=110), line("at noon", y=129))))
    assert len(pattern.texts) == checked
    assert [box.y + 100 for box in first] == [box.y for box in moved]


def test_only_what_begins_a_cell_is_taken_for_its_neighbours() -> None:
    log = [line(f"12:0{row} {'Ada' if row != 2 else 'was'} seen", y=10 + 18 * row) for row in range(6)]
    assert len(_boxes(log, "Ada")) == 5
    table = [line(f"12:0{row} | {'Ada' if row != 2 else 'was'} | seen", y=10 + 18 * row) for row in range(6)]
    assert len(_boxes(table, "Ada")) == 6
    wide = [line(f"12:0{row}   {'Ada' if row != 2 else 'was'} seen", y=10 + 18 * row) for row in range(6)]
    assert len(_boxes(wide, "Ada")) == 6
    numbers = [line(f"at {'020' if row != 2 else '049'} seen", y=10 + 18 * row) for row in range(6)]
    assert len(_boxes(numbers, "020")) == 6


def test_what_is_being_typed_is_covered_and_not_checked_but_what_stands_beside_it_is() -> None:
    pattern = Pattern("Ada")
    coverer = Coverer(Redactor([pattern]))
    lines = (line("at noon"), line("call Ada", y=29), line("call Ada now", y=200))
    boxes = coverer.cover(Reading(lines, typed=(lines[2].rect,)))
    assert any(holds(box, lines[2].rect, slack=0) for box in boxes)
    assert not any("now" in text for text in pattern.texts)
    assert any("Ada" in text for text in pattern.texts)
    coverer.cover(Reading(lines))
    assert any("now" in text for text in pattern.texts)


LINES = st.lists(
    st.tuples(
        st.sampled_from(["Ada", "call Ada now", "x", "a b c d", "\ufffd Ada"]), st.integers(0, 60), st.integers(0, 40)
    ),
    max_size=12,
)


@given(LINES)
def test_every_line_is_looked_at_and_every_name_in_any_layout_is_covered(drawn) -> None:
    lines = sorted((line(text, x=9 * x, y=7 * y) for text, x, y in drawn), key=lambda one: (one.rect.y, one.rect.x))
    looked = [part for unit in units(lines) for _, part in unit.parts]
    assert all(any(one is part for part in looked) for one in lines)
    mask = mask_of(list(_boxes(lines, "Ada")), (400, 900))
    for one in lines:
        at = one.text.find("Ada")
        if at >= 0:
            left = one.rect.x + at * CELL
            assert mask[one.rect.y : one.rect.y + HEIGHT, left : left + 3 * CELL].all()
