"""What does the keyholder's operator do by hand? Give people newer keys, and keep what brings the keys back.

These run where the keyholder's folder is: whoever can read it is its operator.
"""

import os
import re
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, SetupMissing, Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session, report
from aboveboard.formats import rotation
from aboveboard.formats.rotation import Rotation
from aboveboard.keyholder import recovery, shared_secret
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.keyholder.recovery import HOLDERS_LIMIT, Holder
from aboveboard.sealing.keys import FILE_LIMIT_BYTES, write_private_file
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


@keyholder_command.group(name="shares")
def shares_group() -> None:
    """Share the secret that opens the keys among people of different roles, on paper; and bring it back."""


def _parse_holder(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> list[Holder]:
    found = []
    for value in values:
        name, sign, role = (part.strip() for part in value.partition("="))
        if not (name and sign and role):
            raise click.BadParameter(f"{value!r} does not say who and in which role: 'Rita=representative'")
        found.append(Holder(name, role))
    return found


@shares_group.command(name="make")
@click.option("--threshold", type=click.IntRange(2, HOLDERS_LIMIT), required=True, help="How many bring it back.")
@click.option(
    "--holder",
    "holders",
    multiple=True,
    required=True,
    callback=_parse_holder,
    metavar="NAME=ROLE",
    help="Who gets one, in which role. Give it once for each.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Write one file each, to print.")
@click.pass_obj
def make_command(session: Session, threshold: int, holders: list[Holder], out: Path | None) -> None:
    """Make the shares. They are shown one after another, to be written down; nothing of them stays here."""
    if out is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SetupMissing(
            "there is nobody to show the shares to", cause="this is not a terminal", fix="run it in one, or give --out"
        )
    secret = shared_secret.read(KeyholderHome(session.home.folder("keyholder")))
    shares = recovery.make(secret, threshold=threshold, holders=holders)
    day = datetime.now(tz=UTC).date().isoformat()
    for number, (holder, words) in enumerate(zip(holders, shares, strict=True), 1):
        page = paper(words, f"share {number} of {len(shares)}, any {threshold} of them", holder, day)
        if out is None:
            click.clear()
            click.echo(page)
            click.pause("Written down, and compared word by word? Any key goes on.")
            click.clear()
        else:
            write_private_file(out / f"share-{number}.txt", page.encode("utf-8"))
    session.show(
        f"{len(shares)} shares were made; any {threshold} bring the secret back. Rehearse it now: "
        "'aboveboard keyholder shares rehearse'",
        {"shares": len(shares), "threshold": threshold, "holders": [asdict(holder) for holder in holders]},
    )


def paper(words: str, which: str, holder: Holder, day: str) -> str:
    """What is written down for one holder."""
    numbered = [f"{number:>2} {word:<12}" for number, word in enumerate(words.split(), 1)]
    rows = ["".join(numbered[start : start + 4]).rstrip() for start in range(0, len(numbered), 4)]
    head = f"Aboveboard, keyholder: {which}\nfor {holder.name} ({holder.role}), {day}"
    return "\n".join([head, "", *rows, "", "Keep it apart from the others, and from the keyholder's disk.", ""])


def read_shares(files: tuple[Path, ...]) -> list[str]:
    """The shares in these files, or as they are typed in: as many as the first of them asks for."""
    if files:
        return [words_of(path) for path in files]
    shares: list[str] = []
    needed = 1
    while len(shares) < needed:
        typed = click.prompt(f"share {len(shares) + 1}{f' of {needed}' if shares else ''}", hide_input=True, err=True)
        try:
            needed = recovery.parse(typed, number=len(shares) + 1).member_threshold
        except BadInput as error:
            report(error, as_json=False)  # that one again
            continue
        shares.append(typed)
    return shares


def words_of(path: Path) -> str:
    """The words on a page that :func:`paper` wrote, or bare ones."""
    with path.open("rb") as file:
        text = file.read(FILE_LIMIT_BYTES).decode("utf-8", "replace")
    rows = re.findall(r"(?m)^(?:[ ]*[0-9]{1,2} [a-z]+[ ]*)+$", text)
    numbered = re.findall(r"[a-z]+", " ".join(rows))
    return " ".join(numbered or text.split())


SHARE_FILES = click.argument("files", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))


@shares_group.command(name="rehearse")
@SHARE_FILES
@click.pass_obj
def rehearse_command(session: Session, files: tuple[Path, ...]) -> None:
    """See that shares give the secret that this keyholder has. Nothing is changed."""
    home = KeyholderHome(session.home.folder("keyholder"))
    if not recovery.rehearse(read_shares(files), shared_secret.read(home)):
        raise Tampered(
            "these shares give another secret than this keyholder has",
            cause="they are of another keyholder, or from before its secret was exchanged",
            fix="make new ones: 'aboveboard keyholder shares make', and destroy these",
        )
    session.show("these shares bring this keyholder's secret back", {"rehearsed": True})


@shares_group.command(name="recover")
@SHARE_FILES
@click.pass_obj
def recover_command(session: Session, files: tuple[Path, ...]) -> None:
    """Bring the secret back into the keyholder's folder, where it is missing. The keyholder must not run."""
    home = KeyholderHome(session.home.folder("keyholder"))
    os.close(home.lock())
    path = shared_secret.write(home, recovery.combine(read_shares(files)))
    session.show(
        f"the secret is back in {path}; the keyholder sees at its start whether it is right", {"path": str(path)}
    )
