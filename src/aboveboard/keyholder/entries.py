"""What stands in the ledger, and where does it rest?

The log proper (salted commitments and the hashes over them) is kept for ever. Beside each entry lie its salt and its
readable text, sealed to those who may read it (``readings.py``); those go when the person is erased, and the log stays
valid.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.base.errors import AboveboardError, NotFound, Tampered
from aboveboard.formats import entry as entry_format
from aboveboard.keyholder.database import Database
from aboveboard.keyholder.readings import OWN, Readings, Row
from aboveboard.keyholder.record_key import RecordKey
from aboveboard.keyholder.tile_store import TileStore
from aboveboard.ledger import tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.tree import Hash


@dataclass(frozen=True)
class LoggedEntry:
    """One entry and its place in the log. ``salt`` has 32 bytes; ``readable`` is the entry's JSON."""

    index: int
    salt: bytes
    readable: bytes


@dataclass(frozen=True)
class SealedEntry:
    """One entry as it rests. ``key_id`` is its reading key's."""

    index: int
    key_id: bytes
    sealed: bytes


@dataclass(frozen=True)
class KeptCheckpoint:
    """A signed note and the size it speaks of."""

    size: int
    note: str


class Entries:
    """The log's storage: a :class:`tree.NodeReader` and the entries beside it. Writing needs ``database.writing()``."""

    def __init__(self, database: Database, origin: str) -> None:
        self._database = database
        self.tiles = TileStore(database)
        self.readings = Readings(database)
        self.origin = origin
        self._stopped: AboveboardError | None = None

    @property
    def record(self) -> RecordKey:
        """What rows are sealed and vouched for with."""
        return self._database.record

    def stop(self, why: AboveboardError) -> None:
        """Enter and sign nothing any more: the stored log is not the one that was signed."""
        self._stopped = why

    def _check_going_on(self) -> None:
        if self._stopped is not None:
            why = self._stopped
            raise Tampered(why.what, cause=why.cause, fix=why.fix)

    def size(self) -> int:
        """How many leaves there are."""
        row = self._database.one("SELECT COALESCE(MAX(ledger_index) + 1, 0) FROM entries")
        return int(row[0]) if row else 0

    def append(self, entries: Sequence[entry_format.Entry]) -> list[LoggedEntry]:
        """Add one leaf for each entry, each with a fresh salt. Durable only after ``database.commit()``.

        Raises :class:`Tampered` once the log was found to be changed (:meth:`stop`).
        """
        self._check_going_on()
        size = self.size()
        logged, hashes, said = [], [], []
        for index, entry in enumerate(entries, size):
            salt, readable = secrets.token_bytes(entry_format.SALT_BYTES), entry_format.encode(entry)
            leaf = entry_format.leaf(salt, readable)
            logged.append(LoggedEntry(index, salt, readable))
            hashes.append(tree.leaf_hash(leaf))
            said.append((index, leaf, entry, salt, readable))
        self._database.run_many("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", self.readings.rows(said))
        self.tiles.add(size, hashes)
        return logged

    def get(self, level: int, index: int) -> Hash:
        """The hash of a node; raises :class:`Tampered` if it is not there."""
        return self.tiles.get(level, index)

    def head(self) -> Checkpoint:
        """What the log says now."""
        self._check_going_on()
        size = self.size()
        return Checkpoint(self.origin, size, tree.root(self, size))

    def about(
        self, person: bytes, kinds: Sequence[type], size: int, *, start: int = 0, limit: int = -1
    ) -> list[SealedEntry]:
        """What the first ``size`` entries say of the person, or the grant, with this tag, of these ``kinds``, oldest
        first; from index ``start`` on, ``limit`` at most (-1: all)."""
        rows = self._database.all(
            "SELECT ledger_index, key_id, sealed FROM entries WHERE person = ?"
            " AND kind IN (SELECT value FROM json_each(?))"
            " AND sealed IS NOT NULL AND ledger_index >= ? AND ledger_index < ? ORDER BY ledger_index LIMIT ?",
            (person, json.dumps([kind.__name__ for kind in kinds]), start, size, limit),
        )
        return [SealedEntry(row[0], bytes(row[1]), bytes(row[2])) for row in rows]

    def own(self, kind: type) -> list[LoggedEntry]:
        """Every entry of this kind that the keyholder itself can read; raises :class:`Tampered`."""
        rows = self._database.all(
            "SELECT ledger_index, sealed FROM entries WHERE kind = ? AND key_id = ? ORDER BY ledger_index",
            (kind.__name__, OWN),
        )
        return [LoggedEntry(row[0], *self.readings.open_own(bytes(row[1]))) for row in rows]

    def forget_readable(self, person_id: str) -> None:
        """Delete what can be read about this person, the salts, and what opens them."""
        self._database.run(
            "UPDATE entries SET person = NULL, key_id = NULL, sealed = NULL, mac = NULL WHERE person = ?",
            (self._database.record.tag("person", person_id),),
        )
        self.readings.forget(person_id)

    def keep(self, role: str, kept: KeptCheckpoint) -> None:
        """Remember the newest ``signed`` or ``published`` (co-signed) checkpoint."""
        self._database.run(
            "INSERT INTO checkpoints VALUES (?, ?, ?) ON CONFLICT (role) DO UPDATE"
            " SET size = excluded.size, note = excluded.note",
            (role, kept.size, kept.note),
        )

    def kept(self, role: str) -> KeptCheckpoint | None:
        """The newest checkpoint of that role."""
        row = self._database.one("SELECT size, note FROM checkpoints WHERE role = ?", (role,))
        return None if row is None else KeptCheckpoint(*row)

    def keep_audit(self, kept: KeptCheckpoint) -> None:
        """Remember how far the log was audited."""
        self._database.run("INSERT OR REPLACE INTO audits VALUES (1, ?, ?)", (kept.size, kept.note))

    def last_audit(self) -> KeptCheckpoint | None:
        """How far the log was audited last, as a note in the log's own hand."""
        row = self._database.one("SELECT size, note FROM audits")
        return None if row is None else KeptCheckpoint(*row)

    def shape(self) -> tuple[int, dict[tuple[int, int], float]]:
        """The size, and how many hashes each stored tile has, by level and index: all as of one moment."""
        rows = self._database.all(
            "SELECT level, position, length(hashes) FROM tiles"
            " UNION ALL SELECT -1, -1, (SELECT COALESCE(MAX(ledger_index) + 1, 0) FROM entries)"
        )
        found = {(row[0], row[1]): row[2] for row in rows}
        size = found.pop((-1, -1))
        return size, {place: length / tree.HASH_BYTES for place, length in found.items()}

    def rows(self, start: int, end: int) -> list[Row]:
        """What is stored of the entries from ``start`` to ``end``, in order."""
        return self._database.all(
            "SELECT ledger_index, leaf, kind, person, key_id, sealed, mac FROM entries"
            " WHERE ledger_index >= ? AND ledger_index < ? ORDER BY ledger_index",
            (start, end),
        )

    def tile(self, path: str, size: int) -> bytes:
        """The bytes at ``tile/<path>`` of the log of ``size`` leaves (C2SP tlog-tiles); raises :class:`NotFound`."""
        bundle = path.startswith("entries/")
        wanted = tiles.parse_path("0/" + path.removeprefix("entries/") if bundle else path)
        if wanted.width > tiles.width_in(size, wanted.level, wanted.index):
            raise NotFound(
                f"the published log has no tile {path[:60]} yet",
                cause="it is not that long",
                fix="fetch the checkpoint first, then the tiles that its size needs",
            )
        if not bundle:
            return self.tiles.tile(wanted.level, wanted.index, wanted.width)
        start = wanted.index * tiles.FULL_WIDTH
        rows = self._database.all(
            "SELECT leaf FROM entries WHERE ledger_index >= ? AND ledger_index < ? ORDER BY ledger_index",
            (start, start + wanted.width),
        )
        return tiles.encode_bundle([bytes(row[0]) for row in rows])
