"""How does a person show somebody else who opened their recordings, so that nobody has to be believed?

``openings.json`` of an exported file. Everything that a check needs is in it, but for one thing: which keys to believe.
``trust`` says which ones the person's machine believed; whoever checks compares them with what the log's operator and
the witnesses publish. ``docs/spec/openings.md`` has the steps.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.custody import OPENINGS_LIMIT_BYTES, Opening
from aboveboard.formats.fields import (
    ArtefactId,
    Count,
    Document,
    GrantId,
    Line,
    Nanoseconds,
    PersonId,
    decode_json,
    encode_json,
)
from aboveboard.formats.trust import Trust

LIMIT_BYTES = OPENINGS_LIMIT_BYTES


class Made(Document, frozen=True):
    """What was made under a grant, as the vault told: this is not in the log. Times are ISO 8601."""

    artefact_id: ArtefactId
    kind: Line
    grant_id: GrantId
    created_at: Line
    until: Line
    state: Line


class OpeningsProof(Document, frozen=True):
    """Every opening of ``person_id``'s recordings up to ``made_at_ns`` (wall time).

    ``checkpoint`` is the signed, co-signed note that every entry's proof leads to; empty if nothing was ever published.
    ``passed_on``: how many keys the vault said that it passed on; ``None``: it did not say.
    """

    profile: Literal["aboveboard.openings/1"]
    person_id: PersonId
    made_at_ns: Nanoseconds
    contact: Annotated[str, Meta(max_length=200)]
    trust: Trust
    checkpoint: str
    entries: Annotated[list[Opening], Meta(max_length=1_000_000)]
    passed_on: Count | None
    made: Annotated[list[Made], Meta(max_length=100_000)]


def encode(proof: OpeningsProof) -> bytes:
    """The JSON in the exported file."""
    return encode_json(proof)


def decode(data: bytes) -> OpeningsProof:
    """Parse it; raises :class:`BadInput`. Nothing is verified: see ``viewer.openings_file``."""
    return decode_json(data, OpeningsProof, name="proof of openings", limit_bytes=LIMIT_BYTES)
