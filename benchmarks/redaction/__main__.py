"""Measure redaction of text, ours beside Presidio, in the same run.

    benchmarks/redaction/setup_peers
    python -m benchmarks.redaction --text synth_dataset_v2.json --json figures.json

``--errors NAME`` prints what of one class was left, or (a kind) was found without being marked, to be read on the spot.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.redaction import documents, report, subjects
from benchmarks.redaction.score import score

from aboveboard.base.errors import AboveboardError
from aboveboard.recorder.redact.text import detectors

PEER_PYTHON = Path(".bench/presidio/bin/python")


def main() -> int:
    """0, or the exit status of what went wrong."""
    options = _arguments()
    try:
        texts = documents.load(options.text)
        loaded = detectors.load(detectors.Options())
        for one in loaded.missing:
            print(f"missing: {one.name}: {one.why}", file=sys.stderr)
        chosen = [one for one in loaded.detectors if not options.only or one.name in options.only.split(",")]
        measured = [subjects.ours("aboveboard", chosen, texts, options.rounds)]
        if not options.alone:
            measured.append(subjects.presidio(options.peer, texts, options.rounds))
        figures: dict[str, dict[str, Any]] = {}
        for one in measured:
            theirs = subjects.evaluated(options.peer, texts, one.findings) if options.peer.exists() else None
            figures[one.name] = report.data(one, score(texts, one.findings), theirs)
    except AboveboardError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(report.text(figures))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    if options.errors:
        _show(texts, measured[0], options.errors)
    return 0


def _show(texts: list[documents.Document], measured: subjects.Measured, name: str) -> None:
    for document, found in zip(texts, measured.findings, strict=True):
        for marked in document.marked:
            if marked.name == name:
                left = "".join(
                    char if not any(one.start <= place < one.end for one in found) else "·"
                    for place, char in enumerate(document.text[marked.start : marked.end], marked.start)
                )
                if any(char.isalnum() for char in left):
                    print(f"left: {left!r}")
        for one in found:
            if one.kind == name and not any(m.start < one.end and m.end > one.start for m in document.marked):
                print(f"found: {document.text[one.start : one.end]!r}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redaction", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--text", type=Path, required=True, help="data/synth_dataset_v2.json of presidio-research")
    parser.add_argument("--peer", type=Path, default=PEER_PYTHON, help="the Python that has Presidio")
    parser.add_argument("--alone", action="store_true", help="Presidio is not measured")
    parser.add_argument("--only", default="", help="names of our detectors, with commas between")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--errors", metavar="NAME", help="a class of the set or a kind of ours")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
