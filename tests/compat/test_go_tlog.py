"""Do our roots and proofs equal those of another implementation, byte for byte?

``go/tlog.json`` is what Go's ``golang.org/x/mod/sumdb/tlog`` 0.7.0 printed (``tests/compat/go/vectors/main.go``, on
22 November 2026). Go orders the hashes of a consistency proof as RFC 6962 does.
"""

import base64
import json
from pathlib import Path

import pytest

from aboveboard.base.errors import Tampered
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.tile_store import TileStore
from aboveboard.ledger import proof, tree

VECTORS = json.loads((Path(__file__).parent / "go" / "tlog.json").read_text())
LEAVES = [tree.leaf_hash(b"entry %d" % number) for number in range(1000)]
ROOTS = {int(size): base64.b64decode(root) for size, root in VECTORS["Roots"].items()}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TileStore:
    """As the keyholder stores it."""
    database = Database(tmp_path_factory.mktemp("log") / "keys.sqlite")
    stored = TileStore(database)
    with database.writing():
        stored.add(0, LEAVES)
        database.commit()
    return stored


def hashes(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


def test_every_root(store: TileStore) -> None:
    assert len(ROOTS) == 12
    for size, root in ROOTS.items():
        assert tree.root(store, size) == tree.root_of(LEAVES[:size]) == root


def test_every_inclusion_proof(store: TileStore) -> None:
    assert len(VECTORS["Records"]) == 36
    for each in VECTORS["Records"]:
        size, index, path = each["Size"], each["Index"], hashes(each["Proof"])
        assert tree.inclusion_proof(store, index, size) == path
        proof.check_inclusion(LEAVES[index], index, size, path, ROOTS[size])
        if size > 1:
            with pytest.raises(Tampered):
                proof.check_inclusion(LEAVES[index - 1], index, size, path, ROOTS[size])


def test_every_consistency_proof(store: TileStore) -> None:
    assert len(VECTORS["Trees"]) == 66
    for each in VECTORS["Trees"]:
        old, new, path = each["Old"], each["New"], hashes(each["Proof"])
        assert tree.consistency_proof(store, old, new) == path
        proof.check_consistency(old, ROOTS[old], new, ROOTS[new], path)
        with pytest.raises(Tampered):
            proof.check_consistency(old, ROOTS[new], new, ROOTS[new], path)
