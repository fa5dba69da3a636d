"""How is a policy trained, whole or by shards of people, and what is trained again after an erasure?

``aboveboard train --shards 4`` makes a model of four parts, each of other people. A part is an artefact of its own that
names only its people: after an erasure the parts of the others are still there, and the same command trains only what
was lost. What it gives is what training anew would give, to the bit on one machine, as far as nothing is planted.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import click
import msgspec

from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.model_files import model_digest
from aboveboard.commands.terminal import Advance, long_work, spark
from aboveboard.formats.fields import decode_json
from aboveboard.formats.lineage import Source
from aboveboard.formats.training import TrainingKind
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.train.course import Course, followed
from aboveboard.lab.train.run_file import POLICY_FILE, PolicyKind, PolicyRun, RunFile, decode_run
from aboveboard.lab.vault_port import Vault
from aboveboard.rules.lineage import of_people

POLICY_RUN_FILE, PLANTED_FILE = "click_run.json", "canaries.json"
PLANTED_LIMIT_BYTES = 1024 * 1024
KINDS: dict[PolicyKind, TrainingKind] = {"clicks": "click_policy", "elements": "element_policy"}
USUAL_STEPS: dict[PolicyKind, int] = {"clicks": 160, "elements": 0}


@dataclass(frozen=True)
class Part:
    """One part of a model, in ``folder``: trained now in ``seconds``, or taken over from before."""

    artefact_id: str
    folder: Path
    seconds: float
    loss: float
    taken_over: bool = False


@dataclass(frozen=True)
class Made:
    """A model and how its parts came about; a model that is whole is its own only part."""

    artefact_id: str
    parts: list[Part]

    @property
    def seconds(self) -> float:
        """What was trained now took so long."""
        return sum(one.seconds for one in self.parts)


def train(home: Home, researcher: str, dataset_id: str, run: PolicyRun, advance: Advance) -> Made:
    """Train a policy; raises :class:`BadInput` where there is no example."""
    from aboveboard.lab.train.click_run import people_of

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    vault = home.client("vault", key)
    with lab.opened(home, researcher, dataset_id) as data, tempfile.TemporaryDirectory(prefix="aboveboard-") as at:
        made = Path(at)
        if run.shards == 1:
            with _followed(lab_home, RunFile(run, dataset_id)) as course:
                loss, seconds = _fit(data, RunFile(run, dataset_id), data.people, made, course, advance)
                folder, pedigree = flow.register_model(vault, key, lab_home, made, [dataset_id])
            return Made(pedigree.artefact_id, [Part(pedigree.artefact_id, folder, seconds, loss)])
        parts: list[Part] = []
        for number, people in people_of(data.people, run).items():
            file = RunFile(run, dataset_id, number)
            sources = of_people(lineage.read_lineage(lab_home, dataset_id).sources, people)
            kept = _kept(vault, lab_home, file, sources)
            parts.append(kept or _new_part(home, researcher, data, file, people, advance))
        for number, one in enumerate(parts):
            shutil.copy(one.folder / POLICY_FILE, made / f"part-{number:02}.safetensors")
        (made / POLICY_RUN_FILE).write_bytes(msgspec.json.encode(RunFile(run, dataset_id)))
        _, pedigree = flow.register_model(vault, key, lab_home, made, [one.artefact_id for one in parts])
    return Made(pedigree.artefact_id, parts)


def way_of(run: PolicyRun) -> ModuleType:
    """How this kind of policy is made and measured: what it plants, ``parted``, ``fit`` and ``measure``."""
    from aboveboard.lab.train import click_run, element_run

    return element_run if run.policy == "elements" else click_run


def _followed(lab_home: Path, file: RunFile) -> AbstractContextManager[Course]:
    source = lineage.read_lineage(lab_home, file.dataset_id)
    name = f"{file.run.policy}-{hashlib.sha256(msgspec.json.encode(file)).hexdigest()[:16]}"
    part = (file.shard or 0, file.run.shards)
    return followed(lab_home, source, model_digest(source), KINDS[file.run.policy], name=name, part=part)


def _fit(
    data: Dataset, file: RunFile, people: Sequence[str], made: Path, course: Course, advance: Advance
) -> tuple[float, float]:
    """Train on these people and write the policy, its run, its course and what was planted; the loss, and the
    seconds."""
    way = way_of(file.run)
    planted = way.plant(file.run.canaries)

    def told(done: int, total: int, loss: float) -> None:
        course.step(done, total, loss)
        advance(done, total, f"{done} of {total} steps, loss {loss:.2f} {spark(course.losses)}")

    fitted = way.fit(data, file, people, planted, made, told, course.held_out)
    course.write(made)
    (made / POLICY_RUN_FILE).write_bytes(msgspec.json.encode(file))
    (made / PLANTED_FILE).write_bytes(msgspec.json.encode(planted))
    return fitted.loss, fitted.seconds


def _new_part(
    home: Home, researcher: str, data: Dataset, file: RunFile, people: Sequence[str], advance: Advance
) -> Part:
    key, lab_home = home.staff_key(researcher), home.folder("lab")
    with tempfile.TemporaryDirectory(prefix="aboveboard-part-") as at, _followed(lab_home, file) as course:
        loss, seconds = _fit(data, file, people, Path(at), course, advance)
        whole = lineage.read_lineage(lab_home, file.dataset_id)
        folder, pedigree = flow.register_part(home.client("vault", key), key, lab_home, Path(at), whole, people)
    return Part(pedigree.artefact_id, folder, seconds, loss)


def _kept(vault: Vault, lab_home: Path, wanted: RunFile, sources: Sequence[Source]) -> Part | None:
    """A part that is here and on record, of the same run, version and recordings: training it again would change
    nothing."""
    live = {one.lineage.artefact_id for one in lineage.list_registered(vault) if one.state == "live"}
    for path in sorted((lab_home / "artefacts").glob(f"art_*/{POLICY_RUN_FILE}")):
        folder = path.parent
        pedigree, file = lineage.read_lineage(lab_home, folder.name), read_run(folder)
        same = (file.run, file.shard) == (wanted.run, wanted.shard) and pedigree.sources == sources
        version = pedigree.made_by.split(" (")[0] == lineage.made_by("").split(" (")[0]
        if same and version and folder.name in live and pedigree.files == lineage.list_files(folder):
            return Part(folder.name, folder, 0.0, 0.0, taken_over=True)
    return None


def read_run(folder: Path) -> RunFile:
    """The run of a policy; raises :class:`BadInput`."""
    return decode_run((folder / POLICY_RUN_FILE).read_bytes())


def read_planted(folder: Path) -> list[Any]:
    """What was planted in one part; raises :class:`BadInput`."""
    kind: Any = way_of(read_run(folder).run).Planted
    data = (folder / PLANTED_FILE).read_bytes()
    found: list[Any] = decode_json(data, list[kind], name="list of canaries", limit_bytes=PLANTED_LIMIT_BYTES)
    return found


@click.command(name="train")
@click.argument("dataset_id", required=False)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option(
    "--policy",
    type=click.Choice(get_args(PolicyKind)),
    default="clicks",
    show_default=True,
    help="What it is to do: click by what the screen shows; or click, type, choose and press keys by its elements.",
)
@click.option(
    "--steps", type=click.IntRange(1, 100_000), help="Of training [default: 160; over elements, by how much there is]."
)
@click.option(
    "--shards",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Parts, each of other people: after an erasure only the part that it touched is trained again.",
)
@click.option("--canaries", type=click.IntRange(0, 1000), default=8, show_default=True, help="Planted for the audit.")
@click.option("--held-out", type=click.FloatRange(0, 0.9), default=0.1, show_default=True, help="Share of episodes.")
@lab.as_researcher
@click.pass_obj
def train_command(
    session: Session, /, dataset_id: str | None, researcher: str | None, steps: int | None, **options: Any
) -> None:
    """Train a policy on DATASET_ID [default: the newest here].

    One over elements learns from episodes with an instruction that ended with success ('aboveboard mark').

    A model without canaries, or with nothing held out, cannot leave the lab: nobody could say what it remembers.
    """
    name = lab.begin(session, researcher)
    chosen = dataset_id or lab.newest(session.home, "dataset")
    run = PolicyRun(steps=USUAL_STEPS[options["policy"]] if steps is None else steps, **options)
    with long_work("training", quiet=session.as_json) as advance:
        made = train(session.home, name, chosen, run, advance)
    taken = sum(one.taken_over for one in made.parts)
    losses = ", ".join(f"{one.loss:.2f}" for one in made.parts if not one.taken_over)
    words = f"{made.artefact_id}: trained in {made.seconds:.0f} s, loss {losses or 'as before'}"
    if len(made.parts) > 1:
        words += f"; {len(made.parts)} parts, {taken} of them as they were"
    facts = {"artefact_id": made.artefact_id, "seconds": made.seconds, "parts": len(made.parts), "taken_over": taken}
    session.show(words, facts)
