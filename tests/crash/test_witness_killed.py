"""Killed at any moment, does the witness still remember everything it ever answered?"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from aboveboard.ledger import checkpoint, submission, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.ledger.tree import MemoryStore
from aboveboard.sealing.signatures import SigningKey
from aboveboard.witness.logs import watch_log

ORIGIN = "keyholder.example/ledger"
LOG = SigningKey.from_private_bytes(bytes([7] * 32))
STORE = MemoryStore()
tree.append(STORE, 0, [tree.leaf_hash(b"%d" % number) for number in range(2000)])
PROGRAM = "import sys, pathlib; from aboveboard.witness.app import serve; serve(pathlib.Path(sys.argv[1]), 0)"


class Running:
    """A witness in a process of its own, and an HTTP client for it."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, home], stderr=subprocess.PIPE)
        address = home / "address.json"
        for _ in range(600):
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise AssertionError(self.process.stderr.read().decode())
            if address.exists() and json.loads(address.read_bytes())["pid"] == self.process.pid:
                break
            time.sleep(0.05)
        self.client = httpx.Client(base_url=json.loads(address.read_bytes())["url"], timeout=10)

    def ask(self, old: int, new: int) -> httpx.Response:
        data = checkpoint.sign(Checkpoint(ORIGIN, new, tree.root(STORE, new)), LOG)
        body = Submission(old, tuple(tree.consistency_proof(STORE, old, new)), data).encode()
        return self.client.post("/add-checkpoint", content=body)

    def stop(self, number: int | None = None) -> int:
        """Send ``number``, if any, and wait for the end; the exit status."""
        self.client.close()
        if number is not None:
            os.kill(self.process.pid, number)
        assert self.process.stderr is not None
        self.process.stderr.close()
        return self.process.wait(timeout=20)


@pytest.mark.timeout(90)
def test_what_was_answered_is_remembered_after_a_kill(tmp_path: Path) -> None:
    home = tmp_path / "witness"
    watch_log(home, checkpoint.log_key(ORIGIN, LOG.public_bytes))
    answered = 0
    for round_number in range(3):
        running = Running(home)
        # What the witness remembers is at least what it answered; it may remember one it was killed while answering.
        known = submission.parse_size(running.ask(2000, 2000).content)
        assert known >= answered
        answered = known
        killer = subprocess.Popen(["sh", "-c", f"sleep 0.{2 + round_number}; kill -KILL {running.process.pid}"])
        try:
            while True:
                assert running.ask(answered, answered + 1).status_code == 200
                answered += 1
        except httpx.TransportError:
            pass
        assert killer.wait(timeout=20) == 0
        assert running.stop() == -signal.SIGKILL
    assert answered > 3


def test_it_stops_cleanly_and_its_cosignature_verifies(tmp_path: Path) -> None:
    home = tmp_path / "witness"
    watch_log(home, checkpoint.log_key(ORIGIN, LOG.public_bytes))
    running = Running(home)
    try:
        key = running.client.get("/v1/public").json()["verifier_key"]
        assert running.client.get("/v1/health").json() == {"status": "ok"}
        answer = running.ask(0, 5)
        data = checkpoint.sign(Checkpoint(ORIGIN, 5, tree.root(STORE, 5)), LOG)
        log_key = checkpoint.log_key(ORIGIN, LOG.public_bytes)
        verify.verify_checkpoint(checkpoint.add_signatures(data, answer.text), ORIGIN, log_key, [key], 1)
        assert answer.headers["content-type"].startswith("text/plain")
        assert running.ask(0, 6).headers["content-type"] == "text/x.tlog.size"
    finally:
        status = running.stop(signal.SIGTERM)
    assert status == 0
    assert not (home / "address.json").exists()
