"""What do the numbers of several rounds say? Pure: medians, spreads, quantiles, ratios, projections, and matching.

Matching walks what was sent and what was recorded side by side: an event is found if the same comes next within a
short look-ahead. Its error is the recorded time less the time just before it was sent.
"""

import math
import statistics
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

LOOK_AHEAD = 400
"""How many recorded events further on the next match is looked for."""
OFFICE_DAY_S = 8 * 3600

Stamped = tuple[Hashable, int]
"""What happened, and its wall time in nanoseconds."""


@dataclass(frozen=True)
class Match:
    """``found`` of ``sent``, in the order sent; ``extra`` were recorded and never sent. Errors in ms."""

    sent: int
    found: int
    extra: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    worst_ms: float | None


def match(sent: Sequence[Stamped], recorded: Sequence[Stamped], *, timed: bool = True) -> Match:
    """Compare what was sent with what was recorded, both in order."""
    errors: list[int] = []
    place = 0
    for wanted, sent_ns in sent:
        ahead = range(place, min(place + LOOK_AHEAD, len(recorded)))
        found = next((index for index in ahead if recorded[index][0] == wanted), None)
        if found is not None:
            errors.append(abs(recorded[found][1] - sent_ns))
            place = found + 1
    errors.sort()

    def at(share: float) -> float | None:
        return quantile(errors, share) / 1e6 if timed and errors else None

    return Match(len(sent), len(errors), len(recorded) - len(errors), at(0.5), at(0.95), at(0.99), at(1.0))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` of the values do not exceed; nan where there are none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


@dataclass(frozen=True)
class Spread:
    """The median of the rounds, and the least and the greatest of them."""

    median: float
    least: float
    most: float


def spread(values: Sequence[float | None]) -> Spread | None:
    """None where no round has a value."""
    known = [value for value in values if value is not None]
    return Spread(statistics.median(known), min(known), max(known)) if known else None


def ratio(ours: float | None, best: float | None) -> float | None:
    """How much of the best peer's figure ours is; below 1 is better."""
    return ours / best if ours is not None and best else None


@dataclass(frozen=True)
class Part:
    """One part of a working day: its ``share`` of the day (0 to 1), and the bytes that ``measured_s`` of it made."""

    name: str
    share: float
    size_bytes: float
    measured_s: float


def project(parts: Sequence[Part], day_s: float = OFFICE_DAY_S) -> float:
    """Bytes of a whole day: each part's bytes a second times its share. Raises ValueError unless shares add up to 1."""
    if not math.isclose(sum(part.share for part in parts), 1.0, abs_tol=1e-9):
        raise ValueError("the shares of a day must add up to 1")
    return sum(day_s * part.share * part.size_bytes / part.measured_s for part in parts)
