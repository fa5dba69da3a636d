"""What is kept of a grant when it is granted, and what happens to it afterwards?

1. The requester and each approver signed, with the keys in the keyholder's own roster.
2. The grant bears the id that follows from its request, and no other request bore it before.
3. It is complete (``rules.grants``, steps 1 to 7), by the roster of this moment. An emergency is refused while an
   earlier one waits for its review past its time, or three wait for theirs.
4. It is kept as it is, and entered in the ledger; an emergency is an alarm. From now on what was kept counts.

A role that is edited later changes nothing. Who leaves the roster, or gets another key, ends what they signed: that is
kept too, as soon as anybody asks, so that it does not come back with them.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from aboveboard.base.errors import NotFound, Refused
from aboveboard.base.ids import Kind
from aboveboard.formats import grant as grant_format
from aboveboard.formats import notice as notice_format
from aboveboard.formats.entry import Granted, Reviewed, Revoked
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import NOT_PLAIN
from aboveboard.formats.grant import AccessRequest, Approval, Grant, grant_id_of
from aboveboard.formats.notice import NOTICE_TYPE, Audience, Notice
from aboveboard.formats.roster import Roster
from aboveboard.keyholder import policy, publish
from aboveboard.keyholder.desk import Desk
from aboveboard.rules.decision import Reason
from aboveboard.rules.grants import GrantFacts, grant_complete, may_review
from aboveboard.rules.request import EMERGENCY_KEYS, REVIEW_WITHIN_NS, UNREVIEWED


@dataclass(frozen=True)
class Permit:
    """A grant whose signatures hold, with the hash of the request that was signed. ``granted``: it was kept before."""

    grant: Grant
    request: AccessRequest
    request_sha256: str
    approvals: Sequence[Approval]
    roster: Roster
    granted: bool = False

    @property
    def grant_id(self) -> str:
        """The grant's id, as it was sent."""
        return self.grant.grant_id

    def facts(self, *, revoked_at_ns: int | None) -> GrantFacts:
        """What the rules are told."""
        return GrantFacts(
            self.request, self.request_sha256, self.approvals, self.roster, revoked_at_ns, granted=self.granted
        )

    def name(self, staff_id: str) -> str:
        """How the ledger names a member of staff."""
        member = self.roster.find(staff_id)
        return "" if member is None else f"{member.name} ({member.role})"

    def approvers(self) -> list[str]:
        """The names of the approvers, in the roles in which they signed."""
        members = [(self.roster.find(each.approver), each.role) for each in self.approvals]
        return [f"{member.name} ({role})" for member, role in members if member is not None]


def permit_of(grant: Grant, roster: Roster) -> Permit:
    """Step 1. Raises :class:`Refused`."""
    request = policy.open_request(grant.request, roster)
    approvals = [policy.open_approval(each, roster) for each in grant.approvals]
    return Permit(grant, request, hash_of(grant), approvals, roster)


def hash_of(grant: Grant) -> str:
    """SHA-256, in hex, of the exact bytes that the requester signed."""
    return hashlib.sha256(grant.request.body()).hexdigest()


def check_binding(desk: Desk, permit: Permit) -> None:
    """Step 2. Without this a revoked grant could come back under another name. Raises :class:`Refused`."""
    if permit.grant_id != grant_id_of(permit.request.request_id):
        raise policy.refusal(Reason.GRANT_OTHER_REQUEST, "the grant's id is not that of its request")
    known = desk.grants.request_of(permit.grant_id)
    if known is not None and known != permit.request_sha256:
        raise policy.refusal(Reason.GRANT_OTHER_REQUEST, "another request was granted under this id")


def as_granted(desk: Desk, permit: Permit) -> Permit:
    """The grant as it was kept, whatever approvals came with it this time; itself, if none was kept yet.

    Raises :class:`Refused` if somebody who signed what was kept has left: then it has ended, and that is kept.
    """
    filed = desk.grants.filed(permit.grant_id)
    if filed is None:
        return permit
    try:
        return replace(permit_of(filed.grant, permit.roster), granted=True)
    except Refused:
        end_if_left(desk, permit.grant_id, permit.roster)
        raise


def keep_grant(desk: Desk, permit: Permit) -> Permit:
    """Step 4, for a grant that is complete; as it was kept, by whoever was first. Raises :class:`Refused`."""
    if permit.granted:
        return permit
    entered = desk.writer.submit(lambda: enter(desk, permit)).durable()
    return replace(permit, granted=True) if entered else as_granted(desk, permit)


def verified_anew(permit: Permit, roster: Roster) -> Permit:
    """The same grant, its signatures verified with the keys in ``roster``; raises :class:`Refused`."""
    return replace(permit_of(permit.grant, roster), granted=permit.granted)


def file_grant(desk: Desk, grant: Grant) -> Envelope | None:
    """Keep a grant before any key leaves under it. The same one again changes nothing; whoever carries it: what is
    signed counts. Of an emergency, the notice for its person, signed here: always the same. Raises :class:`Refused`."""
    permit = permit_of(grant, desk.home.roster())  # 1
    check_binding(desk, permit)  # 2
    if desk.grants.filed(permit.grant_id) is None:
        grant_complete(permit.facts(revoked_at_ns=None)).require()  # 3
        keep_grant(desk, permit)  # 4
        publish.try_to_publish(desk)
    return notice_of(desk, as_granted(desk, permit)) if permit.request.emergency else None


def notice_of(desk: Desk, permit: Permit) -> Envelope:
    """What the person of an emergency is told: it follows from what was kept."""
    request, facts = permit.request, permit.facts(revoked_at_ns=None)
    body = permit.grant_id.removeprefix(f"{Kind.GRANT}_")
    notice = Notice(
        notice_id=f"{Kind.NOTICE}_{body}",
        kind="emergency",
        title="Your latest recordings are opened in an emergency",
        text=plain(
            f"{permit.name(request.requester)} may open what was recorded of you from two hours before the request on "
            f"({', '.join(request.kinds)}), until an hour after {', '.join(permit.approvers())} said yes.\n"
            f"The reason they gave: {request.reason}\n"
            "Everything that is opened stands in the ledger: look at who opened your recordings. Somebody who had no "
            "part in this says within a week whether it was justified."
        ),
        audience=Audience(people=request.people),
        at_ns=facts.started_at_ns(),
        about=permit.grant_id,
    )
    return desk.statement_key.sign(NOTICE_TYPE, notice_format.encode(notice))


def plain(text: str) -> str:
    """``text`` without what a terminal or a mail could take for more than text."""
    return re.sub(NOT_PLAIN, " ", text)


def enter(desk: Desk, permit: Permit) -> list[Granted]:
    """Step 4, and the second half of 3: inside a transaction. The entry for the ledger; none if it was kept before."""
    if desk.grants.filed(permit.grant_id) is not None:
        return []
    request, now_ns = permit.request, desk.clock.wall_ns()
    waiting = desk.grants.unreviewed() if request.emergency else []
    if len(waiting) >= UNREVIEWED or any(at_ns < now_ns - REVIEW_WITHIN_NS for _, at_ns in waiting):
        raise policy.refusal(Reason.GRANT_REVIEW_OVERDUE, waiting[0][0])
    desk.grants.file(
        permit.grant,
        request_sha256=permit.request_sha256,
        requester=request.requester,
        emergency=request.emergency,
        now_ns=now_ns,
    )
    if request.emergency:
        words = (
            f"{permit.name(request.requester)} opens recordings in an emergency, approved by "
            f"{', '.join(permit.approvers())}: {request.reason}"
        )
        desk.alarms.keep("emergency", words, at_ns=now_ns, grant_id=permit.grant_id, person_id=request.people[0])
    return [
        Granted(
            at_ns=now_ns,
            person_id=request.people[0] if request.emergency else None,
            grant_id=permit.grant_id,
            request_sha256=permit.request_sha256,
            requester=request.requester,
            requester_name=permit.name(request.requester),
            approvers=permit.approvers(),
            people=len(request.people),
            purpose=request.purpose,
            emergency=request.emergency,
            expires_at_ns=permit.facts(revoked_at_ns=None).expires_at_ns(),
        )
    ]


def count_keys(desk: Desk, permit: Permit, count: int) -> None:
    """Note how many keys leave, inside a transaction; raises :class:`Refused` if an emergency has no more to give."""
    total = desk.grants.count_keys(permit.grant_id, count)
    if permit.request.emergency and total > EMERGENCY_KEYS:
        raise policy.refusal(Reason.GRANT_EMERGENCY_SPENT, f"{EMERGENCY_KEYS} keys")


def end_if_left(desk: Desk, grant_id: str, roster: Roster) -> None:
    """If somebody who signed the grant that is kept is not there any more with that key, it ends for good."""
    filed = desk.grants.filed(grant_id)
    # An empty roster is a file that was lost, not a day on which everybody left.
    left = None if filed is None or not roster.staff else _who_left(filed.grant, roster)
    if left is None:
        return

    def end() -> list[Revoked]:
        now_ns = desk.clock.wall_ns()
        if not desk.grants.end_by_leaving(grant_id, left, now_ns=now_ns):
            return []
        return [Revoked(at_ns=now_ns, grant_id=grant_id, by=left, reason="they signed it and have left the roster")]

    desk.writer.submit(end).durable()


def review(desk: Desk, envelope: Envelope) -> None:
    """Keep what an approver finds of an emergency, and enter it in the ledger. The first counts.

    Raises :class:`Refused` or :class:`NotFound`.
    """
    roster = desk.home.roster()
    found = policy.open_review(envelope, roster)
    filed = desk.grants.filed(found.grant_id)
    if filed is None or not filed.emergency:
        raise NotFound("there is no such emergency here", cause="the id was mistyped", fix="list the requests")
    # What was kept was verified then; who signed it may have left since.
    request = grant_format.decode_request(filed.grant.request.body())
    approvals = [grant_format.decode_approval(each.body()) for each in filed.grant.approvals]
    may_review(roster.find(found.by), approvals, roster.find(request.requester)).require()
    by = roster.find(found.by)
    with desk.database.writing():
        if desk.grants.review(found, envelope):
            desk.entries.append(
                [
                    Reviewed(
                        at_ns=desk.clock.wall_ns(),
                        grant_id=found.grant_id,
                        by=found.by,
                        by_name="" if by is None else f"{by.name} ({by.role})",
                        verdict=found.verdict,
                        words=found.words,
                    )
                ]
            )
        desk.database.commit()
    publish.try_to_publish(desk)


def _who_left(grant: Grant, roster: Roster) -> str | None:
    """A signer of this kept grant whose signature does not hold by this roster."""
    try:
        policy.open_request(grant.request, roster)
    except Refused:
        return grant_format.decode_request(grant.request.body()).requester
    for each in grant.approvals:
        try:
            policy.open_approval(each, roster)
        except Refused:
            return grant_format.decode_approval(each.body()).approver
    return None
