"""What is a steward shown of the fleet, and everybody of its drills and exemptions?

Counts, of at least ten people together or not at all; a device only where something is wrong with it. Nothing here says
when, or how much, a person works, or who paused themselves. Times are the vault's wall time, or spans after a pause.
"""

from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import (
    Count,
    DeviceId,
    Document,
    DrillId,
    ExemptionId,
    Line,
    Nanoseconds,
    PauseId,
    PersonId,
    Reason,
    decode_json,
    encode_json,
)

DRILL_TYPE = "application/vnd.aboveboard.drill.v1+json"
EXEMPTION_TYPE = "application/vnd.aboveboard.exemption.v1+json"
LIMIT_BYTES = 64 * 1024
ANSWER_LIMIT_BYTES = 4 * 1024 * 1024

STRAGGLERS_LIMIT = 50
"""As many are named, those that may go on longest first."""


class States(Document, frozen=True):
    """How many devices are in which state (``rules.fleet.state_of``)."""

    permitted: Count = 0
    paused_by_person: Count = 0
    paused_by_steward: Count = 0
    refused: Count = 0
    unreachable: Count = 0


class Group(Document, frozen=True):
    """People of one country and cohort; ``None``: of several, since each alone has fewer than ten."""

    country: Line | None
    cohort: Line | None
    people: Annotated[int, Meta(ge=10)]
    states: States


class ExemptionCounts(Document, frozen=True):
    """How many exemptions are in force: from being asked to take part, and from what is collected of a cohort."""

    asking: Count
    collection: Count


class Fleet(Document, frozen=True):
    """Everyone whose consent is live, now. ``states`` of ``None``: fewer than ten people, so nothing is counted.

    ``versions``: recorder version → devices; ``health``: word of the watchdog → devices (``formats.lease.HealthWord``).
    """

    at_ns: Nanoseconds
    people: Count
    devices: Count
    states: States | None
    versions: dict[str, Count]
    health: dict[str, Count]
    groups: list[Group]
    exemptions: ExemptionCounts


class Spread(Document, frozen=True):
    """Spans after the moment of a pause, over ``devices`` of them; nearest rank."""

    devices: Count
    p50_ns: Nanoseconds
    p99_ns: Nanoseconds
    max_ns: Nanoseconds


StragglerWhy = Literal["lease_live", "lease_after_pause", "frame_after_pause", "frame_offered"]
"""Its last lease still runs; it was given a lease, or frames of it were taken in, in spite of the pause; it offered
frames from within the pause, which were refused."""


class Straggler(Document, frozen=True):
    """A device that a pause has not reached, or had not at once. ``until_ns``: when it could, or did, record last."""

    device_id: DeviceId
    why: StragglerWhy
    until_ns: Nanoseconds


class StopCounts(Document, frozen=True):
    """Of the devices that could record when the pause began (a live lease): which proof there is that each stopped.

    ``confirmed``: it asked and was refused. ``lapsed``: its lease ran out. ``possible``: its lease is live.
    ``unproven``: the pause ended before either. ``to_stop`` is the span to that proof, ``to_last_frame`` to the end of
    the last frame taken in (0: none from after the pause began), ``to_last_intake`` to the moment when a segment of
    earlier frames was last taken in, ``to_last_offer`` to the end of the last frame that was offered and refused.
    """

    devices: Count
    confirmed: Count
    lapsed: Count
    possible: Count
    unproven: Count
    to_stop: Spread | None
    to_last_frame: Spread | None
    to_last_intake: Spread | None
    to_last_offer: Spread | None


class PauseReport(Document, frozen=True):
    """How a steward's pause arrived. ``counts`` of ``None``: it concerns fewer than ten people.

    ``certain_at_ns``: from then on nothing can be recorded, whatever a device does: its last lease has run out.
    ``stopped``: nothing is possible any more; ``final``: the report changes no more.
    """

    pause_id: PauseId
    at_ns: Nanoseconds
    ended_at_ns: Nanoseconds | None
    certain_at_ns: Nanoseconds
    stopped: bool
    final: bool
    counts: StopCounts | None


class ShownPause(Document, frozen=True):
    """A steward's pause, as stewards see it."""

    pause: Envelope
    report: PauseReport
    stragglers: Annotated[list[Straggler], Meta(max_length=STRAGGLERS_LIMIT)]


class Drill(Document, frozen=True):
    """A pause on trial: ``pause`` is signed beforehand and begins at ``at_ns``, for ``duration_ns``; its end is this.

    ``why`` is published to everybody in the programme, with the report.
    """

    drill_id: DrillId
    at_ns: Nanoseconds
    duration_ns: Annotated[int, Meta(ge=5_000_000_000, le=900_000_000_000)]
    pause: Envelope
    why: Reason


DrillState = Literal["scheduled", "running", "done", "missed", "called_off"]


class ShownDrill(Document, frozen=True):
    """A drill as everybody in the programme sees it: numbers only. ``missed``: the vault did not run at its time."""

    drill_id: DrillId
    at_ns: Nanoseconds
    duration_ns: Nanoseconds
    slice: Line
    why: Reason
    state: DrillState
    report: PauseReport | None


ExemptionKind = Literal["asking", "collection"]
Ground = Literal["health", "secrecy_of_others", "legal_duty", "representation", "safety"]
"""The closed list of what an exemption may rest on. Rank is not among them."""


class Exemption(Document, frozen=True):
    """One person is not asked to take part (they are not named: they are nobody here), or nothing is collected of them.

    For the latter ``person_id`` and ``pause_id`` are given: the steward's pause, without an end, that carries it out.
    It is in force until ``until_ns``, and the latter only while that pause lasts.
    """

    exemption_id: ExemptionId
    kind: ExemptionKind
    ground: Ground
    reason: Reason
    cohort: Line
    person_id: PersonId | None
    pause_id: PauseId | None
    at_ns: Nanoseconds
    until_ns: Nanoseconds


class ShownExemption(Document, frozen=True):
    """An exemption, as stewards see it."""

    exemption: Envelope
    in_force: bool


class Published(Document, frozen=True):
    """What everybody in the programme sees of how it is run."""

    exemptions: ExemptionCounts
    drills: list[ShownDrill]


def encode(document: Drill | Exemption | PauseReport) -> bytes:
    """The document's JSON: the bytes to sign, for a drill and an exemption."""
    return encode_json(document)


def decode_drill(data: bytes) -> Drill:
    """Parse a drill; raises :class:`BadInput`."""
    return decode_json(data, Drill, name="drill", limit_bytes=LIMIT_BYTES)


def decode_exemption(data: bytes) -> Exemption:
    """Parse an exemption; raises :class:`BadInput`."""
    return decode_json(data, Exemption, name="exemption", limit_bytes=LIMIT_BYTES)


def decode_report(data: bytes) -> PauseReport:
    """Parse a pause's report; raises :class:`BadInput`."""
    return decode_json(data, PauseReport, name="report of a pause", limit_bytes=LIMIT_BYTES)


def decode_fleet(data: bytes) -> Fleet:
    """Parse the vault's answer; raises :class:`BadInput`."""
    return decode_json(data, Fleet, name="answer about the fleet", limit_bytes=ANSWER_LIMIT_BYTES)


def decode_pauses(data: bytes) -> list[ShownPause]:
    """Parse the vault's answer; raises :class:`BadInput`."""
    return decode_json(data, list[ShownPause], name="list of pauses", limit_bytes=ANSWER_LIMIT_BYTES)


def decode_published(data: bytes) -> Published:
    """Parse the vault's answer; raises :class:`BadInput`."""
    return decode_json(data, Published, name="answer about the programme", limit_bytes=ANSWER_LIMIT_BYTES)
