"""A real vault in this process, on a clock that moves only when told, with staff, people and sealed segments.

Requests go through the real guard and the real endpoints, signed. Only the keyholder is a stand-in
(:class:`StandInKeyholder`), which signs what a keyholder signs and can be told to be away; flow tests use a real one.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from litestar.testing import TestClient

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, disclosure, enrolment, envelope, key_statement, lease, pause, roster, segment
from aboveboard.formats.consent import ConsentReceipt, Withdrawal
from aboveboard.formats.custody import EndedEpoch, EpochsEnded, KeyRequest, KeysErased, PartErasure
from aboveboard.formats.disclosure import AppRule, Because, Budget, Disclosure
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.enrolment import EnrolmentProof
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.lease import Lease, LeaseRequest
from aboveboard.formats.part_files import Parts
from aboveboard.formats.pause import Pause, Resume
from aboveboard.formats.roster import Role, Roster, Staff
from aboveboard.formats.segment import SegmentManifest
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.app import app_of
from aboveboard.vault.place import Vault, open_vault
from aboveboard.wire import problem
from aboveboard.wire.outcome import Outcome
from aboveboard.wire.request_signing import sign_headers
from samples import pass_samples
from samples.lawful import in_order
from samples.segments import sealed_segment

URL = "http://vault.test"
BROWSER = AppRule(
    name="Browser",
    wm_class="Chromium",
    why="the tasks are done in it",
    screen="exact",
    because=Because(screen="agents learn from what they see"),
)
BOOT_ID = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"


@dataclass
class StandInKeyholder:
    """Answers as the keyholder does, and notes what it was asked."""

    key: SigningKey = field(default_factory=SigningKey.generate)
    identities: dict[str, Identity] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    away: bool = False
    clock: ManualClock = field(default_factory=ManualClock)
    statements: dict[str, KeyStatement] = field(default_factory=dict)

    def post(self, path: str, body: bytes) -> bytes:
        if self.away:
            raise Unavailable("the keyholder does not answer", cause="a test says so", fix="none")
        self.asked.append((path, body))
        if path == "/v1/keys":
            return envelope.encode(self._statement(msgspec.json.decode(body, type=KeyRequest)))
        if path == "/v1/pass-keys":
            return pass_samples.vouched(self.key, body, now_ns=self.clock.wall_ns())
        if path == "/v1/grants":
            return b'{"notice": null}'
        if path == "/v1/erasures/parts":
            epochs = msgspec.json.decode(body, type=PartErasure).key_epochs
            ended = [EndedEpoch(key_epoch=each, ledger_index=7) for each in epochs]
            return msgspec.json.encode(EpochsEnded(ended=ended, at_ns=self.clock.wall_ns()))
        if path == "/v1/erasures":
            return msgspec.json.encode(KeysErased(ledger_index=7, at_ns=self.clock.wall_ns()))
        return b"{}"

    def _statement(self, asked: KeyRequest) -> Envelope:
        known = self.statements.get(asked.person_id)
        if known is not None and not asked.renew:
            statement = known
        else:
            identity = self.identities[asked.person_id] = Identity.generate()
            statement = self.statements[asked.person_id] = KeyStatement(
                person_id=asked.person_id,
                person_key=asked.person_key,
                key_epoch=0 if known is None else known.key_epoch + 1,
                recipient=identity.recipient,
                created_at_ns=self.clock.wall_ns(),
            )
        return self.key.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(statement))


@dataclass
class Participant:
    """An enrolled person with one device and, once agreed, a consent."""

    person_key: SigningKey
    device_key: SigningKey
    identity: Identity
    person_id: str
    device_id: str
    keyholder_recipient: str
    consent_id: str = ""
    disclosure_sha256: str = ""


@dataclass(frozen=True)
class Segment:
    """A signed manifest and the sealed bytes that it names."""

    manifest: SegmentManifest
    envelope: Envelope
    sealed: bytes


class VaultWorld:
    """One vault, its staff, and everything that is needed to ask it something."""

    def __init__(self, home: Path, *, keyholder: StandInKeyholder | None = None) -> None:
        self.clock = ManualClock()
        self.home = home
        self.staff: dict[str, tuple[Staff, SigningKey]] = {}
        self.shown: dict[str, str] = {}
        self.days: dict[str, int] = {}
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        names: tuple[tuple[str, Role], ...] = (
            ("stella", "steward"),
            ("sam", "security"),
            ("sven", "security"),
            ("rita", "representative"),
            ("ravi", "researcher"),
        )
        for name, role in names:
            key = SigningKey.generate()
            self.staff[name] = (Staff(staff_id=new_id(Kind.STAFF), name=name, role=role, key=key.public), key)
        members = [member for member, _ in self.staff.values()]
        (home / "roster.json").write_bytes(roster.encode(Roster(staff=members)))
        self.keyholder = keyholder or StandInKeyholder(clock=self.clock)
        self.open()

    def open(self) -> None:
        """Start the vault (again)."""
        self.vault: Vault = open_vault(self.home, clock=self.clock)
        self.vault.keyholder = lambda: self.keyholder  # type: ignore[assignment,method-assign,return-value]
        self.app = app_of(self.vault)
        self.app.state.origins = {URL}
        self.http = TestClient(self.app, base_url=URL, raise_server_exceptions=False)
        self.http.__enter__()

    def close(self) -> None:
        self.http.__exit__(None, None, None)
        self.vault.close()

    def keyholder_key(self) -> str:
        return self.keyholder.key.public

    def key(self, name: str) -> SigningKey:
        return self.staff[name][1]

    def staff_id(self, name: str) -> str:
        return self.staff[name][0].staff_id

    def ask(self, key: SigningKey | None, method: str, path: str, body: Any = b"") -> bytes:
        """The answer's bytes, or the error that the vault raised."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {} if key is None else sign_headers(method, URL + path, data, key, now_ns=self.clock.wall_ns())
        answer = self.http.request(method, path, content=data, headers=headers)
        if answer.is_success:
            return answer.content
        raise problem.to_error(answer.status_code, answer.content)

    def get(self, key: SigningKey, path: str) -> Any:
        return json.loads(self.ask(key, "GET", path))

    def post(self, key: SigningKey, path: str, body: Any) -> Any:
        return json.loads(self.ask(key, "POST", path, body))

    def disclose(self, version: int = 1, **changes: Any) -> str:
        """Publish a disclosure; its hash."""
        words: dict[str, Any] = {
            "programme": "office-tasks",
            "version": version,
            "published_at_ns": self.clock.wall_ns(),
            "language": "en",
            "title": "Office tasks",
            "summary": "We record one application.",
            "controller": "Example Ltd",
            "contact": "privacy@example.org",
            "countries": ["DE"],
            "legal_entities": ["Example GmbH"],
            "apps": [BROWSER],
            "purposes": ["train_agents"],
            "recipients": ["Example Ltd, research"],
            "retention_days": 30,
            "never_collected": ["passwords"],
            "budget": Budget(megabytes_per_day=1),
            "frames_per_second": 10,
            "keyholder_key": self.keyholder_key(),
            "lease_key": self.get(self.key("stella"), "/v1/public")["lease_key"],
        } | changes
        words.setdefault("formalities", in_order(words["countries"]))
        document = Disclosure(**words)
        payload = disclosure.encode(document)
        self.days[disclosure.digest(payload)] = document.consent_days
        self.shown[disclosure.digest(payload)] = shown_digest(plain_text(document))
        signed = self.key("stella").sign(disclosure.PAYLOAD_TYPE, payload)
        return str(self.post(self.key("stella"), "/v1/disclosures", signed)["sha256"])

    def invite(self, **whom: str) -> str:
        """A fresh invitation's code, to what is disclosed (published if nothing is)."""
        if self.get(self.key("stella"), "/v1/status")["disclosure_sha256"] is None:
            self.disclose()
        return str(self.post(self.key("stella"), "/v1/invitations", whom)["code"])

    def enrolment(
        self, person_key: SigningKey, device_key: SigningKey, identity: Identity, **whom: str
    ) -> dict[str, Any]:
        """A request to enrol, with a fresh invitation."""
        code = self.invite(**whom)
        proof = EnrolmentProof(
            code=code,
            person_key=person_key.public,
            person_recipient=identity.recipient,
            device_key=device_key.public,
            platform="Linux X11",
        )
        signed = person_key.sign(enrolment.PROOF_TYPE, enrolment.encode(proof))
        return {**msgspec.to_builtins(proof), "proof": msgspec.to_builtins(signed)}

    def enrol(self, **whom: str) -> Participant:
        """A new person with a new device, of this ``country`` and ``cohort``."""
        person_key, device_key, identity = SigningKey.generate(), SigningKey.generate(), Identity.generate()
        asked = self.enrolment(person_key, device_key, identity, **whom)
        answer = enrolment.decode_answer(self.ask(device_key, "POST", "/v1/enrolments", asked))
        statement = key_statement.decode(answer.key_statement.body())
        return Participant(person_key, device_key, identity, answer.person_id, answer.device_id, statement.recipient)

    def agree(self, who: Participant, disclosure_sha256: str) -> str:
        """Sign a consent; its id."""
        who.consent_id, who.disclosure_sha256 = new_id(Kind.CONSENT), disclosure_sha256
        receipt = self.receipt(who)
        self.post(who.person_key, "/v1/consents", who.person_key.sign(consent.RECEIPT_TYPE, consent.encode(receipt)))
        return who.consent_id

    def receipt(self, who: Participant, **changes: Any) -> ConsentReceipt:
        words: dict[str, Any] = {
            "consent_id": who.consent_id,
            "person_id": who.person_id,
            "device_id": who.device_id,
            "person_key": who.person_key.public,
            "person_recipient": who.identity.recipient,
            "disclosure_sha256": who.disclosure_sha256,
            "shown_sha256": self.shown.get(who.disclosure_sha256, "0" * 64),
            "given_at_ns": self.clock.wall_ns(),
            "expires_at_ns": self.clock.wall_ns() + self.days.get(who.disclosure_sha256, 365) * 86_400 * SECOND_NS,
        }
        return ConsentReceipt(**(words | changes))

    def ready(self, **whom: str) -> Participant:
        """A person, of this ``country`` and ``cohort``, who has agreed to the current disclosure (or to a first)."""
        sha256 = self.get(self.key("stella"), "/v1/status")["disclosure_sha256"] or self.disclose()
        who = self.enrol(**whom)
        self.agree(who, sha256)
        return who

    def withdraw(self, who: Participant) -> None:
        document = Withdrawal(consent_id=who.consent_id, person_id=who.person_id, at_ns=self.clock.wall_ns())
        self.post(
            who.person_key, "/v1/withdrawals", who.person_key.sign(consent.WITHDRAWAL_TYPE, consent.encode(document))
        )

    def pause(self, signer: SigningKey, **words: Any) -> str:
        """Pause; the pause's id."""
        facts = {"pause_id": new_id(Kind.PAUSE), "at_ns": self.clock.wall_ns()} | words
        self.post(signer, "/v1/pauses", signer.sign(pause.PAUSE_TYPE, pause.encode(Pause(**facts))))
        return str(facts["pause_id"])

    def resume(self, signer: SigningKey, pause_id: str) -> None:
        document = Resume(pause_id=pause_id, at_ns=self.clock.wall_ns())
        self.post(signer, "/v1/resumes", signer.sign(pause.RESUME_TYPE, pause.encode(document)))

    def lease_request(self, who: Participant, **changes: Any) -> LeaseRequest:
        words: dict[str, Any] = {
            "device_id": who.device_id,
            "consent_id": who.consent_id,
            "boot_id": BOOT_ID,
            "boot_ns": self.clock.boot_ns(),
            "nonce": hashlib.sha256(new_id(Kind.LEASE).encode()).hexdigest()[:32],
            "recorder_version": "test",
        }
        return LeaseRequest(**(words | changes))

    def lease(self, who: Participant, **changes: Any) -> Envelope:
        """A lease from now on."""
        return envelope.decode(self.ask(who.device_key, "POST", "/v1/leases", self.lease_request(who, **changes)))

    def recorded(
        self, who: Participant, *, seconds: int = 3, plain: bytes | Parts = b"made up", **changes: Any
    ) -> Segment:
        """A segment recorded under a fresh lease, from now to ``seconds`` later (the clock moves). ``changes`` are to
        the manifest."""
        signed = self.lease(who)
        start = dataclasses.replace(self.clock)
        self.clock.advance(seconds * SECOND_NS)
        sealed = sealed_segment(plain, [who.identity.recipient, who.keyholder_recipient])
        return self.described(who, sealed, [signed], start, **changes)

    def described(
        self, who: Participant, sealed: bytes, leases: Sequence[Envelope], start: ManualClock, **changes: Any
    ) -> Segment:
        """A segment of these bytes from ``start`` to now."""
        words: dict[str, Any] = {
            "segment_id": new_id(Kind.SEGMENT),
            "session_id": new_id(Kind.SESSION),
            "sequence": 0,
            "person_id": who.person_id,
            "device_id": who.device_id,
            "consent_id": who.consent_id,
            "disclosure_sha256": who.disclosure_sha256,
            "key_epoch": 0,
            "boot_id": BOOT_ID,
            "start_boot_ns": start.boot_ns(),
            "end_boot_ns": self.clock.boot_ns(),
            "start_wall_ns": start.wall_ns(),
            "end_wall_ns": self.clock.wall_ns(),
            "leases": [envelope.encode(each).decode() for each in leases],
            "size_bytes": len(sealed),
            "sha256": hashlib.sha256(sealed).hexdigest(),
        }
        manifest = SegmentManifest(**(words | changes))
        return Segment(manifest, self.signed(who, manifest), sealed)

    def signed(self, who: Participant, manifest: SegmentManifest) -> Envelope:
        return who.device_key.sign(segment.PAYLOAD_TYPE, segment.encode(manifest))

    def declare(self, who: Participant, one: Segment) -> str:
        return self.declare_signed(who.device_key, one.envelope)

    def declare_signed(self, key: SigningKey, manifest: Envelope) -> str:
        """Its state, or the error for which it is refused."""
        return one_of(self.declare_all(key, [manifest]))

    def declare_all(self, key: SigningKey, manifests: Sequence[Envelope]) -> list[Outcome]:
        return outcomes_in(self.ask(key, "POST", "/v1/segments", list(manifests)))

    def send(self, who: Participant, one: Segment) -> str:
        return one_of(self.send_all(who, [one]))

    def send_all(self, who: Participant, segments: Sequence[Segment]) -> list[Outcome]:
        names = "&".join(f"segment_id={each.manifest.segment_id}" for each in segments)
        sealed = b"".join(each.sealed for each in segments)
        return outcomes_in(self.ask(who.device_key, "PUT", f"/v1/segments/sealed?{names}", sealed))

    def take_in(self, who: Participant, one: Segment) -> str:
        self.declare(who, one)
        return self.send(who, one)


def outcomes_in(answer: bytes) -> list[Outcome]:
    """What became of each segment of a request."""
    return msgspec.json.decode(answer, type=list[Outcome])


def one_of(outcomes: Sequence[Outcome]) -> str:
    """The state of the only one, or its error raised."""
    [outcome] = outcomes
    error = outcome.error()
    if error is not None:
        raise error
    return outcome.state


def lease_of(signed: Envelope) -> Lease:
    """What a lease says."""
    return lease.decode(signed.body())
