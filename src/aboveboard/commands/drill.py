"""Does a pause reach everybody? A drill tries it on a slice, at its time, and its report is for all."""

from datetime import datetime

import click
import msgspec

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import NotFound
from aboveboard.base.ids import Kind, check_id
from aboveboard.commands.duration import Minutes
from aboveboard.commands.fleet import report_lines
from aboveboard.commands.main import Session
from aboveboard.commands.reach import Reach
from aboveboard.commands.status import published
from aboveboard.formats.fleet import ShownDrill
from aboveboard.steward import acts
from aboveboard.steward.acts import Scope


@click.group(name="drill")
def drill_command() -> None:
    """Try a pause of a slice; everybody sees what came of it."""


@drill_command.command(name="start")
@click.option("--share", type=click.IntRange(1, 99), help="So many of a hundred people, picked by chance.")
@click.option("--cohort", help="This cohort.")
@click.option("--country", help="This country.")
@click.option("--everyone", is_flag=True, help="All.")
@click.option("--for", "length", type=Minutes(least=5 / 60, most=15), default="30s", show_default=True, help="So long.")
@click.option("--in", "delay", type=Minutes(most=90 * 24 * 60), default="0", help="So long from now [default: now].")
@click.option("--why", default="Does a pause reach everybody in time?", show_default=True, help="Published to all.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def start_command(
    session: Session,
    share: int | None,
    cohort: str | None,
    country: str | None,
    everyone: bool,
    length: float,
    delay: float,
    why: str,
    steward: str | None,
) -> None:
    """Have the vault pause a slice at its time, and go on by itself."""
    given = [
        Scope(kind, str(value))  # type: ignore[arg-type]
        for kind, value in (("share", share), ("cohort", cohort), ("country", country))
        if value is not None
    ]
    if len(given) + everyone != 1:
        raise click.UsageError("say one of --share, --cohort, --country, --everyone")
    name = session.home.the_one("steward", steward)
    at_ns = SystemClock().wall_ns() + int(delay * 60 * SECOND_NS)
    drill_id = acts.drill(
        Reach(session.home, name).client(),
        session.home.staff_key(name),
        given[0] if given else Scope("everyone"),
        at_ns=at_ns,
        seconds=length * 60,
        why=why,
    )
    session.show(f"{drill_id} at {_time(at_ns)}", {"drill_id": drill_id, "at_ns": at_ns})


@drill_command.command(name="list")
@click.pass_obj
def list_command(session: Session) -> None:
    """List all drills; anybody in the programme may."""
    drills = published(session.home).drills
    lines = [f"{each.drill_id}  {_time(each.at_ns)}  {each.state:<10} {each.slice}" for each in drills]
    session.show("\n".join(lines) or "no drill yet", {"drills": msgspec.to_builtins(drills)})


@drill_command.command(name="show")
@click.argument("drill_id")
@click.pass_obj
def show_command(session: Session, drill_id: str) -> None:
    """Show what came of one; anybody in the programme may."""
    check_id(Kind.DRILL, drill_id)
    drill = next((each for each in published(session.home).drills if each.drill_id == drill_id), None)
    if drill is None:
        raise NotFound("there is no such drill", cause="its id was mistyped", fix="'aboveboard drill list'")
    session.show("\n".join(_lines(drill)), msgspec.to_builtins(drill))


STATE_WORDS = {
    "scheduled": "has not begun yet",
    "running": "is running",
    "done": "is over",
    "missed": "was missed: the vault did not run at its time",
    "called_off": "was called off: who signed it is no steward any more",
}


def _lines(drill: ShownDrill) -> list[str]:
    seconds = drill.duration_ns // SECOND_NS
    lines = [f"drill of {drill.slice}, {_time(drill.at_ns)}, {seconds} s: {STATE_WORDS[drill.state]}", f"  {drill.why}"]
    return lines if drill.report is None else lines + report_lines(drill.report)


def _time(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / SECOND_NS).astimezone().strftime("%Y-%m-%d %H:%M:%S")
