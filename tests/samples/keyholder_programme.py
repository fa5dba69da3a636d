"""A small programme around a real keyholder: staff, people with sealed segments, grants, and a real witness's process.

Everything is real but the vault, which is a key: the keyholder judges what a vault sends, whoever it is.
"""

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aboveboard.base.clock import SECOND_NS, Clock, ManualClock
from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, consent, disclosure, entry, erasure, grant, key_statement, roster
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.custody import ConsentFiling, KeyRequest, Openings
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure, Purpose
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.entry import Entry
from aboveboard.formats.envelope import Envelope, encode_base64
from aboveboard.formats.erasure import ErasureOrder
from aboveboard.formats.grant import AccessRequest, Approval, Grant, Revocation, grant_id_of
from aboveboard.formats.release import ReleaseItem, ReleaseRequest
from aboveboard.formats.roster import APPROVING_ROLES, Role, Roster, Staff
from aboveboard.keyholder import custody, openings
from aboveboard.keyholder.desk import Desk, log_name
from aboveboard.keyholder.home import KeyholderHome, write_service, write_witnesses
from aboveboard.keyholder.readings import OWN
from aboveboard.keyholder.start import open_desk
from aboveboard.sealing import reading
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.sealing.unseal import unseal
from aboveboard.viewer.sealed_openings import opened
from aboveboard.witness.logs import watch_log
from samples.segments import sealed_segment
from samples.witness_process import WitnessProcess

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
        self.people: list[Participant] = []
        self.desk: Desk = open_desk(self.home, self.clock)

    def write_roster(self, members: Sequence[Member]) -> None:
        path = self.home.path / "roster.json"
        path.write_bytes(roster.encode(Roster(staff=[member.staff for member in members])))

    def reopen(self) -> None:
        """Stop and start the keyholder."""
        self.desk.close()
        self.desk = open_desk(self.home, self.clock)

    def reopen_after(self, old: dict[Path, bytes]) -> None:
        """Start a stopped keyholder, with these files put back first (and nothing else of the database kept)."""
        if old:
            for path in self.home.path.glob("keys.sqlite*"):
                path.unlink()
        for path, content in old.items():
            path.write_bytes(content)
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
            "shown_sha256": shown_digest(plain_text(disclosure.decode(disclosed.body()))),
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
        self.people.append(person)
        if consenting:
            custody.file_consent(self.desk, self.vault.public, self.filing(person, self.disclose(purposes)))
        return person

    def segment(self, person: Participant, plain: bytes = b"what was recorded") -> Segment:
        """A sealed segment of ``person``."""
        sealed = sealed_segment(plain, [person.identity.recipient, person.recipient])
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
            "role": approver.staff.role if approver.staff.role in APPROVING_ROLES else "security",
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

    def read(self, kind: type[Entry]) -> list[Entry]:
        """What the entries of this kind say, for whoever has the keyholder's own key and those of all its people."""
        rows = self.desk.database.all(
            "SELECT ledger_index FROM entries WHERE kind = ? AND sealed IS NOT NULL ORDER BY ledger_index",
            (kind.__name__,),
        )
        return [entry.decode(self.open(row[0])[1]) for row in rows]

    def open(self, index: int) -> tuple[bytes, bytes]:
        """The salt of one entry and what it says, likewise."""
        readings = self.desk.entries.readings
        *_, key_id, sealed, _ = self.desk.entries.rows(index, index + 1)[0]
        assert key_id is not None
        assert sealed is not None
        if key_id == OWN:
            return readings.open_own(sealed)
        file = readings.sealed_key(key_id)
        [key] = [key for each in self.people for key in _opened(file, each.identity)]
        return reading.open_entry(key, sealed)

    def openings_of(self, person: Participant) -> Openings:
        """What the keyholder lists for this person, as they read it."""
        return opened(openings.openings(self.desk, person.key.public), person.identity)

    def on_disk(self) -> list[tuple[int, bytes]]:
        """Index and leaf of every entry that is durable: read by another connection, as after a crash."""
        connection = sqlite3.connect(f"file:{self.home.database_path}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT ledger_index, leaf FROM entries ORDER BY ledger_index").fetchall()
        finally:
            connection.close()
        return [(row[0], bytes(row[1])) for row in rows]


def _opened(file: bytes, identity: Identity) -> list[bytes]:
    try:
        return [unseal(file, identity)]
    except BadInput:
        return []


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


def bytes_of(folder: Path) -> bytes:
    """Everything in every file of a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
