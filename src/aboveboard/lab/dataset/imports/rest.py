"""How does what another recorder recorded come to rest here?

Sealed to the researcher's key like any data set, in a folder of the researcher's choice outside the lab's artefacts,
with a signed ``imported.json`` instead of a lineage: nobody here consented to it, and no erasure here reaches it. Who
is in it is not known, so all of it counts as one person's.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from aboveboard.base.errors import BadInput, Conflict
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, imported
from aboveboard.formats.imported import Imported, Source
from aboveboard.lab import lineage
from aboveboard.lab.dataset.imports import agentnet, ducktrack, openadapt, owamcap
from aboveboard.lab.dataset.imports.recording import Told
from aboveboard.lab.dataset.write import DatasetWriter, Piece, put_into
from aboveboard.sealing.signatures import SigningKey

READERS: dict[Source, Callable[[Path], Iterator[Told]]] = {
    "owamcap": owamcap.read,
    "openadapt-capture": openadapt.read,
    "ducktrack": ducktrack.read,
    "agentnet": agentnet.read,
}
ITEMS_AT_ONCE = 500

Progress = Callable[[int, int], None]
"""Told how many recordings and how many events were read so far."""


def import_dataset(
    source: Source,
    path: Path,
    to: Path,
    *,
    recipient: str,
    key: SigningKey,
    licence: str,
    now_ns: int,
    progress: Progress = lambda recordings, events: None,
) -> Imported:
    """Read ``path`` and write a data set sealed to ``recipient`` into the new folder ``to``.

    On an error nothing is kept. Raises :class:`BadInput` for what cannot be read, :class:`Conflict` if ``to`` is there.
    """
    if to.exists():
        raise Conflict(f"{to} is there already", cause="an earlier import, or another folder", fix="name a new folder")
    made = to.with_name(f".importing-{to.name}")
    made.mkdir(mode=0o700, parents=True)
    try:
        artefact_id = new_id(Kind.ARTEFACT)
        writer = DatasetWriter(artefact_id, recipient, put_into(made))
        feeder = _Feeder(writer, progress)
        for told in READERS[source](path):
            feeder.take(told)
        feeder.end()
        if not feeder.events:
            raise BadInput(f"{path.name} tells of no event", cause=f"it is empty, or no {source}", fix="see the path")
        writer.finish(now_ns)
        document = Imported(
            artefact_id=artefact_id,
            source=source,
            name=path.name,
            licence=licence,
            imported_at_ns=now_ns,
            recordings=feeder.recordings,
            events=feeder.events,
            unread=dict(sorted(feeder.unread.items())),
            pictures=feeder.pictures,
            pictures_missing=feeder.pictures_missing,
            files=lineage.list_files(made),
        )
        signed = key.sign(imported.PAYLOAD_TYPE, imported.encode(document))
        (made / imported.FILE).write_bytes(envelope.encode(signed))
        made.rename(to)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return document


class _Feeder:
    """Passes on what was told, some hundred items at a time; each recording is a session."""

    def __init__(self, writer: DatasetWriter, progress: Progress) -> None:
        self._writer = writer
        self._progress = progress
        self._person_id = new_id(Kind.PERSON)
        self._told: Told | None = None
        self._sequence = 0
        self.recordings = self.events = self.pictures = self.pictures_missing = 0
        self.unread: Counter[str] = Counter()

    def take(self, told: Told) -> None:
        if told is not self._told:
            self.end()
            self._told, self._sequence = told, 0
        if told.waiting() >= ITEMS_AT_ONCE:
            self._pass_on(told)

    def end(self) -> None:
        """The recording is over."""
        told, self._told = self._told, None
        if told is None:
            return
        self._pass_on(told)
        self._writer.mark(told.marks())
        self.recordings += 1
        self.events += told.events
        self.pictures += told.pictures
        self.pictures_missing += told.pictures_missing
        self.unread.update(told.unread)
        self._progress(self.recordings, self.events)

    def _pass_on(self, told: Told) -> None:
        items = told.take()
        if items:
            span_ns = items[-1].time_ns - items[0].time_ns
            names = self._person_id, told.session_id, new_id(Kind.SEGMENT)
            self._writer.take(Piece(*names, self._sequence, span_ns, items))
            self._sequence += 1
