"""What is in this data set, and is it what was written?

The files' hashes are checked against the lineage before anything is opened. Shards are opened one at a time, and of the
media only the parts that a frame needs; what was opened lives in memory only.
"""

import hashlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa

from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.formats import dataset, envelope, imported, lineage
from aboveboard.formats.dataset import DatasetCard
from aboveboard.formats.imported import Imported
from aboveboard.formats.lineage import Lineage
from aboveboard.formats.recording import TOPICS, Event, Timed
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.dataset.frames import Frames
from aboveboard.lab.dataset.shards import of_part
from aboveboard.lab.dataset.tables import Table, read_table, rows_as
from aboveboard.lab.open import open_own_file, open_own_parts
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.replay.pixels import Pixels
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import open_signed

T = TypeVar("T")


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

    def __init__(
        self,
        path: Path,
        identity: Identity,
        card: DatasetCard,
        pedigree: Lineage | Imported,
        granted: WhileGranted | None = None,
    ) -> None:
        self.path = path
        self.card = card
        self.lineage = pedigree
        self._identity = identity
        self._granted = granted
        self._files = {one.path: one for one in pedigree.files}

    @classmethod
    def open(
        cls, path: Path, identity: Identity, *, signer: str | None = None, granted: WhileGranted | None = None
    ) -> "Dataset":
        """Open the data set in the folder ``path``.

        ``identity`` is the age identity that it was sealed to. ``signer`` is the researcher's public key: with it the
        lineage's signature is checked, without it only that the files are those that the lineage names. ``granted``:
        steps, events and frames can be read while the grant holds that the lineage names, and no longer. Raises
        :class:`NotFound`, :class:`Tampered` (a file is changed, missing or added) or :class:`BadInput`.
        """
        if (path / imported.FILE).is_file():
            return cls._open_imported(path, identity, signer)
        if not (path / "lineage.json").is_file():
            raise NotFound(
                f"there is no data set in {path}",
                cause="the path is wrong, or it was erased",
                fix="'aboveboard derive' prints the path of what it wrote",
            )
        signed = lineage.decode_signed((path / "lineage.json").read_bytes())
        body = signed.body() if signer is None else open_signed(signed, lineage.PAYLOAD_TYPE, signer)
        pedigree = lineage.decode(body)
        if granted is not None and granted.grant_id != pedigree.grant_id:
            raise _tampered(path, "it was derived under another grant than the one that is watched")
        return cls._checked(path, identity, pedigree, granted)

    @classmethod
    def _open_imported(cls, path: Path, identity: Identity, signer: str | None) -> "Dataset":
        signed = envelope.decode((path / imported.FILE).read_bytes())
        body = signed.body() if signer is None else open_signed(signed, imported.PAYLOAD_TYPE, signer)
        return cls._checked(path, identity, imported.decode(body))

    @classmethod
    def _checked(
        cls, path: Path, identity: Identity, pedigree: Lineage | Imported, granted: WhileGranted | None = None
    ) -> "Dataset":
        _check_files(path, pedigree)
        card = dataset.decode((path / "dataset.json").read_bytes())
        if card.artefact_id != pedigree.artefact_id or (isinstance(pedigree, Lineage) and pedigree.kind != "dataset"):
            raise _tampered(path, "its card and its lineage are of different artefacts")
        named = {one.path for one in pedigree.files}
        if any(
            one.path != dataset.shard_path(one.person_id, one.part, one.number) or one.path not in named
            for one in card.shards
        ):
            raise _tampered(path, "its card names a file that its lineage does not")
        return cls(path, identity, card, pedigree, granted)

    @property
    def people(self) -> list[str]:
        """The ids of the people whose work is in it."""
        return sorted({shard.person_id for shard in self.card.shards})

    def steps(self) -> Iterator[Step]:
        """Every step, by person and session, in order of time."""
        for table in self._tables("steps"):
            yield from self._while_granted(rows_as(table, Step))

    def events(self) -> Iterator[EventRow]:
        """Every event that was opened, by person, session, segment and time."""
        for table in self._tables("events"):
            yield from self._while_granted(rows_as(table, EventRow))

    def episodes(self) -> Iterator[Episode]:
        """Every episode, by person and session, in order of time."""
        for table in self._tables("episodes"):
            yield from self._while_granted(rows_as(table, Episode))

    def steps_of(self, person_id: str) -> Iterator[Step]:
        """Every step of one person, by session, in order of time."""
        for table in self._tables("steps", person_id):
            yield from self._while_granted(rows_as(table, Step))

    def frame(self, sha256: str) -> Pixels:
        """The frame of that name as ``(height, width, 3)`` RGB; raises :class:`NotFound`, :class:`Tampered`."""
        return self.frames.read(sha256)

    @cached_property
    def frames(self) -> Frames:
        """All frames, for random access; the first use reads where each lies."""
        listed = [
            (self._whole("frames", person_id), self._whole("bands", person_id), self._media(person_id))
            for person_id in self.people
        ]
        check = (lambda: None) if self._granted is None else self._granted.check
        return Frames(listed, lambda path: open_own_parts(path, self._identity), check)

    def frame_names(self) -> list[str]:
        """The names of all frames, as often as people saw them."""
        return [name for table in self._tables("frames") for name in table.column("sha256").to_pylist()]

    def _while_granted(self, rows: Iterator[T]) -> Iterator[T]:
        return rows if self._granted is None else self._granted.each(rows)

    def _whole(self, part: Table, person_id: str) -> pa.Table:
        return pa.concat_tables(self._tables(part, person_id))

    def _media(self, person_id: str) -> list[Path]:
        return [self.path / one.path for one in of_part(self.card.shards, "media", person_id)]

    def _tables(self, part: Table, person_id: str | None = None) -> Iterator[pa.Table]:
        for shard in of_part(self.card.shards, part, person_id):
            if self._granted is not None:
                self._granted.check()
            sealed = (self.path / shard.path).read_bytes()
            # Again, because the file may have changed since the data set was opened.
            _check_hash(self.path, len(sealed), hashlib.sha256(sealed).hexdigest(), self._files[shard.path])
            yield read_table(open_own_file(sealed, self._identity), part)


def _check_files(path: Path, pedigree: Lineage | Imported) -> None:
    found = {one.relative_to(path).as_posix() for one in path.rglob("*") if not one.is_dir()} - {
        "lineage.json",
        imported.FILE,
    }
    named = {one.path for one in pedigree.files}
    if found != named:
        strange = sorted(found ^ named)[0]
        raise _tampered(path, f"{strange!r} is missing, or was added later")
    for one in pedigree.files:
        with (path / one.path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
            _check_hash(path, file.tell(), digest.hexdigest(), one)


def _check_hash(path: Path, size_bytes: int, sha256: str, named: lineage.ArtefactFile) -> None:
    if (size_bytes, sha256) != (named.size_bytes, named.sha256):
        raise _tampered(path, f"{named.path!r} is not the file that was written")


def _tampered(path: Path, why: str) -> Tampered:
    return Tampered(
        f"the data set in {path} cannot be trusted: {why}",
        cause="it was damaged or changed after it was derived",
        fix="derive it again under its grant",
    )
