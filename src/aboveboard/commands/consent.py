"""What did I agree to, until when, and do I agree to what is disclosed now?"""

import json
from datetime import UTC, datetime
from functools import partial

import click

from aboveboard.base.clock import SECOND_NS
from aboveboard.commands import consent_copies, enrol
from aboveboard.commands.main import Session
from aboveboard.commands.person import own_enrolment
from aboveboard.formats.consent_record import record_of
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.rules.consent import expires_at_ns


def _day(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // SECOND_NS, UTC).date().isoformat()


@click.group(name="consent")
def consent_command() -> None:
    """Your consent: see your receipt, or decide anew."""


@consent_command.command(name="show")
@click.option("--json-ld", "json_ld", is_flag=True, help="As a record for other software (ISO/IEC TS 27560, W3C DPV).")
@click.option("--text", is_flag=True, help="The exact text that you agreed to.")
@click.pass_obj
def show_command(session: Session, json_ld: bool, text: bool) -> None:
    """Show what you agreed to, when, and until when it counts."""
    enrolment = own_enrolment(session.home)
    receipt, disclosure = consent_copies.newest(enrolment)
    withdrawal = consent_copies.withdrawn(session.home.folder("participant"), enrolment, receipt)
    until_ns = expires_at_ns(receipt)
    record = record_of(receipt, disclosure, expires_at_ns=until_ns, withdrawal=withdrawal)
    if json_ld:
        click.echo(consent_copies.as_json(record), nl=False)
        return
    if text:
        click.echo(plain_text(disclosure, receipt.language), nl=False)
        return
    words = (
        f"You agreed on {_day(receipt.given_at_ns)} to version {disclosure.version} of {disclosure.programme}, "
        f"read in {receipt.language!r}."
    )
    words += (
        f" You took it back on {_day(withdrawal.at_ns)}."
        if withdrawal is not None
        else f" It counts until {_day(until_ns)}, or until you take it back: 'aboveboard leave'."
    )
    session.show(
        f"{words}\nReceipt {receipt.consent_id}; the text: --text; for other software: --json-ld",
        {
            "consent_id": receipt.consent_id,
            "record": json.loads(consent_copies.as_json(record)),
        },
    )


@consent_command.command(name="renew")
@click.option("--agree-to", metavar="SHA256", help="Agree to exactly the text with this hash, read elsewhere.")
@click.option("--language", help="Read it in this language [default: its own].")
@click.option("--page", is_flag=True, help="Read and decide on a page in your browser.")
@click.pass_obj
def renew_command(session: Session, agree_to: str | None, language: str | None, page: bool) -> None:
    """Read the current disclosure, and what has changed in it, and decide anew."""
    go = partial(enrol.renew, session.home)
    enrol.show_outcome(session, enrol.on_page(go) if page else go(enrol.chosen_way(agree_to, language)))
