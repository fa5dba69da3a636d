"""Where do the hashes of the log rest?

As tiles (C2SP tlog-tiles): a row holds up to 256 hashes of the tree's level 0, 8, 16 and so on, and grows until it is
full. What lies between those levels is hashed up when it is needed; a full tile never changes, so that is remembered.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence

from aboveboard.base.errors import Tampered
from aboveboard.keyholder.database import Database
from aboveboard.ledger import tiles, tree
from aboveboard.ledger.tiles import FULL_WIDTH, HEIGHT
from aboveboard.ledger.tree import HASH_BYTES, Hash

REMEMBERED = 2048
"""So many full tiles are kept at hand, 16 KiB each."""

Place = tuple[int, int]
"""A tile's level and index."""


class TileStore:
    """The nodes of the log: a :class:`tree.NodeReader`. Writing needs ``database.writing()``. Safe for threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._remembered: OrderedDict[Place, list[bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, size: int, leaf_hashes: Sequence[Hash]) -> None:
        """Put leaves after the first ``size``, with every hash that they complete."""
        grown = _Grown(self)
        tree.append(grown, size, leaf_hashes)
        changed: dict[Place, tuple[int, list[Hash]]] = {}
        for (level, index), value in sorted(grown.nodes.items()):
            if level % HEIGHT == 0:
                place, offset = (level // HEIGHT, index // FULL_WIDTH), index % FULL_WIDTH
                changed.setdefault(place, (offset, []))[1].append(value)
        rows = []
        for place, (width, values) in changed.items():
            before = self.tile(*place, width) if width else b""
            rows.append((*place, before + b"".join(values)))
        self._database.run_many(
            "INSERT INTO tiles VALUES (?, ?, ?) ON CONFLICT (level, position) DO UPDATE SET hashes = excluded.hashes",
            rows,
        )

    def get(self, level: int, index: int) -> Hash:
        """The hash of a node; raises :class:`Tampered` if it is not there."""
        tile_level, above = divmod(level, HEIGHT)
        position, offset = divmod(index << above, FULL_WIDTH)
        known = None if self._database.is_writing else self._full(tile_level, position)
        if known is not None:
            return _at(known[above], offset >> above)
        values = self.tile(tile_level, position, offset + (1 << above))[offset * HASH_BYTES :]
        for _ in range(above):
            values = tree.parents(values)
        return values

    def tile(self, level: int, position: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile; raises :class:`Tampered` if it has not so many."""
        row = self._database.one("SELECT hashes FROM tiles WHERE level = ? AND position = ?", (level, position))
        if row is None or len(row[0]) < width * HASH_BYTES:
            raise Tampered(
                f"the ledger lacks hashes of its tile {tiles.path(tiles.Tile(level, position))}",
                cause="the database was changed by hand or damaged",
                fix="restore the keyholder's home from its backup",
            )
        return bytes(row[0][: width * HASH_BYTES])

    def _full(self, level: int, position: int) -> list[bytes] | None:
        """The hashes of a full tile, and those that follow from them, lowest first; ``None`` if it is not full yet."""
        with self._lock:
            known = self._remembered.get((level, position))
        if known is not None:
            return known
        row = self._database.one("SELECT hashes FROM tiles WHERE level = ? AND position = ?", (level, position))
        if row is None or len(row[0]) != FULL_WIDTH * HASH_BYTES:
            return None
        known = [bytes(row[0])]
        for _ in range(HEIGHT - 1):
            known.append(tree.parents(known[-1]))
        with self._lock:
            self._remembered[level, position] = known
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return known


class _Grown:
    """What an append adds, over what is stored: a :class:`tree.NodeStore`."""

    def __init__(self, below: TileStore) -> None:
        self._below = below
        self.nodes: dict[Place, Hash] = {}

    def get(self, level: int, index: int) -> Hash:
        found = self.nodes.get((level, index))
        return self._below.get(level, index) if found is None else found

    def put(self, level: int, index: int, value: Hash) -> None:
        self.nodes[level, index] = value


def _at(values: bytes, place: int) -> Hash:
    return values[place * HASH_BYTES : (place + 1) * HASH_BYTES]
