"""What was a data set worth: success against hours, the law behind it, and what the next hour would buy?

It says nothing about any person: hours are drawn from all recordings together. It rests beside its lineage as JSON.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.assessment import Share
from aboveboard.formats.fields import Count, Document, Line, decode_json, encode_json

LIMIT_BYTES = 1024 * 1024
BAR = 40
"""Characters that a success of 1 takes in the drawing."""

Number = Annotated[float, Meta(ge=0.0)]


class ValuePoint(Document, frozen=True):
    """Success after so many ``hours``, the mean over ``draws``; its 95 % band over draws is ``low`` to ``high``.

    ``stretches`` are the episodes of work that were drawn, ``clicks`` what was learnt from in them, each a mean.
    """

    hours: Number
    stretches: Number
    clicks: Number
    draws: Annotated[int, Meta(ge=1)]
    success: Share
    low: Share
    high: Share


class ValueLaw(Document, frozen=True):
    """``failure = a * hours ** -b``, fitted to the points. ``next_hour`` is what it says one hour more would add."""

    a: Number
    b: float
    next_hour: float


class Value(Document, frozen=True):
    """The whole page. ``artefact_id`` names the data set; each draw was tried on ``episodes`` of each of ``tasks``.

    ``flat``: from the last point but one to the last, no gain is sure.
    """

    points: Annotated[list[ValuePoint], Meta(min_length=1, max_length=100)]
    law: ValueLaw | None
    flat: bool
    artefact_id: Line
    tasks: Annotated[list[Line], Meta(min_length=1, max_length=1000)]
    episodes: Annotated[int, Meta(ge=1)]
    left_out: dict[str, Count]
    seconds: Number

    def text(self) -> str:
        """The curve for a terminal, and how to read it."""
        lines = [f"{'hours':>8}  {'':<{BAR + 2}} {'success':>7}  95 % band over draws"]
        for one in self.points:
            bar = "█" * round(BAR * one.success)
            shown = f"{one.low:.2f} to {one.high:.2f}" if one.draws > 1 else "one draw, so unknown"
            lines.append(f"{one.hours:>8.3f}  |{bar:<{BAR}}| {one.success:>7.2f}  {shown} ({one.clicks:.0f} clicks)")
        if self.law is not None:
            lines.append(f"law: failure = {self.law.a:.3g} * hours^-{self.law.b:.2f}")
            lines.append(
                f"by it, one hour more of the same would add {self.law.next_hour:+.3f}; it knows no other work"
            )
        lines.append(
            "flat: between the last two points no gain is sure; other work would teach more than more of this"
            if self.flat
            else "rising: the last point is surely above the one before it"
        )
        lines.append(f"tried on {self.episodes} held-out problems of each of {', '.join(self.tasks)} in a real browser")
        return "\n".join(lines)


def encode(value: Value) -> bytes:
    """The value's JSON."""
    return encode_json(value)


def decode(data: bytes) -> Value:
    """Parse a value; raises :class:`BadInput`."""
    return decode_json(data, Value, name="value", limit_bytes=LIMIT_BYTES)
