"""Is this grant one, and does it permit this release, now?

The numbered steps are the same in ``docs/spec/grant.md``. Signatures are checked by whoever calls
(``sealing.signatures``); what comes in here are the verified documents and the signers' entries in the roster.

1. The requester is known and a researcher.
2. The request says what for, and an emergency asks for little (``rules.request``).
3. Every approval is for exactly this request, by its hash.
4. Every approver is known, and could not be the requester under another name. The role that they signed is an
   approving one; until the request is granted it must also be the one that the roster gives them.
5. Nobody said no.
6. There are two approvers who could not be one person. In an emergency one is enough.
7. They signed in two different roles.
8. The grant has begun and has not run out; its clock starts at the last approval.
9. It has not been revoked.
10. The person is one that it names.
11. The purpose is one that the person's disclosure names.
"""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.grant import AccessRequest, Approval
from aboveboard.formats.roster import APPROVING_ROLES, Roster, Staff, may_be_one_person
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, no
from aboveboard.rules.request import sound

CLOCK_TOLERANCE_NS = 60 * SECOND_NS


@dataclass(frozen=True)
class GrantFacts:
    """A request and its approvals, their signatures verified with the keys in ``roster``.

    ``request_sha256`` is over the request's payload bytes. ``revoked_at_ns`` of ``None``: it was not. ``granted``:
    whoever asks found it complete before and stored these very approvals, so that roles count as they were signed.
    """

    request: AccessRequest
    request_sha256: str
    approvals: Sequence[Approval]
    roster: Roster
    revoked_at_ns: int | None = None
    granted: bool = False

    def started_at_ns(self) -> int:
        """Wall time of the last approval."""
        return max((approval.at_ns for approval in self.approvals), default=0)

    def expires_at_ns(self) -> int:
        """Wall time at which the grant ends."""
        return self.started_at_ns() + self.request.duration_ns


@deny_on_error
def may_approve(request: AccessRequest, approver: Staff | None, requester: Staff | None) -> Decision:
    """May this member of staff approve (or deny) this request? The first half of step 4."""
    if approver is None or requester is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if approver.staff_id == request.requester or may_be_one_person(approver, requester):
        return no(Reason.GRANT_OWN_REQUEST, f"{approver.name} could be {requester.name}")
    return ALLOWED


@deny_on_error
def grant_complete(facts: GrantFacts) -> Decision:
    """Steps 1 to 7: is the request granted at all?"""
    requester = facts.roster.find(facts.request.requester)
    if requester is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if requester.role != "researcher":
        return no(Reason.GRANT_WRONG_ROLE, f"{requester.name} is {requester.role}")
    if not facts.granted:
        worded = sound(facts.request)
        if not worded.allowed:
            return worded
    approvers: list[Staff] = []
    for approval in facts.approvals:
        if approval.request_id != facts.request.request_id or approval.request_sha256 != facts.request_sha256:
            return no(Reason.GRANT_OTHER_REQUEST)
        approver = facts.roster.find(approval.approver)
        decision = may_approve(facts.request, approver, requester)
        if not decision.allowed or approver is None:
            return decision
        if approval.role not in APPROVING_ROLES or (approver.role != approval.role and not facts.granted):
            return no(Reason.GRANT_WRONG_ROLE, f"{approver.name} is {approver.role}")
        if approval.verdict != "approve":
            return no(Reason.GRANT_DENIED, approval.comment)
        approvers.append(approver)
    if facts.request.emergency:
        return ALLOWED if approvers else no(Reason.GRANT_NEEDS_TWO_PEOPLE, "not even one has approved")
    pairs = list(itertools.combinations(approvers, 2))
    if not pairs or any(may_be_one_person(*pair) for pair in pairs):
        return no(Reason.GRANT_NEEDS_TWO_PEOPLE)
    if len({approval.role for approval in facts.approvals}) < 2:
        return no(Reason.GRANT_NEEDS_TWO_ROLES)
    return ALLOWED


@deny_on_error
def grant_live(facts: GrantFacts, *, now_ns: int) -> Decision:
    """Steps 1 to 9 at the wall time ``now_ns``."""
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
    """Steps 1 to 11: may a key of this person leave under this grant?

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
def may_review(review_by: Staff | None, approvals: Sequence[Approval], requester: Staff | None) -> Decision:
    """May this member of staff review an emergency? An approver who neither asked for it nor said yes to it."""
    if review_by is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if review_by.role not in APPROVING_ROLES:
        return no(Reason.GRANT_WRONG_ROLE, f"{review_by.name} is {review_by.role}")
    involved = review_by.staff_id in {approval.approver for approval in approvals}
    if involved or (requester is not None and may_be_one_person(review_by, requester)):
        return no(Reason.GRANT_OWN_REQUEST, f"{review_by.name} had a part in it")
    return ALLOWED


@deny_on_error
def may_use_kind(request: AccessRequest, kind: str) -> Decision:
    """May this kind of data be taken out of an opened segment?"""
    return ALLOWED if kind in request.kinds else no(Reason.GRANT_WRONG_KIND, kind)
