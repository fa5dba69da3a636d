"""Who asks for what, who has said what, and what may the member of staff at this page do about it?

Asks the vault anew each time, signed with their own key, and keeps nothing but how much each request would open. What
is shown of a request is read from the very bytes that an answer is signed over (``steward.deciding``).
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import AboveboardError, NotFound
from aboveboard.formats import disclosure as disclosure_format
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import grant as grant_format
from aboveboard.formats import roster as roster_format
from aboveboard.formats.disclosure import PURPOSES, Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import decode_json
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, AccessRequest, Approval
from aboveboard.formats.roster import APPROVING_ROLES, Role, Roster, Staff
from aboveboard.rules.grants import may_approve, may_review
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.steward import alarms
from aboveboard.steward.desk import in_milliseconds
from aboveboard.wire.client import Client

LIST_LIMIT_BYTES = 64 * 1024 * 1024
EXTENT_KEPT_S = 30.0
NOBODY = Staff(
    staff_id="stf_" + "0" * 26, name="somebody who is not on the list", role="researcher", key="ed25519:" + "A" * 43
)


class Listed(msgspec.Struct, frozen=True):
    """A request as the vault lists it."""

    request: Envelope
    approvals: list[Envelope]
    grant_id: str | None
    state: str

    @property
    def sha256(self) -> str:
        """Of the bytes that the requester signed: what an answer is bound to."""
        return hashlib.sha256(self.request.body()).hexdigest()

    @property
    def asked(self) -> AccessRequest:
        return grant_format.decode_request(self.request.body())


@dataclass(frozen=True)
class Member:
    """Who is at the page. ``recipient`` makes, or finds, the age key that a researcher's segments are re-sealed to."""

    staff_id: str
    name: str
    role: Role
    key: SigningKey
    recipient: Callable[[], str]

    def staff(self) -> Staff:
        """As the roster has them."""
        return Staff(staff_id=self.staff_id, name=self.name, role=self.role, key=self.key.public)


class AccessDesk:
    """What the page shows ``member``, of the vault that ``vault()`` reaches."""

    def __init__(
        self,
        vault: Callable[[], Client],
        member: Member,
        *,
        keyholder: Callable[[], Client] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """``keyholder`` is asked for its alarms; ``None``: it cannot be reached from here."""
        self.vault = vault
        self.keyholder = keyholder
        self.member = member
        self.clock = clock or SystemClock()
        self._extents: dict[str, tuple[float, Any]] = {}

    def state(self) -> dict[str, Any]:
        """Everything that the page shows. Times are milliseconds since 1970."""
        vault, now_ns = self.vault(), self.clock.wall_ns()
        roster, disclosure = roster_of(vault), disclosure_of(vault)
        listed = list_requests(vault)
        shown = [self._row(vault, each, roster, disclosure) for each in reversed(listed)]
        facts: dict[str, Any] = {
            "at_ns": now_ns,
            "me": {"name": self.member.name, "role": self.member.role},
            "purposes": [
                {"purpose": name, "words": words, "disclosed": disclosure is None or name in disclosure.purposes}
                for name, words in PURPOSES.items()
            ],
            "disclosed": None if disclosure is None else _disclosed(disclosure),
            "requests": shown,
            "alarms": self._alarms(),
        }
        whole: dict[str, Any] = in_milliseconds(facts)
        return whole

    def _row(self, vault: Client, each: Listed, roster: Roster, disclosure: Disclosure | None) -> dict[str, Any]:
        asked = each.asked
        requester = roster.find(asked.requester) or NOBODY
        approvals = [_approval(envelope, roster) for envelope in each.approvals]
        said_yes = [said.at_ns for said, _, _ in approvals if said.verdict == "approve"]
        granted = each.grant_id is not None and bool(said_yes)
        return {
            "request_id": asked.request_id,
            "sha256": each.sha256,
            "state": each.state,
            "grant_id": each.grant_id,
            "requester": requester.name,
            "signed": _signed(each.request, REQUEST_TYPE, requester),
            "asked": _asked(asked),
            "answers": [
                {
                    "name": staff.name,
                    "role": said.role,
                    "verdict": said.verdict,
                    "comment": said.comment,
                    "at_ns": said.at_ns,
                    "signed": signed,
                }
                for said, staff, signed in approvals
            ],
            "expires_ns": max(said_yes) + asked.duration_ns if granted else None,
            "extent": self._extent(vault, each) if each.state == "waiting" else None,
            "undisclosed": disclosure is not None and asked.purpose not in disclosure.purposes,
            "answer": self._why_not_answer(each, requester, [staff for _, staff, _ in approvals]),
            "may_review": self._may_review(each, requester, [said for said, _, _ in approvals]),
            "may_revoke": each.state == "granted" and self._may_revoke(asked),
        }

    def _why_not_answer(self, each: Listed, requester: Staff, answered: Sequence[Staff]) -> str:
        """Empty if this member may answer the request now; otherwise why not, or "-" where nobody expects it."""
        if each.state != "waiting" or self.member.role not in APPROVING_ROLES:
            return "-"
        if any(staff.staff_id == self.member.staff_id for staff in answered):
            return "You have answered."
        me = self.member.staff()
        decision = may_approve(each.asked, me, requester)
        return "" if decision.allowed else decision.explain().sentence

    def _alarms(self) -> list[dict[str, Any]] | None:
        """The keyholder's, for those who hear of them; ``None``: it does not answer."""
        if self.member.role not in alarms.HEARS:
            return []
        try:
            return None if self.keyholder is None else alarms.newest(self.keyholder())
        except AboveboardError:
            return None

    def _may_review(self, each: Listed, requester: Staff, said: Sequence[Approval]) -> bool:
        """An emergency, by an approver who had no part in it. Whether somebody has, the keyholder knows."""
        emergency = each.grant_id is not None and each.asked.emergency
        return emergency and may_review(self.member.staff(), said, requester).allowed

    def _may_revoke(self, asked: AccessRequest) -> bool:
        return self.member.role in {*APPROVING_ROLES, "steward"} or asked.requester == self.member.staff_id

    def _extent(self, vault: Client, each: Listed) -> Any:
        """How much it would open, as the vault may tell; for those who decide."""
        if self.member.role == "researcher":
            return None
        known = self._extents.get(each.sha256)
        if known is None or time.monotonic() - known[0] > EXTENT_KEPT_S:
            told = msgspec.json.decode(vault.get(f"/v1/requests/{each.asked.request_id}/extent"))
            known = self._extents[each.sha256] = (time.monotonic(), told)
        return known[1]


def list_requests(vault: Client) -> list[Listed]:
    """Every request that this member may see, the oldest first; raises :class:`AboveboardError`."""
    listed = vault.get("/v1/requests")
    return decode_json(listed, list[Listed], name="list of requests", limit_bytes=LIST_LIMIT_BYTES)


def roster_of(vault: Client) -> Roster:
    """Who the staff are, as the vault has it: for names. The keyholder believes its own list."""
    return roster_format.decode(vault.get("/v1/staff"))


def disclosure_of(vault: Client) -> Disclosure | None:
    """What people agree to now; ``None`` before there is one."""
    try:
        envelope = envelope_format.decode(vault.get("/v1/disclosures/current"))
    except NotFound:
        return None
    return disclosure_format.decode(envelope.body())


def _approval(envelope: Envelope, roster: Roster) -> tuple[Approval, Staff, bool]:
    """What somebody said, who that is, and whether they signed it."""
    said = grant_format.decode_approval(envelope.body())
    staff = roster.find(said.approver) or NOBODY
    return said, staff, _signed(envelope, APPROVAL_TYPE, staff)


def _signed(envelope: Envelope, payload_type: str, by: Staff) -> bool:
    try:
        open_signed(envelope, payload_type, by.key)
    except AboveboardError:
        return False
    return by is not NOBODY


def _asked(asked: AccessRequest) -> dict[str, Any]:
    at_most = msgspec.to_builtins(asked.fidelity)
    return {
        "people": len(asked.people),
        "ids": asked.people[:20],
        "cohort": asked.cohort,
        "kinds": [{"kind": kind, "at_most": at_most.get(kind, "exact")} for kind in asked.kinds],
        "purpose": PURPOSES[asked.purpose],
        "output": asked.output,
        "reason": asked.reason,
        "duration_ns": asked.duration_ns,
        "created_ns": asked.created_at_ns,
        "since_ns": asked.since_ns or None,
        "emergency": asked.emergency,
    }


def _disclosed(disclosure: Disclosure) -> dict[str, Any]:
    """What people agree to now, kind by kind: at which levels, in how many applications."""
    kinds = ("screen", "keystrokes", "pointer", "window", "site", "control")
    return {
        "title": disclosure.title,
        "version": disclosure.version,
        "retention_days": disclosure.retention_days,
        "kinds": {
            kind: [
                {"app": app.name, "level": getattr(app, kind)}
                for app in disclosure.apps
                if getattr(app, kind) != "none"
            ]
            for kind in kinds
        },
    }
