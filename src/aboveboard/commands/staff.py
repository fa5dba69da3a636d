"""Who runs the programme?

Adding somebody makes their key here and writes them into the vault's and the keyholder's own rosters: this is the act
of whoever operates both, and the embedded default has one operator.
"""

import os
from pathlib import Path

import click
import msgspec

from aboveboard.base.errors import Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home, StaffCard
from aboveboard.commands.main import Session
from aboveboard.formats import roster as roster_format
from aboveboard.formats.roster import Role, Roster, Staff, may_be_one_person
from aboveboard.sealing.keys import load_or_create_signing_key

ROLES = ("steward", "security", "representative", "researcher")


def add(home: Home, name: str, role: Role, *, person: str = "") -> StaffCard:
    """Make the key of ``name`` and enter them in both rosters; raises :class:`Conflict` if they exist.

    ``person``: a mail address or a staff number, which tells them from others of that name.
    """
    folder = home.staff_folder(name)
    if (folder / "card.json").exists():
        raise Conflict(
            f"{name} is already a member of staff here",
            cause="they were added before",
            fix="one person has one role; choose another name for another person",
        )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    card = StaffCard(new_id(Kind.STAFF), name, role)
    key = load_or_create_signing_key(folder / "staff.key")
    member = Staff(staff_id=card.staff_id, name=name, role=role, key=key.public, person=person)
    for place in ("keyholder", "vault"):
        _enter(home.folder(place) / "roster.json", member)
    _replace(folder / "card.json", msgspec.json.encode(card))
    return card


def _enter(path: Path, member: Staff) -> None:
    roster = roster_format.decode(path.read_bytes()) if path.exists() else Roster(staff=[])
    same = next((each for each in roster.staff if may_be_one_person(each, member)), None)
    if same is not None:
        raise Conflict(
            f"{member.name} could be {same.name}, who is {same.role}",
            cause="they have the same name or the same --person, and one person has one role",
            fix="if they are two people, give each a --person of their own",
        )
    _replace(path, roster_format.encode(Roster(staff=[*roster.staff, member])))


def _replace(path: Path, content: bytes) -> None:
    waiting = path.with_suffix(".new")
    waiting.write_bytes(content)
    os.replace(waiting, path)


@click.group(name="staff")
def staff_command() -> None:
    """Add and list the people who run a programme."""


@staff_command.command(name="add")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="security and representative approve requests.")
@click.option("--person", default="", help="A mail address or a staff number: tells them from others of that name.")
@click.pass_obj
def add_command(session: Session, name: str, role: Role, person: str) -> None:
    """Add NAME, and make their key on this machine."""
    card = add(session.home, name, role, person=person)
    session.show(f"{name} is now {role} ({card.staff_id})", {"staff_id": card.staff_id, "name": name, "role": role})


@staff_command.command(name="list")
@click.pass_obj
def list_command(session: Session) -> None:
    """List everyone with a role here."""
    cards = [card for role in ROLES for card in session.home.staff_of_role(role)]
    words = (
        "\n".join(f"{card.role:<15} {card.name}" for card in cards)
        or "nobody yet: 'aboveboard staff add NAME --role …'"
    )
    session.show(words, {"staff": [msgspec.to_builtins(card) for card in cards]})


@staff_command.command(name="view")
@click.option("--as", "name", required=True, help="Your name.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.pass_obj
def view_command(session: Session, name: str, port: int, no_browser: bool) -> None:
    """Open the staff's page: ask for recordings, answer requests, see and end grants."""
    from aboveboard.commands.staff_page import serve_page

    serve_page(session, name, at="access", port=port, browser=not no_browser)
