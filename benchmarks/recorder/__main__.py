"""Measure this recorder beside its peers, in the same run; see docs/benchmarks.md.

python -m benchmarks.recorder --rounds 3 --only base,idle --json figures.json
python -m benchmarks.recorder --quick --only base --alone --profile
python -m benchmarks.recorder --rounds 1 --only base --alone --screen redacted --words redacted
"""

import argparse
import json
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.recorder import programme, report, workloads
from benchmarks.recorder.measure import Once, Workload, once
from benchmarks.recorder.programme import Programme
from benchmarks.recorder.subjects.ffmpeg import Ffmpeg
from benchmarks.recorder.subjects.ours import Ours
from benchmarks.recorder.subjects.peers import Napsack, OpenAdapt, OwaMcap
from benchmarks.recorder.subjects.subject import Subject

from aboveboard.base.errors import AboveboardError

CRASH = "crash"
NAMES = (*workloads.WHAT, CRASH)
ULTRAFAST, VERYFAST, THIRTY = Ffmpeg(10, "ultrafast"), Ffmpeg(10, "veryfast"), Ffmpeg(30, "veryfast")
PEERS: dict[str, tuple[Subject, ...]] = {
    "base": (ULTRAFAST, VERYFAST, THIRTY, OpenAdapt(), OwaMcap(), Napsack()),
    "idle": (ULTRAFAST, VERYFAST, OpenAdapt(), OwaMcap(), Napsack()),
    "scroll": (ULTRAFAST, VERYFAST, OpenAdapt(), Napsack()),
    "video": (ULTRAFAST, VERYFAST, OpenAdapt(), Napsack()),
    "burst": (OwaMcap(), OpenAdapt(), Napsack()),
    "day": (VERYFAST,),
    CRASH: (ULTRAFAST, Ffmpeg(10, "ultrafast", container="mp4"), OwaMcap(), OpenAdapt(), Napsack()),
}
"""Who is measured at what. Events alone are no peer where only the screen matters, and video none at input."""
ATTEMPTS = 2
"""A recorder that fails on a round is tried once more; both are told."""
FAILURES = (AboveboardError, OSError, RuntimeError, ValueError, KeyError, sqlite3.Error)
ROUNDS_AT_MOST = {"day": 1}


def say(words: str) -> None:
    """Progress, beside the result."""
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    """0, or 1 if this recorder itself could not be measured."""
    options = arguments()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="bench-recorder-"))
    folder.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {"machine": report.machine(), "workloads": {}}
    print(report.machine_line(facts["machine"]), flush=True)
    broken = 0
    levels = {"screen": options.screen, "words": options.words}
    with programme.running(folder / "programme", **levels) as made:
        for name in options.only:
            found = measure(name, made, folder, options)
            facts["workloads"][name] = found
            broken += not found["results"].get(Ours.name)
            if options.json:
                options.json.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    if options.keep is None:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if broken else 0


def measure(name: str, made: Programme, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All rounds of one workload, alternating; prints its table."""
    crash = name == CRASH
    workload = workloads.make("base" if crash else name, folder / f"{name}-shown")
    ours = Ours(made, named_threads=options.profile)
    subjects, failed = present([ours, *chosen_peers(name, options)])
    rounds = min(1 if options.quick else options.rounds, ROUNDS_AT_MOST.get(name, options.rounds))
    results: dict[str, list[Once]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        for subject in subjects:
            for attempt in range(ATTEMPTS):
                place = folder / f"{name}-{number}-{attempt}-{subject.name.replace(' ', '-')}"
                began_s = time.monotonic()
                try:
                    result = once(subject, workload, place, by_thread=options.profile, crash=crash)
                except FAILURES as error:
                    failed[subject.name] = f"round {number + 1}, attempt {attempt + 1}: {error}"
                    say(f"{name} {number + 1}/{rounds} {subject.name}: {type(error).__name__}: {error}")
                    continue
                results[subject.name].append(result)
                say(f"{name} {number + 1}/{rounds} {brief(subject, result)} ({time.monotonic() - began_s:.0f} s)")
                break
    results = {who: each for who, each in results.items() if each}
    print(f"\n## {name}: {told(name)}\n\n{report.table(results, failed, ours.name, crash=crash)}", flush=True)
    print(extra(workload, results, profile=options.profile), flush=True)
    return {
        "results": {who: [each.facts() for each in rounds] for who, rounds in results.items()},
        "not_measured": failed,
        "ratios": report.ratios({who: report.medians(each) for who, each in results.items()}, ours.name),
    }


def chosen_peers(name: str, options: argparse.Namespace) -> Sequence[Subject]:
    """The peers that the options leave."""
    if options.alone:
        return ()
    return (ULTRAFAST,) if options.quick else PEERS[name]


def present(subjects: list[Subject]) -> tuple[list[Subject], dict[str, str]]:
    """Those that are there, and why the others are not."""
    why = {subject.name: subject.why_not() for subject in subjects}
    return [each for each in subjects if not why[each.name]], {who: words for who, words in why.items() if words}


def told(name: str) -> str:
    """What the workload is, in words."""
    return workloads.WHAT.get(name, "killed with SIGKILL after the half minute of base: what can be read back")


def brief(subject: Subject, result: Once) -> str:
    """One line on one round."""
    notes = ", ".join(f"{key} {value}" for key, value in result.kept.notes.items())
    events = f"{result.kept.events.found}/{result.kept.events.sent} events, " if result.kept.events else ""
    return (
        f"{subject.name}: {result.cost.cpu_s:.2f} s of CPU, {result.kept.size_bytes / 1e6:.3f} MB, "
        f"{result.cost.peak_mb:.0f} MB peak, {events}{notes}"
    )


def extra(workload: Workload, results: dict[str, list[Once]], *, profile: bool) -> str:
    """What the table has no column for."""
    lines = []
    if workload.parts:
        lines += [f"Eight hours, {who}: {report.office_day(each, workload.parts)}" for who, each in results.items()]
    rounds = results.get(Ours.name, [])
    if rounds:
        lines.append(f"{Ours.name}, last round: {rounds[-1].kept.notes}")
        lines.append(f"an event took the hand {rounds[-1].sent_width_p99_ms:.2f} ms to send (p99)")
        if profile:
            lines.append(report.threads(rounds))
    return "\n".join(lines) + "\n"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recorder", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3, help="of each workload, alternating")
    parser.add_argument(
        "--only", type=lambda text: text.split(","), default=list(NAMES), help=f"some of {','.join(NAMES)}"
    )
    parser.add_argument("--quick", action="store_true", help="one round, no peer but ffmpeg at 10 fps")
    parser.add_argument("--alone", action="store_true", help="only this recorder")
    parser.add_argument("--profile", action="store_true", help="processor time of this recorder by thread")
    parser.add_argument("--screen", default="exact", choices=("structure", "redacted", "exact"), help="its fidelity")
    parser.add_argument("--words", default="exact", choices=("redacted", "exact"), help="of titles, sites and controls")
    parser.add_argument("--json", type=Path, help="everything measured, into this file")
    parser.add_argument("--keep", type=Path, help="keep the recordings in this folder")
    options = parser.parse_args()
    unknown = set(options.only) - set(NAMES)
    if unknown:
        parser.error(f"there is no workload {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
