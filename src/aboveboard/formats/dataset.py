"""What is in this data set, without opening it?

``dataset.json`` rests in the clear beside the sealed shards, so it holds counts and nothing that was recorded, and no
count that is of one person alone.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import ArtefactId, Count, Document, Line, Nanoseconds, PersonId, decode_json, encode_json
from aboveboard.formats.trajectory import ActionKind

FORMAT_VERSION = 2
LIMIT_BYTES = 4 * 1024 * 1024

Part = Literal["steps", "episodes", "frames", "bands", "events", "redrawn", "media"]
PARTS: tuple[Part, ...] = ("steps", "episodes", "frames", "bands", "events", "redrawn", "media")
"""Each person has shards of each; ``media`` are the packed bytes that ``bands`` lists, all else is Parquet.

``redrawn`` says when the screen was drawn whole; data sets made before there was such a part have none.
"""
SHARDS_LIMIT = 9_000
"""A lineage names at most 10,000 files."""


class Shard(Document, frozen=True):
    """The file ``path`` (relative), sealed with age, is number ``number`` of the ``part`` of ``person_id``."""

    path: Line
    person_id: PersonId
    part: Part
    number: Annotated[int, Meta(ge=0, le=9999)]


class Totals(Document, frozen=True):
    """Counts over everyone in the data set.

    ``unused`` counts the events that made no step, by reason; ``step_events + sum(unused.values()) == events``.
    ``recorded_ns`` is the sum of the segments' durations. ``missing_segments`` is how many are not there between the
    first and the last of a session. ``unseen_steps`` have no frame although the session has a screen: it was not known
    just then, mostly because a segment is missing.
    """

    people: Count
    sessions: Count
    segments: Count
    missing_segments: Count
    recorded_ns: Nanoseconds
    events: Count
    step_events: Count
    unused: dict[str, Count]
    steps: Count
    actions: dict[ActionKind, Count]
    frames: Count
    unseen_steps: Count = 0
    episodes: Count = 0
    instructed: Count = 0
    """Episodes with an instruction."""


class DatasetCard(Document, frozen=True):
    """``dataset.json``. ``rebuilt_from`` is the data set that this one took the place of when something was erased."""

    format: Literal["aboveboard.dataset"]
    version: Annotated[int, Meta(ge=FORMAT_VERSION, le=FORMAT_VERSION)]
    artefact_id: ArtefactId
    created_at_ns: Nanoseconds
    totals: Totals
    shards: Annotated[list[Shard], Meta(max_length=SHARDS_LIMIT)]
    rebuilt_from: ArtefactId | None = None


def shard_path(person_id: str, part: Part, number: int) -> str:
    """The file name of a shard."""
    kind = "bin" if part == "media" else "parquet"
    return f"person-{person_id}.{part}-{number:04}.{kind}.age"


def encode(card: DatasetCard) -> bytes:
    """The card's JSON."""
    return encode_json(card)


def decode(data: bytes) -> DatasetCard:
    """Parse ``dataset.json``; raises :class:`BadInput`."""
    return decode_json(data, DatasetCard, name="data set card", limit_bytes=LIMIT_BYTES)
