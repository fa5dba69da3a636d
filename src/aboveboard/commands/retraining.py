"""Which models went because of an erasure, and how are they trained again?

A model that something erased went into is destroyed at once (``lab.lineage``). What it takes to train it again stays:
its run, and the data set that it learnt from, or what took its place. ``aboveboard lab rebuild`` does it, and of a
model in parts it trains only those that lost somebody.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
import msgspec

from aboveboard.base.errors import AboveboardError
from aboveboard.commands import training
from aboveboard.commands.home import Home
from aboveboard.commands.lab import as_researcher, begin
from aboveboard.commands.main import Session
from aboveboard.commands.model_files import base_of
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.commands.training import POLICY_RUN_FILE
from aboveboard.commands.tune import RUN_FILE, tune
from aboveboard.formats.fields import ArtefactId, Document, decode_json
from aboveboard.formats.lineage import Lineage
from aboveboard.lab import lineage
from aboveboard.lab.rebuild import successors
from aboveboard.lab.train.run_file import RunFile, decode_run

WAITING, NOTE_FILE = "retrain", "note.json"
NOTE_LIMIT_BYTES = 64 * 1024


class Note(Document, frozen=True):
    """A model that went. ``base``: where the model lies that it adapted, "" if it adapted none."""

    model_id: ArtefactId
    dataset_id: ArtefactId
    base: str = ""


@dataclass(frozen=True)
class Again:
    """What became of a model that went: ``model_id`` is the new one, or ``why`` there is none."""

    older: str
    model_id: str = ""
    why: str = ""
    seconds: float = 0.0
    parts: int = 1
    taken_over: int = 0


def note(lab_home: Path, gone: Lineage) -> None:
    """Before a model is destroyed: keep its run, which says nothing of what was recorded. Parts are made as needed."""
    folder = lineage.artefact_folder(lab_home, gone.artefact_id)
    if gone.kind != "model" or not folder.is_dir():
        return
    if (folder / RUN_FILE).is_file() and len(gone.parents) == 1:
        run, found = RUN_FILE, Note(gone.artefact_id, gone.parents[0], str(base_of(folder)))
    elif (folder / POLICY_RUN_FILE).is_file() and (file := training.read_run(folder)).shard is None:
        run, found = POLICY_RUN_FILE, Note(gone.artefact_id, file.dataset_id)
    else:
        return
    place = lab_home / WAITING / gone.artefact_id
    part = place.with_name(f".{place.name}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    shutil.copy(folder / run, part / run)
    (part / NOTE_FILE).write_bytes(msgspec.json.encode(found))
    shutil.rmtree(place, ignore_errors=True)
    part.rename(place)


def waiting(lab_home: Path) -> list[Note]:
    """The models that went and were not trained again."""
    places = sorted((lab_home / WAITING).glob(f"art_*/{NOTE_FILE}"))
    return [decode_json(one.read_bytes(), Note, name="note", limit_bytes=NOTE_LIMIT_BYTES) for one in places]


def retrain(home: Home, researcher: str, one: Note, advance: Advance) -> Again:
    """Train a model again, by the same run, on what is left of its data set; its note goes once there is an answer.

    Raises :class:`Unavailable` for what another try may mend.
    """
    lab_home = home.folder("lab")
    place = lab_home / WAITING / one.model_id
    followed, dataset_id = successors(lab_home), one.dataset_id
    while dataset_id in followed:
        dataset_id = followed[dataset_id]
    if not lineage.artefact_folder(lab_home, dataset_id).is_dir():
        found = Again(one.model_id, why="nothing is left of its data set here")
    elif (place / RUN_FILE).is_file():
        model_id, trained = tune(home, researcher, dataset_id, place / RUN_FILE, advance, base=Path(one.base))
        found = Again(one.model_id, model_id, seconds=trained.seconds)
    else:
        file: RunFile = decode_run((place / POLICY_RUN_FILE).read_bytes())
        made = training.train(home, researcher, dataset_id, file.run, advance)
        taken = sum(part.taken_over for part in made.parts)
        found = Again(one.model_id, made.artefact_id, "", made.seconds, len(made.parts), taken)
    shutil.rmtree(place)
    return found


@click.command(name="rebuild")
@as_researcher
@click.pass_obj
def rebuild_command(session: Session, researcher: str | None) -> None:
    """Follow what was erased: make data sets again of what is left, and train again the models that went.

    Data sets are followed before any command of the lab; models only here, since training takes its time. The same run
    on what is left; of a model in parts only those are trained that lost somebody.
    """
    name = begin(session, researcher)
    done: list[Again] = []
    failed: list[str] = []
    for one in waiting(session.home.folder("lab")):
        try:
            with long_work(f"training {one.model_id} again", quiet=session.as_json) as advance:
                done.append(retrain(session.home, name, one, advance))
        except AboveboardError as error:
            failed.append(f"{one.model_id}: {error.what}; give the command again once it is mended")
    lines = [_words(one) for one in done] + failed
    session.show("\n".join(lines) or "no model is to be trained again", {"models": msgspec.to_builtins(done)})


def _words(one: Again) -> str:
    if one.why:
        return f"{one.older}: not trained again, {one.why}"
    parts = f", {one.taken_over} of {one.parts} parts as they were" if one.parts > 1 else ""
    return f"{one.older}: trained again as {one.model_id} in {one.seconds:.0f} s{parts}"


COMMANDS: Final = {"rebuild": rebuild_command}
"""The commands of 'aboveboard lab' that follow an erasure."""
