"""While a policy acted and a person watched: who was in control when, and what was the policy about to do?

Written by ``aboveboard assist``. It holds nothing that the person did, and not who they are: that is in their own
recording, if they record. Together they make corrections (``docs/spec/trajectory.md``, rule 15).
"""

from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import ArtefactId, Document, Nanoseconds, decode_json, encode_json
from aboveboard.formats.trajectory import Instruction, Outcome, Proposed

LIMIT_BYTES = 64 * 1024 * 1024
MOMENTS_LIMIT, ATTEMPTS_LIMIT = 200_000, 10_000

Holder = Literal["policy", "person"]
Why = Literal["begin", "proposal", "touch", "idle", "keys", "bar"]
"""Why this moment is told: it began; the policy changed its mind; the person touched mouse or keyboard; and what gave
control back: nothing done for a while, the keys for it, a click at the bar."""


class Moment(Document, frozen=True):
    """From ``time_ns`` on ``holder`` is in control, and ``proposed`` is what the policy does, or would do."""

    time_ns: Nanoseconds
    holder: Holder
    why: Why
    proposed: Proposed | None = None


class Attempt(Document, frozen=True):
    """What was to be done from ``start_ns`` to ``end_ns``, in the words of the task, and what came of it."""

    start_ns: Nanoseconds
    end_ns: Nanoseconds
    instruction: Instruction
    outcome: Outcome


class Assisted(Document, frozen=True):
    """One run. ``model_id`` is the policy's. ``attempts`` are in order of time."""

    format: Literal["aboveboard.assisted.v1"]
    model_id: ArtefactId
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    moments: Annotated[list[Moment], Meta(max_length=MOMENTS_LIMIT)]
    attempts: Annotated[list[Attempt], Meta(max_length=ATTEMPTS_LIMIT)] = msgspec.field(default_factory=list)

    def __post_init__(self) -> None:
        attempts = (time_ns for one in self.attempts for time_ns in (one.start_ns, one.end_ns))
        for told in ((one.time_ns for one in self.moments), attempts):
            if any(before > after for before, after in pairwise((self.start_ns, *told, self.end_ns))):
                raise ValueError("the moments or the attempts are not in order of time, or lie outside of the run")


def encode(assisted: Assisted) -> bytes:
    """The document's JSON."""
    return encode_json(assisted)


def decode(data: bytes) -> Assisted:
    """Parse one; raises :class:`BadInput`."""
    return decode_json(data, Assisted, name="account of who was in control", limit_bytes=LIMIT_BYTES)
