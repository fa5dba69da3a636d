"""What is it worth? ``aboveboard assess``: of a data set the page for a steward, of a model a trial beside chance."""

from pathlib import Path
from typing import get_args

import click
import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.commands import lab
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import long_work
from aboveboard.commands.value import PAGE_FILE, read_groups, value
from aboveboard.formats.disclosure import Screen
from aboveboard.lab import lineage

LOWER = ("structure", "redacted")
DATASET_EPISODES, MODEL_EPISODES = 20, 40


@click.command(name="assess")
@click.argument("artefact_id", required=False)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    required=True,
    help="A task of MiniWoB++, or for a policy over elements one on a real application; may be given several times.",
)
@click.option(
    "--episodes",
    type=click.IntRange(1, 10_000),
    help=f"For each task [default: {DATASET_EPISODES} for each draw of a data set, {MODEL_EPISODES} for a model].",
)
@click.option("--draws", type=click.IntRange(1, 10), help="Of a data set: for each point of a curve [default: 3].")
@click.option(
    "--level",
    "levels",
    multiple=True,
    type=click.Choice(LOWER),
    help="Of a data set: a lower level of the screen to try besides; may be given several times.",
)
@click.option(
    "--groups",
    "groups_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Of a data set: a JSON file of groups of ten people or more, whose part is valued.",
)
@lab.as_researcher
@click.pass_obj
def assess_command(
    session: Session,
    artefact_id: str | None,
    tasks: tuple[str, ...],
    episodes: int | None,
    draws: int | None,
    levels: tuple[str, ...],
    groups_file: Path | None,
    researcher: str | None,
) -> None:
    """What is ARTEFACT_ID [default: the newest data set or model here] worth?

    A data set: is there enough of it, which level would do, and what next? A click policy is trained on shares of it,
    several times each, and tried on held-out problems in a real browser; a page says what came of it.

    A model: it is tried in a real browser, beside a random policy; one over elements in real applications, too, and
    beside the nearest neighbour.
    """
    name = lab.begin(session, researcher)
    home = session.home
    chosen = artefact_id or lab.newest(home, "dataset", "model")
    if lineage.read_lineage(home.folder("lab"), chosen).kind == "model":
        if draws or levels or groups_file:
            raise BadInput(
                f"{chosen} is a model, and draws, levels and groups are of data sets",
                cause="the newest artefact here is a model",
                fix="name the data set",
            )
        with long_work("assessing", quiet=session.as_json) as advance:
            made_id, trial = lab.assess(
                home, name, chosen, tasks=list(tasks), episodes=episodes or MODEL_EPISODES, advance=advance
            )
        session.show(f"{made_id}\n{trial.text()}", {"artefact_id": made_id, **msgspec.to_builtins(trial)})
        return
    with long_work("drawing the curves", quiet=session.as_json) as advance:
        made_id, made = value(
            home,
            name,
            chosen,
            tasks=list(tasks),
            episodes=episodes or DATASET_EPISODES,
            draws=draws or 3,
            levels=[level for level in get_args(Screen) if level in levels],
            groups=read_groups(groups_file) if groups_file is not None else None,
            advance=advance,
        )
    shown = lineage.artefact_folder(home.folder("lab"), made_id) / PAGE_FILE
    facts = {"artefact_id": made_id, "page": str(shown), **msgspec.to_builtins(made)}
    session.show(f"{made_id}\n{made.text()}\nas a page: {shown}", facts)
