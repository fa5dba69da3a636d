"""What do the numbers of several rounds say? Pure: medians, spreads, quantiles, ratios, projections, and matching.

Matching walks what was sent and what was recorded side by side; where they differ, as few as can be of both are passed
over until they go on alike. An event's error is the recorded time less the time just before it was sent.
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

ALIKE = 4
NEAR, CLOSE, CANDIDATES = 8, 50, 200
"""How far one looks for where what was sent and what was recorded go on alike; see :func:`_go_on`."""
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
    errors = sorted(abs(recorded[there][1] - sent[here][1]) for here, there in pairs(sent, recorded))

    def at(share: float) -> float | None:
        return quantile(errors, share) / 1e6 if timed and errors else None

    return Match(len(sent), len(errors), len(recorded) - len(errors), at(0.5), at(0.95), at(0.99), at(1.0))


def pairs(sent: Sequence[Stamped], recorded: Sequence[Stamped]) -> list[tuple[int, int]]:
    """Which of ``sent`` is which of ``recorded``: (place in the one, place in the other), in order."""
    found: list[tuple[int, int]] = []
    here = there = 0
    first, second = [value for value, _ in sent], [value for value, _ in recorded]
    places: dict[Hashable, list[int]] = {}
    for place, value in enumerate(first):
        places.setdefault(value, []).append(place)
    while here < len(first) and there < len(second):
        if first[here] == second[there]:
            found.append((here, there))
            here, there = here + 1, there + 1
        else:
            here, there = _go_on(first, second, here, there, places)
    return found


def _go_on(
    sent: list[Hashable], recorded: list[Hashable], here: int, there: int, places: dict[Hashable, list[int]]
) -> tuple[int, int]:
    """Where both go on alike, after a difference at (``here``, ``there``).

    1. A few passed over of either, if four events are the same from there.
    2. Else many were lost: where, anywhere later, what is recorded next was sent with the three after it.
    3. Else losses lie close together: the next that is the same. Else nobody sent what was recorded next.
    """
    for total in range(1, NEAR):
        for skip in range(total + 1):
            if _alike(sent, recorded, here + total - skip, there + skip):
                return here + total - skip, there + skip
    later = places.get(recorded[there], [])
    later = later[bisect_left(later, here) :][:CANDIDATES]
    for place in later:
        if _alike(sent, recorded, place, there):
            return place, there
    return (later[0], there) if later and later[0] - here <= CLOSE else (here, there + 1)


def _alike(sent: list[Hashable], recorded: list[Hashable], here: int, there: int) -> bool:
    ahead = sent[here : here + ALIKE]
    return bool(ahead) and ahead == recorded[there : there + len(ahead)]


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


def project(parts: Sequence[Part], day_s: float = OFFICE_DAY_S, *, require_whole: bool = True) -> float:
    """Bytes of a whole day: each part's bytes a second times its share.

    Raises ValueError unless the shares add up to 1 (``require_whole=False``: for the bytes of some parts of a day).
    """
    if require_whole and not math.isclose(sum(part.share for part in parts), 1.0, abs_tol=1e-9):
        raise ValueError("the shares of a day must add up to 1")
    return sum(day_s * part.share * part.size_bytes / part.measured_s for part in parts)
