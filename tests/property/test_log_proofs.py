"""Do proofs hold for every log and every place in it, and for nothing else?"""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.ledger import proof, tiles, tree
from aboveboard.ledger.tiles import Tile, TileNodes
from aboveboard.ledger.tree import MemoryStore

LARGEST = 700
LEAVES = [tree.leaf_hash(b"entry %d" % number) for number in range(LARGEST)]
STORE = MemoryStore()
tree.append(STORE, 0, LEAVES)
HASH = st.binary(min_size=32, max_size=32)


def defined_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, written down as it is defined there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:])).digest()


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, LARGEST))
    return draw(st.integers(0, size - 1)), size


@settings(deadline=None)
@given(st.integers(0, LARGEST))
def test_roots_are_as_defined(size: int) -> None:
    assert tree.root(STORE, size) == defined_root(LEAVES[:size]) == tree.root_of(LEAVES[:size])


@settings(deadline=None)
@given(places(), st.data())
def test_an_inclusion_proof_holds_for_its_place_only(place: tuple[int, int], data: st.DataObject) -> None:
    index, size = place
    found, root = tree.inclusion_proof(STORE, index, size), tree.root(STORE, size)
    proof.check_inclusion(LEAVES[index], index, size, found, root)
    wrong = [
        (data.draw(HASH), index, size, found, root),
        (LEAVES[index], index, size, found, data.draw(HASH)),
        (LEAVES[index], index, size, [*found, data.draw(HASH)], root),
        (LEAVES[index], index, size, [data.draw(HASH), *found], root),
        (LEAVES[index], size, size, found, root),
        (LEAVES[index], -1, size, found, root),
    ]
    if size > 1:
        other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
        wrong += [
            (LEAVES[index], other, size, found, root),
            (LEAVES[other], index, size, found, root),
            (LEAVES[index], index, size, found[:-1], root),
            (LEAVES[index], index, size, found[1:], root),
        ]
    for arguments in wrong:
        with pytest.raises(Tampered):
            proof.check_inclusion(*arguments)


@settings(deadline=None)
@given(places(), st.data())
def test_a_consistency_proof_holds_for_its_sizes_only(place: tuple[int, int], data: st.DataObject) -> None:
    old, new = place[0] + 1, place[1]
    found = tree.consistency_proof(STORE, old, new)
    old_root, new_root = tree.root(STORE, old), tree.root(STORE, new)
    proof.check_consistency(old, old_root, new, new_root, found)
    wrong = [
        (old, data.draw(HASH), new, new_root, found),
        (old, old_root, new, data.draw(HASH), found),
        (old, old_root, new, new_root, [*found, data.draw(HASH)]),
        (new + 1, old_root, new, new_root, found),
    ]
    if old < new:
        at = data.draw(st.integers(0, len(found) - 1))
        wrong += [
            (old, old_root, new, new_root, found[:-1]),
            (old, old_root, new, new_root, []),
            (old, old_root, new, new_root, [*found[:at], data.draw(HASH), *found[at + 1 :]]),
            (new, new_root, old, old_root, found),
        ]
    for arguments in wrong:
        with pytest.raises(Tampered):
            proof.check_consistency(*arguments)


@settings(deadline=None)
@given(places(), st.data())
def test_a_changed_history_has_no_proof(place: tuple[int, int], data: st.DataObject) -> None:
    # The log exchanges one old entry and makes the best proof it can from the changed log.
    old, new = place[0] + 1, place[1]
    changed = MemoryStore()
    at = data.draw(st.integers(0, old - 1))
    tree.append(changed, 0, [*LEAVES[:at], tree.leaf_hash(b"another"), *LEAVES[at + 1 : new]])
    with pytest.raises(Tampered):
        proof.check_consistency(
            old, tree.root(STORE, old), new, tree.root(changed, new), tree.consistency_proof(changed, old, new)
        )


def test_from_the_empty_log_there_is_nothing_to_prove() -> None:
    proof.check_consistency(0, tree.EMPTY_ROOT, 5, tree.root(STORE, 5), [])
    with pytest.raises(Tampered):
        proof.check_consistency(0, tree.EMPTY_ROOT, 5, tree.root(STORE, 5), [bytes(32)])
    with pytest.raises(Tampered):
        proof.check_consistency(0, bytes(32), 5, tree.root(STORE, 5), [])


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    with pytest.raises(Tampered):
        proof.check_inclusion(LEAVES[0], 0, 2, [bytes(length)], tree.root(STORE, 2))
    with pytest.raises(Tampered):
        proof.check_inclusion(bytes(length), 0, 1, [], bytes(length))


def fetch(wanted: Tile) -> bytes:
    return tiles.tile(STORE, wanted.level, wanted.index, wanted.width)


@settings(deadline=None)
@given(places(), st.data())
def test_whoever_has_the_tiles_can_make_every_proof(place: tuple[int, int], data: st.DataObject) -> None:
    index, size = place
    old = data.draw(st.integers(0, size))
    nodes = TileNodes(fetch, size)
    assert tree.root(nodes, size) == tree.root(STORE, size)
    assert tree.inclusion_proof(nodes, index, size) == tree.inclusion_proof(STORE, index, size)
    assert tree.consistency_proof(nodes, old, size) == tree.consistency_proof(STORE, old, size)


def test_an_audit_reads_every_leaf() -> None:
    asked: list[Tile] = []

    def counted(wanted: Tile) -> bytes:
        asked.append(wanted)
        return fetch(wanted)

    nodes = TileNodes(counted, LARGEST)
    assert nodes.audited_root() == tree.root(STORE, LARGEST)
    assert nodes.leaf_hashes() == LEAVES
    assert asked == [Tile(0, 0), Tile(0, 1), Tile(0, 2, LARGEST - 512)]


def test_an_audit_sees_through_tiles_that_disagree() -> None:
    # The higher tile is honest, the leaves below it are not: only reading the leaves shows it.
    def lying(wanted: Tile) -> bytes:
        honest = fetch(wanted)
        return bytes(32) + honest[32:] if wanted == Tile(0, 0) else honest

    nodes = TileNodes(lying, LARGEST)
    assert tree.root(nodes, LARGEST) == tree.root(STORE, LARGEST)
    assert nodes.audited_root() != tree.root(STORE, LARGEST)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    for cut in (b"", bytes(31), bytes(256 * 32 + 1)):
        with pytest.raises(Tampered, match="wrong length"):
            TileNodes(lambda _, cut=cut: cut, LARGEST).audited_root()


@settings(deadline=None)
@given(st.integers(0, 7), st.integers(0, 10**18), st.integers(1, 256))
def test_tile_paths_read_back(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tiles.parse_path(tiles.path(tile)) == tile


@settings(deadline=None)
@given(st.text(max_size=30))
def test_other_texts_are_no_tile_paths(text: str) -> None:
    try:
        assert tiles.path(tiles.parse_path(text)) == text
    except BadInput:
        return
