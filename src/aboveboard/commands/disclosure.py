"""How is a disclosure looked at before and after it is published: is it complete, how does it read, what has changed?

None of it needs a server, but for ``current``, which asks the vault for the newest one.
"""

from pathlib import Path

import click
import msgspec

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Refused
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.commands.programme import check_customers
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats.disclosure import Disclosure, Draft
from aboveboard.formats.disclosure_page import page
from aboveboard.formats.disclosure_text import plain_text
from aboveboard.formats.shape import misfits
from aboveboard.rules.decision import Reason
from aboveboard.rules.disclosure_change import changes
from aboveboard.rules.disclosure_check import lacks, waiting
from aboveboard.sealing.signatures import SigningKey

NOT_YET = "ed25519:" + "A" * 43
"""Stands for the keys that publishing fills in."""


def read(home: Home, name: str, *, version: int = 1) -> Disclosure:
    """The disclosure in a file (what a steward writes, or what was published), or the vault's ``current`` one."""
    if name == "current":
        answer = home.client("vault", SigningKey.generate()).get("/v1/disclosures/current")
        return disclosure_format.decode(envelope_format.decode(answer).body())
    try:
        raw = Path(name).read_bytes()
    except OSError as error:
        raise BadInput(f"{name} cannot be read", cause=error.strerror or "", fix="give a file, or 'current'") from error
    if raw.lstrip().startswith(b"{"):
        return disclosure_format.decode(envelope_format.decode(raw).body())
    return disclosure_format.publish(
        disclosure_format.parse_draft(raw.decode("utf-8", "replace")),
        version=version,
        published_at_ns=SystemClock().wall_ns(),
        keyholder_key=NOT_YET,
        lease_key=NOT_YET,
    )


def problems(toml: str, *, now_ns: int) -> tuple[list[str], list[str]]:
    """What keeps the steward's file from being published, and where nobody can be recorded yet: a sentence each."""
    try:
        raw = disclosure_format.read_toml(toml)
    except BadInput as error:
        return [error.what], []
    shape = misfits(raw, Draft)
    if shape:
        return [f"{each}\n    what to do: see the table in docs/spec/disclosure.md" for each in shape], []
    made = disclosure_format.publish(
        disclosure_format.parse_draft(toml), version=1, published_at_ns=now_ns, keyholder_key=NOT_YET, lease_key=NOT_YET
    )
    found = [f"{lack.what}\n    what to do: {lack.fix}" for lack in lacks(made)]
    try:
        check_customers(made)
    except BadInput as error:
        found.append(f"{error.what}\n    what to do: {error.fix}")
    return found, waiting(made, now_ns=now_ns)


@click.group(name="disclosure")
def disclosure_command() -> None:
    """Look at what will be recorded: whether it is complete, how it reads, what changes."""


@disclosure_command.command(name="check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def check_command(session: Session, file: Path) -> None:
    """Say everything that FILE (TOML) still lacks, each with what to do."""
    found, later = problems(file.read_text(encoding="utf-8", errors="replace"), now_ns=SystemClock().wall_ns())
    for each in () if session.as_json else found:
        click.echo(f"✗ {each}")
    for each in () if session.as_json else later:
        click.echo(f"‖ nobody can be recorded there yet: {each}")
    if found:
        if session.as_json:
            session.show("", {"complete": False, "problems": found, "waiting": later})
        raise Refused(
            Reason.DISCLOSURE_INCOMPLETE,
            f"{len(found)} {'thing keeps' if len(found) == 1 else 'things keep'} this disclosure from being published",
            cause="it does not say everything it must",
            fix="mend what is listed, then check again",
        )
    session.show("complete: it can be published", {"complete": True, "problems": [], "waiting": later})


@disclosure_command.command(name="show")
@click.argument("name", default="current")
@click.option("--language", help="In which of its languages [default: its own].")
@click.option("--page", "out", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page (HTML) here.")
@click.pass_obj
def show_command(session: Session, name: str, language: str | None, out: Path | None) -> None:
    """Show a disclosure as people read it: a FILE, or the 'current' one of the vault."""
    disclosure = read(session.home, name)
    if out is not None:
        out.write_text(page(disclosure, language), encoding="utf-8")
        session.show(f"written: {out}", {"file": str(out)})
        return
    text = plain_text(disclosure, language)
    # Exactly the text, so that its SHA-256 is the one that 'enrol --agree-to' takes.
    click.echo(text, nl=False)


@disclosure_command.command(name="diff")
@click.argument("old")
@click.argument("new")
@click.pass_obj
def diff_command(session: Session, old: str, new: str) -> None:
    """Say what changes for a person from OLD to NEW (files, or 'current'): wider, narrower, or other."""
    before = read(session.home, old)
    after = read(session.home, new, version=before.version + 1)
    if NOT_YET in (before.keyholder_key, after.keyholder_key):  # what was not published yet pins no keys of its own
        pinned = {"keyholder_key": before.keyholder_key, "lease_key": before.lease_key}
        after = msgspec.structs.replace(after, **pinned)
    found = changes(before, after)
    covered = not any(change.direction == "wider" for change in found)
    if session.as_json:
        told = [{"direction": change.direction, "sentence": change.sentence} for change in found]
        session.show("", {"changes": told, "consent_covers": covered})
        return
    for change in found:
        click.echo(f"{change.direction:<9} {change.sentence}")
    if not found:
        click.echo("Nothing changes.")
    click.echo(
        "A consent to the old one covers the new one, which applies at once."
        if covered
        else "Everyone has to be asked anew: a consent to the old one does not cover the new one."
    )
