"""Which film was labelled, by which model, and what could not be told of it?

A data set of what a model guessed from a film has this beside its card. Nobody recorded what is in its steps: each says
that it is by a ``model``.
"""

from typing import Annotated

from msgspec import Meta

from aboveboard.formats.fields import (
    ArtefactId,
    Count,
    Document,
    Line,
    Nanoseconds,
    Sha256,
    Text,
    decode_json,
    encode_json,
)

FILE = "labelled.json"
LIMIT_BYTES = 1024 * 1024


class Labelled(Document, frozen=True):
    """``name`` and ``sha256`` are the film's; ``licence`` is what the researcher gave as the right to use it.

    ``sure`` is how sure the model had to be, of the kind and of the place. ``left_out`` counts what it saw and is no
    step, by reason; ``lessened`` what could not be told of the steps. ``steps + sum(left_out.values())`` is all it saw.
    """

    artefact_id: ArtefactId
    model_id: ArtefactId
    name: Line
    sha256: Sha256
    licence: Text
    labelled_at_ns: Nanoseconds
    sure: Annotated[float, Meta(ge=0, le=1)]
    frames: Count
    changes: Count
    film_ns: Nanoseconds
    steps: Count
    left_out: dict[str, Count]
    lessened: dict[str, Count]


def encode(labelled: Labelled) -> bytes:
    """The document's JSON."""
    return encode_json(labelled)


def decode(data: bytes) -> Labelled:
    """Parse ``labelled.json``; raises :class:`BadInput`."""
    return decode_json(data, Labelled, name="labelled film", limit_bytes=LIMIT_BYTES)
