"""How does one person's part of a data set come to rest?

Each part is collected in memory until it is :data:`SHARD_BYTES` large, then sealed and put; nothing plain ever reaches
a disk. So it does not matter to the memory how long somebody was recorded, and erasing a person touches their files
only.
"""

from collections.abc import Callable, Iterator
from typing import Any

from aboveboard.formats import dataset
from aboveboard.formats.dataset import Part, Shard
from aboveboard.lab.dataset.tables import TABLES, Table, TableWriter
from aboveboard.replay.bands import Band, Picture
from aboveboard.sealing.seal import seal

SHARD_BYTES = 16 * 1024 * 1024

Put = Callable[[str, bytes], None]
"""Writes a file of the artefact: its relative path and its bytes as they are to rest."""


class PersonShards:
    """:meth:`add` rows and :meth:`add_frame` pictures of one person, then :meth:`finish`."""

    def __init__(self, artefact_id: str, person_id: str, recipient: str, put: Put) -> None:
        self._artefact_id = artefact_id
        self.person_id = person_id
        self._recipient = recipient
        self._put = put
        self._tables: dict[Table, TableWriter] = {part: self._table(part) for part in TABLES}
        self._media = bytearray()
        self._numbers: dict[Part, int] = dict.fromkeys(dataset.PARTS, 0)
        self._bands: dict[bytes, int] = {}
        self._frames: set[str] = set()
        self._shards: list[Shard] = []

    def add(self, part: Table, row: dict[str, Any]) -> None:
        """Add one row with exactly the columns of ``part``."""
        table = self._tables[part]
        table.add(row)
        if table.size_bytes >= SHARD_BYTES:
            self._rest(part, table.finish())
            self._tables[part] = self._table(part)

    def add_frame(self, picture: Picture) -> bool:
        """Keep a frame; was it another than all before?"""
        if picture.name in self._frames:
            return False
        self._frames.add(picture.name)
        bands = [self._band(band) for band in picture.bands]
        row = {"sha256": picture.name, "width": picture.width, "height": picture.height, "bands": bands}
        self.add("frames", row)
        return True

    def finish(self) -> list[Shard]:
        """Put what is left; all shards of this person. Each part has at least one, so that all people look alike."""
        for part, table in self._tables.items():
            self._rest(part, table.finish())
        self._rest("media", bytes(self._media))
        return sorted(self._shards, key=lambda one: (dataset.PARTS.index(one.part), one.number))

    def _table(self, part: Table) -> TableWriter:
        return TableWriter(part, self._artefact_id)

    def _band(self, band: Band) -> int:
        known = self._bands.get(band.sha256)
        if known is not None:
            return known
        if len(self._media) + len(band.data) > SHARD_BYTES and self._media:
            self._rest("media", bytes(self._media))
            self._media = bytearray()
        place = {"media": self._numbers["media"], "offset": len(self._media), "size_bytes": len(band.data)}
        self.add("bands", {"sha256": band.sha256, **place})
        self._media += band.data
        number = self._bands[band.sha256] = len(self._bands)
        return number

    def _rest(self, part: Part, plain: bytes) -> None:
        number = self._numbers[part]
        self._numbers[part] += 1
        path = dataset.shard_path(self.person_id, part, number)
        self._put(path, seal(plain, [self._recipient]))
        self._shards.append(Shard(path=path, person_id=self.person_id, part=part, number=number))


def of_part(shards: list[Shard], part: Part, person_id: str | None = None) -> Iterator[Shard]:
    """The shards of one part in order, of one person or of everyone."""
    return (one for one in shards if one.part == part and person_id in (None, one.person_id))
