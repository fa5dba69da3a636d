"""Who is exempt, on which ground? Nobody by rank; everybody sees how many are."""

from typing import get_args

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput
from aboveboard.commands.main import Session
from aboveboard.commands.reach import Reach
from aboveboard.formats import fleet as fleet_format
from aboveboard.formats.fields import decode_json
from aboveboard.formats.fleet import ExemptionKind, Ground, ShownExemption
from aboveboard.steward import acts


@click.group(name="exempt")
def exempt_command() -> None:
    """Exempt somebody from being asked, or from collection, with a reason."""


@exempt_command.command(name="add")
@click.argument("kind", type=click.Choice(get_args(ExemptionKind)))
@click.option("--ground", type=click.Choice(get_args(Ground)), required=True, help="What it rests on.")
@click.option("--reason", required=True, help="In a sentence. It is signed.")
@click.option("--person", "person_id", help="From collection: whose.")
@click.option("--cohort", default="", help="Which cohort they are, or would be, in.")
@click.option("--days", type=click.IntRange(1, 366), default=366, show_default=True, help="Then it ends.")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def add_command(
    session: Session,
    kind: ExemptionKind,
    ground: Ground,
    reason: str,
    person_id: str | None,
    cohort: str,
    days: int,
    steward: str | None,
) -> None:
    """Exempt one person: 'asking' (they are not named), or 'collection' (they are paused until resumed)."""
    if (kind == "collection") == (person_id is None):
        raise BadInput(
            "--person goes with 'collection', and only with it",
            cause="whoever takes no part is not named",
            fix="name the person whose collection ends, or leave it out",
        )
    name = session.home.the_one("steward", steward)
    exemption_id = acts.exempt(
        Reach(session.home, name).client(),
        session.home.staff_key(name),
        kind=kind,
        ground=ground,
        reason=reason,
        cohort=cohort,
        person_id=person_id,
        days=days,
        now_ns=SystemClock().wall_ns(),
    )
    session.show(f"exempt: {exemption_id}", {"exemption_id": exemption_id})


@exempt_command.command(name="list")
@click.option("--as", "steward", help="The steward's name, where there is more than one.")
@click.pass_obj
def list_command(session: Session, steward: str | None) -> None:
    """List all exemptions with their reasons, as a steward."""
    answer = Reach(session.home, session.home.the_one("steward", steward)).client().get("/v1/exemptions")
    limit = fleet_format.ANSWER_LIMIT_BYTES
    listed = decode_json(answer, list[ShownExemption], name="list of exemptions", limit_bytes=limit)
    shown = [(fleet_format.decode_exemption(each.exemption.body()), each.in_force) for each in listed]
    lines = [
        f"{one.exemption_id}  {one.kind:<10} {one.ground:<18} {'in force' if held else 'ended':<8} {one.reason}"
        for one, held in shown
    ]
    facts = [msgspec.to_builtins(one) | {"in_force": held} for one, held in shown]
    session.show("\n".join(lines) or "nobody is exempt", {"exemptions": facts})
