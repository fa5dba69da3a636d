"""How is it measured what a model remembers, and what if nobody did?

``lab audit`` measures it and keeps the result as an artefact of its own; ``lab export-model`` lets a model out of the
lab only with an audit of these very files that found nothing.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Conflict, NotFound, Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.lab import as_researcher, begin, opened
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.commands.tune import CANARIES_FILE, RUN_FILE, parts_of, read_canaries, read_config
from aboveboard.formats import audit as audit_format
from aboveboard.formats.audit import Audit
from aboveboard.formats.lineage import Lineage
from aboveboard.lab import flow, lineage
from aboveboard.rules.audit import findings, may_leave

AUDIT_FILE = "audit.json"
ADAPTER_CONFIG = "adapter_config.json"
"""As ``peft`` calls it."""


def model_digest(pedigree: Lineage) -> str:
    """One digest, in hex, of all of a model's files."""
    listed = sorted(f"{one.sha256}  {one.path}\n" for one in pedigree.files)
    return hashlib.sha256("".join(listed).encode()).hexdigest()


def audit(home: Home, researcher: str, model_id: str, base: Path | None, advance: Advance) -> tuple[str, Audit]:
    """Measure what a fine-tuned model remembers; the audit's artefact id, and the audit."""
    from aboveboard.lab.audit.language import exposures, membership_test
    from aboveboard.lab.model.vision_language import load

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    folder, pedigree = _checked(lab_home, model_id)
    if not (folder / RUN_FILE).is_file() or len(pedigree.parents) != 1:
        raise BadInput(
            f"{model_id} is no model that can be audited",
            cause="only models made by 'aboveboard tune' can, so far",
            fix="it cannot leave the lab; assess it here",
        )
    config = read_config(folder / RUN_FILE)
    with opened(home, researcher, pedigree.parents[0]) as data:
        members, others = parts_of(data, config)
        loaded = load(base or _base_of(folder), adapter=folder)
        loaded.model.eval()
        planted = read_canaries(folder / CANARIES_FILE)
        seen = exposures(
            loaded, members, planted, lambda done, total: advance(done, total + 1, f"{done} of {total} canaries")
        )
        told = membership_test(loaded, members, others)
    reasons = findings(seen, told)
    found = Audit(
        model_id=model_id,
        model_sha256=model_digest(pedigree),
        at_ns=SystemClock().wall_ns(),
        passed=not reasons,
        reasons=reasons,
        exposures=seen,
        membership=told,
    )
    with tempfile.TemporaryDirectory(prefix="aboveboard-audit-") as made:
        (Path(made) / AUDIT_FILE).write_bytes(audit_format.encode(found))
        vault = home.client("vault", key)
        _, kept = flow.register_assessment(vault, key, lab_home, Path(made), [model_id])
    return kept.artefact_id, found


def _base_of(model: Path) -> Path:
    """Where the model that was adapted lay: beside the adapter, for the configuration names it from where that was."""
    told = msgspec.json.decode((model / ADAPTER_CONFIG).read_bytes(), type=dict[str, Any])
    return Path(str(told.get("base_model_name_or_path")))


def export_model(home: Home, model_id: str, to: Path) -> Audit:
    """Copy a model, its lineage and its audit into the new folder ``to``, if it may leave; raises :class:`Refused`."""
    lab_home = home.folder("lab")
    folder, pedigree = _checked(lab_home, model_id)
    audits = sorted(_audits(lab_home, model_id), key=lambda one: one.at_ns)
    newest = audits[-1] if audits else None
    may_leave(newest, model_id=model_id, model_sha256=model_digest(pedigree)).require()
    if newest is None:
        raise AssertionError("a model without an audit was allowed to leave")
    if to.exists():
        raise Conflict(f"{to} is there already", cause="it was exported before", fix="name a new folder")
    part = to.with_name(f".{to.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    # What was planted stays here: whoever knows it could make a model look as if it remembered nothing.
    shutil.copytree(folder, part, ignore=shutil.ignore_patterns(CANARIES_FILE))
    (part / AUDIT_FILE).write_bytes(audit_format.encode(newest))
    part.rename(to)
    return newest


def _checked(lab_home: Path, model_id: str) -> tuple[Path, Lineage]:
    folder, pedigree = lineage.artefact_folder(lab_home, model_id), lineage.read_lineage(lab_home, model_id)
    if pedigree.kind != "model":
        raise NotFound(f"{model_id} is no model but a {pedigree.kind}", fix="name a model")
    for one in pedigree.files:
        path = folder / one.path
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != one.sha256:
            raise Tampered(
                f"{one.path} of {model_id} is not the file that was made",
                cause="it was changed, or is missing",
                fix="train the model again",
            )
    return folder, pedigree


def _audits(lab_home: Path, model_id: str) -> Iterator[Audit]:
    for path in (lab_home / "artefacts").glob(f"art_*/{AUDIT_FILE}"):
        pedigree = lineage.read_lineage(lab_home, path.parent.name)
        known = {one.path: one.sha256 for one in pedigree.files}
        data = path.read_bytes()
        if pedigree.parents == [model_id] and known.get(AUDIT_FILE) == hashlib.sha256(data).hexdigest():
            yield audit_format.decode(data)


@click.command(name="audit")
@click.argument("model_id")
@click.option("--base", type=click.Path(path_type=Path), help="Where the model that was adapted lies now.")
@as_researcher
@click.pass_obj
def audit_command(session: Session, model_id: str, base: Path | None, researcher: str | None) -> None:
    """Measure what MODEL_ID, made by 'aboveboard tune', remembers of those it learnt from.

    Planted numbers (exposure, after Carlini), and steps that it learnt from beside steps held out (membership).
    """
    name = begin(session, researcher)
    with long_work("auditing", quiet=session.as_json) as advance:
        audit_id, found = audit(session.home, name, model_id, base, advance)
    lines = [f"{audit_id}: {'nothing was found, it may leave' if found.passed else 'it may not leave'}"]
    if found.exposures is not None:
        seen = found.exposures
        bits = ", ".join(f"{one:.1f}" for one in seen.bits)
        lines.append(f"planted numbers: {bits} of at most {seen.most:.1f} bits; by chance {seen.chance:.2g}")
    if found.membership is not None:
        told = found.membership
        lines.append(
            f"membership: area {told.area:.2f} ({told.low:.2f} to {told.high:.2f}; guessing is 0.5),"
            f" {told.caught:.0%} of members at 1 % false alarms, from {told.members} and {told.others} steps"
        )
    session.show("\n".join([*lines, *found.reasons]), {"artefact_id": audit_id, "passed": found.passed})


@click.command(name="export-model")
@click.argument("model_id")
@click.argument("to", type=click.Path(path_type=Path))
@as_researcher
@click.pass_obj
def export_model_command(session: Session, model_id: str, to: Path, researcher: str | None) -> None:
    """Copy MODEL_ID out of the lab into the new folder TO, if its audit found nothing."""
    begin(session, researcher)
    export_model(session.home, model_id, to)
    session.show(f"{to}: the model, its lineage and its audit", {"path": str(to)})


COMMANDS: Final = {"audit": audit_command, "export-model": export_model_command}
"""The commands of 'aboveboard lab' that let models out."""
