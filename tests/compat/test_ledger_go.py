"""Does an implementation by others accept our checkpoints, tiles, entry bundles and proof files, and refuse bent ones?

``compat/go/verify.go`` uses Go's own ``golang.org/x/mod/sumdb`` (Debian: ``golang-go``, ``golang-golang-x-mod-dev``).
Where Go is not installed, this is not run: it is not part of set-up.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from aboveboard.formats import entry as entry_format
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.entries import Entries, LoggedEntry
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tiles, tree
from aboveboard.ledger.tlog_proof import LogProof
from aboveboard.sealing.signatures import SigningKey
from samples.ledger_entries import ended

ORIGIN, WITNESS = "keyholder.example/ledger", "witness.example/council"
SIZES = (1, 256, 257, 600, 70_000)
MODULES = Path(os.environ.get("GO_MODULES", "/usr/share/gocode"))
GO = shutil.which("go")

pytestmark = pytest.mark.skipif(
    GO is None or not (MODULES / "src/golang.org/x/mod/sumdb/tlog").exists(),
    reason="Go with golang.org/x/mod is not installed",
)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("go") / "verify"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(MODULES), "GOCACHE": str(program.parent / "cache")}
    source = Path(__file__).parent / "go" / "verify.go"
    subprocess.run([str(GO), "build", "-o", str(program), str(source)], env=environment, check=True)
    return program


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A log as it is stored and served, in a folder; and its verifier key."""
    folder = tmp_path_factory.mktemp("log")
    log_key, witness_key = SigningKey.generate(), SigningKey.generate()
    database = Database(tmp_path_factory.mktemp("keyholder") / "keys.sqlite")
    entries = Entries(database, ORIGIN)
    logged: list[LoggedEntry] = []
    for size in SIZES:
        with database.writing():
            logged += entries.append([ended() for _ in range(size - len(logged))])
            database.commit()
        head = entries.head()
        line = note.cosign(head.text(), WITNESS, witness_key, 1_800_000_000).line()
        text = checkpoints.add_signatures(checkpoints.sign(head, log_key), line)
        (folder / f"checkpoint-{size}").write_text(text)
    for tile in tiles.tiles_of(SIZES[-1]):
        names = [tiles.path(tile)] + ([tiles.bundle_path(tile)] if tile.level == 0 else [])
        for name in names:
            path = folder / "tile" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entries.tile(name, SIZES[-1]))
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        hashes = tuple(tree.inclusion_proof(entries, index, SIZES[-1]))
        said = logged[index]
        extra = entry_format.leaf(said.salt, said.readable) if index % 2 else said.salt + said.readable
        (folder / f"{index}.tlog-proof").write_text(LogProof(extra, index, hashes, text).encode())
    database.close()
    return folder, checkpoints.log_key(ORIGIN, log_key.public_bytes)


def run(verifier: Path, folder: Path, key: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(verifier), key, str(folder)], capture_output=True, text=True, check=False)


def test_go_accepts_all_of_it(verifier: Path, served: tuple[Path, str]) -> None:
    folder, key = served
    answer = run(verifier, folder, key)
    assert answer.stdout == "5 checkpoints, 70000 entries, 6 proofs\n", answer.stderr


def test_go_refuses_what_was_bent(verifier: Path, served: tuple[Path, str]) -> None:
    folder, key = served
    assert run(verifier, folder, checkpoints.log_key(ORIGIN, SigningKey.generate().public_bytes)).returncode != 0
    for name, at in (("checkpoint-600", 30), ("tile/0/001", 40), ("tile/entries/002", 50), ("255.tlog-proof", 60)):
        path = folder / name
        kept = path.read_bytes()
        path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
        assert run(verifier, folder, key).returncode != 0, name
        path.write_bytes(kept)
    assert run(verifier, folder, key).returncode == 0
