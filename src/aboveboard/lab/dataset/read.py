"""What is in this data set, and is it what was written?

The files' hashes are checked against the lineage before anything is opened, and opened shards live in memory only.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa

from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.formats import dataset, lineage
from aboveboard.formats.dataset import DatasetCard, Part
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.recording import TOPICS, Event, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.trajectory import Step
from aboveboard.lab.dataset.tables import read_table, rows_as
from aboveboard.lab.open import open_own_file
from aboveboard.replay.pixels import Pixels, decode_pixels
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import open_signed


class EventRow(msgspec.Struct, frozen=True):
    """One event as it was opened. ``json`` is the message of ``topic``; ``sequence`` its segment's place."""

    time_ns: int
    topic: str
    json: str
    session_id: str
    segment_id: str
    sequence: int

    def timed(self) -> Timed:
        """The event itself; raises :class:`BadInput`."""
        kind = TOPICS.get(self.topic)
        try:
            if kind is None:
                raise msgspec.ValidationError(f"there is no topic {self.topic[:40]!r}")
            event: Event = msgspec.json.decode(self.json, type=kind)  # type: ignore[assignment]
        except msgspec.DecodeError as error:
            raise BadInput(f"an event of this data set cannot be read: {error}", fix="derive it again") from error
        return Timed(self.time_ns, event)


class Dataset:
    """An opened data set. Everything it returns is plain recorded data: keep it in memory."""

    def __init__(self, path: Path, identity: Identity, card: DatasetCard, pedigree: Lineage) -> None:
        self.path = path
        self.card = card
        self.lineage = pedigree
        self._identity = identity
        self._frames: dict[str, tuple[pa.Table, int]] | None = None

    @classmethod
    def open(cls, path: Path, identity: Identity, *, signer: str | None = None) -> "Dataset":
        """Open the data set in the folder ``path``.

        ``identity`` is the age identity that it was sealed to. ``signer`` is the researcher's public key: with it the
        lineage's signature is checked, without it only that the files are those that the lineage names. Raises
        :class:`NotFound`, :class:`Tampered` (a file is changed, missing or added) or :class:`BadInput`.
        """
        if not (path / "lineage.json").is_file():
            raise NotFound(
                f"there is no data set in {path}",
                cause="the path is wrong, or it was erased",
                fix="'aboveboard derive' prints the path of what it wrote",
            )
        signed = lineage.decode_signed((path / "lineage.json").read_bytes())
        body = signed.body() if signer is None else open_signed(signed, lineage.PAYLOAD_TYPE, signer)
        pedigree = lineage.decode(body)
        _check_files(path, pedigree)
        card = dataset.decode((path / "dataset.json").read_bytes())
        if card.artefact_id != pedigree.artefact_id or pedigree.kind != "dataset":
            raise _tampered(path, "its card and its lineage are of different artefacts")
        named = {one.path for one in pedigree.files}
        if any(one.path != dataset.shard_path(one.person_id, one.part) or one.path not in named for one in card.shards):
            raise _tampered(path, "its card names a file that its lineage does not")
        return cls(path, identity, card, pedigree)

    @property
    def people(self) -> list[str]:
        """The ids of the people whose work is in it."""
        return sorted({shard.person_id for shard in self.card.shards})

    def steps(self) -> Iterator[Step]:
        """Every step, by person and session, in order of time."""
        for table in self._tables("steps"):
            yield from rows_as(table, Step)

    def events(self) -> Iterator[EventRow]:
        """Every event that was opened, by person, session, segment and time."""
        for table in self._tables("events"):
            yield from rows_as(table, EventRow)

    def frame(self, sha256: str) -> Pixels:
        """The frame of that name as ``(height, width, 3)`` RGB; raises :class:`NotFound`, :class:`Tampered`."""
        table, row = self._frame_index().get(sha256, (None, 0))
        if table is None:
            raise NotFound(
                f"there is no frame {sha256[:16]}… in this data set",
                cause="the name is of another data set, or its person was erased",
                fix="take the names from this data set's own steps",
            )
        png = table.column("png")[row].as_py()
        if hashlib.sha256(png).hexdigest() != sha256:
            raise _tampered(self.path, "a frame does not have the name that its content gives it")
        width, height = table.column("width")[row].as_py(), table.column("height")[row].as_py()
        return np.array(decode_pixels(ScreenPatch(0, 0, 0, width, height, True, "png", png)))

    def frame_names(self) -> list[str]:
        """The names of all frames."""
        return list(self._frame_index())

    def _frame_index(self) -> dict[str, tuple[pa.Table, int]]:
        if self._frames is None:
            self._frames = {}
            for table in self._tables("frames"):
                for row, name in enumerate(table.column("sha256").to_pylist()):
                    self._frames[name] = table, row
        return self._frames

    def _tables(self, part: Part) -> Iterator[pa.Table]:
        for shard in self.card.shards:
            if shard.part == part:
                sealed = (self.path / shard.path).read_bytes()
                # Again, because the file may have changed since the data set was opened.
                _check_hash(self.path, sealed, next(one for one in self.lineage.files if one.path == shard.path))
                yield read_table(open_own_file(sealed, self._identity), part)


def _check_files(path: Path, pedigree: Lineage) -> None:
    found = {one.relative_to(path).as_posix() for one in path.rglob("*") if not one.is_dir()} - {"lineage.json"}
    named = {one.path for one in pedigree.files}
    if found != named:
        strange = sorted(found ^ named)[0]
        raise _tampered(path, f"{strange!r} is missing, or was added later")
    for one in pedigree.files:
        _check_hash(path, (path / one.path).read_bytes(), one)


def _check_hash(path: Path, data: bytes, named: lineage.ArtefactFile) -> None:
    if len(data) != named.size_bytes or hashlib.sha256(data).hexdigest() != named.sha256:
        raise _tampered(path, f"{named.path!r} is not the file that was written")


def _tampered(path: Path, why: str) -> Tampered:
    return Tampered(
        f"the data set in {path} cannot be trusted: {why}",
        cause="it was damaged or changed after it was derived",
        fix="derive it again under its grant",
    )
