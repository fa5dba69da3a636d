"""How is it measured what a model remembers, and what if nobody did?

``lab audit`` measures it and keeps the result as an artefact of its own; ``lab export-model`` lets a model out of the
lab only with an audit of these very files that found nothing.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Conflict
from aboveboard.commands.home import Home
from aboveboard.commands.lab import as_researcher, begin, opened
from aboveboard.commands.main import Session
from aboveboard.commands.model_files import base_of, model_digest, usable_model
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.commands.training import POLICY_RUN_FILE, read_planted, read_run, way_of
from aboveboard.commands.tune import CANARIES_FILE, RUN_FILE, parts_of, read_canaries, read_config
from aboveboard.formats import audit as audit_format
from aboveboard.formats.audit import Audit, Exposures, MembershipTest
from aboveboard.formats.lineage import Lineage
from aboveboard.lab import flow, lineage
from aboveboard.lab.train.course import TRAINING_FILE
from aboveboard.lab.train.run_file import POLICY_FILE
from aboveboard.rules.audit import findings, may_leave

AUDIT_FILE = "audit.json"
Measured = tuple[Exposures | None, MembershipTest | None]


def audit(home: Home, researcher: str, model_id: str, base: Path | None, advance: Advance) -> tuple[str, Audit]:
    """Measure what a model remembers; the audit's artefact id, and the audit.

    ``base`` is where the model lies now that a fine-tuned one adapted.
    """
    folder, pedigree = usable_model(home, researcher, model_id)
    if (folder / RUN_FILE).is_file() and len(pedigree.parents) == 1:
        seen, told = _language(home, researcher, folder, pedigree, base or base_of(folder), advance)
    elif (folder / POLICY_RUN_FILE).is_file():
        seen, told = _policy(home, researcher, folder, pedigree, advance)
    else:
        raise BadInput(
            f"{model_id} is no model that can be audited",
            cause="only those of 'aboveboard tune' and 'aboveboard train' say what they learnt from",
            fix="it cannot leave the lab; assess it here",
        )
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
    key = home.staff_key(researcher)
    with tempfile.TemporaryDirectory(prefix="aboveboard-audit-") as made:
        (Path(made) / AUDIT_FILE).write_bytes(audit_format.encode(found))
        _, kept = flow.register_assessment(home.client("vault", key), key, home.folder("lab"), Path(made), [model_id])
    return kept.artefact_id, found


def _language(home: Home, researcher: str, folder: Path, pedigree: Lineage, base: Path, advance: Advance) -> Measured:
    from aboveboard.lab.audit.language import exposures, membership_test
    from aboveboard.lab.model.vision_language import load

    config = read_config(folder / RUN_FILE)
    with opened(home, researcher, pedigree.parents[0]) as data:
        members, others = parts_of(data, config)
        loaded = load(base, adapter=folder)
        loaded.model.eval()
        planted = read_canaries(folder / CANARIES_FILE)
        seen = exposures(
            loaded, members, planted, lambda done, total: advance(done, total + 1, f"{done} of {total} canaries")
        )
        return seen, membership_test(loaded, members, others)


def _policy(home: Home, researcher: str, folder: Path, pedigree: Lineage, advance: Advance) -> Measured:
    """Of a model in parts the canaries of each part, and whoever any part learnt from."""
    from aboveboard.lab.train.click_run import people_of

    file = read_run(folder)
    way, folders = way_of(file.run), [folder]
    if not (folder / POLICY_FILE).is_file():
        folders = [usable_model(home, researcher, parent)[0] for parent in pedigree.parents]
    with opened(home, researcher, file.dataset_id) as data:
        parts = []
        for part in folders:
            shard = read_run(part).shard
            people = data.people if shard is None else people_of(data.people, file.run).get(shard, [])
            parts.append((way.parted(data, file.run, people), read_planted(part)))
        measured: Measured = way.measure(
            folder, parts, lambda done, total: advance(done, total + 1, f"{done} of {total} canaries")
        )
        return measured


def export_model(home: Home, researcher: str, model_id: str, to: Path) -> Audit:
    """Copy a model, its lineage and its audit into the new folder ``to``, if it may leave; raises :class:`Refused`."""
    lab_home = home.folder("lab")
    folder, pedigree = usable_model(home, researcher, model_id)
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
    shutil.copytree(folder, part, ignore=shutil.ignore_patterns(CANARIES_FILE, TRAINING_FILE))
    (part / AUDIT_FILE).write_bytes(audit_format.encode(newest))
    part.rename(to)
    return newest


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
    """Measure what MODEL_ID, made by 'aboveboard tune' or 'aboveboard train', remembers of those it learnt from.

    What was planted (exposure, after Carlini), and steps that it learnt from beside steps held out (membership).
    """
    name = begin(session, researcher)
    with long_work("auditing", quiet=session.as_json) as advance:
        audit_id, found = audit(session.home, name, model_id, base, advance)
    lines = [f"{audit_id}: {'nothing was found, it may leave' if found.passed else 'it may not leave'}"]
    if found.exposures is not None:
        seen = found.exposures
        bits = ", ".join(f"{one:.1f}" for one in seen.bits)
        lines.append(f"planted: {bits} of at most {seen.most:.1f} bits; by chance {seen.chance:.2g}")
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
    export_model(session.home, begin(session, researcher), model_id, to)
    session.show(f"{to}: the model, its lineage and its audit", {"path": str(to)})


COMMANDS: Final = {"audit": audit_command, "export-model": export_model_command}
"""The commands of 'aboveboard lab' that let models out."""
