"""How is it all told? A table of medians with their spread, ratios to the best peer of the same run, and JSON."""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.recorder import day
from benchmarks.recorder.figures import OFFICE_DAY_S, Spread, project, ratio, spread
from benchmarks.recorder.measure import Once

Pick = Callable[[Once], float | None]


def _event(name: str) -> Pick:
    return lambda once: getattr(once.kept.events, name) if once.kept.events is not None else None


COLUMNS: dict[str, tuple[Pick, str]] = {
    "CPU s": (lambda once: once.cost.cpu_s, "{:.2f}"),
    "start-up": (lambda once: once.cost.start_cpu_s, "{:.2f}"),
    "at work": (lambda once: once.work_cpu_s, "{:.2f}"),
    "% core": (lambda once: 100 * once.work_cpu_s / once.seconds, "{:.2f}"),
    "MB": (lambda once: once.kept.size_bytes / 1e6, "{:.3f}"),
    "peak MB": (lambda once: once.cost.peak_mb, "{:.0f}"),
    "frames": (lambda once: once.kept.frames, "{:.0f}"),
    "events": (_event("found"), "{:.0f}"),
    "of": (_event("sent"), "{:.0f}"),
    "p50 ms": (_event("p50_ms"), "{:.2f}"),
    "p95 ms": (_event("p95_ms"), "{:.2f}"),
    "p99 ms": (_event("p99_ms"), "{:.2f}"),
    "stop s": (lambda once: once.cost.stop_s, "{:.2f}"),
}
CRASH_COLUMNS: dict[str, tuple[Pick, str]] = {
    "seconds of 30": (lambda once: once.kept.seconds, "{:.1f}"),
    "events": COLUMNS["events"],
    "of": COLUMNS["of"],
    "frames": COLUMNS["frames"],
}
COMPARED = ("CPU s", "% core", "MB", "peak MB", "p95 ms", "stop s")
"""Where less is better, and a ratio to the best peer says something."""
TIMES = ("p95 ms",)


def medians(rounds: Sequence[Once], columns: dict[str, tuple[Pick, str]] | None = None) -> dict[str, Spread | None]:
    """Column → median and spread over the rounds."""
    return {name: spread([pick(once) for once in rounds]) for name, (pick, _) in (columns or COLUMNS).items()}


def table(results: dict[str, list[Once]], failed: dict[str, str], ours: str, *, crash: bool = False) -> str:
    """Markdown: one row per recorder, then who is missing and why, then the ratios."""
    columns = CRASH_COLUMNS if crash else COLUMNS
    rows = {name: medians(rounds, columns) for name, rounds in results.items()}
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        cells = [_cell(row[column], form) for column, (_, form) in columns.items()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", *(f"Failed: {name}: {why}" for name, why in failed.items())] if failed else []
    if not crash:
        lines += ["", *ratio_lines(rows, ours)]
    return "\n".join(lines)


def ratio_lines(rows: dict[str, dict[str, Spread | None]], ours: str) -> list[str]:
    """In words: beside the best peer, and beside those that record events alone."""
    found = []
    compared = ratios(rows, ours)
    if compared:
        words = "; ".join(f"{column} {value:.3g} ({best})" for column, (value, best) in compared.items())
        found.append(f"Ratio of {ours} to the best peer in this run (below 1 is better): {words}")
    for name in (each for each, row in rows.items() if events_alone(row)):
        compared = ratios({name: rows[name], ours: rows.get(ours, {})}, ours, any_peer=True)
        words = "; ".join(f"{column} {value:.3g}" for column, (value, _) in compared.items())
        found.append(f"Beside {name}, which records no screen: {words}")
    return found


def events_alone(row: dict[str, Spread | None]) -> bool:
    """Does it record no screen?"""
    return row.get("frames") is None


def ratios(
    rows: dict[str, dict[str, Spread | None]], ours: str, *, any_peer: bool = False
) -> dict[str, tuple[float, str]]:
    """Column → (ours / best peer, the peer's name).

    Peers that record no screen count for the times of events only, unless ``any_peer``.
    """
    found = {}
    for column in COMPARED:
        able = {name: row for name, row in rows.items() if any_peer or column in TIMES or not events_alone(row)}
        peers = {name: row[column] for name, row in able.items() if name != ours}
        known = {name: value.median for name, value in peers.items() if value is not None}
        own = rows.get(ours, {}).get(column)
        if known and own is not None:
            best = min(known, key=lambda name: known[name])
            compared = ratio(own.median, known[best])
            if compared is not None:
                found[column] = (compared, best)
    return found


def office_day(rounds: Sequence[Once], began: list[tuple[str, float]]) -> str:
    """Eight hours, from the parts that were played; as a whole where it is not known when which bytes came."""
    words = []
    for once in rounds:
        if not once.kept.sizes:
            words.append(f"{once.kept.size_bytes / 1e6 * OFFICE_DAY_S / day.PLAYED_S:.1f} MB")
            continue
        sizes = [((at_ns - once.begun_ns) / 1e9, float(size_bytes)) for at_ns, size_bytes in once.kept.sizes]
        parts, begin_bytes = day.parts(began, sizes), day.before(began, sizes)
        by_part = [f"{part.name} {project([part], require_whole=False) / 1e6:.1f}" for part in parts]
        by_part.append(f"the begin {begin_bytes / 1e6:.1f}")
        words.append(f"{(project(parts) + begin_bytes) / 1e6:.1f} MB ({', '.join(by_part)})")
    return "; ".join(words)


def _cell(value: Spread | None, form: str) -> str:
    if value is None:
        return "–"
    middle, least, most = (form.format(part) for part in (value.median, value.least, value.most))
    return middle if least == most else f"{middle} ({least}–{most})"


def machine() -> dict[str, Any]:
    """What it ran on."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    release = platform.freedesktop_os_release() if Path("/etc/os-release").exists() else {}
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "distribution": release.get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
        "load_before": os.getloadavg(),
    }


def machine_line(facts: dict[str, Any]) -> str:
    """The same on one line."""
    load = " ".join(f"{value:.2f}" for value in facts["load_before"])
    return (
        f"{facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, {facts['distribution']}, "
        f"Python {facts['python']}; load average before: {load}"
    )


def threads(rounds: Sequence[Once]) -> str:
    """Processor time by thread, the greatest first, of the last round."""
    spent = sorted(rounds[-1].cost.threads.items(), key=lambda pair: -pair[1])
    return "\n".join(f"  {name:<18} {seconds:6.2f} s" for name, seconds in spent)
