"""A vault that lies to the staff's page gets a signature for nothing but what was shown; what it forges is marked."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import AboveboardError, Conflict, NotFound
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, grant, roster
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.grant import AccessRequest, Approval
from aboveboard.formats.roster import Role, Roster, Staff
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.steward.access import Member
from aboveboard.steward.deciding import Acting

KEYS = {name: SigningKey.generate() for name in ("sam", "rita", "ravi")}
ROLES: dict[str, Role] = {"sam": "security", "rita": "representative", "ravi": "researcher"}
STAFF = {
    name: Staff(staff_id=new_id(Kind.STAFF), name=name, role=ROLES[name], key=key.public) for name, key in KEYS.items()
}


def request(**changes: Any) -> AccessRequest:
    words: dict[str, Any] = {
        "request_id": new_id(Kind.REQUEST),
        "requester": STAFF["ravi"].staff_id,
        "recipient": Identity.generate().recipient,
        "people": [new_id(Kind.PERSON)],
        "kinds": ["pointer"],
        "purpose": "train_agents",
        "output": "a model",
        "reason": "to see how people find entries in menus",
        "duration_ns": 3600 * SECOND_NS,
        "created_at_ns": ManualClock().wall_ns(),
    }
    return AccessRequest(**(words | changes))


def signed(asked: AccessRequest, key: SigningKey = KEYS["ravi"]) -> Envelope:
    return key.sign(grant.REQUEST_TYPE, grant.encode(asked))


class LyingVault:
    """Lists whatever it is told to, and keeps what it is sent."""

    base_url = "http://vault.test"

    def __init__(self, *listed: Envelope) -> None:
        self.listed, self.approvals = list(listed), list[Envelope]()
        self.sent: list[tuple[str, bytes]] = []
        self.before_listing: Callable[[], None] = lambda: None

    def get(self, path: str) -> bytes:
        if path == "/v1/staff":
            return roster.encode(Roster(staff=list(STAFF.values())))
        if path == "/v1/requests":
            self.before_listing()
            rows = [
                {"request": each, "approvals": self.approvals, "grant_id": None, "state": "waiting"}
                for each in self.listed
            ]
            return msgspec.json.encode(rows)
        if path.endswith("/extent"):
            return b'{"named": 1, "people": null, "segments": null}'
        raise NotFound("there is none", cause="a test says so", fix="none")

    def post(self, path: str, body: bytes) -> bytes:
        self.sent.append((path, body))
        return b'{"grant_id": null}'


def desk(vault: LyingVault, name: str = "sam") -> Acting:
    client: Any = vault
    member = Member(STAFF[name].staff_id, name, ROLES[name], KEYS[name], lambda: Identity.generate().recipient)
    return Acting(lambda: client, member, clock=ManualClock())


def say_yes(vault: LyingVault, sha256: str) -> None:
    desk(vault).answer(json.dumps({"request_sha256": sha256, "verdict": "approve"}).encode())


def test_a_yes_is_signed_over_the_bytes_that_were_shown() -> None:
    asked = request()
    vault = LyingVault(signed(asked))
    shown = desk(vault).state()["requests"][0]
    say_yes(vault, shown["sha256"])
    [(path, body)] = vault.sent
    said = grant.decode_approval(open_signed(envelope.decode(body), grant.APPROVAL_TYPE, KEYS["sam"].public))
    assert path == f"/v1/requests/{asked.request_id}/approvals"
    assert said.request_sha256 == hashlib.sha256(grant.encode(asked)).hexdigest() == shown["sha256"]
    assert (said.role, said.verdict, said.request_id) == ("security", "approve", asked.request_id)


def test_a_request_that_is_exchanged_after_it_was_shown_gets_no_signature() -> None:
    """The same id, wider: every kind, for three months."""
    asked = request()
    vault = LyingVault(signed(asked))
    shown = desk(vault).state()["requests"][0]
    wider = request(
        request_id=asked.request_id, kinds=["screen", "keystrokes", "pointer"], duration_ns=90 * 86_400 * SECOND_NS
    )
    vault.before_listing = lambda: vault.listed.__setitem__(0, signed(wider))
    with pytest.raises(Conflict, match="not there any more"):
        say_yes(vault, shown["sha256"])
    assert vault.sent == []


def test_a_request_that_nobody_signed_is_marked() -> None:
    vault = LyingVault(signed(request(), SigningKey.generate()), signed(request(requester=new_id(Kind.STAFF))))
    assert [row["signed"] for row in desk(vault).state()["requests"]] == [False, False]


def test_an_answer_that_the_approver_did_not_sign_is_marked() -> None:
    asked = request()
    vault = LyingVault(signed(asked))
    said = Approval(
        request_id=asked.request_id,
        request_sha256=hashlib.sha256(grant.encode(asked)).hexdigest(),
        approver=STAFF["rita"].staff_id,
        role="representative",
        verdict="approve",
        comment="",
        at_ns=1,
    )
    vault.approvals = [
        KEYS["rita"].sign(grant.APPROVAL_TYPE, grant.encode(said)),
        SigningKey.generate().sign(grant.APPROVAL_TYPE, grant.encode(said)),
    ]
    [row] = desk(vault).state()["requests"]
    assert [each["signed"] for each in row["answers"]] == [True, False]


def test_nobody_is_offered_to_answer_what_they_asked_for() -> None:
    """One person with two entries, as far as the names tell."""
    vault = LyingVault(signed(request()))
    twin = Member(STAFF["sam"].staff_id, "Ravi", "security", KEYS["sam"], lambda: "")
    client: Any = vault
    [row] = Acting(lambda: client, twin, clock=ManualClock()).state()["requests"]
    assert row["answer"] not in ("", "-")


@pytest.mark.parametrize("listed", [b"{}", b'[{"request": 1}]', b"[" * 2000, b"\xff"])
def test_a_list_that_makes_no_sense_is_an_error_in_words(listed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = LyingVault()
    known = vault.get
    monkeypatch.setattr(vault, "get", lambda path: listed if path == "/v1/requests" else known(path))
    with pytest.raises(AboveboardError) as caught:
        desk(vault).state()
    assert caught.value.fix
