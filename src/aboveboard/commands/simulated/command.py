"""aboveboard fleet simulate: how would a fleet of so many take a pause of everyone?"""

import asyncio
import gc
import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
import msgspec

from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.places import running_place
from aboveboard.commands.simulated.fleet import Plan, allow_files, run
from aboveboard.commands.simulated.programme import prepare
from aboveboard.commands.simulated.report import in_words
from aboveboard.vault.place import Config, write_config
from aboveboard.vault.storage.sql.engine import open_records


@click.command(name="simulate")
@click.option("--devices", type=click.IntRange(1, 25_000), default=1_000, show_default=True)
@click.option(
    "--seconds", type=click.FloatRange(1, 3600), default=15.0, show_default=True, help="Renewing undisturbed."
)
@click.option("--disturbed", type=click.IntRange(0, 100), default=20, show_default=True, help="Of a hundred devices.")
@click.option("--connects", type=click.IntRange(1), default=250, show_default=True, help="New streams a second.")
@click.option("--replicas", type=click.IntRange(1, 8), default=1, show_default=True, help="Processes of the vault.")
@click.option("--database-url", help="An empty PostgreSQL, needed for more than one process.")
@click.option("--offered", type=click.IntRange(1), default=1_000, show_default=True, help="Devices that offer frames.")
@click.option("--sent", type=click.IntRange(0), default=50, show_default=True, help="Of them, as many send them.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there as JSON.")
@click.pass_obj
def simulate_command(
    session: Session,
    devices: int,
    seconds: float,
    disturbed: int,
    connects: int,
    replicas: int,
    database_url: str | None,
    offered: int,
    sent: int,
    seed: int,
    report: Path | None,
) -> None:
    """Pause a simulated fleet: real vaults, signatures and sockets, in a folder of its own, on this machine."""
    if replicas > 1 and database_url is None:
        raise click.UsageError("several processes share a PostgreSQL: --database-url")
    allow_files(devices)
    gc.disable()  # looking through all devices takes a second in which none of them hears anything
    plan = Plan(steady_s=seconds, share=disturbed, connects_per_s=connects, offered=offered, sent=sent, seed=seed)
    root = Path(tempfile.mkdtemp(prefix="aboveboard-fleet-"))
    try:
        programme = prepare(root / "0" / "vault", devices=devices, database_url=database_url)
        with ExitStack() as stack:
            homes = [Home(root / str(number)) for number in range(replicas)]
            for home in homes[1:]:
                _copy(homes[0], home, database_url)
            urls = [stack.enter_context(running_place(home, "vault")) for home in homes]
            pids = [json.loads((home.folder("vault") / "address.json").read_bytes())["pid"] for home in homes]
            records = open_records(database_url or f"sqlite:///{homes[0].folder('vault') / 'records.sqlite'}")
            stack.callback(records.close)
            found = asyncio.run(run(programme, urls, pids, records, plan, lambda words: click.echo(words, err=True)))
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n")
    session.show(in_words(found), msgspec.to_builtins(found) | {"held": found.held})
    if not found.held:
        raise SystemExit(1)


def _copy(first: Home, other: Home, database_url: str | None) -> None:
    """Another process of the same vault: the same key, the same staff, the same database."""
    write_config(other.folder("vault"), Config(database_url=database_url))
    for name in ("vault.key", "roster.json"):
        shutil.copy(first.folder("vault") / name, other.folder("vault") / name)
