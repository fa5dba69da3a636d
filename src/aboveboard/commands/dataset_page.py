"""How does a researcher look at a data set, step by step?

On a page that the lab serves on loopback, for as long as the grant holds. Nothing of it is written to the disk.
"""

from functools import partial
from typing import Final

import click

from aboveboard.commands.datasets import opened_dataset
from aboveboard.commands.lab import as_researcher, begin
from aboveboard.commands.main import Session
from aboveboard.commands.served_page import serve_to_one
from aboveboard.formats.lineage import Lineage
from aboveboard.lab import lineage
from aboveboard.lab.page.app import create_app
from aboveboard.lab.page.shown import Shown
from aboveboard.lab.page.trainings import trainings
from aboveboard.wire.page_guard import new_token


@click.command(name="view")
@click.argument("dataset")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@as_researcher
@click.pass_obj
def view_command(session: Session, dataset: str, port: int, no_browser: bool, researcher: str | None) -> None:
    """Open a page on which DATASET's screens and actions stand side by side, while its grant holds."""
    name = begin(session, researcher)
    home, token = session.home, new_token()
    with opened_dataset(session, name, dataset) as data:
        pedigree = data.lineage

        def usable() -> None:
            if isinstance(pedigree, Lineage):
                lineage.require_usable(home.client("vault", home.staff_key(name)), pedigree)

        folder = home.staff_folder(name) / "page-of-data"
        folder.mkdir(mode=0o700, exist_ok=True)
        made = partial(trainings, home.folder("lab"), pedigree.artefact_id) if isinstance(pedigree, Lineage) else list
        app = create_app(Shown(data, usable, made), token)
        serve_to_one(
            session, app, token, folder, name="page of data", words="the data set", port=port, browser=not no_browser
        )


COMMANDS: Final = {"view": view_command}
"""The command of 'aboveboard lab' that shows a data set."""
