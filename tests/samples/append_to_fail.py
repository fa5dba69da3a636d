"""Enter a batch and sign it, over and over, and fail or die at each system call in turn. Prints what came of each.

Run with ``failing_calls.c`` preloaded: ``python append_to_fail.py FOLDER``. Every attempt is a forked process on a copy
of the same database; what it was told to be durable comes back through a pipe.
"""

import ctypes
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.entry import Entry, Revoked
from aboveboard.keyholder import audit
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.entries import Entries, KeptCheckpoint
from aboveboard.keyholder.writer import Writer
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.sealing.signatures import SigningKey

MODES = {"die_before": 1, "die_after": 2, "fail_once": 3, "full_from_here": 4, "half": 5}
ORIGIN = "keyholder.example/ledger"
KEY = SigningKey.from_private_bytes(bytes([7] * 32))
BEFORE = 254  # the batch fills a tile and begins another
CALLERS = 3
MOST = 500


def ended() -> list[Entry]:
    return [Revoked(at_ns=1, grant_id=new_id(Kind.GRANT), by=new_id(Kind.STAFF), reason="the study was ended early")]


def sign(database: Database, entries: Entries) -> None:
    with database.writing():
        head = entries.head()
        entries.keep("signed", KeptCheckpoint(head.size, checkpoints.sign(head, KEY)))
        database.commit()


def work(path: Path, told: int) -> None:
    """Enter three at once, sign; then one more. Tell of each that is durable, and of each refusal."""
    database = Database(path)
    entries = Entries(database, ORIGIN)
    writer = Writer(database, entries)
    pending = [writer.submit(ended) for _ in range(CALLERS)]
    for each in [*pending, None]:
        try:
            [logged] = (each or writer.submit(ended)).durable()
            os.write(told, json.dumps([logged.index, logged.readable.decode()]).encode() + b"\n")
            sign(database, entries)
        except AboveboardError as error:
            os.write(told, json.dumps(["refused", type(error).__name__]).encode() + b"\n")


def attempt(shim: ctypes.CDLL, template: Path, folder: Path, mode: int, at: int) -> dict[str, object]:
    shutil.copytree(template, folder)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        shim.arm(mode, at)
        try:
            work(folder / "keys.sqlite", writing)
        except AboveboardError as error:
            os.write(writing, json.dumps(["refused", type(error).__name__]).encode() + b"\n")
        finally:
            os.write(writing, json.dumps(["calls", shim.calls()]).encode() + b"\n")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        lines = [json.loads(line) for line in said]
    _, status = os.waitpid(child, 0)
    return {"killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, "said": lines, **look(folder)}


def look(folder: Path) -> dict[str, object]:
    """What is on the disk, and whether it holds."""
    database = Database(folder / "keys.sqlite")
    entries = Entries(database, ORIGIN)
    try:
        list(audit.audit(entries, KEY))
        holds = "yes"
    except AboveboardError as error:
        holds = error.what
    rows = entries.rows(BEFORE, BEFORE + 2 * CALLERS)
    signed = entries.kept("signed")
    found = [(row[0], entries.readings.open_own(row[5] or b"")[1].decode()) for row in rows]
    size = entries.size()
    database.close()
    shutil.rmtree(folder)
    return {"holds": holds, "size": size, "rows": found, "signed": signed.size if signed else 0}


def main() -> None:
    folder = Path(sys.argv[1])
    shim = ctypes.CDLL(os.environ["LD_PRELOAD"])
    template = folder / "template"
    template.mkdir()
    database = Database(template / "keys.sqlite")
    entries = Entries(database, ORIGIN)
    with database.writing():
        entries.append([each for _ in range(BEFORE) for each in ended()])
        database.commit()
    sign(database, entries)
    database.close()
    for name, mode in MODES.items():
        for at in range(1, MOST):
            result = attempt(shim, template, folder / f"{name}-{at}", mode, at)
            print(json.dumps({"mode": name, "at": at, **result}), flush=True)
            reached = result["killed"] or any(each[0] == "calls" and each[1] >= at for each in result["said"])  # type: ignore[attr-defined]
            if not reached:
                break


if __name__ == "__main__":
    main()
