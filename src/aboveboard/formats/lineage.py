"""What was this derived from, under which grant, and until when may it be kept?

Every artefact of the lab has one of these beside it and registered with the vault; erasure follows it. Segments are
named by their place in a session, so that an hour of recording is one line and a person's years fit.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats import envelope
from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import (
    ArtefactId,
    ConsentId,
    Count,
    Document,
    GrantId,
    Line,
    Nanoseconds,
    PersonId,
    SessionId,
    Sha256,
    decode_json,
    encode_json,
)

PAYLOAD_TYPE = "application/vnd.aboveboard.lineage.v1+json"
LIMIT_BYTES = 12 * 1024 * 1024
SIGNED_LIMIT_BYTES = 17 * 1024 * 1024
"""The largest envelope with a lineage in it: base64 is a third longer."""

Kind = Literal["dataset", "model", "assessment", "export"]
Span = tuple[Count, Count]
"""The first and the last of some segments that follow on each other, by their ``sequence`` in the session."""


class SessionSource(Document, frozen=True):
    """Which segments of one session: ``spans`` in order, neither touching nor overlapping, so that there is one way to
    write them."""

    session_id: SessionId
    spans: Annotated[list[Span], Meta(min_length=1, max_length=100_000)]

    def __post_init__(self) -> None:
        ends = [end for span in self.spans for end in span]
        gaps = zip(self.spans, self.spans[1:], strict=False)
        if ends != sorted(ends) or any(first[1] + 1 >= second[0] for first, second in gaps):
            raise ValueError("the spans of a session are not in order, or touch each other")


class Source(Document, frozen=True):
    """What was used of one person's recordings under one consent."""

    person_id: PersonId
    consent_id: ConsentId
    sessions: Annotated[list[SessionSource], Meta(min_length=1, max_length=200_000)]

    def __post_init__(self) -> None:
        names = [session.session_id for session in self.sessions]
        if names != sorted(set(names)):
            raise ValueError("the sessions of a source are not in order, each once")


HEAD_BYTES = 1024


class ArtefactFile(Document, frozen=True):
    """One file: path relative to the artefact's folder, size in bytes, SHA-256 of its bytes as they rest on disk.

    ``head_sha256`` is of its first ``HEAD_BYTES`` if it has more: a copy that was cut short or added to is known by it.
    """

    path: Line
    size_bytes: Count
    sha256: Sha256
    head_sha256: Sha256 | None = None


class Lineage(Document, frozen=True):
    """The pedigree of one artefact. ``purposes`` and ``retention_until_ns`` are the narrowest of its sources'."""

    artefact_id: ArtefactId
    kind: Kind
    created_at_ns: Nanoseconds
    grant_id: GrantId
    purposes: Annotated[list[Purpose], Meta(min_length=1, max_length=3)]
    retention_until_ns: Nanoseconds
    sources: Annotated[list[Source], Meta(min_length=1, max_length=100_000)]
    """By person and consent, each pair once."""
    parents: Annotated[list[ArtefactId], Meta(max_length=1000)]
    files: Annotated[list[ArtefactFile], Meta(max_length=10_000)]
    made_by: Line
    """The command and the version of Aboveboard."""

    def __post_init__(self) -> None:
        pairs = [(source.person_id, source.consent_id) for source in self.sources]
        if pairs != sorted(set(pairs)):
            raise ValueError("the sources are not in order of person and consent, each pair once")

    @property
    def people(self) -> list[PersonId]:
        """Everyone whose recordings are in it, sorted."""
        return sorted({source.person_id for source in self.sources})

    @property
    def consents(self) -> list[ConsentId]:
        """The consents that it rests on, sorted."""
        return sorted({source.consent_id for source in self.sources})

    @property
    def segment_count(self) -> int:
        """How many segments it was made from."""
        return count_segments(self.sources)


class OwnArtefact(Document, frozen=True):
    """What a person is told of something that was made from their recordings.

    ``sources`` are their own alone, and ``parents`` those that name them. Of everybody else in it there is only how
    many they are, ``people`` with themselves: whose files are how large would tell how much others recorded.
    """

    artefact_id: ArtefactId
    kind: Kind
    created_at_ns: Nanoseconds
    grant_id: GrantId
    purposes: Annotated[list[Purpose], Meta(min_length=1, max_length=3)]
    retention_until_ns: Nanoseconds
    sources: Annotated[list[Source], Meta(min_length=1, max_length=100_000)]
    people: Count
    parents: Annotated[list[ArtefactId], Meta(max_length=1000)]
    made_by: Line
    state: Literal["live", "due", "destroyed"]
    due_by_ns: Nanoseconds | None

    @property
    def segment_count(self) -> int:
        """How many segments of this person went into it."""
        return count_segments(self.sources)


def count_segments(sources: Iterable[Source]) -> int:
    """How many segments these name."""
    sessions = (session for source in sources for session in source.sessions)
    return sum(last - first + 1 for session in sessions for first, last in session.spans)


def encode(lineage: Lineage) -> bytes:
    """The lineage's JSON."""
    return encode_json(lineage)


def decode_signed(data: bytes) -> Envelope:
    """Parse the envelope of a lineage; raises :class:`BadInput`. Nothing is verified yet."""
    return envelope.decode(data, limit_bytes=SIGNED_LIMIT_BYTES)


def decode(data: bytes) -> Lineage:
    """Parse a lineage; raises :class:`BadInput`."""
    return decode_json(data, Lineage, name="lineage", limit_bytes=LIMIT_BYTES)
