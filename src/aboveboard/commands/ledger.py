"""Is the ledger whole, signed, witnessed, and does it still begin with what I saw before?

Everything is recomputed here from the log's public tiles; the keys come from ``trust.json``, never from whoever serves
the log. The checkpoint that was verified is kept, so that a log that shrinks or is rewritten shows the next time.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from aboveboard.base.errors import BadInput, SetupMissing, Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.ledger_files import Log, check_command, checked, prove_command, time_command
from aboveboard.commands.main import Session
from aboveboard.formats.trust import Trust
from aboveboard.ledger import tiles
from aboveboard.ledger.verify import verify_growth
from aboveboard.wire.client import Client

SIZE_LIMIT = 20_000_000
"""A log with more entries than this is not read whole by this command."""


@dataclass(frozen=True)
class Verified:
    """What was verified: the log's size now, and the size at which it was seen before (0: never)."""

    size: int
    seen_before: int
    root: bytes


def verify(home: Home) -> Verified:
    """:func:`audit` of the log that this home's keyholder serves."""
    log = Client(home.address("keyholder").url, None)
    return audit(log, home.trust(), home.folder("participant") / "checkpoint-seen.txt")


def audit(log: Log, trust: Trust, seen_path: Path) -> Verified:
    """Check signatures, recompute the root from every entry, compare with ``seen_path``, keep this one.

    Raises :class:`Tampered` at the first that does not hold; what was seen before is kept then.
    """
    text = log.get("/ledger/checkpoint").decode("utf-8", "replace")
    checkpoint = checked(text, trust)
    if checkpoint.size > SIZE_LIMIT:
        raise BadInput(
            f"the log has {checkpoint.size} entries; this command reads at most {SIZE_LIMIT} whole",
            cause="it has grown large",
            fix="check single entries by their proofs: 'aboveboard view'",
        )
    nodes = tiles.TileNodes(lambda tile: log.get(f"/ledger/tile/{tiles.path(tile)}"), checkpoint.size)
    if checkpoint.size and nodes.audited_root() != checkpoint.root:
        raise Tampered(
            "the log's entries do not add up to its signed root",
            cause="an entry was changed, added or taken away after it was signed",
            fix="keep a copy of the tiles and the checkpoint as evidence; tell the witness and the participants",
        )
    seen_size = 0
    if seen_path.exists():
        before = checked(seen_path.read_text(encoding="utf-8"), trust)
        verify_growth(before, checkpoint, nodes)
        seen_size = before.size
    _keep(seen_path, text)
    return Verified(checkpoint.size, seen_size, checkpoint.root)


def _keep(path: Path, text: str) -> None:
    waiting = path.with_suffix(".new")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, path)


def audit_stored(home: Home) -> int:
    """Hash everything that the keyholder in this home has stored of the log; how many entries that are.

    It may be running meanwhile. Raises :class:`Tampered` at the first thing that does not hold.
    """
    # Only here: who verifies the ledger from outside needs nothing of the keyholder's.
    from aboveboard.keyholder.audit import audit as whole_audit
    from aboveboard.keyholder.database import Database
    from aboveboard.keyholder.desk import origin_of
    from aboveboard.keyholder.entries import Entries
    from aboveboard.keyholder.home import KeyholderHome

    keyholder = KeyholderHome(home.folder("keyholder"))
    if not keyholder.database_path.exists():
        raise SetupMissing(
            f"there is no keyholder in {keyholder.path}",
            cause="it has never run here, or it runs on another machine",
            fix="run this on the keyholder's machine, or name its home: aboveboard --home FOLDER ledger audit",
        )
    key = keyholder.log_key()
    database = Database(keyholder.database_path)
    try:
        return max(whole_audit(Entries(database, origin_of(key)), key), default=0)
    finally:
        database.close()


@click.group(name="ledger")
def ledger_command() -> None:
    """Verify the ledger independently of whoever keeps it."""


@ledger_command.command(name="verify")
@click.pass_obj
def verify_command(session: Session) -> None:
    """Check signatures and witnesses, recompute the tree from every entry, compare with what was seen before."""
    verified = verify(session.home)
    grown = f", and it still begins with the {verified.seen_before} seen before" if verified.seen_before else ""
    session.show(
        f"the ledger holds: {verified.size} entries, signed and witnessed{grown}\nroot {verified.root.hex()}",
        {"size": verified.size, "seen_before": verified.seen_before, "root": verified.root.hex()},
    )


@ledger_command.command(name="audit")
@click.pass_obj
def audit_command(session: Session) -> None:
    """On the keyholder's machine: hash all that it stores, sealed entries too, and compare with what it signed."""
    size = audit_stored(session.home)
    session.show(f"the stored ledger is the one that was signed: {size} entries", {"size": size})


for _command in (prove_command, check_command, time_command):
    ledger_command.add_command(_command)
