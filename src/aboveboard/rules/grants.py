"""Is this grant one, and does it permit this release, now?

The numbered steps are the same in ``docs/spec/grant.md``. Signatures are checked by whoever calls
(``sealing.signatures``); what comes in here are the verified documents and the signers' entries in the roster.

1. The requester is known and a researcher.
2. Every approval is for exactly this request, by its hash.
3. Every approver is known, has an approving role, and is not the requester (neither by id nor by key).
4. Nobody said no.
5. There are two different approvers, with different ids and different keys.
6. They have two different approving roles.
7. The grant has begun and has not run out; its clock starts at the last approval.
8. It has not been revoked.
9. The person is one that it names.
10. The purpose is one that the person's disclosure names.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.grant import AccessRequest, Approval
from aboveboard.formats.roster import APPROVING_ROLES, Roster, Staff
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no

CLOCK_TOLERANCE_NS = 60 * SECOND_NS


@dataclass(frozen=True)
class GrantFacts:
    """A request and its approvals, their signatures verified with the keys in ``roster``.

    ``request_sha256`` is over the request's payload bytes. ``revoked_at_ns`` of ``None``: it was not.
    """

    request: AccessRequest
    request_sha256: str
    approvals: Sequence[Approval]
    roster: Roster
    revoked_at_ns: int | None = None

    def started_at_ns(self) -> int:
        """Wall time of the last approval."""
        return max((approval.at_ns for approval in self.approvals), default=0)

    def expires_at_ns(self) -> int:
        """Wall time at which the grant ends."""
        return self.started_at_ns() + self.request.duration_ns


@deny_on_error
def may_approve(request: AccessRequest, approver: Staff | None) -> Decision:
    """May this member of staff approve (or deny) this request? Steps 3 of the list above."""
    if approver is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if approver.staff_id == request.requester:
        return no(Reason.GRANT_OWN_REQUEST)
    if approver.role not in APPROVING_ROLES:
        return no(Reason.GRANT_WRONG_ROLE, f"{approver.name} is {approver.role}")
    return ALLOWED


@deny_on_error
def grant_complete(facts: GrantFacts) -> Decision:
    """Steps 1 to 6: is the request granted at all?"""
    requester = facts.roster.find(facts.request.requester)
    if requester is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if requester.role != "researcher":
        return no(Reason.GRANT_WRONG_ROLE, f"{requester.name} is {requester.role}")
    approvers: list[Staff] = []
    for approval in facts.approvals:
        if approval.request_id != facts.request.request_id or approval.request_sha256 != facts.request_sha256:
            return no(Reason.GRANT_OTHER_REQUEST)
        approver = facts.roster.find(approval.approver)
        decision = may_approve(facts.request, approver)
        if not decision.allowed or approver is None:
            return decision
        if approver.key == requester.key:
            return no(Reason.GRANT_OWN_REQUEST)
        if approval.verdict != "approve":
            return no(Reason.GRANT_DENIED, approval.comment)
        approvers.append(approver)
    if len({approver.staff_id for approver in approvers}) < 2 or len({approver.key for approver in approvers}) < 2:
        return no(Reason.GRANT_NEEDS_TWO_PEOPLE)
    if len({approver.role for approver in approvers}) < 2:
        return no(Reason.GRANT_NEEDS_TWO_ROLES)
    return ALLOWED


@deny_on_error
def grant_live(facts: GrantFacts, *, now_ns: int) -> Decision:
    """Steps 1 to 8 at the wall time ``now_ns``."""
    complete = grant_complete(facts)
    if not complete.allowed:
        return complete
    signed_last = max(facts.started_at_ns(), facts.request.created_at_ns)
    if signed_last > now_ns + CLOCK_TOLERANCE_NS:
        return no(Reason.GRANT_NOT_YET)
    if now_ns >= facts.expires_at_ns():
        return no(Reason.GRANT_EXPIRED)
    if facts.revoked_at_ns is not None:
        return no(Reason.GRANT_REVOKED)
    return ALLOWED


@deny_on_error
def may_release(facts: GrantFacts, *, person_id: str, purposes: Collection[str], now_ns: int) -> Decision:
    """Steps 1 to 10: may a key of this person leave under this grant?

    ``purposes`` are those of the disclosure that this person agreed to.
    """
    live = grant_live(facts, now_ns=now_ns)
    if not live.allowed:
        return live
    if person_id not in facts.request.people:
        return no(Reason.GRANT_WRONG_PERSON)
    if facts.request.purpose not in purposes:
        return no(Reason.GRANT_WRONG_PURPOSE)
    return ALLOWED


@deny_on_error
def may_use_kind(request: AccessRequest, kind: str) -> Decision:
    """May this kind of data be taken out of an opened segment?"""
    return ALLOWED if kind in request.kinds else no(Reason.GRANT_WRONG_KIND, kind)
