"""What does the page of a data set show of the models that are trained on it?

Those that train now, those that stopped, and those that are done: what they are made from, how the loss fell, and what
they were worth where they were tried. All is over everybody in a part together.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from aboveboard.base.errors import AboveboardError
from aboveboard.formats import assessment
from aboveboard.formats.assessment import Rate, TaskRow
from aboveboard.formats.training import Point
from aboveboard.lab import lineage
from aboveboard.lab.train.course import Run, runs_on

ASSESSMENT_FILE: Final = "assessment.json"
_MS_NS: Final = 1_000_000


def trainings(lab_home: Path, dataset_id: str) -> list[dict[str, Any]]:
    """A row for each training, in the order of ``course.runs_on``."""
    runs = runs_on(lab_home, dataset_id)
    tried = _tried(lab_home) if any(one.state == "done" for one in runs) else {}
    return [_row(one, tried.get(one.artefact_id, [])) for one in runs]


def _row(one: Run, tried: list[TaskRow]) -> dict[str, Any]:
    told = one.training
    return {
        "state": one.state,
        "artefact_id": one.artefact_id,
        "kind": told.kind,
        "part": told.part,
        "parts": told.parts,
        "dataset_sha256": told.dataset_sha256,
        "grant_id": told.grant_id,
        "made_by": told.made_by,
        "commit": told.commit,
        "began_ms": told.began_at_ns // _MS_NS,
        "seconds": told.seconds,
        "steps": told.steps,
        "resumed_at": told.resumed_at,
        "loss": _points(told.loss),
        "held_out": _points(told.held_out),
        "tried": [{"task": row.task, "policy": _rate(row.policy), "random": _rate(row.random)} for row in tried],
    }


def _points(curve: list[Point]) -> list[tuple[int, float]]:
    return [(one.step, one.loss) for one in curve]


def _rate(rate: Rate) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(rate)
    return {name: found[name] for name in ("successes", "episodes", "low", "high")}


def _tried(lab_home: Path) -> dict[str, list[TaskRow]]:
    """Model → what it was worth, task by task: in its newest assessment."""
    newest: dict[str, tuple[int, list[TaskRow]]] = {}
    for path in (lab_home / "artefacts").glob(f"art_*/{ASSESSMENT_FILE}"):
        try:
            pedigree, rows = lineage.read_lineage(lab_home, path.parent.name), assessment.decode(path.read_bytes()).rows
        except (AboveboardError, OSError):
            continue  # it is being destroyed, or cannot be read
        for model_id in pedigree.parents:
            if pedigree.created_at_ns >= newest.get(model_id, (-1, []))[0]:
                newest[model_id] = (pedigree.created_at_ns, rows)
    return {model_id: rows for model_id, (_, rows) in newest.items()}
