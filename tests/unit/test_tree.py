"""Are the log's hashes and proofs those that RFC 6962 and its public vectors give?"""

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.ledger import proof, tree
from aboveboard.ledger.tree import EMPTY_ROOT, MemoryStore, leaf_hash

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
"""The eight leaves of the Certificate Transparency project's Merkle tree tests, and the roots and paths below."""

ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
H2 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
H34 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
H5 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
H56 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
H78 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
H5678 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

INCLUSION = [
    (0, 1, []),
    (0, 8, [H2, H34, H5678]),
    (5, 8, [H5, H78, ROOTS[3]]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], H34, H5]),
]
CONSISTENCY = [(1, 1, []), (1, 8, [H2, H34, H5678]), (6, 8, [H56, H78, ROOTS[3]]), (2, 5, [H34, H5])]


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    found = MemoryStore()
    assert tree.append(found, 0, [leaf_hash(leaf) for leaf in LEAVES]) == 8
    return found


def test_the_empty_log_has_the_hash_of_nothing() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.root(MemoryStore(), 0) == EMPTY_ROOT == tree.root_of([])


@pytest.mark.parametrize("size", range(1, 9))
def test_published_roots(store: MemoryStore, size: int) -> None:
    assert tree.root(store, size).hex() == ROOTS[size - 1]
    assert tree.root_of([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_published_inclusion_proofs(store: MemoryStore, index: int, size: int, path: list[str]) -> None:
    found = tree.inclusion_proof(store, index, size)
    assert [value.hex() for value in found] == path
    proof.check_inclusion(leaf_hash(LEAVES[index]), index, size, found, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "new", "path"), CONSISTENCY)
def test_published_consistency_proofs(store: MemoryStore, old: int, new: int, path: list[str]) -> None:
    found = tree.consistency_proof(store, old, new)
    assert [value.hex() for value in found] == path
    proof.check_consistency(old, bytes.fromhex(ROOTS[old - 1]), new, bytes.fromhex(ROOTS[new - 1]), found)


def test_appending_one_by_one_or_at_once_writes_the_same_nodes(store: MemoryStore) -> None:
    slow = MemoryStore()
    for size, leaf in enumerate(LEAVES):
        assert tree.append(slow, size, [leaf_hash(leaf)]) == size + 1
    assert slow.nodes == store.nodes
    assert len(slow.nodes) == 15


def test_a_leaf_is_not_a_node() -> None:
    # Without the prefixes a leaf could pass for two subtrees.
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert leaf_hash(left + right) != tree.node_hash(left, right)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (8, 8), (-1, 8), (9, 8), (0, 2**62 + 1)], ids=str)
def test_no_proof_for_what_is_not_there(store: MemoryStore, index: int, size: int) -> None:
    with pytest.raises(BadInput):
        tree.inclusion_proof(store, index, size)


def test_out_of_range_sizes_and_hashes_are_refused(store: MemoryStore) -> None:
    with pytest.raises(BadInput):
        tree.consistency_proof(store, 5, 4)
    with pytest.raises(BadInput):
        tree.root(store, -1)
    with pytest.raises(BadInput):
        tree.append(MemoryStore(), 0, [b"short"])
    with pytest.raises(BadInput):
        tree.append(MemoryStore(), 2**62, [bytes(32)])


def test_a_damaged_store_is_noticed() -> None:
    broken = MemoryStore()
    tree.append(broken, 0, [leaf_hash(leaf) for leaf in LEAVES])
    broken.put(0, 0, b"")
    with pytest.raises(BadInput, match="not 32 bytes"):
        tree.inclusion_proof(broken, 1, 8)
    del broken.nodes[2, 1]
    with pytest.raises(KeyError):
        tree.inclusion_proof(broken, 1, 8)
