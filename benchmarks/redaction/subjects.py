"""Who is measured: our detectors, and Presidio in its own virtual environment."""

import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.redaction import office
from benchmarks.redaction.documents import Document

from aboveboard.base.errors import AboveboardError, SetupMissing
from aboveboard.recorder.redact.text.adapters import ENTITIES
from aboveboard.recorder.redact.text.finding import Detector, Finding, resolve
from aboveboard.recorder.redact.text.redactor import Redactor

OFFICE_CHARACTERS = 150_000
PEER_SECONDS = 900
PEER = Path(__file__).parent / "peers" / "presidio.py"


@dataclass(frozen=True, slots=True)
class Pace:
    """``office``: characters each second in long ordinary text; ``documents``: in the set's short ones; both the best
    of some rounds. ``p99_ms``: what 99 of 100 documents stay below, in the median round."""

    office: float
    documents: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a subject found in each document, and how fast."""

    name: str
    findings: list[list[Finding]]
    pace: Pace
    remark: str = ""


def ours(name: str, detectors: Sequence[Detector], documents: Sequence[Document], rounds: int) -> Measured:
    """Our detectors, as the recorder runs them. Raises if one fails on a text: that is no figure to be averaged."""
    redactor = Redactor(detectors)
    found: list[list[Finding]] = []
    for document in documents:
        findings = redactor.find(document.text)
        if findings is None:
            raise RuntimeError(f"{name} could not check a document")
        found.append(findings)
    long = office.text(OFFICE_CHARACTERS)
    best = 0.0
    paces, p99s = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        redactor.find(long)
        best = max(best, len(long) / (time.perf_counter() - began))
        times = [_timed(redactor, document.text) for document in documents]
        paces.append(sum(len(one.text) for one in documents) / sum(times))
        p99s.append(statistics.quantiles(times, n=100)[-1] * 1e3)
    return Measured(name, found, Pace(best, max(paces), statistics.median(p99s)))


def _timed(redactor: Redactor, text: str) -> float:
    began = time.perf_counter()
    redactor.find(text)
    return time.perf_counter() - began


def presidio(python: Path, documents: Sequence[Document], rounds: int) -> Measured:
    """Presidio, by ``peers/presidio.py`` under its own Python. Raises :class:`SetupMissing` if it does not run."""
    answer = _peer(
        python,
        {
            "do": "find",
            "texts": [one.text for one in documents],
            "long": office.text(OFFICE_CHARACTERS // 10),
            "rounds": rounds,
        },
    )
    found = [
        resolve(
            Finding(start, end, ENTITIES.get(name, "national_number"), max(0.01, score), "presidio")
            for start, end, name, score in one
        )
        for one in answer["found"]
    ]
    return Measured("presidio", found, Pace(**answer["pace"]), answer["remark"])


def evaluated(
    python: Path, documents: Sequence[Document], found: Sequence[Sequence[Finding]]
) -> dict[str, dict[str, float]] | None:
    """What presidio-research's own evaluators say of ``found``; ``None`` if they are not installed there."""
    answer = _peer(
        python,
        {
            "do": "evaluate",
            "documents": [
                {
                    "text": one.text,
                    "marked": [[m.start, m.end, m.name] for m in one.marked],
                    "found": [[f.start, f.end, f.kind] for f in ours_found],
                }
                for one, ours_found in zip(documents, found, strict=True)
            ],
        },
    )
    rates: dict[str, dict[str, float]] | None = answer["rates"]
    return rates


def _peer(python: Path, asked: dict[str, Any]) -> Any:
    if not python.exists():
        raise SetupMissing(
            f"there is no {python}", cause="the peer is not installed", fix="run benchmarks/redaction/setup_peers"
        )
    try:
        done = subprocess.run(
            [python, PEER], input=json.dumps(asked).encode(), capture_output=True, timeout=PEER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupMissing(f"the peer did not answer: {error}") from None
    if done.returncode:
        raise SetupMissing(f"the peer failed: {done.stderr.decode(errors='replace')[-600:]}")
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError) as error:
        raise AboveboardError(f"the peer's answer does not parse: {error}") from None
