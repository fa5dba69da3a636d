"""What does a researcher do under a grant: open, derive, train, assess?

Whatever is made carries its lineage and is registered with the vault before it comes to rest. Before each of these,
artefacts whose people had themselves erased are destroyed.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
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
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.trajectory import decode_marks
from aboveboard.lab import flow, lineage
from aboveboard.lab.bucket import Store, files_at
from aboveboard.lab.crew import workers_of
from aboveboard.lab.dataset.person import Holder
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.write import Cutting
from aboveboard.lab.derive.instructors import Named
from aboveboard.lab.rebuild import remaker
from aboveboard.lab.train.run_file import PolicyRun, RunFile
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.lab.workers import Here, Workers

if TYPE_CHECKING:
    from aboveboard.commands.training import Part

ASSESSMENT_FILE = "assessment.json"


def honour_erasures(
    home: Home, researcher: str, told: Callable[[str, str], None] = lambda artefact_id, words: None
) -> list[str]:
    """Destroy what is due here, once what is left of the data sets among it was made again; the ids of what is gone.

    ``told`` is called with the id of each data set and what became of it.
    """
    from aboveboard.commands.retraining import note

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    vault = home.client("vault", key)
    made_again = remaker(vault, lab_home, home.staff_identity(researcher), key, home.trust(), told=told)

    def remake(older: Lineage) -> str | None:
        note(lab_home, older)
        return made_again(older)

    return lineage.honour_erasures(vault, lab_home, key, remake=remake)


def derive(
    home: Home,
    researcher: str,
    grant_id: str,
    advance: Advance,
    cutting: Cutting | None = None,
    assisted: Mapping[str, str] | None = None,
    workers: Workers | None = None,
    store: Store | None = None,
) -> flow.DerivedDataset:
    """Make a data set of everything that the grant covers; ``workers`` who are not this process read its keys here."""
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
        assisted=assisted,
        workers=workers,
        hold=None if workers is None or isinstance(workers, Here) else partial(hold, home, researcher),
        store=store,
    )


def hold(home: Home, researcher: str) -> Holder:
    """What a worker opens with, read from the researcher's own files where it runs."""
    key = home.staff_key(researcher)
    return Holder(home.client("vault", key), home.staff_identity(researcher), key, home.trust())


def usable(home: Home, researcher: str, artefact_id: str) -> tuple[Path, Lineage]:
    """The folder and the lineage of an artefact; raises :class:`Refused` where something in it was erased, its time is
    over, or the vault does not know it."""
    lab_home = home.folder("lab")
    folder, pedigree = lineage.artefact_folder(lab_home, artefact_id), lineage.read_lineage(lab_home, artefact_id)
    lineage.require_usable(home.client("vault", home.staff_key(researcher)), pedigree)
    return folder, pedigree


@contextmanager
def opened(home: Home, researcher: str, artefact_id: str) -> Iterator[Dataset]:
    """The data set, for as long as the block lasts and its grant holds; after that every use of it raises."""
    key = home.staff_key(researcher)
    folder, pedigree = usable(home, researcher, artefact_id)
    with WhileGranted(home.client("vault", key), pedigree.grant_id, key, home.trust()) as granted:
        yield Dataset.open(folder, home.staff_identity(researcher), signer=key.public, granted=granted)


def train(
    home: Home, researcher: str, artefact_id: str, advance: Advance, *, tasks: Sequence[str] = (), seed: int = 0
) -> tuple[str, "Part"]:
    """Train a click policy on a data set, with nothing planted or held out; its artefact id and how training went.

    ``tasks`` keeps to the steps made in the windows of these MiniWoB++ tasks; empty keeps all.
    """
    from aboveboard.commands import training

    made = training.train(home, researcher, artefact_id, PolicyRun(tasks=tuple(tasks), seed=seed), advance)
    return made.artefact_id, made.parts[0]


def assess(
    home: Home, researcher: str, model_id: str, *, tasks: list[str], episodes: int, advance: Advance
) -> tuple[str, Assessment]:
    """Try the policy in the real environment beside a random one; the assessment's artefact id and its rows."""
    from aboveboard.commands.training import POLICY_RUN_FILE, read_run

    folder = usable(home, researcher, model_id)[0]
    file = read_run(folder) if (folder / POLICY_RUN_FILE).is_file() else None
    if file is not None and file.run.policy == "elements":
        assessment = _at_a_desk(home, researcher, folder, file, tasks, episodes, advance)
    else:
        assessment = _on_pages(folder, tasks, episodes, advance)
    key = home.staff_key(researcher)
    with tempfile.TemporaryDirectory(prefix="aboveboard-assessment-") as made:
        (Path(made) / ASSESSMENT_FILE).write_bytes(encode(assessment))
        vault = home.client("vault", key)
        _, pedigree = flow.register_assessment(vault, key, home.folder("lab"), Path(made), [model_id])
    return pedigree.artefact_id, assessment


def _on_pages(folder: Path, tasks: list[str], episodes: int, advance: Advance) -> Assessment:
    from aboveboard.lab.assess.environment import Environment
    from aboveboard.lab.assess.evaluate import run
    from aboveboard.lab.model.ensemble import load_clicks
    from aboveboard.stage.browser import Browser
    from aboveboard.stage.display import Display
    from aboveboard.stage.tasks import TaskServer

    policy = load_clicks(folder)
    with Display() as display, Browser(display) as browser, TaskServer() as server:
        return run(policy, Environment(display, browser, server), tasks, episodes, advance)


def _at_a_desk(
    home: Home, researcher: str, folder: Path, file: RunFile, tasks: list[str], episodes: int, advance: Advance
) -> Assessment:
    """What the nearest neighbour repeats is read from the data set, while the grant holds."""
    from aboveboard.lab.assess.desktop_run import run
    from aboveboard.lab.model.element_parts import load_elements
    from aboveboard.lab.train.element_run import parted

    with opened(home, researcher, file.dataset_id) as data:

        def told(done: int, total: int, words: str) -> None:
            data.check()
            advance(done, total, words)

        shown = data.keep(parted(data, file.run, data.people).once)
        return run(load_elements(folder), shown, tasks, episodes, told)


def newest(home: Home, *kinds: str) -> str:
    """The artefact of one of ``kinds`` that was made last; raises :class:`NotFound`."""
    shelf = home.folder("lab") / "artefacts"
    found = [lineage.read_lineage(home.folder("lab"), path.name) for path in shelf.glob("art_*")]
    of_kind = sorted((one for one in found if one.kind in kinds), key=lambda one: one.created_at_ns)
    if not of_kind:
        raise NotFound(
            f"there is no {' and no '.join(kinds)} here", cause="none was made yet", fix="see 'aboveboard --help'"
        )
    return of_kind[-1].artefact_id


as_researcher = click.option("--as", "researcher", help="The researcher's name, where there is more than one.")


def begin(session: Session, researcher: str | None) -> str:
    """Who it is, after destroying what is due."""
    name = session.home.the_one("researcher", researcher)
    became: dict[str, str] = {}
    for artefact_id in honour_erasures(session.home, name, became.__setitem__):
        words = became.get(artefact_id, "")
        why = "somebody in it had their recordings erased, or its time was over"
        click.echo(f"destroyed {artefact_id}: {why}{f'; {words}' if words else ''}", err=True)
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
@click.option(
    "--assisted",
    multiple=True,
    metavar="ARTEFACT[=SESSION]",
    help="What 'aboveboard assist' made; and of which session it is, where several were recorded at once.",
)
@click.option(
    "--workers",
    default="1",
    show_default=True,
    help="How many processes work at once, a person each; or a Ray cluster, such as ray://127.0.0.1:10001/8.",
)
@click.option(
    "--instructor",
    metavar="PLUG-IN",
    help="Who says what an episode was for where nobody did: an entry point, or module:function.",
)
@click.option(
    "--store",
    metavar="URL",
    help="Where the sealed files rest, such as s3://bucket/prefix?region=eu-central-1; else in the lab's folder.",
)
@as_researcher
@click.pass_obj
def derive_command(
    session: Session,
    grant_id: str,
    marks_file: Path | None,
    assisted: tuple[str, ...],
    workers: str,
    instructor: str | None,
    store: str | None,
    researcher: str | None,
) -> None:
    """Make a data set of what GRANT_ID covers: steps, episodes and frames, sealed, with lineage."""
    who, to = workers_of(workers), Store(store) if store is not None else None
    plug_in = Named(instructor).require() if instructor is not None else None
    name = begin(session, researcher)
    accounts = dict(one.partition("=")[::2] for one in assisted)
    marks = decode_marks(marks_file.read_bytes()) if marks_file is not None else ()
    cutting = Cutting(marks, instructor=plug_in, instructed_by=plug_in.version if plug_in is not None else "")
    with long_work("deriving", quiet=session.as_json) as advance:
        made = derive(session.home, name, grant_id, advance, cutting, accounts, who, to)
    for part, why in made.failures.items():
        click.echo(f"{part} was begun again: {', '.join(why)}", err=True)
    totals = made.totals
    actions = ", ".join(f"{count} {action.replace('_', ' ')}" for action, count in totals.actions.items())
    unused = ", ".join(f"{count} {why}" for why, count in totals.unused.items())
    words = (
        f"{made.artefact_id}: {totals.steps} steps ({actions}) with {totals.frames} frames, of {totals.people} people "
        f"in {totals.recorded_ns / SECOND_NS / 60:.1f} minutes; "
        f"{totals.instructed} of {totals.episodes} episodes with an instruction\n"
        f"{totals.events} events: {totals.step_events} in steps; the rest are {unused or 'none'}\n{files_at(made.path)}"
    )
    facts = {"artefact_id": made.artefact_id, "path": str(files_at(made.path)), **msgspec.to_builtins(totals)}
    session.show(words, facts)
