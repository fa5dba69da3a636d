"""How did one training go: on what, by which code, under which grant, and with which loss at which step?

Beside a run while it goes (rewritten about once a second), and beside the model once it is made. It says nothing of
anybody: its curves are of all who are in a part together.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import (
    ArtefactId,
    Count,
    Document,
    GrantId,
    Line,
    Nanoseconds,
    Sha256,
    decode_json,
    encode_json,
)

LIMIT_BYTES = 256 * 1024
POINTS = 400
"""So many points a curve has at most."""

TrainingKind = Literal["click_policy", "element_policy", "vision_language"]


class Point(Document, frozen=True):
    """``loss`` (as the kind of training measures it, less is better) up to and with ``step``: a mean since the point
    before."""

    step: Count
    loss: float


Curve = Annotated[list[Point], Meta(max_length=POINTS)]


class Training(Document, frozen=True):
    """One training of ``steps`` steps; of a model in parts, of part number ``part`` of ``parts``, from 0.

    ``dataset_sha256`` is over the data set's files: its version. ``commit`` is that of the code, with a + where files
    differ from it, "" where it was installed. ``resumed_at``: after which step it went on, the last time. ``seconds``
    are those of this process. ``held_out`` is measured on what is not learnt from, where anything is.
    """

    format: Literal["aboveboard.training"]
    version: Literal[1]
    kind: TrainingKind
    dataset_id: ArtefactId
    dataset_sha256: Sha256
    grant_id: GrantId
    made_by: Line
    commit: Line
    began_at_ns: Nanoseconds
    steps: Count
    part: Count = 0
    parts: Count = 1
    resumed_at: Count = 0
    seconds: Annotated[float, Meta(ge=0.0)] = 0.0
    loss: Curve = msgspec.field(default_factory=list)
    held_out: Curve = msgspec.field(default_factory=list)


def encode(training: Training) -> bytes:
    """The training's JSON."""
    return encode_json(training)


def decode(data: bytes) -> Training:
    """Parse a training; raises :class:`BadInput`."""
    return decode_json(data, Training, name="training", limit_bytes=LIMIT_BYTES)
