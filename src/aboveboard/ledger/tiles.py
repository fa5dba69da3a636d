"""Under which name, and as which bytes, are the log's hashes served?

As C2SP tlog-tiles of height 8: a tile at level ``L`` holds up to 256 hashes of the tree's level ``8 · L``. Tiles are
immutable; the last one of a level may be partial, and its name says how wide it is.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.ledger.tree import HASH_BYTES, SIZE_LIMIT, Hash, NodeReader, node_hash, root_of

HEIGHT = 8
FULL_WIDTH = 1 << HEIGHT
LENGTH_BYTES = 2
LEVEL_LIMIT = 7
"""Tiles of level 7 already cover 2^64 leaves."""

_PATH = re.compile(r"([0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, order=True)
class Tile:
    """The ``index``-th tile at ``level``, of ``width`` hashes (1 to 256)."""

    level: int
    index: int
    width: int = FULL_WIDTH


def path(tile: Tile) -> str:
    """``<L>/<N>[.p/<W>]``, with N in groups of three digits: what follows ``tile/`` in the address."""
    groups = [f"{tile.index % 1000:03d}"]
    rest = tile.index // 1000
    while rest:
        groups.append(f"x{rest % 1000:03d}")
        rest //= 1000
    suffix = f".p/{tile.width}" if tile.width < FULL_WIDTH else ""
    return f"{tile.level}/{'/'.join(reversed(groups))}{suffix}"


def parse_path(text: str) -> Tile:
    """The tile that ``text`` names; raises :class:`BadInput` for any spelling but the one of :func:`path`."""
    match = _PATH.fullmatch(text)
    if match:
        index = int(re.sub("[x/]", "", match[2]))
        tile = Tile(int(match[1]), index, int(match[3]) if match[3] else FULL_WIDTH)
        if tile.level <= LEVEL_LIMIT and path(tile) == text:
            return tile
    raise BadInput(
        f"{text[:60]!r} names no tile of the log", cause="it was mistyped", fix="see the C2SP tlog-tiles specification"
    )


def bundle_path(tile: Tile) -> str:
    """``entries/<N>[.p/<W>]``: where the leaves under a tile of level 0 are."""
    return f"entries/{path(tile).removeprefix('0/')}"


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """An entry bundle: each leaf after its length in two bytes."""
    return b"".join(len(leaf).to_bytes(LENGTH_BYTES, "big") + leaf for leaf in leaves)


def parse_bundle(data: bytes, width: int) -> list[bytes]:
    """The ``width`` leaves in an entry bundle; raises :class:`Tampered` if it has not exactly those."""
    leaves: list[bytes] = []
    at = 0
    while at < len(data) and len(leaves) < width:
        end = at + LENGTH_BYTES + int.from_bytes(data[at : at + LENGTH_BYTES], "big")
        leaves.append(data[at + LENGTH_BYTES : end])
        at = end
    if at != len(data) or len(leaves) != width:
        raise Tampered(
            "a bundle of the log's entries has the wrong length",
            cause="it was cut short or altered",
            fix="fetch it again",
        )
    return leaves


def tile(store: NodeReader, level: int, index: int, width: int = FULL_WIDTH) -> bytes:
    """The tile's bytes: ``width`` hashes, 32 bytes each. The caller checks that the log is large enough."""
    if not 1 <= width <= FULL_WIDTH:
        raise BadInput("a tile is 1 to 256 hashes wide", cause="a wrong address", fix="ask for an existing tile")
    return b"".join(store.get(level * HEIGHT, index * FULL_WIDTH + place) for place in range(width))


def width_in(size: int, level: int, index: int) -> int:
    """How wide tile ``(level, index)`` is in a log of ``size`` leaves: 0 (there is none) to 256."""
    nodes = size >> (HEIGHT * level)
    return max(0, min(FULL_WIDTH, nodes - index * FULL_WIDTH))


def tiles_of(size: int) -> list[Tile]:
    """Every tile of a log of ``size`` leaves, lowest level first, with its width at that size."""
    found = []
    for level in range(LEVEL_LIMIT + 1):
        count = -(-(size >> (HEIGHT * level)) // FULL_WIDTH)
        found += [Tile(level, index, width_in(size, level, index)) for index in range(count)]
    return found


class TileNodes:
    """The nodes of a log of ``size`` leaves, rebuilt from its tiles: a :class:`NodeReader` for whoever only has those.

    ``fetch`` returns the bytes of a tile. Nothing read here is trusted by itself: check the root, or the proof that is
    made from it, against a verified checkpoint. Raises :class:`Tampered` if a tile has not the length it should have.
    """

    def __init__(self, fetch: Callable[[Tile], bytes], size: int) -> None:
        if not 0 <= size <= SIZE_LIMIT:
            raise BadInput("there is no log of this size", cause="a wrong size", fix="use the checkpoint's size")
        self._fetch = fetch
        self._size = size
        self._tiles: dict[Tile, bytes] = {}

    def get(self, level: int, index: int) -> Hash:
        """The hash of node ``(level, index)``, hashed up from the tile whose level lies just below it."""
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        values = [self._hash(tile_level, first + place) for place in range(1 << above)]
        while len(values) > 1:
            values = [node_hash(values[at], values[at + 1]) for at in range(0, len(values), 2)]
        return values[0]

    def leaf_hashes(self) -> list[Hash]:
        """Every leaf hash of the log, in order: all of level 0."""
        return [self._hash(0, index) for index in range(self._size)]

    def audited_root(self) -> Hash:
        """The root, from the leaf hashes alone, whatever the higher tiles claim."""
        return root_of(self.leaf_hashes())

    def _hash(self, level: int, place: int) -> Hash:
        index, offset = divmod(place, FULL_WIDTH)
        wanted = Tile(level, index, width_in(self._size, level, index))
        if offset >= wanted.width:
            raise BadInput("this hash is beyond the log's end", cause="a wrong index", fix="ask within the log's size")
        if wanted not in self._tiles:
            content = self._fetch(wanted)
            if len(content) != wanted.width * HASH_BYTES:
                raise Tampered(
                    f"tile {path(wanted)} of the log has the wrong length",
                    cause="it was cut short or altered",
                    fix="fetch it again",
                )
            self._tiles[wanted] = content
        return self._tiles[wanted][offset * HASH_BYTES : (offset + 1) * HASH_BYTES]
