"""Who paused the recording of whom, until when?

A pause is signed by the person (for themselves) or by a steward (for one person, a cohort, a country, one application
of everybody's, or everyone). ``until_ns`` of ``None`` means until somebody resumes. A person's own pause can only be
ended by that person or by its time.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.fields import (
    Country,
    Document,
    Line,
    Nanoseconds,
    PauseId,
    PersonId,
    decode_json,
    encode_json,
)

PAUSE_TYPE = "application/vnd.aboveboard.pause.v1+json"
RESUME_TYPE = "application/vnd.aboveboard.resume.v1+json"
LIMIT_BYTES = 4 * 1024

SomeCohort = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]*$", max_length=40)]
"""A cohort by its name; unlike ``fields.Cohort`` never the people who are in none."""
WmClass = Annotated[str, Meta(min_length=1, max_length=100)]
Share = Annotated[int, Meta(ge=1, le=99)]
"""Of a hundred."""


class Pause(Document, frozen=True):
    """One of ``person_id``, ``cohort``, ``country``, ``wm_class``, ``share`` says what is paused, or none: everyone.

    ``country`` pauses its parts too ("US": also "US-NY"). ``wm_class`` pauses one application of everybody's, as the
    disclosure names it: the rest goes on being recorded. ``share`` pauses so many of a hundred people, picked by
    chance: the pause's own id says which (``rules.pause.picked``). ``reason`` is shown to the people paused. Times are
    wall time.
    """

    pause_id: PauseId
    by: Literal["person", "steward"]
    person_id: PersonId | None
    at_ns: Nanoseconds
    until_ns: Nanoseconds | None = None
    reason: Line = ""
    cohort: SomeCohort | None = None
    country: Country | None = None
    wm_class: WmClass | None = None
    share: Share | None = None


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
