"""Is what stands in a column of covered words covered too, and nothing else?"""

from aboveboard.recorder.redact.pixels.columns import NEAR, Standing, like_their_neighbours

PITCH, HEIGHT = 18, 12


def _column(marks: str, left: int = 100, top: int = 0) -> list[Standing]:
    """One word for each mark, from top to bottom: x is covered."""
    return [Standing(left, top + PITCH * row, HEIGHT, mark == "x") for row, mark in enumerate(marks)]


def _covered(words: list[Standing]) -> list[int]:
    return sorted(like_their_neighbours(words))


def test_a_gap_in_a_covered_column_is_covered() -> None:
    assert _covered(_column("xx.xx")) == [2]
    assert _covered(_column("xxxx.")) == [4]
    assert _covered(_column("xx.xx", left=102) + _column("xxxxx", left=300)) == [2]


def test_the_edge_of_a_column_need_not_be_sharp() -> None:
    words = [one._replace(left=one.left + number % 4) for number, one in enumerate(_column("xx.xx", left=102))]
    assert _covered(words) == [2]


def test_few_covered_neighbours_cover_nothing() -> None:
    assert _covered(_column("x.x")) == []
    assert _covered(_column("x.x..x.x")) == []
    assert _covered(_column(".....")) == []


def test_what_is_far_or_beside_tells_nothing() -> None:
    far = _column("xxxx") + _column(".", top=PITCH * 4 + NEAR * HEIGHT)
    assert _covered(far) == []
    assert _covered(_column("xxxx") + _column("....", left=300)) == []
