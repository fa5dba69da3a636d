"""What was a data set worth: is there enough of it, how closely need it be recorded, and what next?

Success against hours for each fidelity level that was tried, the laws behind, what a level costs, what groups of ten
people or more brought. It says nothing about any person: hours are drawn from all recordings together. It rests beside
its lineage as JSON; ``lab.assess.value_page`` sets it as a page.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.assessment import Share
from aboveboard.formats.disclosure import Keystrokes, Screen
from aboveboard.formats.fields import Count, Document, Line, PersonId, Text, decode_json, encode_json

LIMIT_BYTES = 4 * 1024 * 1024
BAR = 40
"""Characters that a success of 1 takes in the drawing."""

Number = Annotated[float, Meta(ge=0.0)]
Gain = Annotated[float, Meta(ge=-1.0, le=1.0)]
Verdict = Literal["yes", "no", "unsure"]


class Part(Document, frozen=True):
    """Success in one application, or at one kind of action, with its 95 % band."""

    name: Line
    success: Share
    low: Share
    high: Share


class ValuePoint(Document, frozen=True):
    """Success after so many ``hours``, the mean over ``draws``; its 95 % band over draws is ``low`` to ``high``.

    ``stretches`` are the episodes of work, or demonstrations, that were drawn, a mean. What needs several kinds of
    action counts for each.
    """

    hours: Number
    stretches: Number
    draws: Annotated[int, Meta(ge=1)]
    success: Share
    low: Share
    high: Share
    applications: Annotated[list[Part], Meta(max_length=1000)]
    kinds: Annotated[list[Part], Meta(max_length=100)]


class ValueLaw(Document, frozen=True):
    """``failure = floor + a * hours ** -b``, fitted to the points.

    ``next_hour`` is what it says one hour more than the last point would add; after ``flat_hours`` the next one adds
    less than a hundredth. Their 95 % bands are ``None`` where a point was drawn once only.
    """

    a: Number
    b: float
    floor: Share
    next_hour: float
    next_band: tuple[float, float] | None
    flat_hours: Number
    flat_band: tuple[Number, Number] | None


class Curve(Document, frozen=True):
    """Success against hours, recorded at these levels; ``variant`` says what else was other, such as the training.

    ``flat``: from the last point but one to the last, no gain is sure.
    """

    name: Line
    screen: Screen
    keystrokes: Keystrokes
    variant: Line
    points: Annotated[list[ValuePoint], Meta(min_length=1, max_length=100)]
    law: ValueLaw | None
    flat: bool


class Price(Document, frozen=True):
    """What ``curve`` loses of the first curve's success after the same ``hours``, with its 95 % interval.

    It ``teaches`` if the loss is surely small, and does not if it is surely not.
    """

    curve: Line
    hours: Number
    loss: Gain
    low: Gain
    high: Gain
    teaches: Verdict


class GroupWorth(Document, frozen=True):
    """How much success a group's part of the recordings adds to all others', with its 95 % interval."""

    name: Line
    people: Annotated[int, Meta(ge=10)]
    gain: Gain
    low: Gain
    high: Gain


class Answer(Document, frozen=True):
    """The answer to one of the three questions."""

    question: Literal["enough", "level", "next"]
    verdict: Verdict
    words: Text


class Value(Document, frozen=True):
    """The whole page. ``artefact_id`` names the data set; each draw was tried on ``episodes`` of each of ``tasks``.

    The first of ``curves`` is of everything as it was recorded.
    """

    about: Line
    measured: Line
    artefact_id: Line
    curves: Annotated[list[Curve], Meta(min_length=1, max_length=30)]
    prices: Annotated[list[Price], Meta(max_length=30)]
    groups: Annotated[list[GroupWorth], Meta(max_length=100)]
    answers: Annotated[list[Answer], Meta(min_length=1, max_length=3)]
    tasks: Annotated[list[Line], Meta(min_length=1, max_length=1000)]
    episodes: Annotated[int, Meta(ge=1)]
    left_out: dict[str, Count]
    seconds: Number

    def text(self) -> str:
        """The curves for a terminal, and how to read them."""
        lines = []
        for curve in self.curves:
            lines.append(f"{curve.name:<22}{'hours':>8}  {'':<{BAR + 2}} {'success':>7}  95 % band over draws")
            for one in curve.points:
                bar = "█" * round(BAR * one.success)
                shown = f"{one.low:.2f} to {one.high:.2f}" if one.draws > 1 else "one draw, so unknown"
                lines.append(f"{'':<22}{one.hours:>8.3f}  |{bar:<{BAR}}| {one.success:>7.3f}  {shown}")
        law = self.curves[0].law
        if law is not None:
            band = f" ({law.next_band[0]:+.4f} to {law.next_band[1]:+.4f})" if law.next_band else ""
            lines.append(f"law: failure = {law.floor:.3f} + {law.a:.3g} * hours^-{law.b:.2f}")
            lines.append(
                f"by it, one hour more of the same would add {law.next_hour:+.4f}{band}; it knows no other work"
            )
        for price in self.prices:
            lines.append(
                f"{price.curve}: costs {price.loss:+.3f} ({price.low:+.3f} to {price.high:+.3f}) of success at "
                f"{price.hours:.2f} h; still teaches: {price.teaches}"
            )
        for group in self.groups:
            lines.append(
                f"{group.name} ({group.people} people): adds {group.gain:+.3f} ({group.low:+.3f} to {group.high:+.3f})"
            )
        lines += [f"{QUESTIONS[one.question]} {one.words}" for one in self.answers]
        lines.append(f"tried on {self.episodes} held-out problems of each of {', '.join(self.tasks)}: {self.measured}")
        return "\n".join(lines)


QUESTIONS = {"enough": "Enough?", "level": "Which level?", "next": "What next?"}


def encode(value: Value) -> bytes:
    """The value's JSON."""
    return encode_json(value)


def decode(data: bytes) -> Value:
    """Parse a value; raises :class:`BadInput`."""
    return decode_json(data, Value, name="value", limit_bytes=LIMIT_BYTES)


Groups = Annotated[
    dict[Line, Annotated[list[PersonId], Meta(min_length=1, max_length=10_000)]], Meta(min_length=1, max_length=20)
]


def decode_groups(data: bytes) -> dict[str, list[str]]:
    """Parse the groups that somebody asks for: names, and who is in each; raises :class:`BadInput`."""
    return decode_json(data, Groups, name="list of groups", limit_bytes=LIMIT_BYTES)
