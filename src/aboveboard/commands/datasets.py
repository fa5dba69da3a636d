"""What does a researcher do with data sets: look at them, split and compare them, take them elsewhere and in?

Everything stays sealed to the researcher's key; only ``lab unpack`` writes plain files, and says so.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput
from aboveboard.commands.lab import as_researcher, begin, opened
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import long_work
from aboveboard.formats.lineage import Lineage
from aboveboard.lab import lineage
from aboveboard.lab.dataset import diff as difference
from aboveboard.lab.dataset.exports.rest import WRITERS, export_dataset, unpack
from aboveboard.lab.dataset.imports.rest import READERS, import_dataset
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.split import PARTS, SplitRule, shared_frames, split
from aboveboard.lab.dataset.statistics import count


@contextmanager
def opened_dataset(session: Session, researcher: str, dataset: str) -> Iterator[Dataset]:
    """A data set by its id, while its grant holds, or an imported one by its folder."""
    if Path(dataset).is_dir():
        key = session.home.staff_key(researcher)
        data = Dataset.open(Path(dataset), session.home.staff_identity(researcher), signer=key.public)
        if isinstance(data.lineage, Lineage):
            raise BadInput(
                f"{dataset} was made under a grant", cause="it was named by its folder", fix="name it by its id, art_…"
            )
        yield data
        return
    with opened(session.home, researcher, dataset) as data:
        yield data


@click.command(name="stats")
@click.argument("dataset")
@as_researcher
@click.pass_obj
def stats_command(session: Session, dataset: str, researcher: str | None) -> None:
    """Count what is in DATASET, over everybody in it together."""
    with opened_dataset(session, begin(session, researcher), dataset) as data:
        found = count(data.steps(), data.episodes())
        lines = [f"{found.steps} steps of {data.card.totals.people} people"]
        for title, counted in (
            ("actions", found.actions),
            ("applications", found.apps),
            ("known of how many steps", found.known),
            ("controls", found.roles),
            ("shortcuts", found.shortcuts),
            ("texts of at most so many characters", found.text_lengths),
            ("episodes of at most so many steps", found.episode_lengths),
            ("outcomes", found.outcomes),
            ("instructions by", found.instructed_by),
        ):
            lines.append(f"{title}: {_counts(counted)}")
        session.show("\n".join(lines), msgspec.to_builtins(found))


@click.command(name="split")
@click.argument("dataset")
@click.option("--by", multiple=True, type=click.Choice(["person", "task"]), default=("person",), show_default=True)
@click.option("--shares", nargs=3, type=float, default=(0.8, 0.1, 0.1), show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@as_researcher
@click.pass_obj
def split_command(
    session: Session,
    dataset: str,
    by: tuple[Any, ...],
    shares: tuple[float, float, float],
    seed: int,
    researcher: str | None,
) -> None:
    """Say how DATASET splits into train, validation and test; the same rule gives the same split everywhere."""
    with opened_dataset(session, begin(session, researcher), dataset) as data:
        made = split(data.episodes(), SplitRule(shares, by, seed))
        part_of = {
            (one.session_id, step): part
            for part in PARTS
            for one in made.parts[part]
            for step in range(one.first_step, one.first_step + one.steps)
        }
        frames: dict[Any, set[str]] = {part: set() for part in PARTS}
        for step in data.steps():
            part = part_of.get((step.session_id, step.index))
            if part is not None and step.frame_sha256 is not None:
                frames[part].add(step.frame_sha256)
        shared = {f"{one} and {other}": number for (one, other), number in shared_frames(frames).items()}
        people = {part: len({one.person_id for one in made.parts[part]}) for part in PARTS}
        words = (
            f"steps: {_counts(made.sizes())}\npeople: {_counts(people)}\n"
            f"episodes left out, since their person and task are of different parts: {made.left_out}\n"
            f"frames that both parts show: {_counts(shared)}"
        )
        facts = {"steps": made.sizes(), "people": people, "left_out": made.left_out, "shared_frames": shared}
        session.show(words, facts)


@click.command(name="diff")
@click.argument("older")
@click.argument("newer")
@as_researcher
@click.pass_obj
def diff_command(session: Session, older: str, newer: str, researcher: str | None) -> None:
    """Say what changed from the data set OLDER to NEWER."""
    name = begin(session, researcher)
    with opened_dataset(session, name, older) as one, opened_dataset(session, name, newer) as other:
        found = difference.diff((one.people, one.steps_of), (other.people, other.steps_of))
    facts = msgspec.to_builtins(found)
    session.show(_counts({name.replace("_", " "): number for name, number in facts.items()}), facts)


@click.command(name="export")
@click.argument("dataset_id")
@click.option("--format", "form", type=click.Choice(list(WRITERS)), required=True)
@as_researcher
@click.pass_obj
def export_command(session: Session, dataset_id: str, form: Any, researcher: str | None) -> None:
    """Write DATASET_ID in another format: sealed, with lineage. 'lab unpack' opens it where it is used."""
    name = begin(session, researcher)
    home, key = session.home, session.home.staff_key(name)
    with opened_dataset(session, name, dataset_id) as data:
        recipient = home.staff_identity(name).recipient
        with long_work("exporting", quiet=session.as_json):
            path, report = export_dataset(
                home.client("vault", key),
                key,
                recipient,
                home.folder("lab"),
                data,
                form,
                now_ns=SystemClock().wall_ns(),
            )
        words = (
            f"{path.name}: {report.steps} of {data.card.totals.steps} steps in {report.files} files\n"
            f"left out: {_counts(+report.left_out)}\ncould not be expressed: {_counts(+report.lessened)}\n{path}"
        )
        session.show(words, {"artefact_id": path.name, "path": str(path), **msgspec.to_builtins(report)})


@click.command(name="unpack")
@click.argument("export_id")
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--on-disk", is_flag=True, help="Also onto a disk, where no erasure reaches it.")
@as_researcher
@click.pass_obj
def unpack_command(session: Session, export_id: str, to: Path, on_disk: bool, researcher: str | None) -> None:
    """Open the export EXPORT_ID into the new folder TO, as plain files: in memory, such as /dev/shm/export."""
    name = begin(session, researcher)
    folder = lineage.artefact_folder(session.home.folder("lab"), export_id)
    files = unpack(folder, session.home.staff_identity(name), to, on_disk=on_disk)
    session.show(
        f"{files} files, not sealed, in {to}: remove them when you are done", {"files": files, "path": str(to)}
    )


@click.command(name="import")
@click.argument("source", type=click.Choice(list(READERS)))
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.argument("to", type=click.Path(path_type=Path))
@click.option("--licence", required=True, help="By what right it may be used: kept with the data.")
@as_researcher
@click.pass_obj
def import_command(session: Session, source: Any, path: Path, to: Path, licence: str, researcher: str | None) -> None:
    """Read what another recorder wrote at PATH into a sealed data set in the new folder TO."""
    name = begin(session, researcher)
    home = session.home
    with long_work("importing", quiet=session.as_json) as advance:
        made = import_dataset(
            source,
            path,
            to,
            recipient=home.staff_identity(name).recipient,
            key=home.staff_key(name),
            licence=licence,
            now_ns=SystemClock().wall_ns(),
            progress=lambda recordings, events: advance(recordings, 0, f"{recordings} recordings, {events} events"),
        )
    words = (
        f"{made.recordings} recordings, {made.events} events, {made.pictures} pictures\n"
        f"could not be told: {_counts(made.unread)}; pictures missing: {made.pictures_missing}\n{to}"
    )
    session.show(words, {"path": str(to), **msgspec.to_builtins(made)})


def _counts(counted: Mapping[Any, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counted.items()) or "none"


COMMANDS: Final = {
    "stats": stats_command,
    "split": split_command,
    "diff": diff_command,
    "export": export_command,
    "unpack": unpack_command,
    "import": import_command,
}
"""The commands of 'aboveboard lab' that work on data sets."""
