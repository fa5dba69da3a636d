"""Enough? Which level? What next? What follows from the curves, in words for a steward, and how sure it is.

Of what is not sure the answer says so. A level is proposed only where it was tried and its loss is surely small; what
was tried one at a time is not said of both together.
"""

from collections.abc import Sequence
from typing import get_args

from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.formats.value import Answer, Curve, Part, Price, Verdict
from aboveboard.lab.assess.law import GAIN

GOOD = 0.9
"""Below this a flat curve is no good news: something is missing that more of the same does not bring."""
NAMED = 5
_SCREEN = {level: rank for rank, level in enumerate(get_args(Screen))}
_KEYS = {level: rank for rank, level in enumerate(get_args(Keystrokes))}


def answers(curves: Sequence[Curve], prices: Sequence[Price]) -> list[Answer]:
    """The three, in order; ``curves[0]`` is of everything as recorded."""
    enough = _enough(curves[0])
    return [enough, _level(curves, prices), _next(curves[0], enough.verdict)]


def _enough(curve: Curve) -> Answer:
    last, law = curve.points[-1], curve.law
    seen = f"{last.hours:.2g} h give a success of {last.success:.2f} ({_band(last.low, last.high, last.draws)})."
    if law is None or law.next_band is None or law.flat_band is None:
        why = "It takes three amounts, each drawn at least twice, to say what more would bring."
        return Answer(question="enough", verdict="unsure", words=f"Not known. {seen} {why}")
    low, high = law.next_band
    more = f"One hour more of the same would add {law.next_hour:.3f} (95 %: {low:.3f} to {high:.3f})."
    if high < GAIN and curve.flat:
        flat = f"The curve is flat from about {law.flat_hours:.2g} h on ({_hours(*law.flat_band)})."
        rest = "" if last.success >= GOOD else " But it is flat at too little: what is missing, more of the same lacks."
        return Answer(question="enough", verdict="yes", words=f"Yes, of this work. {seen} {more} {flat}{rest}")
    if low >= GAIN:
        flat = f"It would be flat from about {law.flat_hours:.2g} h on ({_hours(*law.flat_band)})."
        return Answer(question="enough", verdict="no", words=f"No. {seen} {more} {flat}")
    return Answer(question="enough", verdict="unsure", words=f"Not sure. {seen} {more}")


def _level(curves: Sequence[Curve], prices: Sequence[Price]) -> Answer:
    by_name = {one.name: one for one in curves}
    priced = [one for one in prices if not by_name[one.curve].variant]
    if not priced:
        return Answer(question="level", verdict="unsure", words="Not known: no lower level was tried.")
    good = [by_name[one.curve] for one in priced if one.teaches == "yes"]
    least = [one for one in good if not any(_less(other, one) for other in good)]
    each = " ".join(f"“{one.curve}” {_cost(one)}." for one in sorted(priced, key=lambda one: one.loss))
    if least:
        names = " or ".join(f"“{one.name}”" for one in least)
        together = " Whether both at once still teach was not tried." if len(least) > 1 else ""
        words = f"Record at {names}: the least that was tried and still teaches.{together} {each}"
        return Answer(question="level", verdict="yes", words=words)
    if all(one.teaches == "no" for one in priced):
        words = f"As recorded: every lower level that was tried costs too much. {each}"
        return Answer(question="level", verdict="no", words=words)
    words = f"Not sure yet: more draws would tell. {each}"
    return Answer(question="level", verdict="unsure", words=words)


def _next(curve: Curve, enough: Verdict) -> Answer:
    last = curve.points[-1]
    kinds, applications = (_weak(parts, last.success) for parts in (last.kinds, last.applications))
    weak = []
    if kinds:
        weak.append(f"the kinds of action {_listed(kinds)}")
    if applications:
        weak.append(f"{_listed(applications)}")
    told = (
        f" Surely weaker than the rest: {'; and '.join(weak)}." if weak else " No part is surely weaker than the rest."
    )
    if enough == "yes":
        do = "Stop collecting more of the same."
        do += " Ask for demonstrations of what is weak, or for other work." if weak else " Collect other work, or none."
    elif enough == "no":
        do = "Collect more, then look again."
        do += " What is weak first." if weak else ""
    else:
        do = "Draw the curve with more draws and amounts before anything more is collected."
    return Answer(question="next", verdict="yes" if enough != "unsure" else "unsure", words=do + told)


def _weak(parts: Sequence[Part], mean: float) -> list[Part]:
    return sorted((one for one in parts if one.high < min(mean, GOOD)), key=lambda one: one.success)


def _listed(parts: Sequence[Part]) -> str:
    told = [f"{one.name} {one.success:.2f} ({one.low:.2f} to {one.high:.2f})" for one in parts[:NAMED]]
    return ", ".join(told) + (f" and {len(parts) - NAMED} more" if len(parts) > NAMED else "")


def _cost(price: Price) -> str:
    verdict = {"yes": "still teaches", "no": "costs too much", "unsure": "is not sure"}[price.teaches]
    return f"{verdict} ({price.loss:.2f} lost, {price.low:.2f} to {price.high:.2f})"


def _less(one: Curve, other: Curve) -> bool:
    """Whether ``one`` tells less than ``other`` of something, and more of nothing."""
    pairs = [(_SCREEN[one.screen], _SCREEN[other.screen]), (_KEYS[one.keystrokes], _KEYS[other.keystrokes])]
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)


def _band(low: float, high: float, draws: int) -> str:
    return f"95 %: {low:.2f} to {high:.2f}" if draws > 1 else "one draw, so nobody knows how sure"


def _hours(low: float, high: float) -> str:
    return f"95 %: {low:.2g} to {high:.2g} h"
