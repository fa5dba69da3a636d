"""Is the ledger whole, signed, witnessed, and does it still begin with what I saw before?

Everything is recomputed here from the log's public tiles; the keys come from ``trust.json``, never from whoever serves
the log. The checkpoint that was verified is kept, so that a log that shrinks or is rewritten shows the next time.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import click

from aboveboard.base.errors import BadInput, NotFound, SetupMissing, Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import trust as trust_format
from aboveboard.formats.trust import Trust
from aboveboard.keyholder.audit import audit as full_audit
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.desk import origin_of
from aboveboard.keyholder.entries import Entries
from aboveboard.keyholder.home import KeyholderHome
from aboveboard.ledger import tiles, tlog_proof, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tlog_proof import LogProof
from aboveboard.ledger.verify import verify_checkpoint, verify_growth, verify_proof
from aboveboard.wire.client import Client

SIZE_LIMIT = 20_000_000
"""A log with more entries than this is not read whole by this command."""


@dataclass(frozen=True)
class Verified:
    """What was verified: the log's size now, and the size at which it was seen before (0: never)."""

    size: int
    seen_before: int
    root: bytes


class Log(Protocol):
    """Whoever serves the log: ``wire.client.Client``."""

    def get(self, path: str) -> bytes: ...


def verify(home: Home) -> Verified:
    """:func:`audit` of the log that this home's keyholder serves."""
    log = Client(home.address("keyholder").url, None)
    return audit(log, home.trust(), home.folder("participant") / "checkpoint-seen.txt")


def audit(log: Log, trust: Trust, seen_path: Path) -> Verified:
    """Check signatures, recompute the root from every entry, compare with ``seen_path``, keep this one.

    Raises :class:`Tampered` at the first that does not hold; what was seen before is kept then.
    """
    text = log.get("/ledger/checkpoint").decode("utf-8", "replace")
    checkpoint = _check(text, trust)
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
        before = _check(seen_path.read_text(encoding="utf-8"), trust)
        verify_growth(before, checkpoint, nodes)
        seen_size = before.size
    _keep(seen_path, text)
    return Verified(checkpoint.size, seen_size, checkpoint.root)


def _check(text: str, trust: Trust) -> Checkpoint:
    return verify_checkpoint(text, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)


def _keep(path: Path, text: str) -> None:
    waiting = path.with_suffix(".new")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, path)


def audit_stored(home: Home) -> int:
    """Hash everything that the keyholder in this home has stored of the log; how many entries that are.

    It may be running meanwhile. Raises :class:`Tampered` at the first thing that does not hold.
    """
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
        return max(full_audit(Entries(database, origin_of(key)), key), default=0)
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


def prove(log: Log, trust: Trust, index: int) -> LogProof:
    """The proof that entry ``index`` is in the log, made from its public tiles and checked before it is returned.

    Raises :class:`NotFound` if the log is not that long, and what :func:`audit` raises.
    """
    text = log.get("/ledger/checkpoint").decode("utf-8", "replace")
    checkpoint = _check(text, trust)
    if index >= checkpoint.size:
        raise NotFound(
            f"the log has {checkpoint.size} entries, so there is none of index {index}",
            cause="entries count from 0, or it was not published yet",
            fix="name a smaller one",
        )
    nodes = tiles.TileNodes(lambda tile: log.get(f"/ledger/tile/{tiles.path(tile)}"), checkpoint.size)
    bundle = tiles.Tile(0, index // tiles.FULL_WIDTH, tiles.width_in(checkpoint.size, 0, index // tiles.FULL_WIDTH))
    leaves = tiles.parse_bundle(log.get(f"/ledger/tile/{tiles.bundle_path(bundle)}"), bundle.width)
    leaf = leaves[index % tiles.FULL_WIDTH]
    proof = LogProof(leaf, index, tuple(tree.inclusion_proof(nodes, index, checkpoint.size)), text)
    verify_proof(proof, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)
    return proof


@ledger_command.command(name="prove")
@click.argument("index", type=click.IntRange(0))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def prove_command(session: Session, index: int, file: Path) -> None:
    """Save the proof that entry INDEX is in the log as FILE (C2SP tlog-proof), to be checked without any server.

    It says nothing of what the entry says. For that of your own recordings: 'aboveboard openings export'.
    """
    log = Client(session.home.address("keyholder").url, None)
    file.write_text(prove(log, session.home.trust(), index).encode(), encoding="utf-8")
    session.show(f"{file}: entry {index} is in the log", {"file": str(file), "index": index})


@ledger_command.command(name="check")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--trust",
    "trust_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Which log and witnesses you believe [default: this machine's trust.json].",
)
@click.pass_obj
def check_command(session: Session, file: Path, trust_path: Path | None) -> None:
    """Check FILE (C2SP tlog-proof) without any server: signatures, witnesses, and that its entry is in the log."""
    with file.open("rb") as opened:
        proof = tlog_proof.parse(opened.read(tlog_proof.LIMIT_BYTES + 1))
    trust = session.home.trust() if trust_path is None else trust_format.decode(trust_path.read_bytes())
    checkpoint = verify_proof(proof, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)
    readable = proof.readable()
    says = f"\nit says: {readable.decode('utf-8', 'replace')}" if readable is not None else ""
    session.show(
        f"it holds: entry {proof.index} of the {checkpoint.size} in {checkpoint.origin}, signed and witnessed{says}",
        {"index": proof.index, "size": checkpoint.size, "origin": checkpoint.origin},
    )


@ledger_command.command(name="time")
@click.argument("note", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("stamp", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--authority",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="The time authority's root certificates (PEM), from the authority itself.",
)
@click.pass_obj
def time_command(session: Session, note: Path, stamp: Path, authority: Path) -> None:
    """Check STAMP (RFC 3161) of the checkpoint in NOTE: since when the log has existed at least as it says."""
    from aboveboard.ledger import outside_time

    text = note.read_text(encoding="utf-8")
    checkpoint = _check(text, session.home.trust())
    at = outside_time.check(stamp.read_bytes(), text, authority.read_bytes())
    session.show(
        f"the log's {checkpoint.size} entries stood as they are at {at:%Y-%m-%d %H:%M:%S} UTC, by an outside clock",
        {"size": checkpoint.size, "root": checkpoint.root.hex(), "stamped_at": at.isoformat()},
    )


@ledger_command.command(name="audit")
@click.pass_obj
def audit_command(session: Session) -> None:
    """On the keyholder's machine: hash all that it stores, readable entries too, and compare with what it signed."""
    size = audit_stored(session.home)
    session.show(f"the stored ledger is the one that was signed: {size} entries", {"size": size})
