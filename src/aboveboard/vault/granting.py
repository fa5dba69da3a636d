"""Does the vault itself see a live grant in what it has collected?

An early no, to spare the keyholder and the ledger; the keyholder's own answer is the one that counts.
"""

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, Approval, Grant
from aboveboard.formats.roster import Roster
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.grants import GrantFacts
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ApprovalRow, GrantRow, RequestRow


def facts_of(tx: Transaction, row: RequestRow, roster: Roster) -> GrantFacts:
    """The request and its approvals, every signature checked with the keys in ``roster`` as it is now.

    Once it was granted only the approvals that made it so, in the roles that they were signed in. Raises Refused if a
    signer is no longer in the roster, or a signature does not hold.
    """
    request = grant_format.decode_request(_verified(row.envelope, REQUEST_TYPE, row.requester, roster))
    grant = tx.grant(grant_format.grant_id_of(row.request_id))
    return GrantFacts(
        request=request,
        request_sha256=row.sha256,
        approvals=[_approval(each, roster) for each in _answers(tx, row.request_id, grant)],
        roster=roster,
        revoked_at_ns=None if grant is None else grant.revoked_at_ns,
        granted=grant is not None,
    )


def grant_of(tx: Transaction, row: GrantRow) -> Grant:
    """The grant as it is handed to whoever checks it again: only approvals, no denials."""
    request = tx.request(row.request_id)
    if request is None:
        raise AssertionError("a grant row refers to a request row")
    approvals = [_envelope(each.envelope) for each in _answers(tx, row.request_id, row)]
    return Grant(grant_id=row.grant_id, request=_envelope(request.envelope), approvals=approvals)


def _answers(tx: Transaction, request_id: str, grant: GrantRow | None) -> list[ApprovalRow]:
    """Every answer so far; of a grant those that were there when it became one."""
    answers = tx.approvals_of(request_id)
    return answers if grant is None else [each for each in answers if each.received_at_ns <= grant.granted_at_ns]


def _approval(row: ApprovalRow, roster: Roster) -> Approval:
    return grant_format.decode_approval(_verified(row.envelope, APPROVAL_TYPE, row.approver, roster))


def _verified(text: str, payload_type: str, staff_id: str, roster: Roster) -> bytes:
    signer = roster.find(staff_id)
    if signer is None:
        no(Reason.GRANT_UNKNOWN_STAFF).require()
        raise AssertionError("unreachable: a no raises")
    try:
        return open_signed(_envelope(text), payload_type, signer.key)
    except (Tampered, BadInput) as error:
        no(Reason.GRANT_SIGNATURE, error.what).require()
        raise


def _envelope(text: str) -> Envelope:
    return envelope_format.decode(text.encode("utf-8"))
