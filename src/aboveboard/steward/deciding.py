"""Ask, answer, revoke, review: each a document signed with the member's own key, over exactly what the page showed.

An answer carries the hash of the request that was on the page. It is signed only if the vault still lists a request
with that very hash: whoever exchanges it in between gets no signature, and the keyholder takes none for another.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from aboveboard.base.errors import BadInput, Conflict, Unavailable
from aboveboard.base.ids import Kind, check_id, new_id
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats.fields import Line, PersonId, Sha256, decode_json
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, REVIEW_TYPE, REVOCATION_TYPE, Revocation
from aboveboard.steward import access, alarms, drafts
from aboveboard.steward.access import AccessDesk
from aboveboard.steward.alarms import WantedReview
from aboveboard.steward.drafts import Draft

BODY_LIMIT_BYTES = 16 * 1024
UNSAID = "Ended on the staff's page; no other reason was given."


class WantedAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A yes or no to the request with this hash."""

    request_sha256: Sha256
    verdict: Literal["approve", "deny"]
    comment: Line = ""


class WantedEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which grant to end, and why; without a reason it is said that none was given."""

    grant_id: Annotated[str, Meta(max_length=30)]
    reason: Annotated[str, Meta(max_length=2000)] = ""


class Acting(AccessDesk):
    """The page's desk: what it shows, and what its buttons do."""

    def look(self, wanted: bytes) -> dict[str, Any]:
        """What a draft lacks. Nothing is signed or sent."""
        draft = decode_json(wanted, Draft, name="draft of a request", limit_bytes=BODY_LIMIT_BYTES)
        return {"missing": msgspec.to_builtins(drafts.missing(draft, access.disclosure_of(self.vault())))}

    def ask(self, wanted: bytes) -> dict[str, str]:
        """Sign the request and hand it to the vault; its id."""
        draft = decode_json(wanted, Draft, name="draft of a request", limit_bytes=BODY_LIMIT_BYTES)
        vault = self.vault()
        lacking = drafts.missing(draft, access.disclosure_of(vault))
        if lacking:
            raise BadInput(lacking[0].words.rstrip("."), cause="the form is not filled in", fix="fill it in, then ask")
        people = draft.people
        if draft.cohort:
            answer = vault.get(f"/v1/cohorts/{draft.cohort.strip()}/people")
            people = decode_json(answer, list[PersonId], name="list of people", limit_bytes=access.LIST_LIMIT_BYTES)
        member = self.member
        request = drafts.request_of(
            draft, people, requester=member.staff_id, recipient=member.recipient(), now_ns=self.clock.wall_ns()
        )
        request = msgspec.structs.replace(request, request_id=new_id(Kind.REQUEST))
        self._send("/v1/requests", REQUEST_TYPE, grant_format.encode(request))
        return {"request_id": request.request_id}

    def answer(self, wanted: bytes) -> dict[str, str | None]:
        """Sign a yes or no to exactly the request that was shown; the grant's id if it is granted by that."""
        said = decode_json(wanted, WantedAnswer, name="answer", limit_bytes=BODY_LIMIT_BYTES)
        shown = next((each for each in access.list_requests(self.vault()) if each.sha256 == said.request_sha256), None)
        if shown is None:
            raise Conflict(
                "the request that you were shown is not there any more",
                cause="the vault lists another one in its place",
                fix="nothing was signed; load the page again, read it anew, and report it if it happens twice",
            )
        request_id = shown.asked.request_id
        facts = {
            "request_id": request_id,
            "request_sha256": said.request_sha256,
            "approver": self.member.staff_id,
            "role": self.member.role,
            "verdict": said.verdict,
            "comment": said.comment,
            "at_ns": self.clock.wall_ns(),
        }
        approval = grant_format.encode(grant_format.decode_approval(msgspec.json.encode(facts)))
        answer = self._send(f"/v1/requests/{request_id}/approvals", APPROVAL_TYPE, approval)
        return {"grant_id": msgspec.json.decode(answer).get("grant_id")}

    def revoke(self, wanted: bytes) -> dict[str, str]:
        """End a grant now."""
        asked = decode_json(wanted, WantedEnd, name="revocation", limit_bytes=BODY_LIMIT_BYTES)
        document = Revocation(
            grant_id=check_id(Kind.GRANT, asked.grant_id),
            by=self.member.staff_id,
            reason=asked.reason.strip() or UNSAID,
            at_ns=self.clock.wall_ns(),
        )
        payload = grant_format.encode(grant_format.decode_revocation(grant_format.encode(document)))
        self._send(f"/v1/grants/{asked.grant_id}/revocation", REVOCATION_TYPE, payload)
        return {"grant_id": asked.grant_id}

    def review(self, wanted: bytes) -> dict[str, str]:
        """Say whether an emergency was justified."""
        found = decode_json(wanted, WantedReview, name="review", limit_bytes=BODY_LIMIT_BYTES)
        if self.keyholder is None:
            raise Unavailable("the keyholder is not known here", cause="it was not started", fix="start it")
        payload = alarms.review_of(found, self.member.staff_id, now_ns=self.clock.wall_ns())
        self.keyholder().post("/v1/reviews", envelope_format.encode(self.member.key.sign(REVIEW_TYPE, payload)))
        return {"grant_id": found.grant_id}

    def _send(self, path: str, payload_type: str, payload: bytes) -> bytes:
        return self.vault().post(path, envelope_format.encode(self.member.key.sign(payload_type, payload)))
