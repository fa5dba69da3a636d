"""May this person's key leave under this grant, and who may end one? The keyholder's own answer, from its own facts.

``rules.grants`` and ``rules.consent`` decide; this module only brings the facts together. An error is a no.
"""

from collections.abc import Sequence

from aboveboard.base.errors import BadInput, Refused, Tampered
from aboveboard.formats import grant as grant_format
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, REVOCATION_TYPE, AccessRequest, Approval, Revocation
from aboveboard.formats.roster import APPROVING_ROLES, Roster, Staff
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
) -> Decision:
    """May a key of ``person_id`` leave now?

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
    return may_release(grant, person_id=person_id, purposes=purposes, now_ns=now_ns)


@deny_on_error
def may_revoke(by: Staff | None, *, requester: str | None) -> Decision:
    """May this member of staff end a grant? ``requester`` of ``None``: the grant was not seen yet.

    Stewards and approvers may end any; a researcher their own. Before the grant was seen, a researcher's word is kept,
    and counts if the grant turns out to be theirs.
    """
    if by is None:
        return no(Reason.GRANT_UNKNOWN_STAFF)
    if by.role in REVOKING_ROLES:
        return ALLOWED
    if requester is None or by.staff_id == requester:
        return ALLOWED
    return no(Reason.ROLE_MISSING, f"{by.name} is {by.role} and did not ask for this grant")


def open_request(envelope: Envelope, roster: Roster) -> AccessRequest:
    """The request, signed by the requester that it names, with the key in ``roster``; raises :class:`Refused`."""
    claimed = grant_format.decode_request(envelope.body())
    verified = _open(envelope, REQUEST_TYPE, roster.find(claimed.requester))
    return grant_format.decode_request(verified)


def open_approval(envelope: Envelope, roster: Roster) -> Approval:
    """One approval, signed by the approver that it names, with the key in ``roster``; raises :class:`Refused`."""
    claimed = grant_format.decode_approval(envelope.body())
    verified = _open(envelope, APPROVAL_TYPE, roster.find(claimed.approver))
    return grant_format.decode_approval(verified)


def open_revocation(envelope: Envelope, roster: Roster) -> Revocation:
    """A revocation, signed by the member of staff that it names; raises :class:`Refused`."""
    claimed = grant_format.decode_revocation(envelope.body())
    verified = _open(envelope, REVOCATION_TYPE, roster.find(claimed.by))
    return grant_format.decode_revocation(verified)


def _open(envelope: Envelope, payload_type: str, signer: Staff | None) -> bytes:
    if signer is None:
        raise refusal(Reason.GRANT_UNKNOWN_STAFF)
    try:
        return open_signed(envelope, payload_type, signer.key)
    except (Tampered, BadInput) as error:
        raise refusal(Reason.GRANT_SIGNATURE, f"{signer.name}: {error.what}") from error


def refusal(reason: Reason, detail: str = "") -> Refused:
    """The error for a reason."""
    words = no(reason, detail).explain()
    return Refused(reason, words.sentence, cause=detail, fix=words.next_step)
