"""Somebody has what a program or a person signs in with: the vault's database account, the object store's, the
researcher's key without their identity, an approver's session; or all of these at once. Nothing opens.

A real vault and a real keyholder. What each could try is tried, and whatever comes back is tried with every key that
the thief has. Without the keyholder's own rules, the last attempt is seen to open.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, envelope, grant, release
from aboveboard.formats.envelope import Envelope, encode_base64
from aboveboard.formats.grant import APPROVAL_TYPE, REQUEST_TYPE, AccessRequest, Approval, ApprovingRole, Grant
from aboveboard.formats.release import ReleaseItem, ReleaseRequest
from aboveboard.keyholder import filing, policy
from aboveboard.keyholder import release as steps
from aboveboard.rules.decision import ALLOWED
from aboveboard.sealing.keys import Identity
from aboveboard.vault.storage.objects import name_of_segment
from samples.kept_world import DAY_NS, KeptWorld
from samples.segments import plain_of, plain_with, sealed_segment
from samples.vault_world import Segment
from samples.witness_process import WitnessProcess, running_witness

TABLES = ("people", "consents", "segments", "requests", "approvals", "grants")
PLAIN = b"what was recorded, and nobody else is to read"


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def world(tmp_path: Path, witness: WitnessProcess) -> Iterator[KeptWorld]:
    made = KeptWorld(tmp_path / "world", witness)
    yield made
    made.close()


class Thief:
    """Knows every id, and has an age identity; ``found`` is what came back that they can open."""

    def __init__(self, world: KeptWorld) -> None:
        self.world, self.identity = world, Identity.generate()
        self.who = world.ready()
        self.one: Segment = world.recorded(self.who, plain=PLAIN)
        world.take_in(self.who, self.one)
        self.granted = world.granted(self.who)
        assert world.opens(self.granted, self.one) == PLAIN, "who may, opens"
        self.found: list[bytes] = []

    def tries(self, released: str, sealed: bytes) -> None:
        with suppress(AboveboardError):
            self.found.append(plain_with(sealed, released, self.identity))

    def sealed(self) -> bytes:
        """From the object store, as it lies there."""
        return self.world.vault.objects.get(name_of_segment(self.one.manifest.segment_id))

    def asks_keys(self, grant_id: str) -> None:
        """With the researcher's key, at the vault's door."""
        body = {"segment_ids": [self.one.manifest.segment_id]}
        with suppress(AboveboardError):
            answer = self.world.ask(self.world.key("ravi"), "POST", f"/v1/grants/{grant_id}/keys", body)
            for key in release.decode_answer(answer).keys:
                self.tries(key.sealed, self.sealed())

    def request(self, **changes: object) -> AccessRequest:
        facts: dict[str, object] = {
            "request_id": new_id(Kind.REQUEST),
            "requester": self.world.staff_id("ravi"),
            "recipient": self.identity.recipient,
            "people": [self.who.person_id],
            "kinds": ["screen"],
            "purpose": "train_agents",
            "output": "a small policy",
            "reason": "to learn whether clicking can be learnt",
            "duration_ns": 7 * DAY_NS,
            "created_at_ns": self.world.clock.wall_ns(),
        }
        return AccessRequest(**{**facts, **changes})  # type: ignore[arg-type]

    def approval(self, asked: Envelope, by: str, role: ApprovingRole) -> Envelope:
        request = grant.decode_request(asked.body())
        document = Approval(
            request_id=request.request_id,
            request_sha256=hashlib.sha256(asked.body()).hexdigest(),
            approver=self.world.staff_id(by),
            role=role,
            verdict="approve",
            comment="",
            at_ns=self.world.clock.wall_ns(),
        )
        return self.world.key(by).sign(APPROVAL_TYPE, grant.encode(document))


def database_account(thief: Thief) -> None:
    """Reads every table, and writes a request for the thief's own key into the place of the one that was granted."""
    world, request_id = thief.world, thief.granted.replace("gra_", "req_")
    mine = grant.encode(thief.request(request_id=request_id))
    signed = envelope.encode(world.vault.key.sign(REQUEST_TYPE, mine)).decode()
    [path] = world.home.glob("*.sqlite")
    with sqlite3.connect(path) as connection:
        rows = [row for table in TABLES for row in connection.execute(f"SELECT * FROM {table}")]
        assert len(rows) >= len(TABLES)
        assert PLAIN.decode() not in repr(rows)
        changed = connection.execute("UPDATE requests SET envelope = ? WHERE request_id = ?", (signed, request_id))
        assert changed.rowcount == 1
    connection.close()
    thief.asks_keys(thief.granted)


def object_store_account(thief: Thief) -> None:
    """Reads every object, and puts another in the place of one: a recording that the thief has made."""
    assert PLAIN not in thief.sealed()
    name = name_of_segment(thief.one.manifest.segment_id)
    with suppress(AboveboardError):
        thief.found.append(plain_of(thief.sealed(), thief.identity))
    objects, sealed = thief.world.vault.objects, thief.sealed()
    objects.delete(name)
    objects.put_new(name, sealed_segment(b"made up by the thief", [thief.identity.recipient]))
    assert thief.world.closed(thief.granted, thief.one), "what was put there is not taken for the recording"
    objects.delete(name)
    objects.put_new(name, sealed)


def researchers_key(thief: Thief) -> None:
    """Asks under the grant that there is, and for one to the thief's own key, as the researcher: all but their age
    identity, which lies on their own machine."""
    thief.asks_keys(thief.granted)
    asked = thief.world.key("ravi").sign(REQUEST_TYPE, grant.encode(thief.request()))
    thief.world.post(thief.world.key("ravi"), "/v1/requests", asked)
    thief.asks_keys(grant.grant_id_of(grant.decode_request(asked.body()).request_id))


def approvers_session(thief: Thief) -> None:
    """And one approver's session, at whose page an answer is given: twice, once in each role."""
    asked = thief.world.key("ravi").sign(REQUEST_TYPE, grant.encode(thief.request()))
    request_id = grant.decode_request(asked.body()).request_id
    thief.world.post(thief.world.key("ravi"), "/v1/requests", asked)
    for role in ("security", "representative"):
        with suppress(AboveboardError):
            approval = thief.approval(asked, "sam", role)
            thief.world.post(thief.world.key("sam"), f"/v1/requests/{request_id}/approvals", approval)
    thief.asks_keys(grant.grant_id_of(request_id))


def all_of_them(thief: Thief) -> None:
    """And the vault's own key: the keyholder is asked for the very key in the vault's name."""
    asked = thief.world.key("ravi").sign(REQUEST_TYPE, grant.encode(thief.request()))
    made = Grant(
        grant_id=grant.grant_id_of(grant.decode_request(asked.body()).request_id),
        request=asked,
        approvals=[thief.approval(asked, "sam", "security"), thief.approval(asked, "sam", "representative")],
    )
    header = age_header.split(thief.sealed())[0]
    manifest = thief.one.manifest
    wanted = ReleaseItem(
        segment_id=manifest.segment_id,
        person_id=manifest.person_id,
        key_epoch=manifest.key_epoch,
        header=encode_base64(header),
    )
    with suppress(AboveboardError):
        answer = steps.release(
            thief.world.desk, thief.world.vault.key.public, ReleaseRequest(grant=made, items=[wanted])
        )
        thief.tries(answer.keys[0].sealed, thief.sealed())


ATTEMPTS: list[Callable[[Thief], None]] = [
    database_account,
    object_store_account,
    researchers_key,
    approvers_session,
    all_of_them,
]


def test_none_of_them_opens_anything_alone_or_all_at_once(world: KeptWorld) -> None:
    thief = Thief(world)
    for attempt in ATTEMPTS[1:]:
        attempt(thief)
        assert thief.found == [], attempt.__name__
        assert world.opens(thief.granted, thief.one) == PLAIN, "and who may goes on"
    database_account(thief)
    assert thief.found == []


def test_without_the_keyholder_s_own_rules_they_would(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same attempt is seen to open once the keyholder takes any grant for complete."""
    thief = Thief(world)
    monkeypatch.setattr(filing, "grant_complete", lambda *_: ALLOWED)
    monkeypatch.setattr(policy, "may_release_of", lambda *_, **__: ALLOWED)
    all_of_them(thief)
    assert thief.found == [PLAIN]
