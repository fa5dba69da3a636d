"""May this person's key leave under this grant, and who may end one? The keyholder's own answer, from its own facts.

``rules.grants``, ``rules.consent`` and the policies (``cedar.py``) decide, and each must say yes; this module only
brings the facts together. An error is a no.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import BadInput, Refused, Tampered
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import (
    APPROVAL_TYPE,
    REQUEST_TYPE,
    REVIEW_TYPE,
    REVOCATION_TYPE,
    AccessRequest,
    Approval,
    Review,
    Revocation,
)
from aboveboard.formats.roster import APPROVING_ROLES, Roster, Staff
from aboveboard.keyholder.cedar import Policies, Question, entity, reference, uid
from aboveboard.keyholder.people import Person, StoredConsent
from aboveboard.rules.consent import consent_live, expires_at_ns
from aboveboard.rules.decision import ALLOWED, Decision, Reason, deny_on_error, first_no, no
from aboveboard.rules.grants import GrantFacts, may_release
from aboveboard.sealing.signatures import open_signed

REVOKING_ROLES: frozenset[str] = APPROVING_ROLES | {"steward"}


@deny_on_error
def may_release_of(
    grant: GrantFacts,
    person: Person | None,
    consents: Sequence[StoredConsent],
    *,
    person_id: str,
    now_ns: int,
    newest: Sequence[Disclosure] = (),
    policies: Policies,
) -> Decision:
    """May a key of ``person_id`` leave now? ``rules.grants`` and the ``policies`` must both say yes.

    A header does not say which consent a segment was recorded under, so every consent of the person counts: each must
    be live, and the purpose must be one that **each** of their disclosures names, and the ``newest`` too: less applies
    at once. That a consent ran out, and has to be asked for anew, ends the recording, not the opening of what was
    recorded while it counted.
    """
    if person is None:
        return no(Reason.CONSENT_NONE)
    if person.erased_at_ns is not None:
        return no(Reason.CONSENT_ERASED)
    if not consents:
        return no(Reason.CONSENT_NONE)
    live = first_no(
        *(
            consent_live(
                each.facts,
                person_id=person_id,
                device_id=each.receipt.device_id,
                disclosure_sha256=each.receipt.disclosure_sha256,
                now_ns=min(now_ns, expires_at_ns(each.receipt) - 1),
            )
            for each in consents
        )
    )
    if not live.allowed:
        return live
    disclosed = [*(each.disclosure for each in consents), *newest]
    purposes = set.intersection(*({str(purpose) for purpose in each.purposes} for each in disclosed))
    floor = may_release(grant, person_id=person_id, purposes=purposes, now_ns=now_ns)
    return policies.decide(question(grant, person, purposes, now_ns=now_ns)) if floor.allowed else floor


def question(facts: GrantFacts, person: Person, purposes: Collection[str], *, now_ns: int) -> Question:
    """What the policies are asked, about somebody whose consents are live. Times are rounded against the asker."""
    request = facts.request
    signed = {role: [each.approver for each in facts.approvals if each.role == role] for role in APPROVING_ROLES}
    staff = sorted({request.requester, *(each.approver for each in facts.approvals)})
    members = [(each, facts.roster.find(each)) for each in staff]
    return Question(
        principal=uid("Staff", request.requester),
        action="release",
        resource=uid("Person", person.person_id),
        context={"grant": reference("Grant", request.request_id), "now": -(-now_ns // SECOND_NS)},
        entities=[
            *(entity("Staff", each, {"role": member.role}) for each, member in members if member is not None),
            entity(
                "Person",
                person.person_id,
                {"erased": person.erased_at_ns is not None, "consented": True, "purposes": sorted(purposes)},
                [uid("Grant", request.request_id)] if person.person_id in request.people else [],
            ),
            entity(
                "Grant",
                request.request_id,
                {
                    "requester": reference("Staff", request.requester),
                    **{role: [reference("Staff", each) for each in signed[role]] for role in sorted(signed)},
                    "purpose": request.purpose,
                    "kinds": list(request.kinds),
                    "people": len(request.people),
                    "starts": -(-facts.started_at_ns() // SECOND_NS),
                    "ends": facts.expires_at_ns() // SECOND_NS,
                    "emergency": request.emergency,
                    "revoked": facts.revoked_at_ns is not None,
                },
            ),
        ],
    )


@deny_on_error
def may_revoke(by: Staff | None, *, requester: str | None, approvers: Collection[str] = ()) -> Decision:
    """May this member of staff end a grant? ``requester`` of ``None``: the grant was not seen yet.

    Stewards and approvers may end any; whoever approved it may take that back, whatever their role is now; a researcher
    may end their own. Before the grant was seen, a researcher's word is kept,
    and counts if the grant turns out to be theirs.
    """
    if by is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if by.role in REVOKING_ROLES:
        return ALLOWED
    if requester is None or by.staff_id == requester or by.staff_id in approvers:
        return ALLOWED
    return no(Reason.ROLE_MISSING, f"{by.name} is {by.role} and did not ask for this grant")


def open_request(envelope: Envelope, roster: Roster) -> AccessRequest:
    """The request, signed by the requester that it names, with the key in ``roster``; raises :class:`Refused`."""
    claimed = grant_format.decode_request(envelope.body())
    verified = open_by(envelope, REQUEST_TYPE, roster.find(claimed.requester))
    return grant_format.decode_request(verified)


def open_approval(envelope: Envelope, roster: Roster) -> Approval:
    """One approval, signed by the approver that it names, with the key in ``roster``; raises :class:`Refused`."""
    claimed = grant_format.decode_approval(envelope.body())
    verified = open_by(envelope, APPROVAL_TYPE, roster.find(claimed.approver))
    return grant_format.decode_approval(verified)


def open_revocation(envelope: Envelope, roster: Roster) -> Revocation:
    """A revocation, signed by the member of staff that it names; raises :class:`Refused`."""
    claimed = grant_format.decode_revocation(envelope.body())
    verified = open_by(envelope, REVOCATION_TYPE, roster.find(claimed.by))
    return grant_format.decode_revocation(verified)


def open_review(envelope: Envelope, roster: Roster) -> Review:
    """A review, signed by the member of staff that it names; raises :class:`Refused`."""
    claimed = grant_format.decode_review(envelope.body())
    verified = open_by(envelope, REVIEW_TYPE, roster.find(claimed.by))
    return grant_format.decode_review(verified)


def open_by(envelope: Envelope, payload_type: str, signer: Staff | None) -> bytes:
    """What ``signer`` signed, with the key in the roster; raises :class:`Refused`."""
    if signer is None:
        raise refusal(Reason.GRANT_UNKNOWN_STAFF)
    try:
        return _verified(envelope_format.encode(envelope), payload_type, signer.key)
    except (Tampered, BadInput) as error:
        raise refusal(Reason.GRANT_SIGNATURE, f"{signer.name}: {error.what}") from error


@lru_cache(maxsize=4096)
def _verified(envelope: bytes, payload_type: str, key: str) -> bytes:
    """The payload, once this key's signature was verified. The same bytes, type and key have the same answer for ever,
    so it is kept: no decision is, and an error is not either."""
    return open_signed(envelope_format.decode(envelope), payload_type, key)


def refusal(reason: Reason, detail: str = "") -> Refused:
    """The error for a reason."""
    words = no(reason, detail).explain()
    return Refused(reason, words.sentence, cause=detail, fix=words.next_step)
