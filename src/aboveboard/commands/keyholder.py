"""What does the keyholder's operator do by hand? Give people newer keys, and keep what brings the keys back.

These run where the keyholder's folder is: whoever can read it is its operator.
"""

import click

from aboveboard.base.clock import SystemClock
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import rotation
from aboveboard.formats.rotation import Rotation
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.wire.client import Client


@click.group(name="keyholder")
def keyholder_command() -> None:
    """Rotate keys, and share the secret that opens them (see docs/runbooks/keyholder.md)."""


def rotate(home: Home, person_id: str | None) -> int:
    """Have the running keyholder make newer keys, of everyone or one person; of how many."""
    key = KeyholderHome(home.folder("keyholder")).statement_key()
    asked = rotation.encode(Rotation(older_than_ns=SystemClock().wall_ns(), person_id=person_id))
    made = 0
    with Client(home.address("keyholder").url, key, timeout_s=60) as client:
        while True:
            answer = rotation.decode_answer(client.post("/v1/rotations", asked))
            made += answer.made
            if not answer.left or not answer.made:
                return made


@keyholder_command.command(name="rotate")
@click.option("--person", "person_id", help="Only this person's [default: everyone's].")
@click.pass_obj
def rotate_command(session: Session, person_id: str | None) -> None:
    """Make newer keys now; recorders seal to them within the hour, and what was recorded before stays readable."""
    made = rotate(session.home, person_id)
    session.show(f"{made} newer keys were made; the vault hears of them within the hour", {"made": made})
