"""When is an application's word for an unreadable line believed?"""

import pytest

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.pixels.puzzles import AT_ONCE, DRAWN_NS, EVERY_NS, Puzzles

LINE, OTHER = Rect(20, 40, 200, 16), Rect(20, 80, 200, 16)
SAID = Given(Rect(18, 38, 210, 20), "an invoice")
BEGIN_NS = 10 * EVERY_NS


def anywhere(x: int, y: int) -> bool:
    return True


def asked(*lines: Rect) -> Puzzles:
    puzzles = Puzzles()
    puzzles.follow(None, lines)
    assert puzzles.take(BEGIN_NS, anywhere) == lines
    return puzzles


def test_a_line_is_asked_about_once_as_long_as_nothing_changes_there() -> None:
    puzzles = asked(LINE)
    puzzles.follow([], [LINE])
    assert puzzles.take(BEGIN_NS + 2 * EVERY_NS, anywhere) == ()
    puzzles.follow([LINE], [LINE])
    assert puzzles.take(BEGIN_NS + 4 * EVERY_NS, anywhere) == (LINE,)


def test_not_too_many_and_not_too_often() -> None:
    lines = tuple(Rect(0, 20 * row, 90, 12) for row in range(AT_ONCE + 3))
    puzzles = Puzzles()
    puzzles.follow(None, lines)
    first = puzzles.take(BEGIN_NS, anywhere)
    assert len(first) == AT_ONCE
    assert puzzles.take(BEGIN_NS + EVERY_NS - 1, anywhere) == ()
    assert {*first, *puzzles.take(BEGIN_NS + EVERY_NS, anywhere)} == set(lines)


def test_a_line_elsewhere_waits_until_it_is_there() -> None:
    puzzles = Puzzles()
    puzzles.follow(None, [LINE])
    assert puzzles.take(BEGIN_NS, lambda x, y: False) == ()
    assert puzzles.take(BEGIN_NS, lambda x, y: (x, y) == (120, 48)) == (LINE,)


def test_an_answer_waits_until_what_it_knew_of_was_drawn() -> None:
    puzzles = asked(LINE)
    puzzles.told(BEGIN_NS + 5, [SAID])
    assert puzzles.waiting
    assert puzzles.believed(BEGIN_NS + 5 + DRAWN_NS - 1) == ()
    assert puzzles.believed(BEGIN_NS + 5 + DRAWN_NS) == (SAID,)
    assert not puzzles.waiting
    assert puzzles.believed(BEGIN_NS + 5 + 2 * DRAWN_NS) == ()


@pytest.mark.parametrize("changed", [[Rect(100, 50, 1, 1)], None])
def test_an_answer_about_what_has_changed_since_is_dropped_though_it_looks_the_same_again(changed) -> None:
    puzzles = asked(LINE)
    puzzles.told(BEGIN_NS + 5, [SAID])
    puzzles.follow(changed, [LINE])
    assert puzzles.believed(BEGIN_NS + 5 + DRAWN_NS) == ()


def test_what_changes_elsewhere_does_not_matter() -> None:
    puzzles = asked(LINE)
    puzzles.told(BEGIN_NS + 5, [SAID])
    puzzles.follow([OTHER], [LINE, OTHER])
    assert puzzles.believed(BEGIN_NS + 5 + DRAWN_NS) == (SAID,)


def test_what_nobody_asked_is_not_believed() -> None:
    puzzles = asked(LINE)
    puzzles.follow([], [LINE, OTHER])
    puzzles.told(BEGIN_NS + 5, [Given(OTHER, "an invoice")])
    assert puzzles.believed(BEGIN_NS + 5 + DRAWN_NS) == ()
