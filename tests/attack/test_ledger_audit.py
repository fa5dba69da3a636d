"""``aboveboard ledger verify`` believes nobody who serves the log: each way of bending it is found out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.errors import Tampered
from aboveboard.commands import ledger as command
from aboveboard.formats.trust import Trust
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.sealing.signatures import SigningKey

ORIGIN, WITNESS = "ledger.example/audit", "witness.example"
LOG_KEY, WITNESS_KEY = SigningKey.generate(), SigningKey.generate()
TRUST = Trust(
    origin=ORIGIN,
    log_key=checkpoints.log_key(ORIGIN, LOG_KEY.public_bytes),
    witness_keys=[checkpoints.witness_key(WITNESS, WITNESS_KEY.public_bytes)],
    quorum=1,
)
ENTRIES = [b"entry %d" % number for number in range(300)]


class Served:
    """A log of ``entries`` as somebody serves it; ``claimed`` entries stand in the signed root, if others do."""

    def __init__(self, entries: list[bytes], claimed: list[bytes] | None = None, *, witnessed: bool = True) -> None:
        self.store = tree.MemoryStore()
        self.size = tree.append(self.store, 0, [tree.leaf_hash(entry) for entry in entries])
        root = tree.root_of([tree.leaf_hash(entry) for entry in (entries if claimed is None else claimed)])
        point = Checkpoint(ORIGIN, self.size, root)
        self.text = checkpoints.sign(point, LOG_KEY)
        if witnessed:
            line = note.cosign(point.text(), WITNESS, WITNESS_KEY, 1_800_000_000).line()
            self.text = checkpoints.add_signatures(self.text, line)

    def get(self, path: str) -> bytes:
        if path == "/ledger/checkpoint":
            return self.text.encode()
        wanted = tiles.parse_path(path.removeprefix("/ledger/tile/"))
        return tiles.tile(self.store, wanted.level, wanted.index, wanted.width)


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    path = tmp_path / "checkpoint-seen.txt"
    assert command.audit(Served(ENTRIES[:270]), TRUST, path).seen_before == 0
    return path


def test_an_honest_log_grows(seen: Path) -> None:
    for size in (270, 271, 300):
        verified = command.audit(Served(ENTRIES[:size]), TRUST, seen)
        assert verified.size == size
    assert verified.seen_before == 271


LIES: dict[str, Callable[[], Served]] = {
    "an entry was taken out": lambda: Served(ENTRIES[:269]),
    "an entry was changed before the last look": lambda: Served([b"another", *ENTRIES[1:300]]),
    "an entry was put in between": lambda: Served([*ENTRIES[:100], b"more", *ENTRIES[100:300]]),
    "what is served is not what was signed": lambda: Served([*ENTRIES[:299], b"other"], ENTRIES),
    "no witness signed": lambda: Served(ENTRIES, witnessed=False),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_each_lie_is_found_out_and_what_was_seen_is_kept(seen: Path, lie: Callable[[], Served]) -> None:
    before = seen.read_bytes()
    with pytest.raises(Tampered) as found:
        command.audit(lie(), TRUST, seen)
    assert found.value.fix
    assert seen.read_bytes() == before


def test_what_is_served_must_be_what_was_signed_also_at_the_first_look(tmp_path: Path) -> None:
    with pytest.raises(Tampered, match="do not add up"):
        command.audit(LIES["what is served is not what was signed"](), TRUST, tmp_path / "never-looked.txt")
    assert not (tmp_path / "never-looked.txt").exists()


def test_whoever_has_seen_nothing_cannot_know_what_was_there(tmp_path: Path) -> None:
    """Why the checkpoint is kept, and why there is a witness: a rewritten log is whole by itself."""
    command.audit(LIES["an entry was put in between"](), TRUST, tmp_path / "never-looked.txt")
