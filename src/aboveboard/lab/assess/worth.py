"""What do many trained policies say together: curves, their laws, and what each level costs?

Whoever trains and tries hands in a :class:`Tried` for each draw: of a data set (``lab.assess.value``), of a sweep, or
of a variant of training that somebody wants on the same page. The first is of everything as recorded.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from aboveboard.base.errors import BadInput
from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.formats.value import Curve, GroupWorth, Part, Price, Value, ValueLaw, ValuePoint, Verdict
from aboveboard.lab.assess.advice import answers
from aboveboard.lab.assess.interval import band, difference, newcombe, paired, wilson
from aboveboard.lab.assess.law import bands, fit

LOSS = 0.05
"""A level that costs less success than this still teaches."""
AS_RECORDED = "as recorded"


@dataclass(frozen=True)
class Way:
    """How what was learnt from is recorded, and what else is other than usual."""

    screen: Screen = "exact"
    keystrokes: Keystrokes = "exact"
    variant: str = ""

    @property
    def name(self) -> str:
        """For people: "screen redacted, keys count"."""
        parts = (("screen", self.screen), ("keys", self.keystrokes))
        told = [f"{kind} {level}" for kind, level in parts if level != "exact"]
        if len(told) == len(parts) and self.screen == self.keystrokes:
            told = [f"screen and keys {self.screen}"]
        return ", ".join([*told, *([self.variant] if self.variant else [])]) or AS_RECORDED


@dataclass(frozen=True)
class Tried:
    """One policy: what it learnt from, and its successes and episodes by task. Draws of one ``amount`` are alike."""

    way: Way
    amount: str
    hours: float
    stretches: float
    tasks: Mapping[str, tuple[int, int]]

    @property
    def success(self) -> float:
        """The mean over tasks."""
        return sum(good / every for good, every in self.tasks.values()) / len(self.tasks)


@dataclass(frozen=True)
class About:
    """What the page says of itself: as in :class:`Value`. ``kinds``: the kinds of action that each task needs."""

    about: str
    measured: str
    artefact_id: str
    episodes: int
    kinds: Mapping[str, Collection[str]]
    left_out: Mapping[str, int]
    seconds: float


def worth(tried: Sequence[Tried], about: About, groups: Sequence[GroupWorth] = ()) -> Value:
    """The page's facts and answers; raises :class:`BadInput` where nothing was tried."""
    if not tried:
        raise BadInput("there is nothing to draw a curve from", cause="nothing was tried", fix="try something first")
    ways = list(dict.fromkeys(one.way for one in tried))
    curves = [_curve(way, [one for one in tried if one.way == way], about.kinds) for way in ways]
    prices = [price for way in ways[1:] if (price := _price(way, ways[0], tried)) is not None]
    return Value(
        about=about.about,
        measured=about.measured,
        artefact_id=about.artefact_id,
        curves=curves,
        prices=prices,
        groups=list(groups),
        answers=answers(curves, prices),
        tasks=list(tried[0].tasks),
        episodes=about.episodes,
        left_out={reason: count for reason, count in sorted(about.left_out.items()) if count},
        seconds=about.seconds,
    )


def _curve(way: Way, tried: Sequence[Tried], kinds: Mapping[str, Collection[str]]) -> Curve:
    amounts = _amounts(tried)
    points = sorted((_point(drawn, kinds) for drawn in amounts.values()), key=lambda one: one.hours)
    return Curve(
        name=way.name,
        screen=way.screen,
        keystrokes=way.keystrokes,
        variant=way.variant,
        points=points,
        law=_law([(_mean([one.hours for one in drawn]), [one.success for one in drawn]) for drawn in amounts.values()]),
        flat=len(points) > 1 and points[-1].low <= points[-2].success,
    )


def _point(drawn: Sequence[Tried], kinds: Mapping[str, Collection[str]]) -> ValuePoint:
    success, low, high = band([one.success for one in drawn])
    tasks = list(drawn[0].tasks)
    by_kind: dict[str, list[str]] = {}
    for task in tasks:
        for kind in kinds.get(task, ()):
            by_kind.setdefault(kind, []).append(task)
    return ValuePoint(
        hours=_mean([one.hours for one in drawn]),
        stretches=_mean([one.stretches for one in drawn]),
        draws=len(drawn),
        success=success,
        low=low,
        high=high,
        applications=[_part(task, drawn, [task]) for task in tasks],
        kinds=[_part(kind, drawn, by_kind[kind]) for kind in sorted(by_kind)],
    )


def _part(name: str, drawn: Sequence[Tried], tasks: Sequence[str]) -> Part:
    """The wider of two bands: over draws, and over episodes as if they were all of one draw."""
    shares = [_mean([one.tasks[task][0] / one.tasks[task][1] for task in tasks]) for one in drawn]
    success, low, high = band(shares) if len(drawn) > 1 else (shares[0], 1.0, 0.0)
    least, most = wilson(*_pooled(drawn, tasks))
    return Part(name=name, success=success, low=min(low, least, success), high=max(high, most, success))


def _law(points: Sequence[tuple[float, Sequence[float]]]) -> ValueLaw | None:
    law = fit([(hours, _mean(drawn)) for hours, drawn in points])
    if law is None:
        return None
    last = max(hours for hours, _ in points)
    sure = bands(points)
    return ValueLaw(
        a=law.a,
        b=law.b,
        floor=law.floor,
        next_hour=law.next_hour(last),
        next_band=sure.next_hour if sure else None,
        flat_hours=law.flat_from(),
        flat_band=sure.flat_from if sure else None,
    )


def _price(way: Way, whole: Way, tried: Sequence[Tried]) -> Price | None:
    """At the largest amount that both were tried with; ``None`` where there is none."""
    less, more = (_amounts([one for one in tried if one.way == each]) for each in (way, whole))
    shared = [amount for amount in more if amount in less]
    if not shared:
        return None
    amount = max(shared, key=lambda one: _mean([each.hours for each in more[one]]))
    loss, low, high = gain_of(more[amount], less[amount])
    hours = _mean([one.hours for one in less[amount]])
    return Price(curve=way.name, hours=hours, loss=loss, low=low, high=high, teaches=_teaches(low, high))


def gain_of(more: Sequence[Tried], less: Sequence[Tried], *, pairs: bool = False) -> tuple[float, float, float]:
    """By how much success is greater in draws of one kind than of another, with the wider of two 95 % intervals.

    One is over draws (``pairs``: which belong together two and two), one over episodes as if they were of one draw.
    """
    compare = paired if pairs else difference
    gain, low, high = compare([one.success for one in more], [one.success for one in less])
    least, most = newcombe(_pooled(more, more[0].tasks), _pooled(less, less[0].tasks))
    return gain, max(-1.0, min(low, least, gain)), min(1.0, max(high, most, gain))


def _pooled(drawn: Sequence[Tried], tasks: Iterable[str]) -> tuple[int, int]:
    good, every = zip(*(one.tasks[task] for one in drawn for task in tasks), strict=True)
    return sum(good), sum(every)


def _teaches(low: float, high: float) -> Verdict:
    return "yes" if high <= LOSS else "no" if low > LOSS else "unsure"


def _amounts(tried: Sequence[Tried]) -> dict[str, list[Tried]]:
    ordered = sorted(tried, key=lambda one: one.amount)
    return {amount: list(drawn) for amount, drawn in groupby(ordered, key=lambda one: one.amount)}


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
