"""Is the ledger whole, signed, witnessed, and does it still begin with what I saw before?

Everything is recomputed here from the log's public tiles; the keys come from ``trust.json``, never from whoever serves
the log. The checkpoint that was verified is kept, so that a log that shrinks or is rewritten shows the next time.
"""

import os
from dataclasses import dataclass
from pathlib import Path

import click

from aboveboard.base.errors import Tampered
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats.trust import Trust
from aboveboard.ledger import tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.verify import verify_checkpoint, verify_consistency
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
    """Check signatures, recompute the root, compare with what was seen before; raises :class:`Tampered`."""
    trust = home.trust()
    log = Client(home.address("keyholder").url, None)
    text = log.get("/ledger/checkpoint").decode("utf-8", "replace")
    checkpoint = _check(text, trust)
    nodes = tiles.TileNodes(lambda tile: log.get(f"/ledger/tile/{tiles.path(tile)}"), checkpoint.size)
    if checkpoint.size and nodes.audited_root() != checkpoint.root:
        raise Tampered(
            "the log's entries do not add up to its signed root",
            cause="an entry was changed, added or taken away after it was signed",
            fix="keep a copy of the tiles and the checkpoint as evidence; tell the witness and the participants",
        )
    seen_path = home.folder("participant") / "checkpoint-seen.txt"
    seen_size = _check_extends(seen_path, checkpoint, nodes, trust)
    _keep(seen_path, text)
    return Verified(checkpoint.size, seen_size, checkpoint.root)


def _check(text: str, trust: Trust) -> Checkpoint:
    return verify_checkpoint(text, trust.origin, trust.log_key, trust.witness_keys, trust.quorum)


def _check_extends(path: Path, now: Checkpoint, nodes: tiles.TileNodes, trust: Trust) -> int:
    if not path.exists():
        return 0
    before = _check(path.read_text(encoding="utf-8"), trust)
    if now.size < before.size:
        raise Tampered(
            f"the log has {now.size} entries; it had {before.size} when it was last verified here",
            cause="entries were taken away, or an old copy was put back",
            fix=f"keep {path} as evidence: it is signed by the log; tell the witness and the participants",
        )
    proof = tree.consistency_proof(nodes, before.size, now.size) if before.size else []
    verify_consistency(before, now, proof)
    return before.size


def _keep(path: Path, text: str) -> None:
    waiting = path.with_suffix(".new")
    waiting.write_text(text, encoding="utf-8")
    os.replace(waiting, path)


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
