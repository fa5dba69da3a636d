"""How do curves and intervals look? Plain SVG, drawn by hand, in colours of the page that holds it.

Colour is never alone: each curve has its own dashes too, and every point tells its numbers when it is pointed at.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

from aboveboard.formats.value import Curve, ValueLaw

Scale = Callable[[float], float]
WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 14, 44
DASHES = ("", "7 4", "2 4", "10 4 2 4", "4 3", "1 3", "12 4", "6 2 2 2")
AHEAD = 2.0
"""The law is drawn so many times further than the last point."""
_HOURS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def curves_chart(curves: Sequence[Curve]) -> str:
    """Success against hours (a log scale), each curve with its band; the first with its law."""
    points = [point for curve in curves for point in curve.points]
    hours = [point.hours for point in points if point.hours > 0]
    first, last = min(hours) / 1.15, max(hours) * (AHEAD if curves[0].law else 1.15)
    bottom = max(0.0, math.floor(10 * min(point.low if point.draws > 1 else point.success for point in points)) / 10)
    bottom = min(bottom, 0.8)

    def x(at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(max(at, first) / first) / math.log(last / first)

    def y(success: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - (max(success, bottom) - bottom) / (1 - bottom))

    drawn = []
    for step in range(round(bottom * 10), 11):
        if (10 - step) % (2 if bottom < 0.5 else 1) == 0:
            drawn.append(_line(LEFT, y(step / 10), WIDTH - RIGHT, y(step / 10), "grid"))
            drawn.append(_text(LEFT - 8, y(step / 10) + 4, f"{step / 10:.1f}", "end"))
    for tick in _HOURS:
        if first <= tick <= last:
            drawn.append(_line(x(tick), HEIGHT - BOTTOM, x(tick), HEIGHT - BOTTOM + 5, "axis"))
            drawn.append(_text(x(tick), HEIGHT - BOTTOM + 20, f"{tick:g}", "middle"))
    drawn.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "hours of recorded work", "middle"))
    for number, curve in reversed(list(enumerate(curves))):
        shown = [point for point in curve.points if point.hours > 0]
        if len(shown) > 1 and all(point.draws > 1 for point in shown):
            edge = [f"{x(p.hours):.1f},{y(p.high):.1f}" for p in shown]
            edge += [f"{x(p.hours):.1f},{y(p.low):.1f}" for p in reversed(shown)]
            drawn.append(f'<polygon class="band c{number % 8}" points="{" ".join(edge)}"/>')
    drawn += [_law(curves[0].law, first, last, x, y)] if curves[0].law else []
    for number, curve in reversed(list(enumerate(curves))):
        path = " ".join(f"{x(p.hours):.1f},{y(p.success):.1f}" for p in curve.points if p.hours > 0)
        dashes = f' stroke-dasharray="{DASHES[number % 8]}"' if DASHES[number % 8] else ""
        drawn.append(f'<polyline class="curve c{number % 8}" points="{path}"{dashes}/>')
        for p in curve.points:
            if len(curve.points) == 1 and p.draws > 1:
                drawn.append(_line(x(p.hours), y(p.low), x(p.hours), y(p.high), f"curve c{number % 8}"))
            told = f"{curve.name}, {p.hours:.2f} h: {p.success:.3f} ({p.low:.3f} to {p.high:.3f}), {p.draws} draws"
            drawn.append(
                f'<circle class="dot c{number % 8}" cx="{x(p.hours):.1f}" cy="{y(p.success):.1f}" r="4">'
                f"<title>{escape(told)}</title></circle>"
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Success against hours of recorded work">'
        f"{''.join(drawn)}</svg>"
    )


def legend(curves: Sequence[Curve]) -> str:
    """Which line is which, as a list in HTML."""
    lines = [(f"curve c{number % 8}", DASHES[number % 8], curve.name) for number, curve in enumerate(curves)]
    lines += [("law", "", "the law fitted to it")] if curves[0].law else []
    made = []
    for kind, dashes, words in lines:
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        line = f'<line class="{kind}" x1="0" y1="6" x2="34" y2="6"{dashed}/>'
        made.append(f'<li><svg class="key" viewBox="0 0 34 12" aria-hidden="true">{line}</svg>{escape(words)}</li>')
    return f'<ul class="legend">{"".join(made)}</ul>'


def whisker(middle: float, low: float, high: float, scale: tuple[float, float], mark: float | None = None) -> str:
    """An interval on a short axis ``scale``, with a line at 0 or at ``mark``."""
    least, most = scale

    def x(at: float) -> float:
        return 4 + 152 * (min(max(at, least), most) - least) / (most - least)

    lines = [_line(x(least), 10, x(most), 10, "grid")]
    if mark is not None:
        lines.append(_line(x(mark), 2, x(mark), 18, "mark"))
    lines.append(_line(x(low), 10, x(high), 10, "span"))
    dot = f'<circle class="dot c0" cx="{x(middle):.1f}" cy="10" r="4"/>'
    return f'<svg class="whisker" viewBox="0 0 160 20" aria-hidden="true">{"".join(lines)}{dot}</svg>'


def _law(law: ValueLaw, first: float, last: float, x: Scale, y: Scale) -> str:
    steps = [first * (last / first) ** (step / 60) for step in range(61)]
    path = " ".join(f"{x(at):.1f},{y(1 - law.floor - law.a * at**-law.b):.1f}" for at in steps)
    return f'<polyline class="law" points="{path}"/>'


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
