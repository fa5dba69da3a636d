"""Are tiles named, cut and counted as C2SP tlog-tiles says?"""

import pytest

from aboveboard.base.errors import BadInput
from aboveboard.ledger import tiles, tree
from aboveboard.ledger.tiles import Tile, TileNodes
from aboveboard.ledger.tree import MemoryStore


def test_the_specification_s_own_examples() -> None:
    assert tiles.path(Tile(0, 1234067)) == "0/x001/x234/067"
    found = tiles.tiles_of(70_000)
    level_0 = [tile for tile in found if tile.level == 0]
    assert len(level_0) == 274
    assert [tile.width for tile in found if tile.width < 256] == [112, 17, 1]
    assert [tile for tile in found if tile.level == 1] == [Tile(1, 0), Tile(1, 1, 17)]
    assert [tile for tile in found if tile.level == 2] == [Tile(2, 0, 1)]
    assert tiles.tiles_of(256) == [Tile(0, 0), Tile(1, 0, 1)]
    assert tiles.tiles_of(0) == []


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "0/000"),
        (Tile(0, 0, 1), "0/000.p/1"),
        (Tile(1, 999, 255), "1/999.p/255"),
        (Tile(2, 1000), "2/x001/000"),
        (Tile(7, 67_000), "7/x067/000"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tiles.path(tile) == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "0",
        "0/",
        "0/0",
        "0/00",
        "0/0000",
        "0/x000/000",  # a group too many
        "0/x001/x234/67",
        "0/001/000",  # a group without its x
        "0/x001",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "0/000.p/",
        "00/000",
        "8/000",
        "64/000",
        "-1/000",
        "0/000\n",
        "0/../../etc",
        "0/٠٠٠",  # digits, but not ASCII's
        "entries/000",
        "0/x999/x999/x999/x999/x999/x999/x999/999",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(BadInput):
        tiles.parse_path(path)


def test_tiles_hold_the_hashes_they_should() -> None:
    leaves = [tree.leaf_hash(b"%d" % number) for number in range(600)]
    store = MemoryStore()
    tree.append(store, 0, leaves)
    assert tiles.tile(store, 0, 1) == b"".join(leaves[256:512])
    assert tiles.tile(store, 0, 2, 88) == b"".join(leaves[512:])
    assert tiles.tile(store, 1, 0, 2) == tree.root_of(leaves[:256]) + tree.root_of(leaves[256:512])
    for width in (0, 257, -1):
        with pytest.raises(BadInput):
            tiles.tile(store, 0, 0, width)
    with pytest.raises(KeyError):
        tiles.tile(store, 0, 2, 89)


def test_nothing_is_read_beyond_the_end() -> None:
    nodes = TileNodes(lambda tile: bytes(tile.width * 32), 5)
    with pytest.raises(BadInput):
        nodes.get(0, 5)
    with pytest.raises(BadInput):
        nodes.get(3, 0)
    with pytest.raises(BadInput):
        TileNodes(lambda tile: b"", -1)
