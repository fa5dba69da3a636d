"""Is this the newest state of this keyholder, or an old copy of it?

A copy from a backup is whole and signed; only others can tell that it is old. Each witness shows the checkpoint that it
co-signed last, and a file beside the database the one that was signed last (``signed_size.py``). What counts of each is
this log's *own* signature: who forges that could sign anything, and a witness that invents a larger number stops
nobody.

1. The checkpoint is for this log, and this log's key signed it; otherwise it is passed over.
2. It covers no more entries than there are here.
3. The tree of its size has its root here too.

A witness that is away cannot be asked. Then nothing is released either, until it co-signs; and it co-signs no other
history than the one it knows.
"""

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor

from aboveboard.base.errors import AboveboardError, SetupMissing
from aboveboard.keyholder import signed_size
from aboveboard.keyholder.desk import Desk
from aboveboard.keyholder.witnesses import Witness
from aboveboard.ledger import tree, verify
from aboveboard.ledger.checkpoint import Checkpoint

log = logging.getLogger("aboveboard.keyholder")


def check_newest(desk: Desk) -> None:
    """Ask every witness, and the file; raises :class:`SetupMissing` if one has seen more of this log, or another."""
    with ThreadPoolExecutor(len(desk.witnesses), thread_name_prefix="witness") as pool:
        seen = list(pool.map(lambda each: _seen(desk, each), desk.witnesses))
    names = [f"the witness {witness.name}" for witness in desk.witnesses]
    for name, checkpoint in zip([*names, "this machine"], [*seen, _signed(desk)], strict=True):
        if checkpoint is None:
            continue
        size = desk.entries.size()
        if checkpoint.size > size:  # 2
            raise _set_back(f"{name} has seen {checkpoint.size} entries, and here there are {size}")
        if checkpoint.size and tree.root(desk.entries, checkpoint.size) != checkpoint.root:  # 3
            raise _set_back(f"{name} has seen other entries than there are here")


def _signed(desk: Desk) -> Checkpoint | None:
    """What was signed here last, by step 1; ``None`` if the file is missing, damaged, or another log's."""
    note = signed_size.recall(desk.home.path)
    try:
        return None if note is None else verify.verify_checkpoint(note, desk.entries.origin, desk.log_vkey)
    except AboveboardError as error:
        log.warning("%s is not a checkpoint of this log: %s", signed_size.FILE_NAME, error.what)
        return None


def _seen(desk: Desk, witness: Witness) -> Checkpoint | None:
    """What this witness co-signed last, by step 1."""
    origin = desk.entries.origin
    try:
        note = witness.latest(hashlib.sha256(origin.encode()).hexdigest())
        return None if note is None else verify.verify_checkpoint(note, origin, desk.log_vkey)
    except AboveboardError as error:
        log.warning("the witness %s does not show what it has seen: %s", witness.name, error.what)
        return None


def _set_back(why: str) -> SetupMissing:
    return SetupMissing(
        f"this keyholder is an old copy: {why}",
        cause="its folder or its database was restored from a backup, or two keyholders have the same key",
        fix="do not start it; restore the newest copy, and see Restoring in docs/runbooks/keyholder.md",
    )
