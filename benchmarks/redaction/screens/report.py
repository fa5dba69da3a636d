"""The figures of the screens in words and as data."""

import math
from typing import Any

from benchmarks.redaction.screens.legible import Result, Tally

FIDELITIES = ("redacted", "structure", "early")
CERTAIN = 0.95
TARGETS = "targets: at redacted at most 0.5 % found and 95 % of ordinary words legible; at structure none found"


def at_most(found: int, there: int) -> float:
    """The rate that is not exceeded with 95 % certainty (Clopper and Pearson, one-sided; 3/n where none was found)."""
    if found >= there:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        low, high = (rate, high) if _chance(found, there, rate) > 1 - CERTAIN else (low, rate)
    return high


def _chance(found: int, there: int, rate: float) -> float:
    """That at most ``found`` of ``there`` are found."""
    return sum(
        math.exp(
            math.lgamma(there + 1) - math.lgamma(one + 1) - math.lgamma(there - one + 1)
            + one * math.log(rate) + (there - one) * math.log1p(-rate)
        )
        for one in range(found + 1)
    )  # fmt: skip


def data(result: Result) -> dict[str, Any]:
    """All figures of one fidelity, for JSON."""
    rows = {name: _row(one) for name, one in sorted(result.planted.items())}
    return {"classes": rows, "all": _row(result.total), "words": _row(result.words)}


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of several measurements of different screens, added up."""
    whole: dict[str, Any] = {name: sum(part[name] for part in parts) for name in ("screens", "unreadable", "cpu_s")}
    for name in FIDELITIES:
        if all(name in part for part in parts):
            classes: dict[str, Tally] = {}
            for part in parts:
                for label, row in part[name]["classes"].items():
                    tally = classes.setdefault(label, Tally())
                    tally.there, tally.found = tally.there + row["there"], tally.found + row["found"]
            words = [part[name]["words"] for part in parts]
            all_words = Tally(sum(row["there"] for row in words), sum(row["found"] for row in words))
            whole[name] = data(Result(classes, all_words))
    return whole


def _row(one: Tally) -> dict[str, Any]:
    return {"there": one.there, "found": one.found, "at_most": round(at_most(one.found, max(one.there, 1)), 5)}


def text(name: str, figures: dict[str, Any]) -> str:
    """For people: by class, all, and the ordinary words."""
    lines = [f"{name:18} there  found    rate   at most (95 %)"]
    for label, row in [*figures["classes"].items(), ("all planted", figures["all"])]:
        rate = row["found"] / max(row["there"], 1)
        lines.append(f"  {label:16} {row['there']:5}  {row['found']:5}  {rate:6.2%}   {row['at_most']:7.2%}")
    words = figures["words"]
    share = words["found"] / max(words["there"], 1)
    lines.append(f"  ordinary words: {words['found']} of {words['there']} can still be read, {share:.1%}")
    return "\n".join(lines)
