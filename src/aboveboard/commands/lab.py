"""What does a researcher do under a grant: open, derive, train, assess?

Whatever is made carries its lineage and is registered with the vault before it comes to rest. Before each of these,
artefacts whose people had themselves erased are destroyed.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import NotFound
from aboveboard.base.ids import Kind, check_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.formats.assessment import Assessment, encode
from aboveboard.formats.trajectory import decode_marks
from aboveboard.lab import flow, lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.while_granted import WhileGranted

if TYPE_CHECKING:
    from aboveboard.lab.train.behaviour_cloning import Trained

POLICY_FILE = "policy.safetensors"
ASSESSMENT_FILE = "assessment.json"


def honour_erasures(home: Home, researcher: str) -> list[str]:
    """Destroy what is due here; the ids of what is gone."""
    key = home.staff_key(researcher)
    return lineage.honour_erasures(home.client("vault", key), home.folder("lab"), key)


def derive(
    home: Home, researcher: str, grant_id: str, advance: Advance, cutting: Cutting | None = None
) -> flow.DerivedDataset:
    """Make a data set of everything that the grant covers."""
    check_id(Kind.GRANT, grant_id)
    key = home.staff_key(researcher)
    return flow.derive(
        home.client("vault", key),
        grant_id,
        home.staff_identity(researcher),
        key,
        home.folder("lab"),
        home.trust(),
        lambda done, total: advance(done, total, f"{done} of {total} segments"),
        cutting=cutting,
    )


@contextmanager
def opened(home: Home, researcher: str, artefact_id: str) -> Iterator[Dataset]:
    """The data set, for as long as the block lasts and its grant holds; after that every use of it raises."""
    key, lab_home = home.staff_key(researcher), home.folder("lab")
    folder = lineage.artefact_folder(lab_home, artefact_id)
    grant_id = lineage.read_lineage(lab_home, artefact_id).grant_id
    with WhileGranted(home.client("vault", key), grant_id, key, home.trust()) as granted:
        yield Dataset.open(folder, home.staff_identity(researcher), signer=key.public, granted=granted)


def train(
    home: Home, researcher: str, artefact_id: str, advance: Advance, *, tasks: Sequence[str] = (), seed: int = 0
) -> tuple[str, "Trained"]:
    """Train a click policy on a data set; the model's artefact id and how training went.

    ``tasks`` keeps to the steps made in the windows of these MiniWoB++ tasks; empty keeps all.
    """
    from aboveboard.lab.train.behaviour_cloning import Config, train
    from aboveboard.lab.train.examples import from_steps
    from aboveboard.stage.tasks import window_title

    key = home.staff_key(researcher)
    with opened(home, researcher, artefact_id) as data:
        titles = {window_title(task) for task in tasks}
        examples = from_steps((step for step in data.steps() if not titles or step.title in titles), data.frame)
        trained = train(
            examples,
            Config(seed=seed, artefact_id=artefact_id),
            lambda done, total, loss: advance(done, total, f"{done} of {total} steps, loss {loss:.2f}"),
        )
    with tempfile.TemporaryDirectory(prefix="aboveboard-model-") as made:
        trained.policy.save(Path(made) / POLICY_FILE)
        vault = home.client("vault", key)
        _, pedigree = flow.register_model(vault, key, home.folder("lab"), Path(made), [artefact_id])
    return pedigree.artefact_id, trained


def assess(
    home: Home, researcher: str, model_id: str, *, tasks: list[str], episodes: int, advance: Advance
) -> tuple[str, Assessment]:
    """Try the policy in the real environment beside a random one; the assessment's artefact id and its rows."""
    from aboveboard.lab.assess.environment import Environment
    from aboveboard.lab.assess.evaluate import run
    from aboveboard.lab.model.click_policy import load_policy
    from aboveboard.stage.browser import Browser
    from aboveboard.stage.display import Display
    from aboveboard.stage.tasks import TaskServer

    policy = load_policy(lineage.artefact_folder(home.folder("lab"), model_id) / POLICY_FILE)
    with Display() as display, Browser(display) as browser, TaskServer() as server:
        assessment = run(policy, Environment(display, browser, server), tasks, episodes, advance)
    key = home.staff_key(researcher)
    with tempfile.TemporaryDirectory(prefix="aboveboard-assessment-") as made:
        (Path(made) / ASSESSMENT_FILE).write_bytes(encode(assessment))
        vault = home.client("vault", key)
        _, pedigree = flow.register_assessment(vault, key, home.folder("lab"), Path(made), [model_id])
    return pedigree.artefact_id, assessment


def newest(home: Home, kind: str) -> str:
    """The artefact of ``kind`` that was made last; raises :class:`NotFound`."""
    shelf = home.folder("lab") / "artefacts"
    found = [lineage.read_lineage(home.folder("lab"), path.name) for path in shelf.glob("art_*")]
    of_kind = sorted((one for one in found if one.kind == kind), key=lambda one: one.created_at_ns)
    if not of_kind:
        raise NotFound(f"there is no {kind} here", cause="none was made yet", fix="see 'aboveboard --help'")
    return of_kind[-1].artefact_id


as_researcher = click.option("--as", "researcher", help="The researcher's name, where there is more than one.")


def begin(session: Session, researcher: str | None) -> str:
    """Who it is, after destroying what is due."""
    name = session.home.the_one("researcher", researcher)
    for artefact_id in honour_erasures(session.home, name):
        click.echo(f"destroyed {artefact_id}: somebody in it had their recordings erased", err=True)
    return name


@click.command(name="open")
@click.argument("grant_id")
@as_researcher
@click.pass_obj
def open_command(session: Session, grant_id: str, researcher: str | None) -> None:
    """Open what GRANT_ID covers, count it, keep nothing. The ledger records it like any opening."""
    check_id(Kind.GRANT, grant_id)
    name = begin(session, researcher)
    home, key = session.home, session.home.staff_key(name)
    with long_work("opening", quiet=session.as_json) as advance:
        seen = flow.look(
            home.client("vault", key),
            grant_id,
            home.staff_identity(name),
            key,
            home.trust(),
            lambda done, total: advance(done, total, f"{done} of {total} segments"),
        )
    counts = ", ".join(f"{count} {topic}" for topic, count in seen.messages.items())
    minutes = seen.recorded_ns / SECOND_NS / 60
    words = f"{seen.segments} segments of {seen.people} people, {minutes:.1f} minutes: {counts}"
    session.show(words, {"segments": seen.segments, "people": seen.people, "messages": seen.messages})


@click.command(name="derive")
@click.argument("grant_id")
@click.option(
    "--marks",
    "marks_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A JSON file of where tasks began and ended, and what they were.",
)
@as_researcher
@click.pass_obj
def derive_command(session: Session, grant_id: str, marks_file: Path | None, researcher: str | None) -> None:
    """Make a data set of what GRANT_ID covers: steps, episodes and frames, sealed, with lineage."""
    name = begin(session, researcher)
    cutting = Cutting(decode_marks(marks_file.read_bytes())) if marks_file is not None else None
    with long_work("deriving", quiet=session.as_json) as advance:
        made = derive(session.home, name, grant_id, advance, cutting)
    totals = made.totals
    actions = ", ".join(f"{count} {action.replace('_', ' ')}" for action, count in totals.actions.items())
    unused = ", ".join(f"{count} {why}" for why, count in totals.unused.items())
    words = (
        f"{made.artefact_id}: {totals.steps} steps ({actions}) with {totals.frames} frames, of {totals.people} people "
        f"in {totals.recorded_ns / SECOND_NS / 60:.1f} minutes\n"
        f"{totals.events} events: {totals.step_events} in steps; the rest are {unused or 'none'}\n{made.path}"
    )
    facts = {"artefact_id": made.artefact_id, "path": str(made.path), **msgspec.to_builtins(totals)}
    session.show(words, facts)


@click.command(name="train")
@click.argument("dataset_id", required=False)
@click.option("--seed", type=int, default=0, show_default=True)
@as_researcher
@click.pass_obj
def train_command(session: Session, dataset_id: str | None, seed: int, researcher: str | None) -> None:
    """Train a click policy on DATASET_ID [default: the newest here]."""
    name = begin(session, researcher)
    with long_work("training", quiet=session.as_json) as advance:
        model_id, trained = train(session.home, name, dataset_id or newest(session.home, "dataset"), advance, seed=seed)
    words = f"{model_id}: trained in {trained.seconds:.0f} s, loss {trained.loss:.2f}"
    session.show(words, {"artefact_id": model_id, "seconds": trained.seconds, "loss": trained.loss})


@click.command(name="assess")
@click.argument("model_id", required=False)
@click.option("--task", "tasks", multiple=True, required=True, help="A MiniWoB++ task; may be given several times.")
@click.option("--episodes", type=click.IntRange(1, 10_000), default=40, show_default=True, help="For each task.")
@as_researcher
@click.pass_obj
def assess_command(
    session: Session, model_id: str | None, tasks: tuple[str, ...], episodes: int, researcher: str | None
) -> None:
    """Try MODEL_ID [default: the newest here] in a real browser, beside a random policy."""
    name = begin(session, researcher)
    chosen = model_id or newest(session.home, "model")
    with long_work("assessing", quiet=session.as_json) as advance:
        made_id, assessment = assess(session.home, name, chosen, tasks=list(tasks), episodes=episodes, advance=advance)
    session.show(f"{made_id}\n{assessment.text()}", {"artefact_id": made_id, **msgspec.to_builtins(assessment)})
