"""Have a witness cosign, over and over, and fail or die at each system call in turn. Prints what came of each.

Run with ``failing_calls.c`` preloaded and ``FAIL_IN`` set: ``python witness_to_fail.py FOLDER``. Every attempt is a
forked process on a copy of the same witness, and a log that tries to have two trees of one size cosigned meanwhile.
"""

import ctypes
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from aboveboard.base.clock import ManualClock
from aboveboard.base.errors import AboveboardError
from aboveboard.ledger import checkpoint, note, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.ledger.tree import MemoryStore
from aboveboard.sealing.signatures import SigningKey
from aboveboard.witness.app import Witness
from aboveboard.witness.judge import SizeDiffers
from aboveboard.witness.logs import watch_log

MODES = {"die_before": 1, "die_after": 2, "fail_once": 3, "full_from_here": 4, "half": 5}
ORIGIN = "keyholder.example/ledger"
LOG = SigningKey.from_private_bytes(bytes([7] * 32))
BEFORE, AFTER = 5, 8
MOST = 200


def grown(word: bytes) -> MemoryStore:
    """A log whose entries after the first ``BEFORE`` say ``word``."""
    store = MemoryStore()
    leaves = [b"%d" % at if at < BEFORE else word + b"%d" % at for at in range(2 * AFTER)]
    tree.append(store, 0, [tree.leaf_hash(leaf) for leaf in leaves])
    return store


TREES = {"one": grown(b"one"), "other": grown(b"other")}


def ask(witness: Witness, which: str, old: int, new: int) -> list[object]:
    """What the witness answers: the tree, the size and true if it cosigned; or why not."""
    store = TREES[which]
    signed = checkpoint.sign(Checkpoint(ORIGIN, new, tree.root(store, new)), LOG)
    body = Submission(old, tuple(tree.consistency_proof(store, old, new)), signed).encode()
    try:
        line = witness.add_checkpoint(body)
    except SizeDiffers as error:
        return [which, new, "size", error.size]
    except AboveboardError as error:
        return [which, new, type(error).__name__]
    note.check_signature(note.parse(checkpoint.add_signatures(signed, line)), witness.verifier)
    return [which, new, "cosigned"]


def tempt(witness: Witness) -> list[list[object]]:
    """First one tree, then the other of the same size, then one that goes on from either."""
    said = [ask(witness, which, BEFORE, AFTER) for which in ("one", "other", "one")]
    return [*said, *(ask(witness, which, AFTER, AFTER + 1) for which in ("other", "one"))]


def attempt(shim: ctypes.CDLL, template: Path, folder: Path, mode: int, at: int) -> dict[str, object]:
    shutil.copytree(template, folder)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        witness = Witness(folder, clock=ManualClock())
        shim.arm(mode, at)
        try:
            for which, old, new in (("one", BEFORE, AFTER), ("other", BEFORE, AFTER), ("one", AFTER, AFTER + 1)):
                os.write(writing, json.dumps(ask(witness, which, old, new)).encode() + b"\n")
        finally:
            os.write(writing, json.dumps(["calls", shim.calls()]).encode() + b"\n")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        lines = [json.loads(line) for line in said]
    _, status = os.waitpid(child, 0)
    again = Witness(folder, clock=ManualClock())
    told = tempt(again)
    size = checkpoint.parse(again.cosigned(ORIGIN))[0].size
    again.close()
    shutil.rmtree(folder)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    return {"killed": killed, "said": lines, "after": told, "size": size}


def main() -> None:
    folder = Path(sys.argv[1])
    shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
    template = folder / "template"
    watch_log(template, checkpoint.log_key(ORIGIN, LOG.public_bytes))
    witness = Witness(template, clock=ManualClock())
    assert ask(witness, "one", 0, BEFORE)[2] == "cosigned"
    witness.close()
    for name, mode in MODES.items():
        for at in range(1, MOST):
            result = attempt(shim, template, folder / f"witness-{name}-{at}", mode, at)
            print(json.dumps({"mode": name, "at": at, **result}), flush=True)
            calls = [each[1] for each in result["said"] if each[0] == "calls"]  # type: ignore[attr-defined]
            if not result["killed"] and calls[0] < at:
                break


if __name__ == "__main__":
    main()
