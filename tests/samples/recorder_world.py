"""A person, a device, and a vault that speaks the real signed protocol on loopback, and can be told to misbehave."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.base.errors import AboveboardError, Conflict, NotFound, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent as consents
from aboveboard.formats import disclosure as disclosures
from aboveboard.formats import envelope, key_statement, segment
from aboveboard.formats import lease as leases
from aboveboard.formats.consent import RECEIPT_TYPE, ConsentReceipt
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.formats.lease import HealthWord, Lease, LeaseRequest
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder import enrolment as enrolments
from aboveboard.recorder.enrolment import Enrolment, Verified
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import LEASE_DURATION_NS, leases_cover, outside_pauses
from aboveboard.rules.pause import PauseFacts
from aboveboard.sealing.keys import Identity, save_signing_key
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.wire import problem
from aboveboard.wire.client import Client
from aboveboard.wire.outcome import State
from aboveboard.wire.signed_request import ReplayCache, verify
from samples.taking_vault import answered, sealed_in

NOW_NS = SystemClock().wall_ns()


@dataclass
class Participant:
    """One person with one enrolled device, and all the keys that matter, even those that the device never sees."""

    steward: SigningKey = field(default_factory=SigningKey.generate)
    keyholder: SigningKey = field(default_factory=SigningKey.generate)
    vault: SigningKey = field(default_factory=SigningKey.generate)
    person: SigningKey = field(default_factory=SigningKey.generate)
    device: SigningKey = field(default_factory=SigningKey.generate)
    identity: Identity = field(default_factory=Identity.generate)
    keyholder_identity: Identity = field(default_factory=Identity.generate)
    person_id: str = field(default_factory=lambda: new_id(Kind.PERSON))
    device_id: str = field(default_factory=lambda: new_id(Kind.DEVICE))

    def disclosure(self) -> Disclosure:
        return Disclosure(
            programme="office-work",
            version=1,
            published_at_ns=NOW_NS,
            language="en",
            title="Recording office work",
            summary="What you do in the named applications is recorded to train agents.",
            controller="Example Research",
            contact="steward@example.org",
            countries=["NL"],
            legal_entities=["Example Research BV"],
            apps=[
                AppRule(
                    name="Browser",
                    wm_class="Chromium",
                    why="the tasks are done in the browser",
                    keystrokes="exact",
                    screen="exact",
                    pointer="full",
                    window="exact",
                )
            ],
            purposes=["train_agents"],
            recipients=["Example Research"],
            retention_days=30,
            never_collected=["passwords"],
            budget=Budget(),
            frames_per_second=10,
            keyholder_key=self.keyholder.public,
            lease_key=self.vault.public,
        )

    def statement(self, **changes: Any) -> KeyStatement:
        return KeyStatement(
            **{
                "person_id": self.person_id,
                "person_key": self.person.public,
                "key_epoch": 0,
                "recipient": self.keyholder_identity.recipient,
                "created_at_ns": NOW_NS,
                **changes,
            }
        )

    def receipt(self, **changes: Any) -> ConsentReceipt:
        digest = disclosures.digest(disclosures.encode(self.disclosure()))
        return ConsentReceipt(
            **{
                "consent_id": new_id(Kind.CONSENT),
                "person_id": self.person_id,
                "device_id": self.device_id,
                "person_key": self.person.public,
                "person_recipient": self.identity.recipient,
                "disclosure_sha256": digest,
                "shown_sha256": digest,
                "given_at_ns": NOW_NS,
                **changes,
            }
        )

    def enrolment(self, **changes: Any) -> Enrolment:
        published = self.steward.sign(disclosures.PAYLOAD_TYPE, disclosures.encode(self.disclosure()))
        receipt = self.person.sign(RECEIPT_TYPE, consents.encode(self.receipt()))
        statement = self.keyholder.sign(key_statement.PAYLOAD_TYPE, key_statement.encode(self.statement()))
        return Enrolment(
            **{
                "person_id": self.person_id,
                "device_id": self.device_id,
                "person_key": self.person.public,
                "person_recipient": self.identity.recipient,
                "steward_keys": [self.steward.public],
                "key_statement": envelope.encode(statement).decode(),
                "disclosure": envelope.encode(published).decode(),
                "consent": envelope.encode(receipt).decode(),
                **changes,
            }
        )

    def settle(self, home: Path) -> Verified:
        """Enrol the device in the recorder's folder ``home``."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        save_signing_key(home / "device.key", self.device)
        enrolments.save(home, self.enrolment())
        return enrolments.verify(enrolments.load(home))


@dataclass
class Vault:
    """What the vault keeps, and how it is to misbehave."""

    who: Participant
    consent_id: str
    clock: Clock = field(default_factory=SystemClock)
    url: str = ""
    epoch: int = 0
    pauses: list[PauseFacts] = field(default_factory=list)
    paused_apps: list[str] = field(default_factory=list)
    bytes_left: int = 10**9
    duration_ns: int = LEASE_DURATION_NS
    manifests: dict[str, SegmentManifest] = field(default_factory=dict)
    sealed: dict[str, bytes] = field(default_factory=dict)
    refusals: list[AboveboardError] = field(default_factory=list)
    down: bool = False
    refuse_leases: Reason | None = None
    lie_lease: Callable[[Lease, LeaseRequest], bytes] | None = None
    lie_stored: bytes | None = None
    lose_answers: int = 0
    asked: int = 0
    healths: list[list[HealthWord]] = field(default_factory=list)
    key_epoch: int = 0
    least_key_epoch: int = 0
    key_statement: bytes = b""

    def pause(self, by: str = "person") -> None:
        self.pauses.append(PauseFacts(by, self._changed(), None))

    def pause_app(self, wm_class: str) -> None:
        self.paused_apps = [wm_class.casefold()]
        self.pauses.append(PauseFacts("steward", self._changed(), None, wm_class=wm_class))

    def resume(self) -> None:
        now_ns = self._changed()
        self.paused_apps = []
        self.pauses = [replace(pause, ended_at_ns=pause.ended_at_ns or now_ns) for pause in self.pauses]

    def _changed(self) -> int:
        """A pause begins or ends: now, in another epoch."""
        now_ns = self.clock.wall_ns()
        self.epoch = max(self.epoch, now_ns) + 1
        return now_ns

    def lease_for(self, request: LeaseRequest, **changes: Any) -> Lease:
        return Lease(
            **{
                "lease_id": new_id(Kind.LEASE),
                "device_id": request.device_id,
                "person_id": self.who.person_id,
                "consent_id": request.consent_id,
                "disclosure_sha256": disclosures.digest(disclosures.encode(self.who.disclosure())),
                "epoch": self.epoch,
                "boot_id": request.boot_id,
                "boot_ns": request.boot_ns,
                "duration_ns": self.duration_ns,
                "server_ns": self.clock.wall_ns(),
                "nonce": request.nonce,
                "bytes_left": self.bytes_left,
                "paused_apps": self.paused_apps,
                "key_epoch": self.key_epoch,
                "least_key_epoch": self.least_key_epoch,
                **changes,
            }
        )

    def signed(self, lease: Lease, key: SigningKey | None = None) -> bytes:
        return envelope.encode((key or self.who.vault).sign(leases.PAYLOAD_TYPE, leases.encode(lease)))

    def answer(self, method: str, path: str, body: bytes) -> bytes:
        if path == "/v1/leases":
            return self._lease(body)
        if path == "/v1/segments" and method == "POST":
            return self._declare(body)
        if path == "/v1/key-statement" and self.key_statement:
            return self.key_statement
        if path.startswith("/v1/segments/sealed?") and method == "PUT":
            return self._store(path, body)
        raise NotFound("there is no such thing")

    def _lease(self, body: bytes) -> bytes:
        self.asked += 1
        request = leases.decode_request(body)
        self.healths.append(request.health)
        now_ns = self.clock.wall_ns()
        for pause in self.pauses:
            if pause.active(now_ns) and not pause.wm_class:
                no(Reason.PAUSED_BY_PERSON if pause.by == "person" else Reason.PAUSED_BY_STEWARD).require()
        if self.refuse_leases is not None:
            no(self.refuse_leases).require()
        lease = self.lease_for(request)
        return self.lie_lease(lease, request) if self.lie_lease else self.signed(lease)

    def _declare(self, body: bytes) -> bytes:
        signed = msgspec.json.decode(body, type=list[Envelope])
        return answered(*(partial(self._declare_one, each) for each in signed))

    def _declare_one(self, signed: Envelope) -> State:
        try:
            return self._declared(signed)
        except AboveboardError as error:
            self.refusals.append(error)
            raise

    def _declared(self, signed: Envelope) -> State:
        manifest = segment.decode(open_signed(signed, segment.PAYLOAD_TYPE, self.who.device.public))
        shown = [
            leases.decode(open_signed(envelope.decode(text.encode()), leases.PAYLOAD_TYPE, self.who.vault.public))
            for text in manifest.leases
        ]
        leases_cover(manifest, shown, now_ns=self.clock.wall_ns()).require()
        outside_pauses(manifest, shown, self.pauses).require()
        known = self.manifests.setdefault(manifest.segment_id, manifest)
        if known != manifest:
            raise Conflict("another segment has this name")
        return "stored" if manifest.segment_id in self.sealed else "declared"

    def _store(self, path: str, body: bytes) -> bytes:
        if self.lie_stored is not None:
            return self.lie_stored
        sealed = sealed_in(path, [body], self.manifests)
        return answered(*(partial(self._stored, name, data) for name, data in sealed.items()))

    def _stored(self, segment_id: str, sealed: bytes) -> State:
        if hashlib.sha256(sealed).hexdigest() != self.manifests[segment_id].sha256:
            raise Conflict("these are other bytes")
        self.sealed[segment_id] = sealed
        return "stored"

    def in_order(self) -> list[SegmentManifest]:
        return sorted(self.manifests.values(), key=lambda each: (each.start_wall_ns, each.sequence))


@contextmanager
def serving(vault: Vault) -> Iterator[Client]:
    """Serve ``vault`` on loopback; the client signs with the device's key."""
    replays = ReplayCache(started_ns=SystemClock().wall_ns() - 60 * SECOND_NS)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, answer = 200, b""
            try:
                if vault.down:
                    raise Unavailable("the vault is being serviced")
                now_ns = SystemClock().wall_ns()
                key = verify(self.command, vault.url + self.path, self.headers, body, now_ns=now_ns, replays=replays)
                if key != vault.who.device.public:
                    raise Refused("request:unknown", "this key is not enrolled")
                answer = vault.answer(self.command, self.path, body)
            except AboveboardError as error:
                if not isinstance(error, NotFound):  # it has no control stream and no notices
                    vault.refusals.append(error)
                document = problem.from_error(error)
                status, answer = document.status, msgspec.json.encode(document)
            if vault.lose_answers:
                vault.lose_answers -= 1
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_PUT = handle_any

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vault.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    client = Client(vault.url, vault.who.device, timeout_s=5)
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join()
