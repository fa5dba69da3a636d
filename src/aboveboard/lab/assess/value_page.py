"""The value of a data set as one page that a steward can read: one file, no script, nothing from elsewhere.

First the three answers, then what they rest on: the curves, what each level costs, kinds of action and applications,
groups, and how it was measured. It tells nothing that ``value.json`` beside it does not.
"""

from collections.abc import Sequence
from html import escape

from aboveboard.formats.value import QUESTIONS, Answer, Curve, GroupWorth, Part, Price, Value, ValueLaw, ValuePoint
from aboveboard.lab.assess.law import GAIN
from aboveboard.lab.assess.value_charts import curves_chart, legend, whisker
from aboveboard.lab.assess.value_style import STYLE
from aboveboard.lab.assess.worth import LOSS

TITLE = "What these recordings are worth"
SHOWN = 10
"""Rows of a table before the rest is folded away."""
TELLS = {
    "structure": "layout; words by their length",
    "redacted": "what is personal or secret is a placeholder",
    "shape": "letters as “a”, digits as “9”",
    "count": "how many keys",
}
_SIGNS = {"yes": "sure", "no": "sure", "unsure": "not sure"}


def page(value: Value) -> str:
    """The whole page. Every text in it is escaped."""
    first = value.curves[0]
    body = [
        f"<header><h1>{TITLE}</h1><p>{escape(value.about)}</p></header>",
        f'<div class="answers">{"".join(_answer(one) for one in value.answers)}</div>',
        _section("Success against hours", _curves(value.curves)),
        _section("What each level costs", _prices(value)) if len(value.curves) > 1 else "",
        _section("By kind of action", _parts(value.curves, "kinds")) if len(first.points[-1].kinds) > 1 else "",
        _section("By application, or task", _parts(value.curves, "applications")) if len(value.tasks) > 1 else "",
        _section("By group", _groups(value.groups)) if value.groups else "",
        _section("How this was measured", _how(value)),
    ]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{TITLE}</title><style>{STYLE}</style></head><body><main>{"".join(body)}</main></body></html>
"""


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _answer(answer: Answer) -> str:
    return (
        f'<section class="answer {answer.verdict}"><h2>{QUESTIONS[answer.question]}'
        f"<small>{_SIGNS[answer.verdict]}</small></h2><p>{escape(answer.words)}</p></section>"
    )


def _curves(curves: Sequence[Curve]) -> str:
    law = curves[0].law
    head = "<tr><th>Level<th>Hours<th>Stretches<th>Draws<th>Success<th>95 % band over draws</tr>"
    rows = "".join(
        f"<tr><td>{escape(curve.name)}<td>{point.hours:.2f}<td>{point.stretches:.0f}<td>{point.draws}"
        f"<td>{point.success:.3f}<td>{_band(point.low, point.high) if point.draws > 1 else 'one draw: unknown'}</tr>"
        for curve in curves
        for point in curve.points
    )
    table = f"<details><summary>All points</summary>{_table(head, rows)}</details>"
    return f'{legend(curves)}<div class="scroll chart">{curves_chart(curves)}</div>{_law(law) if law else ""}{table}'


def _law(law: ValueLaw) -> str:
    next_band = f" (95 %: {law.next_band[0]:+.4f} to {law.next_band[1]:+.4f})" if law.next_band else ""
    flat_band = f" (95 %: {law.flat_band[0]:.2g} to {law.flat_band[1]:.2g} h)" if law.flat_band else ""
    return (
        f"<p>The law: <b>failure = {law.floor:.3f} + {law.a:.3g} · hours<sup>−{law.b:.2f}</sup></b>. One hour more "
        f"than the last point adds {law.next_hour:+.4f}{next_band}. After {law.flat_hours:.2g} h{flat_band} an hour "
        f"more adds less than {GAIN:g}: there it flattens, towards {1 - law.floor:.2f}. It knows no other work.</p>"
    )


def _prices(value: Value) -> str:
    by_name = {curve.name: curve for curve in value.curves}
    top = max([0.2, *(price.high for price in value.prices if price.high < 1)])
    rows = "".join(_price(price, by_name[price.curve], top) for price in value.prices)
    head = "<tr><th>Level<th>Still teaches<th>Success lost<th>95 % interval<th class=drawn><th>What is left</tr>"
    return (
        "<p>The demonstrations were brought down to each level before anything was learnt from them; what was learnt "
        f"was tried on the task as it is. A level still teaches if its loss is surely below {LOSS:g} (the line). "
        f"Compared at as many hours of both.{_shown_anyway(value.curves)}</p>{_table(head, rows)}"
    )


def _shown_anyway(curves: Sequence[Curve]) -> str:
    keys_alone = any(one.screen == "exact" and one.keystrokes != "exact" for one in curves)
    return " A screen that stays exact shows what is typed into it, whatever is told of keys." if keys_alone else ""


def _price(price: Price, curve: Curve, top: float) -> str:
    left = "; ".join(
        f"{kind}: {TELLS[level]}"
        for kind, level in (("screen", curve.screen), ("keys", curve.keystrokes))
        if level in TELLS
    )
    words = {"yes": "yes", "no": "no", "unsure": "not sure"}[price.teaches]
    lost = f"{price.loss:+.3f} at {price.hours:.2f} h<td>{price.low:+.3f} to {price.high:+.3f}"
    drawn = whisker(price.loss, price.low, price.high, (-0.1, top), LOSS)
    return (
        f'<tr><td class=words>{escape(curve.name)}<td class="{price.teaches}">{words}<td>{lost}'
        f"<td class=drawn>{drawn}<td class=words>{escape(left or curve.variant)}</tr>"
    )


def _parts(curves: Sequence[Curve], which: str) -> str:
    """A row for each part: its success as recorded, after the fewest and the most hours and those of lower levels.

    Then its success at each lower level, after the most hours that were tried of it.
    """
    points, last = curves[0].points, curves[0].points[-1]
    beside = {min(points, key=lambda one: abs(one.hours - curve.points[-1].hours)).hours for curve in curves[1:]}
    before = [one for one in points[:-1] if one.hours in {points[0].hours, *beside}]
    lower = [(curve.name, curve.points[-1]) for curve in curves[1:]]
    head = "<tr><th>" + "".join(f"<th>{one.hours:.2g} h" for one in (*before, last)) + "<th class=drawn><th>95 %"
    head += "".join(f"<th class=words>{escape(name)}, {one.hours:.2g} h" for name, one in lower) + "</tr>"
    rows = []
    for part in sorted(_of(last, which).values(), key=lambda one: (one.success, one.name)):
        cells = [
            *(f"<td>{_share(_of(one, which).get(part.name))}" for one in before),
            f"<td><b>{part.success:.2f}</b>",
            f"<td class=drawn>{whisker(part.success, part.low, part.high, (0.0, 1.0))}",
            f"<td>{_band(part.low, part.high)}",
            *(f"<td>{_share(_of(one, which).get(part.name))}" for _, one in lower),
        ]
        rows.append(f"<tr><td class=words>{escape(part.name)}{''.join(cells)}</tr>")
    note = "As recorded, after so many hours; then at lower levels." if lower else "As recorded, after so many hours."
    note += " What needs several kinds counts for each." if which == "kinds" else ""
    return f"<p>{note}</p>{_table(head, ''.join(rows[:SHOWN]))}{_folded(head, rows[SHOWN:])}"


def _of(point: ValuePoint, which: str) -> dict[str, Part]:
    parts: Sequence[Part] = getattr(point, which)
    return {one.name: one for one in parts}


def _folded(head: str, rows: Sequence[str]) -> str:
    return f"<details><summary>{len(rows)} more</summary>{_table(head, ''.join(rows))}</details>" if rows else ""


def _groups(groups: Sequence[GroupWorth]) -> str:
    head = "<tr><th>Group<th>People<th>Adds<th>95 % interval</tr>"
    rows = "".join(
        f"<tr><td>{escape(one.name)}<td>{one.people}<td>{one.gain:+.3f}<td>{one.low:+.3f} to {one.high:+.3f}</tr>"
        for one in groups
    )
    note = "What success loses without a group's part, of ten people or more. No group tells fewer of them apart."
    return f"<p>{note}</p>{_table(head, rows)}"


def _how(value: Value) -> str:
    out = ", ".join(f"{count} {escape(reason)}" for reason, count in value.left_out.items())
    return (
        f"<p>{escape(value.measured)}. Each policy was tried on {value.episodes} held-out problems of each of "
        f"{len(value.tasks)} tasks. A band says how much draws differ: other stretches of work, another beginning, "
        "other problems. Several levels and parts are several comparisons; the bands are not corrected for that. Hours "
        "are drawn from all recordings together; nobody is told apart.</p>"
        f"<p>{f'Left out: {out}. ' if out else ''}From <code>{escape(value.artefact_id)}</code>.</p>"
    )


def _share(part: Part | None) -> str:
    return "" if part is None else f'<span title="{_band(part.low, part.high)}">{part.success:.2f}</span>'


def _band(low: float, high: float) -> str:
    return f"{low:.2f} to {high:.2f}"


def _table(head: str, rows: str) -> str:
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
