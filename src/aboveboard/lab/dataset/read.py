"""What is in this data set, and is it what was written?

The files' hashes are checked against the lineage before anything is opened; in a bucket their names and sizes, and each
hash when the file is read. Shards are opened one at a time, and of the media only the parts that a frame needs, each
band checked against its name; what was opened lives in memory only.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa

from aboveboard.base.errors import BadInput, NotFound, Tampered
from aboveboard.formats import dataset, envelope, imported, lineage
from aboveboard.formats.dataset import DatasetCard
from aboveboard.formats.imported import Imported
from aboveboard.formats.lineage import ArtefactFile, Lineage
from aboveboard.formats.recording import TOPICS, Event, Timed
from aboveboard.formats.trajectory import Episode, Step
from aboveboard.lab.bucket import Bucket, files_at
from aboveboard.lab.dataset.frames import Frames
from aboveboard.lab.dataset.shards import of_part
from aboveboard.lab.dataset.tables import Table, read_table, rows_as
from aboveboard.lab.files import CARD_FILE, LINEAGE_FILE, Files
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


class Redrawn(msgspec.Struct, frozen=True):
    """At ``time_ns`` the segment with this ``sequence`` drew the whole screen."""

    session_id: str
    sequence: int
    time_ns: int


class Dataset:
    """An opened data set. Everything it returns is plain recorded data: keep it in memory."""

    def __init__(
        self,
        kept: Files,
        identity: Identity,
        card: DatasetCard,
        pedigree: Lineage | Imported,
        granted: WhileGranted | None = None,
    ) -> None:
        self.kept = kept
        self.card = card
        self.lineage = pedigree
        self._identity = identity
        self._granted = granted
        self.files = {one.path: one for one in pedigree.files}

    @classmethod
    def open(
        cls, path: Path | Files, identity: Identity, *, signer: str | None = None, granted: WhileGranted | None = None
    ) -> "Dataset":
        """Open the data set in the folder ``path``, wherever its files rest, or whose files these are.

        ``identity`` is the age identity that it was sealed to. ``signer`` is the researcher's public key: with it the
        lineage's signature is checked, without it only that the files are those that the lineage names. ``granted``:
        steps, events and frames can be read while the grant holds that the lineage names, and no longer. Raises
        :class:`NotFound`, :class:`Tampered` (a file is changed, missing or added) or :class:`BadInput`.
        """
        kept = files_at(path) if isinstance(path, Path) else path
        sizes = kept.sizes()
        if imported.FILE in sizes:
            signed = envelope.decode(kept.read(imported.FILE))
            body = signed.body() if signer is None else open_signed(signed, imported.PAYLOAD_TYPE, signer)
            return cls._checked(kept, sizes, identity, imported.decode(body))
        if LINEAGE_FILE not in sizes:
            raise NotFound(
                f"there is no data set in {kept}",
                cause="the path is wrong, or it was erased",
                fix="'aboveboard derive' prints the path of what it wrote",
            )
        signed = lineage.decode_signed(kept.read(LINEAGE_FILE))
        body = signed.body() if signer is None else open_signed(signed, lineage.PAYLOAD_TYPE, signer)
        pedigree = lineage.decode(body)
        if granted is not None and granted.grant_id != pedigree.grant_id:
            raise _tampered(kept, "it was derived under another grant than the one that is watched")
        if isinstance(kept, Bucket) and kept.artefact_id != pedigree.artefact_id:
            raise _tampered(kept, "its lineage is of another artefact")
        return cls._checked(kept, sizes, identity, pedigree, granted)

    @classmethod
    def _checked(
        cls,
        kept: Files,
        sizes: Mapping[str, int],
        identity: Identity,
        pedigree: Lineage | Imported,
        granted: WhileGranted | None = None,
    ) -> "Dataset":
        _check_files(kept, sizes, pedigree)
        named = {one.path: one for one in pedigree.files}
        if CARD_FILE not in named:
            raise _tampered(kept, "its lineage names no card: it is another kind of artefact")
        card = dataset.decode(_read(kept, named[CARD_FILE]))
        if card.artefact_id != pedigree.artefact_id or (isinstance(pedigree, Lineage) and pedigree.kind != "dataset"):
            raise _tampered(kept, "its card and its lineage are of different artefacts")
        if any(
            one.path != dataset.shard_path(one.person_id, one.part, one.number) or one.path not in named
            for one in card.shards
        ):
            raise _tampered(kept, "its card names a file that its lineage does not")
        return cls(kept, identity, card, pedigree, granted)

    def check(self) -> None:
        """Raise :class:`Refused` if the grant has ended under which it is open."""
        if self._granted is not None:
            self._granted.check()

    def keep(self, items: Iterable[T]) -> Sequence[T]:
        """``items`` in memory, readable as long as the data set is."""
        return list(items) if self._granted is None else self._granted.keep(items)

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
        return self._rows("steps", person_id, Step)

    def episodes_of(self, person_id: str) -> Iterator[Episode]:
        """Every episode of one person, by session, in order of time."""
        return self._rows("episodes", person_id, Episode)

    def events_of(self, person_id: str) -> Iterator[EventRow]:
        """Every event of one person, by session, segment and time."""
        return self._rows("events", person_id, EventRow)

    def redrawn_of(self, person_id: str) -> Iterator[Redrawn]:
        """When one person's screen was drawn whole, by session and time."""
        return self._rows("redrawn", person_id, Redrawn)

    def frame(self, sha256: str) -> Pixels:
        """The frame of that name as ``(height, width, 3)`` RGB; raises :class:`NotFound`, :class:`Tampered`."""
        return self.frames.read(sha256)

    @cached_property
    def frames(self) -> Frames:
        """All frames, for random access; the first use reads where each lies."""
        return self.frames_of(self.people)

    def frames_of(self, people: Sequence[str]) -> Frames:
        """The frames of these people."""
        listed = [
            (self._whole("frames", person_id), self._whole("bands", person_id), self._media(person_id))
            for person_id in people
        ]
        check = (lambda: None) if self._granted is None else self._granted.check
        return Frames(listed, lambda name: open_own_parts(self.kept.parts(name), self._identity), check)

    def count_frames(self, person_id: str) -> int:
        """How many different frames one person's part has."""
        return sum(len(table) for table in self._tables("frames", person_id))

    def frame_names(self) -> list[str]:
        """The names of all frames, as often as people saw them."""
        return [name for table in self._tables("frames") for name in table.column("sha256").to_pylist()]

    def _rows(self, part: Table, person_id: str, kind: type[T]) -> Iterator[T]:
        for table in self._tables(part, person_id):
            yield from self._while_granted(rows_as(table, kind))

    def _while_granted(self, rows: Iterator[T]) -> Iterator[T]:
        return rows if self._granted is None else self._granted.each(rows)

    def _whole(self, part: Table, person_id: str) -> pa.Table:
        return pa.concat_tables(self._tables(part, person_id))

    def _media(self, person_id: str) -> list[str]:
        return [one.path for one in of_part(self.card.shards, "media", person_id)]

    def _tables(self, part: Table, person_id: str | None = None) -> Iterator[pa.Table]:
        for shard in of_part(self.card.shards, part, person_id):
            if self._granted is not None:
                self._granted.check()
            # Again, because the file may have changed since the data set was opened.
            sealed = _read(self.kept, self.files[shard.path])
            yield read_table(open_own_file(sealed, self._identity), part)


def _check_files(kept: Files, sizes: Mapping[str, int], pedigree: Lineage | Imported) -> None:
    found = sizes.keys() - {LINEAGE_FILE, imported.FILE}
    named = {one.path for one in pedigree.files}
    if found != named:
        strange = sorted(found ^ named)[0]
        raise _tampered(kept, f"{strange!r} is missing, or was added later")
    for one in pedigree.files:
        if sizes[one.path] != one.size_bytes or kept.sha256(one.path) not in (one.sha256, None):
            raise _not_written(kept, one)


def _read(kept: Files, named: ArtefactFile) -> bytes:
    """A file as it was written; raises :class:`Tampered`."""
    data = kept.read(named.path)
    if hashlib.sha256(data).hexdigest() != named.sha256:
        raise _not_written(kept, named)
    return data


def _not_written(kept: Files, named: ArtefactFile) -> Tampered:
    return _tampered(kept, f"{named.path!r} is not the file that was written")


def _tampered(kept: Files, why: str) -> Tampered:
    return Tampered(
        f"the data set in {kept} cannot be trusted: {why}",
        cause="it was damaged or changed after it was derived",
        fix="derive it again under its grant",
    )
