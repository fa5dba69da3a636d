"""Who paused the recording of whom, until when?

A pause is signed by the person (for themselves) or by a steward (for one person or everyone). ``until_ns`` of ``None``
means until somebody resumes. A person's own pause can only be ended by that person or by its time.
"""

from typing import Literal

from aboveboard.formats.fields import Document, Line, Nanoseconds, PauseId, PersonId, decode_json, encode_json

PAUSE_TYPE = "application/vnd.aboveboard.pause.v1+json"
RESUME_TYPE = "application/vnd.aboveboard.resume.v1+json"
LIMIT_BYTES = 4 * 1024


class Pause(Document, frozen=True):
    """``person_id`` of ``None`` pauses everyone. ``reason`` is shown to the people paused. Times are wall time."""

    pause_id: PauseId
    by: Literal["person", "steward"]
    person_id: PersonId | None
    at_ns: Nanoseconds
    until_ns: Nanoseconds | None = None
    reason: Line = ""


class Resume(Document, frozen=True):
    """Ends the pause ``pause_id``, from ``at_ns`` (wall time) on."""

    pause_id: PauseId
    at_ns: Nanoseconds


def encode(document: Pause | Resume) -> bytes:
    """The bytes to sign."""
    return encode_json(document)


def decode_pause(data: bytes) -> Pause:
    """Parse a pause; raises :class:`BadInput`."""
    return decode_json(data, Pause, name="pause", limit_bytes=LIMIT_BYTES)


def decode_resume(data: bytes) -> Resume:
    """Parse the end of a pause; raises :class:`BadInput`."""
    return decode_json(data, Resume, name="resume", limit_bytes=LIMIT_BYTES)
