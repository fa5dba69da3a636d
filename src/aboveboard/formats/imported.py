"""Where does this data set come from, that nobody recorded here?

A data set that was imported from another recorder's files has no consent, no grant and no lineage here; it says instead
what it was made from, on whose word it may be used, and what could not be told. It rests outside the lab's artefacts.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import ArtefactId, Count, Document, Line, Nanoseconds, Text, decode_json, encode_json
from aboveboard.formats.lineage import ArtefactFile

PAYLOAD_TYPE = "application/vnd.aboveboard.imported.v1+json"
FILE = "imported.json"
LIMIT_BYTES = 12 * 1024 * 1024

Source = Literal["owamcap", "openadapt-capture", "ducktrack", "agentnet"]


class Imported(Document, frozen=True):
    """``unread`` counts the records that made no event, by reason; ``pictures_missing`` those that were not there.

    ``licence`` is what the researcher gave as the right to use it. ``source`` names the format, ``name`` the file or
    folder.
    """

    artefact_id: ArtefactId
    source: Source
    name: Line
    licence: Text
    imported_at_ns: Nanoseconds
    recordings: Count
    events: Count
    unread: dict[str, Count]
    pictures: Count
    pictures_missing: Count
    files: Annotated[list[ArtefactFile], Meta(max_length=10_000)]


def encode(imported: Imported) -> bytes:
    """The document's JSON."""
    return encode_json(imported)


def decode(data: bytes) -> Imported:
    """Parse ``imported.json``'s payload; raises :class:`BadInput`."""
    return decode_json(data, Imported, name="imported data set", limit_bytes=LIMIT_BYTES)
