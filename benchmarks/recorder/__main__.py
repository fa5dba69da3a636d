"""``python -m benchmarks.recorder``: see ``--help`` and ``docs/benchmarks.md``."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.recorder import programme, report, script
from benchmarks.recorder.desk import MIDDLES, office
from benchmarks.recorder.measure import Once, Workload, once
from benchmarks.recorder.subjects.ffmpeg import Ffmpeg
from benchmarks.recorder.subjects.ours import Ours
from benchmarks.recorder.subjects.subject import Subject


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def workloads() -> dict[str, Workload]:
    base = script.base(MIDDLES["log"], MIDDLES["editor"], MIDDLES["page"], MIDDLES["notes"])
    return {
        "base": Workload("base", office, base, script.BASE_S),
        "idle": Workload("idle", office, [], 60.0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.recorder", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="base,idle")
    parser.add_argument("--quick", action="store_true", help="one round, no peer but ffmpeg")
    parser.add_argument("--alone", action="store_true", help="only this recorder")
    parser.add_argument("--profile", action="store_true", help="processor time by thread")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the recordings in this folder")
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="bench-recorder-"))
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"machine": report.machine(), "workloads": {}}
    say(f"machine: {facts['machine']}")
    with programme.running(folder / "programme") as made:
        ours = Ours(made, named_threads=options.profile)
        peers: list[Subject] = [Ffmpeg(10, "ultrafast"), Ffmpeg(10, "veryfast"), Ffmpeg(30, "veryfast")]
        subjects = [ours] if options.alone else [ours, *peers[:1]] if options.quick else [ours, *peers]
        rounds = 1 if options.quick else options.rounds
        for name in options.only.split(","):
            workload = workloads()[name]
            results: dict[str, list[Once]] = {}
            failed: dict[str, str] = {}
            for number in range(rounds):
                for subject in subjects:
                    began = time.monotonic()
                    place = folder / f"{name}-{number}-{subject.name.replace(' ', '-')}"
                    result = once(subject, workload, place, by_thread=options.profile)
                    results.setdefault(subject.name, []).append(result)
                    say(
                        f"{name}: round {number + 1} of {rounds}, {subject.name}: {result.cost.cpu_s:.2f} s of CPU, "
                        f"{result.kept.size_bytes / 1e6:.3f} MB, {result.cost.peak_mb:.0f} MB peak, {result.kept.notes} "
                        f"({time.monotonic() - began:.0f} s)"
                    )
            print(f"\n## {name}\n\n{report.table(results, failed, ours.name)}\n", flush=True)
            if options.profile:
                print(report.threads(results[ours.name]), flush=True)
            facts["workloads"][name] = {n: [r.facts() for r in rs] for n, rs in results.items()}
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    if options.keep is None:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
