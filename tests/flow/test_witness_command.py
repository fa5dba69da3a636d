"""Can somebody run a witness with three commands, and does it sign under its own name?"""

import subprocess
import sys
from pathlib import Path

import httpx
from click.testing import CliRunner

from aboveboard.commands.main import main
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.sealing.signatures import SigningKey
from samples.witness_process import wait_for_address

ORIGIN, NAME = "keyholder.example/ledger", "witness.council.example"
LOG = SigningKey.generate()


def said(home: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["--home", str(home), "witness", *words])
    return result.exit_code, result.output.strip()


def test_three_commands_make_a_witness(tmp_path: Path) -> None:
    assert said(tmp_path, "key")[0] == 4  # not_found: it has never run
    assert said(tmp_path, "watch", "not a key")[0] == 2
    assert said(tmp_path, "watch", checkpoints.log_key(ORIGIN, LOG.public_bytes))[0] == 0
    command = [sys.executable, "-P", "-m", "aboveboard", "--home", str(tmp_path), "witness", "run", "--port", "0"]
    for words in (["--name", NAME], []):  # the name is said once
        with subprocess.Popen([*command, *words]) as process:
            try:
                url = wait_for_address(tmp_path / "witness", process)
                found = Checkpoint(ORIGIN, 0, tree.EMPTY_ROOT)
                body = Submission(0, (), checkpoints.sign(found, LOG)).encode()
                line = httpx.post(f"{url}/add-checkpoint", content=body, trust_env=False).text
            finally:
                process.terminate()
                process.wait(30)
        code, key = said(tmp_path, "key")
        assert code == 0
        assert key.startswith(f"{NAME}+")
        cosigned = note.parse(checkpoints.add_signatures(checkpoints.sign(found, LOG), line))
        assert note.check_signature(cosigned, note.VerifierKey.parse(key))
