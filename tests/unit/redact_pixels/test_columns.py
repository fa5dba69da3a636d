"""Is what stands in a column of covered words covered too, and nothing else?"""

import numpy as np

from aboveboard.recorder.redact.pixels.columns import NEAR, Standing, like_their_neighbours

PITCH, HEIGHT = 18, 12
Word = tuple[int, int, int, bool]


def _column(marks: str, left: int = 100, top: int = 0) -> list[Word]:
    """One word for each mark, from top to bottom: x is covered."""
    return [(left, top + PITCH * row, HEIGHT, mark == "x") for row, mark in enumerate(marks)]


def _covered(words: list[Word]) -> list[int]:
    lefts, tops, heights, marks = np.array(words, np.intp).reshape(-1, 4).T
    return like_their_neighbours(Standing(lefts, tops, heights, marks.astype(np.bool_)))


def test_a_gap_in_a_covered_column_is_covered() -> None:
    assert _covered(_column("xx.xx")) == [2]
    assert _covered(_column("xxxx.")) == [4]
    assert _covered(_column("xx.xx", left=102) + _column("xxxxx", left=300)) == [2]


def test_the_edge_of_a_column_need_not_be_sharp() -> None:
    words = [(left + number % 4, *rest) for number, (left, *rest) in enumerate(_column("xx.xx", left=102))]
    assert _covered(words) == [2]


def test_few_covered_neighbours_cover_nothing() -> None:
    assert _covered(_column("x.x")) == []
    assert _covered(_column("x.x..x.x")) == []
    assert _covered(_column(".....")) == []


def test_what_is_far_or_beside_tells_nothing() -> None:
    far = _column("xxxx") + _column(".", top=PITCH * 4 + NEAR * HEIGHT)
    assert _covered(far) == []
    assert _covered(_column("xxxx") + _column("....", left=300)) == []


def test_the_heads_of_columns_are_not_covered_and_the_first_of_a_list_is() -> None:
    table = [*_column(".xxxxx"), *_column(".xxx.x", left=300), *_column("......", left=500)]
    assert _covered(table) == [10], "the gap, and neither head"
    assert _covered(_column(".xxxxx")) == [0]
    first_row = [*_column(".xxxxx"), *_column(".xxxxx", left=300), *_column("xxxxxx", left=500)]
    assert _covered(first_row) == [0, 6], "a row in which something is covered is none of heads"
