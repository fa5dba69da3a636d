"""The figures in words and as data."""

import platform
from collections.abc import Mapping
from typing import Any

from benchmarks.redaction.score import Rates, Scores
from benchmarks.redaction.subjects import Measured, Pace

TARGETS = "targets: recall 0.92, F2 0.88; patterns 2 M characters/s, with the tagger 0.2 M; p99 5 ms"


def data(measured: Measured, scores: Scores, evaluated: Mapping[str, Any] | None) -> dict[str, Any]:
    """All figures of one subject, for JSON."""
    return {
        "remark": measured.remark,
        "pace": {name: getattr(measured.pace, name) for name in Pace.__slots__},
        **{name: _rates(getattr(scores, name)) for name in ("tokens", "spans", "spans_loose")},
        "whole": round(scores.whole, 4),
        "presidio_research": evaluated,
        "classes": {
            name: {
                "tokens": one.tokens,
                "covered": round(one.recall, 4),
                "right_kind": round(one.right / one.tokens, 4),
            }
            for name, one in scores.classes.items()
        },
        "kinds": {kind: {"tokens": one.found, "marked": round(one.precision, 4)} for kind, one in scores.kinds.items()},
    }


def _rates(rates: Rates) -> dict[str, float]:
    return {"precision": round(rates.precision, 4), "recall": round(rates.recall, 4), "f2": round(rates.f, 4)}


def text(figures: Mapping[str, dict[str, Any]]) -> str:
    """A report of all subjects; the first one is ours, the ratios are to it."""
    lines = [f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}", TARGETS, ""]
    first = next(iter(figures.values()))
    for name, one in figures.items():
        lines.append(f"{name}{': ' + one['remark'] if one['remark'] else ''}")
        for scored, words in (("tokens", "tokens"), ("spans", "spans, IoU 0.9"), ("spans_loose", "spans, IoU 0.7")):
            rates, theirs = one[scored], (one["presidio_research"] or {}).get(scored)
            line = f"  {words:15}  P {rates['precision']:.3f}  R {rates['recall']:.3f}  F2 {rates['f2']:.3f}"
            if theirs:
                line += "   by presidio-research: "
                line += f"P {theirs['precision']:.3f}  R {theirs['recall']:.3f}  F2 {theirs['f']:.3f}"
            lines.append(line)
        lines.append(f"  {one['whole']:.3f} of the marked spans have every word covered")
        lines += [_pace(one["pace"]) + ("" if one is first else _ratios(name, one["pace"], first["pace"]))]
        lines.append("  class              tokens  covered  right kind")
        lines += [
            f"  {label:18} {row['tokens']:6}  {row['covered']:7.3f}  {row['right_kind']:10.3f}"
            for label, row in one["classes"].items()
        ]
        lines.append("  of what each kind found, marked as anything:")
        lines += [f"    {kind:16} {row['tokens']:6}  {row['marked']:7.3f}" for kind, row in one["kinds"].items()]
        lines.append("")
    return "\n".join(lines)


def _pace(pace: Mapping[str, float]) -> str:
    office, short = pace["office"] / 1e6, pace["documents"] / 1e6
    return f"  {office:.3f} M characters/s in office text, {short:.3f} M in the documents, p99 {pace['p99_ms']:.2f} ms"


def _ratios(name: str, pace: Mapping[str, float], ours: Mapping[str, float]) -> str:
    times, short = ours["office"] / pace["office"], ours["documents"] / pace["documents"]
    return f"; {name} takes {times:.1f} and {short:.1f} times as long, p99 {pace['p99_ms'] / ours['p99_ms']:.1f} times"
