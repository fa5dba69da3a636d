"""What does a single file prove of the ledger, to somebody who believes no server?"""

from pathlib import Path
from typing import Protocol

import click

from aboveboard.base.errors import NotFound
from aboveboard.commands.main import Session
from aboveboard.formats import trust as trust_format
from aboveboard.formats.trust import Trust
from aboveboard.ledger import tiles, tlog_proof, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tlog_proof import LogProof
from aboveboard.ledger.verify import verify_checkpoint, verify_proof
from aboveboard.wire.client import Client


class Log(Protocol):
    """Whoever serves the log: ``wire.client.Client``."""

    def get(self, path: str) -> bytes: ...


def checked(text: str, trust: Trust) -> Checkpoint:
    """The checkpoint in ``text``, if the log and enough of its witnesses signed it; raises :class:`Tampered`."""
    return verify_checkpoint(text, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)


def prove(log: Log, trust: Trust, index: int) -> LogProof:
    """The proof that entry ``index`` is in the log, made from its public tiles and checked before it is returned.

    Raises :class:`NotFound` if the log is not that long, and what :func:`checked` raises.
    """
    text = log.get("/ledger/checkpoint").decode("utf-8", "replace")
    checkpoint = checked(text, trust)
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


@click.command(name="prove")
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


@click.command(name="check")
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


@click.command(name="time")
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
    checkpoint = checked(text, session.home.trust())
    at = outside_time.check(stamp.read_bytes(), text, authority.read_bytes())
    session.show(
        f"the log's {checkpoint.size} entries stood as they are at {at:%Y-%m-%d %H:%M:%S} UTC, by an outside clock",
        {"size": checkpoint.size, "root": checkpoint.root.hex(), "stamped_at": at.isoformat()},
    )
