"""What was a data set worth? ``aboveboard value``: success against hours, and what one hour more would buy."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from aboveboard.commands import lab
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.terminal import Advance, long_work
from aboveboard.formats.value import Value, encode
from aboveboard.lab import flow

if TYPE_CHECKING:
    from aboveboard.lab.train.behaviour_cloning import Config

VALUE_FILE = "value.json"


def value(
    home: Home,
    researcher: str,
    artefact_id: str,
    *,
    tasks: list[str],
    episodes: int,
    draws: int,
    advance: Advance,
    config: "Config | None" = None,
) -> tuple[str, Value]:
    """Draw the learning curve of a data set; the artefact id of the page and the page."""
    from aboveboard.lab.assess.environment import Environment
    from aboveboard.lab.assess.evaluate import attempt
    from aboveboard.lab.assess.value import stretches, value
    from aboveboard.lab.model.click_policy import ClickPolicy
    from aboveboard.lab.train.behaviour_cloning import Config
    from aboveboard.stage.browser import Browser
    from aboveboard.stage.display import Display
    from aboveboard.stage.tasks import TaskServer, window_title

    key, lab_home = home.staff_key(researcher), home.folder("lab")
    with lab.opened(home, researcher, artefact_id) as data:
        titles = {window_title(task) for task in tasks}
        heap, left_out = stretches(list(data.steps()), list(data.episodes()), data.frame, titles)
        with Display() as display, Browser(display) as browser, TaskServer() as server:
            environment = Environment(display, browser, server)

            def tried(policy: ClickPolicy, task: str, numbers: range) -> int:
                return sum(attempt(policy, environment, task, number).reward > 0 for number in numbers)

            made = value(
                heap,
                tasks,
                tried,
                episodes=episodes,
                draws=draws,
                config=replace(config or Config(), artefact_id=artefact_id),
                left_out=left_out,
                progress=advance,
            )
    with tempfile.TemporaryDirectory(prefix="aboveboard-value-") as folder:
        (Path(folder) / VALUE_FILE).write_bytes(encode(made))
        _, pedigree = flow.register_assessment(home.client("vault", key), key, lab_home, Path(folder), [artefact_id])
    return pedigree.artefact_id, made


@click.command(name="value")
@click.argument("dataset_id", required=False)
@click.option("--task", "tasks", multiple=True, required=True, help="A MiniWoB++ task; may be given several times.")
@click.option("--episodes", type=click.IntRange(1, 10_000), default=20, show_default=True, help="For each task.")
@click.option("--draws", type=click.IntRange(1, 10), default=3, show_default=True, help="For each point of the curve.")
@lab.as_researcher
@click.pass_obj
def value_command(
    session: Session, dataset_id: str | None, tasks: tuple[str, ...], episodes: int, draws: int, researcher: str | None
) -> None:
    """How much of DATASET_ID [default: the newest here] would have been enough, and what would one hour more buy?

    A click policy is trained on shares of it, several times each, and tried on held-out problems in a real browser.
    """
    name = lab.begin(session, researcher)
    chosen = dataset_id or lab.newest(session.home, "dataset")
    with long_work("drawing the curve", quiet=session.as_json) as advance:
        made_id, made = value(
            session.home, name, chosen, tasks=list(tasks), episodes=episodes, draws=draws, advance=advance
        )
    session.show(f"{made_id}\n{made.text()}", {"artefact_id": made_id, **msgspec.to_builtins(made)})
