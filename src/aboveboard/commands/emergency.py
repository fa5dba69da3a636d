"""Who was told of an emergency, and was it justified?"""

from typing import Literal

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.ids import Kind, check_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import alarm as alarm_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.alarm import Alarm
from aboveboard.formats.grant import REVIEW_TYPE, Review


def alarms(home: Home, name: str | None) -> list[Alarm]:
    """What the keyholder tells this member of staff, or whoever is recorded here if none is named."""
    key = home.person_key() if name is None else home.staff_key(name)
    return alarm_format.decode(home.client("keyholder", key).get("/v1/alarms")).alarms


def review(home: Home, name: str, grant_id: str, *, justified: bool, words: str) -> None:
    """Sign what ``name`` finds of an emergency, and hand it to the keyholder."""
    check_id(Kind.GRANT, grant_id)
    verdict: Literal["justified", "not_justified"] = "justified" if justified else "not_justified"
    by, now_ns = home.staff_card(name).staff_id, SystemClock().wall_ns()
    found = Review(grant_id=grant_id, by=by, verdict=verdict, words=words, at_ns=now_ns)
    key = home.staff_key(name)
    signed = key.sign(REVIEW_TYPE, grant_format.encode(found))
    home.client("keyholder", key).post("/v1/reviews", envelope_format.encode(signed))


@click.command(name="alarms")
@click.option("--as", "name", help="Your name, if you approve or are a steward [default: whoever is recorded here].")
@click.pass_obj
def alarms_command(session: Session, name: str | None) -> None:
    """List the keyholder's alarms: emergencies, and policies that could not be applied."""
    found = alarms(session.home, name)
    lines = [f"{one.number}  {one.kind}  {one.grant_id or ''}\n  {one.words}" for one in found]
    session.show("\n".join(lines) or "no alarms", {"alarms": msgspec.to_builtins(found)})


@click.command(name="review")
@click.argument("grant_id")
@click.option("--as", "name", required=True, help="Your name.")
@click.option("--justified/--not-justified", required=True)
@click.option("--words", required=True, help="What you found, in a sentence.")
@click.pass_obj
def review_command(session: Session, grant_id: str, name: str, justified: bool, words: str) -> None:
    """Say whether the emergency GRANT_ID was justified: an approver who had no part in it, within seven days."""
    review(session.home, name, grant_id, justified=justified, words=words)
    session.show(f"reviewed: {grant_id}", {"grant_id": grant_id, "justified": justified})
