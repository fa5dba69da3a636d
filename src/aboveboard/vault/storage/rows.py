"""What does the vault remember? One frozen row type per thing; signed documents are kept as the exact JSON received.

All times are the vault's own wall time in nanoseconds, unless the name of the document says otherwise. ``None`` in a
time means: it has not happened.
"""

from dataclasses import dataclass
from typing import Literal

SegmentState = Literal["declared", "stored", "erasing", "destroyed"]
ArtefactState = Literal["live", "due", "destroyed"]
ErasurePhase = Literal["ordered", "keys", "objects", "done"]
ErasureWhy = Literal["person", "retention", "order"]


@dataclass(frozen=True)
class DisclosureRow:
    """``envelope`` is the signed disclosure; ``sha256`` is over its payload."""

    sha256: str
    programme: str
    version: int
    envelope: str
    published_by: str
    received_at_ns: int


@dataclass(frozen=True)
class InvitationRow:
    """Only the hash of the code is kept, so that the database cannot be used to enrol."""

    code_sha256: str
    invited_by: str
    expires_at_ns: int
    country: str
    cohort: str
    used_by_device: str | None = None


@dataclass(frozen=True)
class PersonRow:
    """``key_statement`` is the keyholder's signed statement of the newest key.

    ``country`` and ``cohort`` are their invitation's. A country is empty only for whoever enrolled before it was asked.
    """

    person_id: str
    person_key: str
    person_recipient: str
    key_statement: str
    enrolled_at_ns: int
    country: str
    cohort: str


@dataclass(frozen=True)
class DeviceRow:
    """One device belongs to one person.

    ``health``: the newest words of its watchdog, sorted, with a space between; ``None`` if it never told any.
    ``health_at_ns``: when they were told, to the hour.
    """

    device_id: str
    person_id: str
    device_key: str
    platform: str
    enrolled_at_ns: int
    health: str | None = None
    health_at_ns: int | None = None


@dataclass(frozen=True)
class ConsentRow:
    """A receipt whose signature held, and what has become of it."""

    consent_id: str
    person_id: str
    device_id: str
    disclosure_sha256: str
    receipt: str
    received_at_ns: int
    withdrawal: str | None = None
    withdrawn_at_ns: int | None = None
    erased_at_ns: int | None = None


@dataclass(frozen=True)
class PauseRow:
    """At most one of ``person_id``, ``cohort``, ``country``, ``wm_class`` and ``share`` is set: none concerns everyone.

    A resume sets ``ended_at_ns``; ``until_ns`` ends it by itself. ``reason`` is for the people, as in the envelope.
    """

    pause_id: str
    made_by: Literal["person", "steward"]
    person_id: str | None
    envelope: str
    at_ns: int
    until_ns: int | None = None
    ended_at_ns: int | None = None
    cohort: str | None = None
    country: str | None = None
    wm_class: str | None = None
    reason: str = ""
    share: int | None = None

    def end_ns(self) -> int | None:
        """When it ends or ended; ``None``: not before somebody resumes."""
        ends = [end for end in (self.until_ns, self.ended_at_ns) if end is not None]
        return min(ends, default=None)


ChangeKind = Literal["pause", "resume", "consent", "withdrawal", "erasure", "disclosure", "news", "key"]
"""What may have changed; ``subject`` is a pause's id, a person's, a disclosure's hash, or for news a person's or "".
"key": there is a newer key to seal to for a person."""


@dataclass(frozen=True)
class ChangeRow:
    """One step in the line of changes that every process of the vault follows; ``sequence`` only grows."""

    sequence: int
    kind: ChangeKind
    subject: str
    at_ns: int


@dataclass(frozen=True)
class SegmentRow:
    """``manifest`` is the signed manifest, emptied when the segment is destroyed. The wall times are the device's.

    ``header``: the age header (base64) that takes the place of the stored one, and ``key_epoch`` its key; ``None``: the
    stored one holds. ``erasure_id``: whose order it is ``erasing`` or destroyed by, where that is not everything.
    """

    segment_id: str
    session_id: str
    sequence: int
    person_id: str
    device_id: str
    consent_id: str
    disclosure_sha256: str
    key_epoch: int
    manifest: str
    manifest_sha256: str
    size_bytes: int
    sha256: str
    previous_sha256: str | None
    state: SegmentState
    declared_at_ns: int
    stored_at_ns: int | None = None
    start_wall_ns: int = 0
    end_wall_ns: int = 0
    header: str | None = None
    erasure_id: str | None = None


@dataclass(frozen=True)
class RequestRow:
    """``sha256`` is over the request's payload, as approvals name it."""

    request_id: str
    requester: str
    envelope: str
    sha256: str
    received_at_ns: int


@dataclass(frozen=True)
class ApprovalRow:
    """One approver's answer to one request."""

    request_id: str
    approver: str
    envelope: str
    verdict: str
    received_at_ns: int


@dataclass(frozen=True)
class GrantRow:
    """A request that has its approvals, and perhaps its revocation."""

    grant_id: str
    request_id: str
    granted_at_ns: int
    revocation: str | None = None
    revoked_at_ns: int | None = None


@dataclass(frozen=True)
class ArtefactRow:
    """``lineage`` is the signed lineage; ``due_by_ns`` is when a due artefact must be gone.

    ``word``: what its keeper signed when it was gone.
    """

    artefact_id: str
    grant_id: str
    registered_by: str
    lineage: str
    state: ArtefactState
    registered_at_ns: int
    due_by_ns: int | None = None
    destroyed_at_ns: int | None = None
    word: str | None = None


@dataclass(frozen=True)
class SealedRow:
    """Of a segment only what opens it: see :class:`SegmentRow`."""

    segment_id: str
    key_epoch: int
    header: str | None


@dataclass(frozen=True)
class SpanRow:
    """The segments ``first`` to ``last`` of a session, both included, by their sequence."""

    session_id: str
    first: int
    last: int


@dataclass(frozen=True)
class SegmentsOfSpan:
    """Those on record within a span that are of one person, one consent and one disclosure; when the first began."""

    person_id: str
    consent_id: str
    disclosure_sha256: str
    count: int
    start_wall_ns: int


@dataclass(frozen=True)
class ErasureRow:
    """How far an erasure has come: the keys, then the objects, then the receipt. ``whole``: it is everything.

    ``keys``: which were ended, by their names in the receipt, with a space between.
    """

    erasure_id: str
    person_id: str
    order: str
    phase: ErasurePhase
    ordered_at_ns: int
    ledger_index: int | None = None
    receipt: str | None = None
    why: ErasureWhy = "person"
    whole: bool = True
    keys: str | None = None
