"""How is a recording asked for, and who says yes?"""

import hashlib
from typing import Literal, cast

import click
import msgspec

from aboveboard.base.clock import SECOND_NS, SystemClock
from aboveboard.base.errors import NotFound
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import Session
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.disclosure import PURPOSES, Purpose
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import AccessRequest, Approval, ApprovingRole, DataKind, Fidelity, Revocation
from aboveboard.formats.roster import APPROVING_ROLES
from aboveboard.rules.decision import Reason, no

KINDS: tuple[DataKind, ...] = ("screen", "keystrokes", "pointer", "window", "site", "control")


class RequestRow(msgspec.Struct, frozen=True):
    """One request as the vault lists it. Signatures are checked again by whoever relies on it."""

    request: Envelope
    approvals: list[Envelope]
    grant_id: str | None
    state: str

    def document(self) -> AccessRequest:
        return grant_format.decode_request(self.request.body())


class ApprovalAnswer(msgspec.Struct, frozen=True):
    """``grant_id`` is there once the request is granted."""

    grant_id: str | None


def ask(
    home: Home,
    researcher: str,
    *,
    people: list[str],
    kinds: list[DataKind],
    purpose: Purpose,
    output: str,
    reason: str,
    hours: float,
    cohort: str = "",
    fidelity: Fidelity | None = None,
    since_hours: float | None = None,
    emergency: bool = False,
) -> AccessRequest:
    """Sign a request and hand it to the vault; raises :class:`BadInput` for what is no person's id.

    ``cohort``: ask for everyone who is in it now. ``since_hours``: only for what was recorded in the last so many.
    """
    for person_id in people:
        check_id(Kind.PERSON, person_id)
    key, now_ns = home.staff_key(researcher), SystemClock().wall_ns()
    if cohort:
        answer = home.client("vault", key).get(f"/v1/cohorts/{cohort}/people")
        people = msgspec.json.decode(answer, type=list[str])
    request = AccessRequest(
        request_id=new_id(Kind.REQUEST),
        requester=home.staff_card(researcher).staff_id,
        recipient=home.staff_identity(researcher).recipient,
        people=people,
        kinds=kinds,
        purpose=purpose,
        output=output,
        reason=reason,
        duration_ns=int(hours * 3600 * SECOND_NS),
        created_at_ns=now_ns,
        cohort=cohort,
        fidelity=fidelity or Fidelity(),
        since_ns=0 if since_hours is None else now_ns - int(since_hours * 3600 * SECOND_NS),
        emergency=emergency,
    )
    signed = key.sign(grant_format.REQUEST_TYPE, grant_format.encode(request))
    home.client("vault", key).post("/v1/requests", envelope_format.encode(signed))
    return request


def list_requests(home: Home, name: str) -> list[RequestRow]:
    """Every request, as ``name`` may see them."""
    answer = home.client("vault", home.staff_key(name)).get("/v1/requests")
    return msgspec.json.decode(answer, type=list[RequestRow])


def approve(
    home: Home, approver: str, request_id: str, *, verdict: Literal["approve", "deny"], comment: str
) -> str | None:
    """Sign a verdict on exactly the request that the vault shows; the grant's id once it is granted."""
    check_id(Kind.REQUEST, request_id)
    rows = {row.document().request_id: row for row in list_requests(home, approver)}
    if request_id not in rows:
        raise NotFound(
            f"there is no request {request_id}",
            cause="it was mistyped",
            fix="list them: 'aboveboard requests'",
        )
    card = home.staff_card(approver)
    if card.role not in APPROVING_ROLES:
        no(Reason.GRANT_WRONG_ROLE, f"{approver} is {card.role}").require()
    approval = Approval(
        request_id=request_id,
        request_sha256=hashlib.sha256(rows[request_id].request.body()).hexdigest(),
        approver=card.staff_id,
        role=cast(ApprovingRole, card.role),
        verdict=verdict,
        comment=comment,
        at_ns=SystemClock().wall_ns(),
    )
    key = home.staff_key(approver)
    signed = key.sign(grant_format.APPROVAL_TYPE, grant_format.encode(approval))
    path = f"/v1/requests/{request_id}/approvals"
    answer = home.client("vault", key).post(path, envelope_format.encode(signed))
    return msgspec.json.decode(answer, type=ApprovalAnswer).grant_id


def revoke(home: Home, name: str, grant_id: str, reason: str) -> None:
    """End a grant now."""
    check_id(Kind.GRANT, grant_id)
    revocation = Revocation(
        grant_id=grant_id, by=home.staff_card(name).staff_id, reason=reason, at_ns=SystemClock().wall_ns()
    )
    key = home.staff_key(name)
    signed = key.sign(grant_format.REVOCATION_TYPE, grant_format.encode(revocation))
    home.client("vault", key).post(f"/v1/grants/{grant_id}/revocation", envelope_format.encode(signed))


@click.command(name="request")
@click.option("--person", "people", multiple=True, help="Whose recordings; may be given several times.")
@click.option("--cohort", default="", help="Everyone who is in it now, instead of --person.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(KINDS), default=KINDS, show_default=True)
@click.option("--purpose", type=click.Choice(list(PURPOSES)), required=True)
@click.option("--output", required=True, help="What will come of it, in a few words.")
@click.option("--reason", required=True, help="Why it is needed: at least ten characters that say something.")
@click.option("--hours", type=click.FloatRange(0, 2160, min_open=True), default=24.0, show_default=True)
@click.option("--since-hours", type=click.FloatRange(0, min_open=True), help="Only what was recorded in the last ones.")
@click.option("--at-most", multiple=True, help="See a kind no closer, as in keystrokes=shape.")
@click.option("--emergency", is_flag=True, help="One approver, one person, the last two hours, for one; all are told.")
@click.option("--as", "researcher", help="The researcher's name, where there is more than one.")
@click.pass_obj
def request_command(
    session: Session,
    people: tuple[str, ...],
    cohort: str,
    kinds: tuple[DataKind, ...],
    purpose: Purpose,
    output: str,
    reason: str,
    hours: float,
    since_hours: float | None,
    at_most: tuple[str, ...],
    emergency: bool,
    researcher: str | None,
) -> None:
    """Ask to open recordings. The clock starts at the last approval."""
    if bool(people) == bool(cohort):
        raise click.UsageError("say whose recordings: either --person, as often as needed, or --cohort")
    name = session.home.the_one("researcher", researcher)
    request = ask(
        session.home,
        name,
        people=list(people),
        kinds=list(kinds),
        purpose=purpose,
        output=output,
        reason=reason,
        hours=hours,
        cohort=cohort,
        fidelity=_fidelity(at_most),
        since_hours=since_hours,
        emergency=emergency,
    )
    session.show(f"asked: {request.request_id}", {"request_id": request.request_id})


def _fidelity(at_most: tuple[str, ...]) -> Fidelity:
    levels = dict(each.partition("=")[::2] for each in at_most)
    try:
        return msgspec.convert(levels, Fidelity)
    except msgspec.ValidationError as error:
        raise click.UsageError(f"--at-most: {error}; docs/spec/grant.md has the levels") from error


@click.command(name="requests")
@click.option("--as", "name", required=True, help="Your name.")
@click.pass_obj
def requests_command(session: Session, name: str) -> None:
    """List the requests and where they stand."""
    rows = [(row, row.document()) for row in list_requests(session.home, name)]
    words = [
        f"{request.request_id}  {row.state:<9} {', '.join(request.kinds)} of {len(request.people)} for "
        f"{PURPOSES[request.purpose]}: {request.reason}" + (f"\n  grant: {row.grant_id}" if row.grant_id else "")
        for row, request in rows
    ]
    facts = [msgspec.to_builtins(request) | {"state": row.state, "grant_id": row.grant_id} for row, request in rows]
    session.show("\n".join(words) or "no requests", {"requests": facts})


@click.command(name="approve")
@click.argument("request_id")
@click.option("--as", "approver", required=True, help="Your name.")
@click.option("--deny", is_flag=True, help="Say no.")
@click.option("--comment", default="", help="Shown to the requester.")
@click.pass_obj
def approve_command(session: Session, request_id: str, approver: str, deny: bool, comment: str) -> None:
    """Say yes (or no) to REQUEST_ID. A grant needs two people of two roles, neither of them the requester."""
    verdict: Literal["approve", "deny"] = "deny" if deny else "approve"
    grant_id = approve(session.home, approver, request_id, verdict=verdict, comment=comment)
    said = "said no" if deny else f"granted: {grant_id}" if grant_id else "approved; one more approval is needed"
    session.show(said, {"verdict": verdict, "grant_id": grant_id})


@click.command(name="revoke")
@click.argument("grant_id")
@click.option("--as", "name", required=True, help="Your name.")
@click.option("--reason", required=True)
@click.pass_obj
def revoke_command(session: Session, grant_id: str, name: str, reason: str) -> None:
    """End GRANT_ID now: no key leaves under it any more."""
    revoke(session.home, name, grant_id, reason)
    session.show(f"revoked: {grant_id}", {"grant_id": grant_id})
