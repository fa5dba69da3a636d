"""Is what stands side by side in two windows read as two texts, and nothing lost where a line goes on into another?"""

import re

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.fidelity import Fidelities
from aboveboard.recorder.redact.pixels.covering import Coverer, units
from aboveboard.recorder.redact.pixels.panes import BESIDE, Panes, apart, number_at
from aboveboard.recorder.redact.pixels.reading import Content, Line, Reading, Word
from aboveboard.recorder.redact.pixels.stems import Stems
from aboveboard.recorder.redact.scope import Stacked
from aboveboard.recorder.redact.text.finding import Finding
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import HOLD_NS
from samples.disclosed import app, disclosure
from samples.screen_text import Picture, mask_of

CELL, HEIGHT = 9, 14
LEFT, RIGHT = Rect(0, 0, 100, 400), Rect(100, 0, 300, 400)
SIDE_BY_SIDE: Panes = ((LEFT, 1), (RIGHT, 2))


def line(text: str, x: int = 10, y: int = 10) -> Line:
    words = tuple(Word(at.start() * CELL, at.end() * CELL, at.start(), at.end()) for at in re.finditer(r"\S+", text))
    return Line(Rect(x, y, len(text) * CELL, HEIGHT), Content(text, words))


class Labelled:
    """Finds what follows a label."""

    name = "labelled"

    def find(self, text: str) -> list[Finding]:
        found = re.finditer(r"(?<=Name)[\s:]+(\w+)", text)
        return [Finding(one.start(1), one.end(1), "name", 1.0, self.name) for one in found]


def boxes(lines: list[Line], panes: Panes = ()) -> tuple[Rect, ...]:
    return Coverer(Redactor([Labelled()])).cover(Reading(tuple(lines)), panes=panes)


def test_a_label_in_one_window_tells_nothing_of_another() -> None:
    lines = [line("Name"), line("invoice", x=110)]
    assert len(boxes(lines)) == 1
    assert not boxes(lines, SIDE_BY_SIDE)
    assert len(boxes(lines, ((LEFT, 1), (RIGHT, 1)))) == 1, "two windows of one client"
    assert len(boxes(lines, ((Rect(0, 0, 400, 400), 1),))) == 1


def test_a_line_that_goes_on_into_another_window_is_two() -> None:
    long = line("the Name Ada of it", x=10)
    parts, numbers = apart([long], SIDE_BY_SIDE)
    assert [one.text for one in parts] == ["the Name", "Ada of it"]
    assert numbers == [1, 2]
    assert parts[1].rect == Rect(10 + 9 * CELL, 10, 9 * CELL, HEIGHT)
    assert parts[1].place(0, 3) == Rect(10 + 9 * CELL, 10, 3 * CELL, HEIGHT)
    assert apart([long], ()) == ([long], [BESIDE])
    assert apart([long], ((Rect(60, 0, 60, 5), 3), *SIDE_BY_SIDE))[1] == [1, 2], "a window that is above it"


def test_the_topmost_window_counts() -> None:
    over: Panes = ((Rect(50, 0, 20, 50), 3), *SIDE_BY_SIDE)
    assert [number_at(over, x, 10) for x in (10, 50, 69, 70, 100, 400)] == [1, 3, 3, 1, 2, BESIDE]


rects = st.builds(Rect, st.integers(0, 60), st.integers(0, 60), st.integers(1, 300), st.integers(1, 300))
panes = st.lists(st.tuples(rects, st.integers(1, 3)), max_size=4)


@given(panes, st.lists(st.tuples(st.sampled_from(["a Name Ada b", "x y"]), st.integers(0, 40), st.integers(0, 30))))
def test_every_word_is_looked_at_wherever_windows_lie(
    lying: list[tuple[Rect, int]], drawn: list[tuple[str, int, int]]
) -> None:
    lines = sorted((line(text, x=9 * x, y=9 * y) for text, x, y in drawn), key=lambda one: (one.rect.y, one.rect.x))
    looked = [part for unit in units(lines, tuple(lying)) for _, part in unit.parts]
    mask = mask_of([Rect(one.rect.x, one.rect.y, one.rect.width, HEIGHT) for one in looked], (400, 700))
    for one in lines:
        for word in one.content.words:
            left = one.rect.x + word.left
            assert mask[one.rect.y : one.rect.y + HEIGHT, left : left + word.right - word.left].all()


def test_while_a_window_moves_all_of_the_screen_is_one() -> None:
    def stack(*rects: Rect) -> tuple[Stacked, ...]:
        return tuple(
            Stacked(rect, (rect,), rect, WindowFacts(number, "Editor", "", 7, rect))
            for number, rect in enumerate(rects)
        )

    fidelities = Fidelities(disclosure(app("Editor", screen="redacted")), reads=True)
    assert not fidelities.panes(HOLD_NS, HOLD_NS)
    fidelities.layout(10 * HOLD_NS, stack(LEFT, RIGHT))
    fidelities.layout(11 * HOLD_NS, stack(LEFT, RIGHT))
    assert fidelities.panes(12 * HOLD_NS, 12 * HOLD_NS) == ((RIGHT, 1), (LEFT, 0)), "it is the same"
    fidelities.layout(20 * HOLD_NS, stack(LEFT, LEFT))
    for moment_ns in (19 * HOLD_NS, 20 * HOLD_NS, 21 * HOLD_NS - 1):
        assert not fidelities.panes(moment_ns, moment_ns)
    assert fidelities.panes(22 * HOLD_NS, 22 * HOLD_NS)


def test_the_margin_between_two_windows_is_no_letter() -> None:
    picture = Picture(500, 300)
    picture.draw.rectangle((200, 50, 211, 250), fill=(230, 230, 230))
    pixels = picture.pixels
    assert Stems().places(pixels, None)
    window: Panes = ((Rect(0, 20, 212, 260), 1), (Rect(0, 0, 500, 300), 2))
    assert not Stems().places(pixels, None, window)
    assert Stems().places(pixels, None, ((Rect(0, 0, 500, 300), 2),))
