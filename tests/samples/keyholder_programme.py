"""A small programme around a real keyholder: staff, people with sealed segments, grants, and a real witness's process.

Everything is real but the vault, which is a key: the keyholder judges what a vault sends, whoever it is.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.clock import SECOND_NS, Clock, ManualClock
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, consent, disclosure, entry, erasure, grant, key_statement, roster
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.custody import ConsentFiling, KeyRequest
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure, Purpose
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import Envelope, decode_base64, encode_base64
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.grant import AccessRequest, Approval, Grant, Revocation, grant_id_of
from aboveboard.formats.release import ReleaseAnswer, ReleaseItem, ReleaseRequest
from aboveboard.formats.roster import Role, Roster, Staff
from aboveboard.keyholder import custody
from aboveboard.keyholder.desk import Desk, log_name, open_desk
from aboveboard.keyholder.home import KeyholderHome, WitnessAddress, write_service, write_witnesses
from aboveboard.ledger import verify
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey
from aboveboard.witness.logs import watch_log

HOUR_NS = 3600 * SECOND_NS
DAY_NS = 24 * HOUR_NS
ALL_PURPOSES: list[Purpose] = ["train_agents", "evaluate_agents", "study_interaction"]


@dataclass(frozen=True)
class Member:
    """One member of staff and their key."""

    staff: Staff
    key: SigningKey

    @staticmethod
    def new(name: str, role: Role) -> "Member":
        key = SigningKey.generate()
        return Member(Staff(staff_id=new_id(Kind.STAFF), name=name, role=role, key=key.public), key)


@dataclass(frozen=True)
class Participant:
    """A person, their own keys, and the recipient of their key in the keyholder."""

    person_id: str
    key: SigningKey
    identity: Identity
    recipient: str


@dataclass(frozen=True)
class Segment:
    """A sealed segment: ``plain`` was its content."""

    segment_id: str
    person_id: str
    plain: bytes
    sealed: bytes

    @property
    def header(self) -> bytes:
        return age_header.split(self.sealed)[0]


@dataclass(frozen=True)
class WitnessProcess:
    """A witness that runs."""

    home: Path
    url: str
    verifier_key: str
    pid: int

    def address(self) -> WitnessAddress:
        return WitnessAddress(name="the works council", url=self.url, verifier_key=self.verifier_key)


@contextmanager
def running_witness(home: Path, name: str = "witness.test/council") -> Iterator[WitnessProcess]:
    """A witness as its own process, told of no log yet."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    program = "import sys; from pathlib import Path; from aboveboard.witness.app import serve;"
    program += " serve(Path(sys.argv[1]), 0, name=sys.argv[2])"
    process = subprocess.Popen([sys.executable, "-c", program, str(home), name])
    try:
        url = wait_for_address(home, process)
        import httpx

        key = httpx.get(f"{url}/v1/public", trust_env=False).json()["verifier_key"]
        yield WitnessProcess(home, url, key, process.pid)
    finally:
        process.terminate()
        process.wait(timeout=10)


def wait_for_address(home: Path, process: "subprocess.Popen[bytes]", limit_s: float = 30) -> str:
    """The address that a place wrote once it answered."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"it ended with status {process.returncode} before it answered")
        try:
            address = json.loads((home / "address.json").read_bytes())
        except (FileNotFoundError, ValueError):
            time.sleep(0.02)
            continue
        if address["pid"] == process.pid:
            return str(address["url"])
        time.sleep(0.02)
    raise AssertionError("it did not start in time")


class Programme:
    """One programme. ``desk`` is the keyholder, opened in this process."""

    def __init__(self, root: Path, witnesses: Sequence[WitnessProcess], clock: Clock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.home = KeyholderHome(root / "keyholder")
        self.vault = SigningKey.generate()
        self.steward = Member.new("Stella", "steward")
        self.security = Member.new("Sam", "security")
        self.security_too = Member.new("Sven", "security")
        self.representative = Member.new("Rita", "representative")
        self.researcher = Member.new("Ravi", "researcher")
        self.other_researcher = Member.new("Rosa", "researcher")
        self.researcher_identity = Identity.generate()
        self.members = [
            self.steward,
            self.security,
            self.security_too,
            self.representative,
            self.researcher,
            self.other_researcher,
        ]
        self.log = log_name(self.home)
        self.write_roster(self.members)
        write_service(self.home, self.vault.public)
        write_witnesses(self.home, [each.address() for each in witnesses])
        self.witness_keys = [each.verifier_key for each in witnesses]
        for each in witnesses:
            watch_log(each.home, self.log.log_key)
        self.desk: Desk = open_desk(self.home, self.clock)

    def write_roster(self, members: Sequence[Member]) -> None:
        path = self.home.path / "roster.json"
        path.write_bytes(roster.encode(Roster(staff=[member.staff for member in members])))

    def reopen(self) -> None:
        """Stop and start the keyholder."""
        self.desk.close()
        self.desk = open_desk(self.home, self.clock)

    def close(self) -> None:
        self.desk.close()

    def disclose(self, purposes: list[Purpose] | None = None, *, keyholder_key: str | None = None) -> Envelope:
        """A disclosure, signed by the steward."""
        document = Disclosure(
            programme="office-tasks",
            version=1,
            published_at_ns=self.clock.wall_ns(),
            language="en",
            title="Office tasks",
            summary="We record one office application.",
            controller="Example Ltd",
            contact="privacy@example.org",
            countries=["DE"],
            legal_entities=["Example GmbH"],
            apps=[AppRule(name="Browser", wm_class="Chromium", why="the tasks are done in it", screen="exact")],
            purposes=purposes or ["train_agents"],
            recipients=["Example Ltd, research"],
            retention_days=30,
            never_collected=["passwords"],
            budget=Budget(),
            frames_per_second=10,
            keyholder_key=keyholder_key or self.desk.statement_key.public,
            lease_key=self.vault.public,
        )
        return self.steward.key.sign(disclosure.PAYLOAD_TYPE, disclosure.encode(document))

    def receipt(self, person: Participant, disclosed: Envelope, **changes: object) -> ConsentReceipt:
        """A receipt for the disclosure, not signed yet."""
        facts: dict[str, object] = {
            "consent_id": new_id(Kind.CONSENT),
            "person_id": person.person_id,
            "device_id": new_id(Kind.DEVICE),
            "person_key": person.key.public,
            "person_recipient": person.identity.recipient,
            "disclosure_sha256": disclosure.digest(disclosed.body()),
            "shown_sha256": "0" * 64,
            "given_at_ns": self.clock.wall_ns(),
        }
        return ConsentReceipt(**{**facts, **changes})  # type: ignore[arg-type]

    def filing(self, person: Participant, disclosed: Envelope, **changes: object) -> ConsentFiling:
        """A consent, signed by the person."""
        document = self.receipt(person, disclosed, **changes)
        return ConsentFiling(
            receipt=person.key.sign(consent.RECEIPT_TYPE, consent.encode(document)), disclosure=disclosed
        )

    def enrol(self, purposes: list[Purpose] | None = None, *, consenting: bool = True) -> Participant:
        """A person with a key here, and a consent."""
        key, person_id = SigningKey.generate(), new_id(Kind.PERSON)
        signed = custody.create_key(
            self.desk, self.vault.public, KeyRequest(person_id=person_id, person_key=key.public)
        )
        statement = key_statement.decode(signed.body())
        person = Participant(person_id, key, Identity.generate(), statement.recipient)
        if consenting:
            custody.file_consent(self.desk, self.vault.public, self.filing(person, self.disclose(purposes)))
        return person

    def segment(self, person: Participant, plain: bytes = b"what was recorded") -> Segment:
        """A sealed segment of ``person``."""
        sealed = seal(plain, [person.identity.recipient, person.recipient])
        return Segment(new_id(Kind.SEGMENT), person.person_id, plain, sealed)

    def request(self, people: Sequence[Participant], **changes: object) -> AccessRequest:
        """An access request by the researcher, not signed yet."""
        facts: dict[str, object] = {
            "request_id": new_id(Kind.REQUEST),
            "requester": self.researcher.staff.staff_id,
            "recipient": self.researcher_identity.recipient,
            "people": [person.person_id for person in people],
            "kinds": ["screen"],
            "purpose": "train_agents",
            "output": "a small policy",
            "reason": "to learn whether clicking can be learnt",
            "duration_ns": 7 * DAY_NS,
            "created_at_ns": self.clock.wall_ns(),
        }
        return AccessRequest(**{**facts, **changes})  # type: ignore[arg-type]

    def sign_request(self, request: AccessRequest, by: SigningKey | None = None) -> Envelope:
        return (by or self.researcher.key).sign(grant.REQUEST_TYPE, grant.encode(request))

    def approval(
        self, request: AccessRequest, approver: Member, *, key: SigningKey | None = None, **changes: object
    ) -> Envelope:
        """An approval of exactly this request, by ``approver``, signed with their key unless ``key`` says otherwise."""
        facts: dict[str, object] = {
            "request_id": request.request_id,
            "request_sha256": hashlib.sha256(grant.encode(request)).hexdigest(),
            "approver": approver.staff.staff_id,
            "verdict": "approve",
            "comment": "",
            "at_ns": self.clock.wall_ns(),
        }
        document = Approval(**{**facts, **changes})  # type: ignore[arg-type]
        return (key or approver.key).sign(grant.APPROVAL_TYPE, grant.encode(document))

    def granted(
        self, people: Sequence[Participant], approvers: Sequence[Member] | None = None, **changes: object
    ) -> Grant:
        """A grant with the approvals of a security officer and a representative, or of ``approvers``."""
        request = self.request(people, **changes)
        if approvers is None:
            approvers = [self.security, self.representative]
        return self.grant_of(request, [self.approval(request, each) for each in approvers])

    def grant_of(self, request: AccessRequest, approvals: list[Envelope], signed: Envelope | None = None) -> Grant:
        return Grant(
            grant_id=grant_id_of(request.request_id), request=signed or self.sign_request(request), approvals=approvals
        )

    def revocation(self, grant_id: str, by: Member, *, key: SigningKey | None = None) -> Envelope:
        document = Revocation(
            grant_id=grant_id, by=by.staff.staff_id, reason="the study was ended early", at_ns=self.clock.wall_ns()
        )
        return (key or by.key).sign(grant.REVOCATION_TYPE, grant.encode(document))

    def order(self, person: Participant, *, key: SigningKey | None = None) -> Envelope:
        document = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=person.person_id, at_ns=self.clock.wall_ns())
        return (key or person.key).sign(erasure.ORDER_TYPE, erasure.encode(document))

    def on_disk(self) -> list[tuple[int, bytes]]:
        """Index and leaf of every entry that is durable: read by another connection, as after a crash."""
        connection = sqlite3.connect(f"file:{self.home.database_path}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT ledger_index, leaf FROM entries ORDER BY ledger_index").fetchall()
        finally:
            connection.close()
        return [(row[0], bytes(row[1])) for row in rows]


def item(segment: Segment, **changes: object) -> ReleaseItem:
    """What the vault sends of a segment."""
    facts: dict[str, object] = {
        "segment_id": segment.segment_id,
        "person_id": segment.person_id,
        "key_epoch": 0,
        "header": encode_base64(segment.header),
    }
    return ReleaseItem(**{**facts, **changes})  # type: ignore[arg-type]


def ask(granted: Grant, segments: Sequence[Segment]) -> ReleaseRequest:
    """A request for the keys of ``segments``."""
    return ReleaseRequest(grant=granted, items=[item(each) for each in segments])


def violations(programme: Programme, released: Sequence[tuple[ReleaseRequest, ReleaseAnswer]]) -> list[str]:
    """What is wrong with these releases, judged from outside: empty if every key that left is on the record.

    N keys that left are N different entries that are durable, are about exactly these headers, are contained in a
    checkpoint that every witness co-signed, and stand under a grant with two approvers of two roles.
    """
    found: list[str] = []
    durable = dict(programme.on_disk())
    used: list[int] = []
    for asked, answer in released:
        roles = {_role(programme, decode.approver) for decode in _approvals(asked.grant)}
        if not {"security", "representative"} <= roles:
            found.append("not granted by two roles")
        quorum = len(programme.witness_keys)
        try:
            checkpoint = verify.verify_checkpoint(
                answer.checkpoint, programme.log.origin, programme.log.log_key, programme.witness_keys, quorum
            )
        except Exception:
            found.append("not co-signed")
            checkpoint = None
        for wanted, key in zip(asked.items, answer.keys, strict=True):
            leaf = entry.leaf(bytes.fromhex(key.salt), key.readable.encode())
            used.append(key.entry_index)
            if durable.get(key.entry_index) != leaf:
                found.append("not on the disk")
            if checkpoint is not None:
                try:
                    proof = [decode_base64(each) for each in key.proof]
                    verify.verify_inclusion(leaf, key.entry_index, proof, checkpoint)
                except Exception:
                    found.append("not in the log")
            about = entry.decode(key.readable.encode())
            header_sha256 = hashlib.sha256(decode_base64(wanted.header)).hexdigest()
            if not isinstance(about, Released) or (about.segment_id, about.person_id, about.header_sha256) != (
                wanted.segment_id,
                wanted.person_id,
                header_sha256,
            ):
                found.append("the entry is about something else")
    if len(set(used)) != len(used):
        found.append("one entry for several keys")
    return sorted(set(found))


def _approvals(granted: Grant) -> list[Approval]:
    return [grant.decode_approval(envelope.body()) for envelope in granted.approvals]


def _role(programme: Programme, staff_id: str) -> str:
    return next((each.staff.role for each in programme.members if each.staff.staff_id == staff_id), "")


def bytes_of(folder: Path) -> bytes:
    """Everything in every file of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def copy_of(request: ReleaseRequest) -> ReleaseRequest:
    """The same request, by way of the wire."""
    return msgspec.json.decode(msgspec.json.encode(request), type=ReleaseRequest)


def alive(pid: int) -> bool:
    """Does this process run?"""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
