"""Who asks to open whose recordings, and who says yes?

The vault collects the signed request and the signed approvals and refuses early what cannot become a grant. What it
collects convinces nobody by being here: the keyholder checks all of it again, with its own roster.
"""

import hashlib
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import JSONBody, PathParameter

from aboveboard.base.errors import BadInput, Conflict, NotFound
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, GrantId, PersonId
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, REVOCATION_TYPE, AccessRequest, Grant
from aboveboard.formats.roster import APPROVING_ROLES, Roster
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.grants import CLOCK_TOLERANCE_NS, grant_complete, may_approve
from aboveboard.rules.request import sound
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import notifying
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.api.enrolment import Nothing
from aboveboard.vault.granting import facts_of, grant_of
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import ApprovalRow, GrantRow, RequestRow

RequestIdInPath = Annotated[str, PathParameter(pattern="^req_[0-9a-hjkmnp-tv-z]{26}$")]
GrantIdInPath = Annotated[str, PathParameter(pattern="^gra_[0-9a-hjkmnp-tv-z]{26}$")]
CohortInPath = Annotated[str, PathParameter(pattern="^[a-z0-9][a-z0-9-]*$", max_length=40)]
State = Literal["waiting", "denied", "granted", "expired", "revoked"]


class ListedRequest(Document, frozen=True):
    """A request, its approvals (and denials), and what has become of it."""

    request: Envelope
    approvals: list[Envelope]
    grant_id: GrantId | None
    state: State


class Granted(Document, frozen=True):
    """``grant_id`` is there once the request has its approvals."""

    grant_id: GrantId | None


class Requests(Controller):
    """Asking, approving, revoking."""

    path = "/v1"
    tags = ("access",)

    @post("/requests", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def ask(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> Nothing:
        """A researcher asks, signed."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            researcher = who_asks(request, vault, tx).require_staff("researcher")
            payload = open_signed(data, REQUEST_TYPE, researcher.key)
            asked = grant_format.decode_request(payload)
            if asked.requester != researcher.staff_id:
                no(Reason.GRANT_UNKNOWN_STAFF, "the request names another requester").require()
            sha256 = hashlib.sha256(payload).hexdigest()
            known = tx.request(asked.request_id)
            if known is not None:
                _check_same(known.sha256, sha256)
                return Nothing()
            sound(asked).require()
            _check_people(tx, asked)
            if asked.created_at_ns > now_ns + CLOCK_TOLERANCE_NS:
                no(Reason.GRANT_NOT_YET).require()
            tx.add_request(RequestRow(asked.request_id, researcher.staff_id, as_text(data), sha256, now_ns))
        return Nothing()

    @get("/requests", sync_to_thread=True, responses=PROBLEMS)
    def list_requests(self, request: Asked, vault: TheVault) -> list[ListedRequest]:
        """Every request; a researcher sees their own."""
        now_ns, roster = vault.clock.wall_ns(), vault.roster()
        with vault.records.read() as tx:
            staff = who_asks(request, vault, tx).require_staff()
            rows = [row for row in tx.all_requests() if staff.role != "researcher" or row.requester == staff.staff_id]
            return [_listed(tx, row, roster, now_ns) for row in rows]

    @post("/requests/{request_id:str}/approvals", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def approve(
        self, request: Asked, vault: TheVault, request_id: RequestIdInPath, data: JSONBody[Envelope]
    ) -> Granted:
        """An approver says yes or no, signed, over the hash of exactly this request.

        The last yes makes the grant: the keyholder has it, too, when this answers.
        """
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            approver = who_asks(request, vault, tx).require_staff()
            approval = grant_format.decode_approval(open_signed(data, APPROVAL_TYPE, approver.key))
            row = tx.request(request_id)
            if row is None:
                raise NotFound("there is no such request", cause="the id was mistyped", fix="list the requests")
            if approval.approver != approver.staff_id:
                no(Reason.GRANT_UNKNOWN_STAFF, "the approval names another approver").require()
            if approval.request_id != request_id or approval.request_sha256 != row.sha256:
                no(Reason.GRANT_OTHER_REQUEST).require()
            asked = grant_format.decode_request(envelope_format.decode(row.envelope.encode("utf-8")).body())
            may_approve(asked, approver, vault.roster().find(asked.requester)).require()
            if approval.role != approver.role:
                no(Reason.GRANT_WRONG_ROLE, f"{approver.name} is {approver.role}").require()
            grant_id = grant_format.grant_id_of(request_id)
            known = tx.grant(grant_id)
            new = ApprovalRow(request_id, approver.staff_id, as_text(data), approval.verdict, now_ns)
            _note_approval(tx, new, granted=known is not None)
            if known is None:
                if not grant_complete(facts_of(tx, row, vault.roster())).allowed:
                    return Granted(grant_id=None)
                known = GrantRow(grant_id, request_id, now_ns)
                tx.add_grant(known)
            granted = grant_of(tx, known)
        # It is granted here already; if the keyholder does not answer, sending the same approval again tells it.
        answer = vault.keyholder().post("/v1/grants", grant_format.encode(granted))
        told = grant_format.decode_kept(answer).notice
        if told is not None:
            with vault.records.begin() as tx:
                notifying.tell_emergency(tx, told, approver.staff_id, now_ns=now_ns)
        return Granted(grant_id=grant_id)

    @get("/cohorts/{cohort:str}/people", sync_to_thread=True, responses=PROBLEMS)
    def cohort(self, request: Asked, vault: TheVault, cohort: CohortInPath) -> list[PersonId]:
        """The ids of everyone in a cohort, for a request that names them all. For researchers."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff("researcher")
            return people_in(tx, cohort)

    @get("/grants/{grant_id:str}", sync_to_thread=True, responses=PROBLEMS)
    def one_grant(self, request: Asked, vault: TheVault, grant_id: GrantIdInPath) -> Grant:
        """The grant with its signed request and approvals, for any member of staff."""
        with vault.records.read() as tx:
            who_asks(request, vault, tx).require_staff()
            return grant_of(tx, _grant(tx, grant_id))

    @post("/grants/{grant_id:str}/revocation", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def revoke(self, request: Asked, vault: TheVault, grant_id: GrantIdInPath, data: JSONBody[Envelope]) -> Nothing:
        """End a grant now. The requester, an approver or a steward signs; the keyholder is told as well."""
        with vault.records.begin() as tx:
            staff = who_asks(request, vault, tx).require_staff()
            revocation = grant_format.decode_revocation(open_signed(data, REVOCATION_TYPE, staff.key))
            row = _grant(tx, grant_id)
            asked = tx.request(row.request_id)
            if revocation.grant_id != grant_id or revocation.by != staff.staff_id or asked is None:
                no(Reason.GRANT_OTHER_REQUEST, "the revocation is for another grant, or in another name").require()
            elif staff.role not in {*APPROVING_ROLES, "steward"} and staff.staff_id not in _signers(tx, asked):
                no(Reason.GRANT_WRONG_ROLE).require()
            tx.revoke_grant(grant_id, revocation=as_text(data), at_ns=vault.clock.wall_ns())
        # It has ended here already; if the keyholder does not answer, sending it again tells it.
        vault.keyholder().post("/v1/revocations", envelope_format.encode(data))
        return Nothing()


def _signers(tx: Transaction, row: RequestRow) -> set[str]:
    """Whoever asked or answered, whatever their role is now."""
    return {row.requester, *(each.approver for each in tx.approvals_of(row.request_id))}


def _grant(tx: Transaction, grant_id: str) -> GrantRow:
    row = tx.grant(grant_id)
    if row is None:
        raise NotFound("there is no such grant", cause="it was not granted yet", fix="list the requests")
    return row


def _check_people(tx: Transaction, asked: AccessRequest) -> None:
    unknown = [person for person in asked.people if tx.person(person) is None]
    if unknown:
        raise BadInput(f"{unknown[0]} is not enrolled here", cause="an id was mistyped", fix="check the people's ids")
    if asked.cohort and set(asked.people) != set(people_in(tx, asked.cohort)):
        raise BadInput(
            f"the people named are not those of the cohort {asked.cohort!r}",
            cause="somebody joined it meanwhile, or the list was changed",
            fix="ask again: the cohort is looked up anew",
        )


def people_in(tx: Transaction, cohort: str) -> list[str]:
    """The ids of everyone who is enrolled in this cohort now, sorted."""
    return sorted(person.person_id for person in tx.everybody() if person.cohort == cohort)


def _check_same(known_sha256: str, sha256: str) -> None:
    if known_sha256 != sha256:
        raise Conflict("another request has this id", cause="it was used before", fix="make one with a new id")


def _note_approval(tx: Transaction, row: ApprovalRow, *, granted: bool) -> None:
    """Each approver answers once, and nobody once it is granted: a grant's clock is never set again. The very same
    answer again changes nothing."""
    earlier = next((each for each in tx.approvals_of(row.request_id) if each.approver == row.approver), None)
    if earlier is None and granted:
        raise Conflict(
            "this request is granted already",
            cause="others have answered it before",
            fix="if it should not stand, revoke the grant",
        )
    if earlier is None:
        tx.add_approval(row)
    elif earlier.envelope != row.envelope:
        raise Conflict(
            "you have answered this request already",
            cause="each approver answers once",
            fix="to take a yes back, revoke the grant",
        )


def _listed(tx: Transaction, row: RequestRow, roster: Roster, now_ns: int) -> ListedRequest:
    approvals = tx.approvals_of(row.request_id)
    grant = tx.grant(grant_format.grant_id_of(row.request_id))
    return ListedRequest(
        request=envelope_format.decode(row.envelope.encode("utf-8")),
        approvals=[envelope_format.decode(each.envelope.encode("utf-8")) for each in approvals],
        grant_id=None if grant is None else grant.grant_id,
        state=_state(tx, row, grant, roster, now_ns),
    )


def _state(tx: Transaction, row: RequestRow, grant: GrantRow | None, roster: Roster, now_ns: int) -> State:
    if grant is None:
        return "denied" if any(each.verdict != "approve" for each in tx.approvals_of(row.request_id)) else "waiting"
    if grant.revoked_at_ns is not None:
        return "revoked"
    return "expired" if now_ns >= facts_of(tx, row, roster).expires_at_ns() else "granted"
