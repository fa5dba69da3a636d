"""Who may open whose recordings, which part of them, for what, and for how long?

A request is signed by the researcher. Each approval is signed by an approver, in the role that it names, over the hash
of that exact request. A grant is nothing but a request with enough approvals; its clock starts at the last one.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from msgspec import Meta

from aboveboard.base.ids import Kind
from aboveboard.formats.disclosure import Purpose
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import (
    Cohort,
    Document,
    GrantId,
    Line,
    Nanoseconds,
    PersonId,
    Reason,
    Recipient,
    RequestId,
    Sha256,
    StaffId,
    decode_json,
    encode_json,
)

REQUEST_TYPE = "application/vnd.aboveboard.access-request.v1+json"
APPROVAL_TYPE = "application/vnd.aboveboard.approval.v1+json"
REVOCATION_TYPE = "application/vnd.aboveboard.revocation.v1+json"
REVIEW_TYPE = "application/vnd.aboveboard.review.v1+json"
LIMIT_BYTES = 256 * 1024
DURATION_LIMIT_NS = 90 * 86_400 * 1_000_000_000

DataKind = Literal["screen", "keystrokes", "pointer", "window", "site", "control"]
"""The kinds of data that a request can ask for, one by one."""

KIND_WORDS: dict[DataKind, str] = {
    "screen": "screen",
    "keystrokes": "keyboard",
    "pointer": "pointer",
    "window": "window titles",
    "site": "addresses",
    "control": "controls",
}
"""What people call them."""


ApprovingRole = Literal["security", "representative"]


class Fidelity(Document, frozen=True):
    """How closely each kind that is asked for is seen at most; ``exact`` and ``full`` are as it was recorded.

    What was recorded more closely is brought down in the lab before anything else sees it (``rules.fidelity``).
    """

    keystrokes: Literal["count", "shape", "exact"] = "exact"
    pointer: Literal["clicks", "full"] = "full"
    window: Literal["app", "exact"] = "exact"
    site: Literal["host", "exact"] = "exact"
    control: Literal["role", "exact"] = "exact"


class AccessRequest(Document, frozen=True):
    """``recipient`` is the age key that opened segments are re-sealed to.

    ``people`` are named one by one, and only these count. ``cohort``, if any, says that they were all of that cohort
    when the vault took the request; who joins it later is not covered. Recordings that began before ``since_ns`` (wall
    time; 0: from the beginning) are not asked for. ``emergency``: see ``rules.grants``.
    """

    request_id: RequestId
    requester: StaffId
    recipient: Recipient
    people: Annotated[list[PersonId], Meta(min_length=1, max_length=1000)]
    kinds: Annotated[list[DataKind], Meta(min_length=1, max_length=6)]
    purpose: Purpose
    output: Line
    reason: Reason
    duration_ns: Annotated[int, Meta(gt=0, le=DURATION_LIMIT_NS)]
    created_at_ns: Nanoseconds
    cohort: Cohort = ""
    fidelity: Fidelity = Fidelity()
    since_ns: Nanoseconds = 0
    emergency: bool = False


class Approval(Document, frozen=True):
    """A yes or no to the request whose payload bytes hash to ``request_sha256``.

    ``role`` is the one in which the approver answers. It is signed, so that it stays what it was, whatever role they
    are given later.
    """

    request_id: RequestId
    request_sha256: Sha256
    approver: StaffId
    role: ApprovingRole
    verdict: Literal["approve", "deny"]
    comment: Line
    at_ns: Nanoseconds


class Grant(Document, frozen=True):
    """A request and its approvals, all still in their signed envelopes: whoever relies on it checks it again.

    ``grant_id`` is ``grant_id_of`` the request's id.
    """

    grant_id: GrantId
    request: Envelope
    approvals: Annotated[list[Envelope], Meta(min_length=1, max_length=16)]


class GrantKept(Document, frozen=True):
    """The keyholder has kept a grant. ``notice``: of an emergency, what its person is told, signed by the keyholder."""

    notice: Envelope | None


class Revocation(Document, frozen=True):
    """The end of a grant, from ``at_ns`` (wall time) on. Any approver, steward or the requester may sign one."""

    grant_id: GrantId
    by: StaffId
    reason: Reason
    at_ns: Nanoseconds


class Review(Document, frozen=True):
    """What an approver, other than the one who said yes, finds of an emergency afterwards."""

    grant_id: GrantId
    by: StaffId
    verdict: Literal["justified", "not_justified"]
    words: Reason
    at_ns: Nanoseconds


def kinds_in_words(kinds: Iterable[DataKind]) -> str:
    """ "screen, pointer and controls"."""
    words = [KIND_WORDS[kind] for kind in KIND_WORDS if kind in set(kinds)]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def grant_id_of(request_id: str) -> str:
    """The id of the grant of this request: it follows from the signed request, so a revoked grant has no second name.

    ``req_X`` becomes ``gra_X``. Whoever relies on a grant MUST check that it bears this id.
    """
    return f"{Kind.GRANT}_{request_id.removeprefix(f'{Kind.REQUEST}_')}"


def encode(document: AccessRequest | Approval | Grant | Revocation | Review) -> bytes:
    """The document's JSON: the bytes to sign, for all but :class:`Grant`."""
    return encode_json(document)


def decode_request(data: bytes) -> AccessRequest:
    """Parse an access request; raises :class:`BadInput`."""
    return decode_json(data, AccessRequest, name="access request", limit_bytes=LIMIT_BYTES)


def decode_approval(data: bytes) -> Approval:
    """Parse an approval; raises :class:`BadInput`."""
    return decode_json(data, Approval, name="approval", limit_bytes=LIMIT_BYTES)


def decode_grant(data: bytes) -> Grant:
    """Parse a grant; raises :class:`BadInput`."""
    return decode_json(data, Grant, name="grant", limit_bytes=LIMIT_BYTES)


def decode_revocation(data: bytes) -> Revocation:
    """Parse a revocation; raises :class:`BadInput`."""
    return decode_json(data, Revocation, name="revocation", limit_bytes=LIMIT_BYTES)


def decode_review(data: bytes) -> Review:
    """Parse a review; raises :class:`BadInput`."""
    return decode_json(data, Review, name="review", limit_bytes=LIMIT_BYTES)


def decode_kept(data: bytes) -> GrantKept:
    """Parse the keyholder's answer to a grant; raises :class:`BadInput`."""
    return decode_json(data, GrantKept, name="answer to a grant", limit_bytes=LIMIT_BYTES)
