"""How much would a request open, as far as whoever decides on it may be told?

So many people and segments together, or nothing: how much one person has recorded is how much they worked, and nobody
is told that. Counts are of at least ten people who have recorded, and rounded, so that two requests that differ in one
person do not tell of that one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from aboveboard.rules.fleet import LEAST_PEOPLE

DIGITS = 2


@dataclass(frozen=True)
class Extent:
    """``named``: whom the request asks for. ``people`` of them have recorded about ``segments``; ``None``: too few."""

    named: int
    people: int | None
    segments: int | None


def extent(named: int, segments: Mapping[str, int]) -> Extent:
    """What may be told of ``segments``: how many that the request could open, of each person who has any."""
    if len(segments) < LEAST_PEOPLE:
        return Extent(named, None, None)
    return Extent(named, _rounded(len(segments)), _rounded(sum(segments.values())))


def _rounded(count: int) -> int:
    """``count`` with two digits that count: 1234 becomes 1200, 96 stays."""
    unit: int = 10 ** max(0, len(str(count)) - DIGITS)
    return count // unit * unit
