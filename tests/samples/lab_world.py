"""A vault, a keyholder and a witness in memory, behind the two methods that the lab calls: and each can lie.

Everything cryptographic is real: seals, re-sealed headers, a growing log with proofs, a cosigned checkpoint.
"""

import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import NotFound
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, disclosure, envelope, erasure, grant, lineage, segment, standing
from aboveboard.formats import entry as entries
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import Envelope, encode_base64
from aboveboard.formats.erasure import DESTROYED_TYPE, Destroyed
from aboveboard.formats.grant import AccessRequest, Approval, Grant
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.parts import ALWAYS, PartName
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.standing import Standing
from aboveboard.formats.trust import Trust
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.rules.decision import Reason
from aboveboard.rules.lineage import touches
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.reseal import release_parts
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.signatures import SigningKey, open_signed

ORIGIN = "ledger.example.org/lab"
WITNESS = "witness.example.org"
KINDS = ["screen", "keystrokes", "pointer", "window"]
Lie = Callable[[dict[str, Any]], None]


@dataclass
class Stored:
    """One sealed segment."""

    manifest: SegmentManifest
    sealed: bytes


@dataclass
class LabWorld:
    """Ask it with :meth:`get` and :meth:`post`. ``lie`` changes the answer to the request for keys before it leaves."""

    kinds: list[str] = field(default_factory=lambda: list(KINDS))
    clock: ManualClock = field(default_factory=ManualClock)
    lie: Lie | None = None
    witnessed: bool = True
    ended: Reason = Reason.OK
    page: int = 1000
    standing_asked: int = 0
    key_requests: int = 0
    artefacts: dict[str, tuple[Envelope, str]] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    words: dict[str, Destroyed] = field(default_factory=dict)
    stored: list[Stored] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.staff_key, self.identity = SigningKey.generate(), Identity.generate()
        self.device_key, self.log_key, self.witness_key = (SigningKey.generate() for _ in range(3))
        self.custody: dict[str, Identity] = {}
        self.consents: dict[str, str] = {}
        self.store, self.size = tree.MemoryStore(), 0
        self.published = disclosure.encode(_disclosure(self.device_key.public))
        self.request: AccessRequest | None = None
        self.trust = Trust(
            origin=ORIGIN,
            log_key=checkpoints.log_key(ORIGIN, self.log_key.public_bytes),
            witness_keys=[checkpoints.witness_key(WITNESS, self.witness_key.public_bytes)],
            quorum=1,
        )

    def enrol(self) -> str:
        """A new person."""
        person_id = new_id(Kind.PERSON)
        self.custody[person_id] = Identity.generate()
        self.consents[person_id] = new_id(Kind.CONSENT)
        return person_id

    def upload(self, person_id: str, session_id: str, sequence: int, items: list[Item]) -> SegmentManifest:
        """Seal and store one segment."""
        sealed = seal_parts(write_parts(items), [self.custody[person_id].recipient, Identity.generate().recipient])
        before = [one.manifest for one in self.stored if one.manifest.session_id == session_id]
        times = [item.time_ns for item in items]
        manifest = SegmentManifest(
            segment_id=new_id(Kind.SEGMENT),
            session_id=session_id,
            sequence=sequence,
            person_id=person_id,
            device_id="dev_" + "0" * 26,
            consent_id=self.consents[person_id],
            disclosure_sha256=disclosure.digest(self.published),
            key_epoch=0,
            boot_id="0" * 8 + "-0000-0000-0000-" + "0" * 12,
            start_boot_ns=1,
            end_boot_ns=2,
            start_wall_ns=min(times),
            end_wall_ns=max(times),
            leases=["lease"],
            size_bytes=len(sealed),
            sha256=hashlib.sha256(sealed).hexdigest(),
            previous_sha256=before[-1].sha256 if before else None,
        )
        self.stored.append(Stored(manifest, sealed))
        return manifest

    def erase(self, person_id: str, only: Collection[tuple[str, int]] | None = None) -> None:
        """Delete all of a person's segments, or only those with this session and sequence; what names them is due."""
        gone = [
            one.manifest
            for one in self.stored
            if one.manifest.person_id == person_id
            and (only is None or (one.manifest.session_id, one.manifest.sequence) in only)
        ]
        self.stored = [one for one in self.stored if one.manifest not in gone]
        for name, (signed, state) in self.artefacts.items():
            sources = lineage.decode(signed.body()).sources
            if state == "live" and any(touches(sources, one.session_id, one.sequence, one.sequence) for one in gone):
                self.artefacts[name] = signed, "due"

    def grant(self, people: list[str] | None = None) -> str:
        """Two approvals of a request for ``self.kinds``; returns the grant's id."""
        self.request = AccessRequest(
            request_id=new_id(Kind.REQUEST),
            requester=new_id(Kind.STAFF),
            recipient=self.identity.recipient,
            people=people or list(self.custody),
            kinds=self.kinds,  # type: ignore[arg-type]
            purpose="train_agents",
            output="a data set",
            reason="to test the opening of recordings",
            duration_ns=3600 * SECOND_NS,
            created_at_ns=self.clock.wall_ns(),
        )
        return grant.grant_id_of(self.request.request_id)

    def get(self, path: str) -> bytes:
        """As the vault answers a GET."""
        if match := re.fullmatch(r"/v1/grants/(gra_\w+)", path):
            return grant.encode(self._grant(match[1]))
        if match := re.fullmatch(r"/v1/grants/gra_\w+/segments(?:\?after=(seg_\w+))?", path):
            places = sorted((one.manifest for one in self.stored), key=_place)
            begin = next((n + 1 for n, one in enumerate(places) if one.segment_id == match[1]), 0)
            page = places[begin : begin + self.page]
            rows = [self.device_key.sign(segment.PAYLOAD_TYPE, segment.encode(one)) for one in page]
            return json.dumps([{"manifest": json.loads(envelope.encode(row))} for row in rows]).encode()
        if match := re.fullmatch(r"/v1/grants/gra_\w+/segments/(seg_\w+)/sealed", path):
            return self.find(match[1]).sealed
        if path.startswith("/v1/disclosures/"):
            return envelope.encode(self.staff_key.sign(disclosure.PAYLOAD_TYPE, self.published))
        if path == "/v1/artefacts":
            rows_ = [{"lineage": json.loads(envelope.encode(e)), "state": s} for e, s in self.artefacts.values()]
            return json.dumps(rows_).encode()
        raise NotFound(path)

    def post(self, path: str, body: bytes) -> bytes:
        """As the vault answers a POST."""
        if re.fullmatch(r"/v1/grants/(gra_\w+)/standing", path):
            return self.stands(body)
        if match := re.fullmatch(r"/v1/grants/(gra_\w+)/keys", path):
            self.key_requests += 1
            answer = self._release(match[1], json.loads(body)["segment_ids"])
            if self.lie is not None:
                self.lie(answer)
            return json.dumps(answer).encode()
        if path == "/v1/artefacts":
            signed = envelope.decode(body)
            self.artefacts[lineage.decode(signed.body()).artefact_id] = signed, "live"
            return b"{}"
        if path == "/v1/artefacts/find":
            return json.dumps(self._find_artefacts(json.loads(body))).encode()
        if match := re.fullmatch(r"/v1/artefacts/(art_\w+)/destroyed", path):
            self.artefacts[match[1]] = self.artefacts[match[1]][0], "destroyed"
            self.destroyed.append(match[1])
            word = open_signed(envelope.decode(body), DESTROYED_TYPE, self.staff_key.public)
            self.words[match[1]] = erasure.decode_destroyed(word)
            return b"{}"
        raise NotFound(path)

    def _find_artefacts(self, look: dict[str, list[str]]) -> list[dict[str, Any]]:
        found = []
        for signed, state in self.artefacts.values():
            one = lineage.decode(signed.body())
            digests = {each for file in one.files for each in (file.sha256, file.head_sha256)} & {*look["sha256"]}
            named = [None] if one.artefact_id in look["artefact_ids"] else []
            row = {"artefact_id": one.artefact_id, "kind": one.kind, "state": state}
            found += [row | {"sha256": digest} for digest in [*sorted(filter(None, digests)), *named]]
        return found

    def stands(self, body: bytes) -> bytes:
        """As the keyholder answers whether a grant still holds: it does unless ``ended`` says why not."""
        self.standing_asked += 1
        signed = envelope.decode(body)
        question = standing.decode_question(open_signed(signed, standing.QUESTION_TYPE, self.staff_key.public))
        assert self.request is not None
        now_ns = self.clock.wall_ns()
        answer = Standing(
            grant_id=question.grant_id,
            nonce=question.nonce,
            reason=str(self.ended),
            at_ns=now_ns,
            expires_at_ns=self.request.created_at_ns + self.request.duration_ns,
        )
        return envelope.encode(self.log_key.sign(standing.ANSWER_TYPE, standing.encode(answer)))

    def find(self, segment_id: str) -> Stored:
        return next(one for one in self.stored if one.manifest.segment_id == segment_id)

    def append(self, readable: bytes) -> tuple[int, bytes]:
        """Put a readable entry into the log; its index and its salt."""
        salt = bytes(32)
        self.size = tree.append(self.store, self.size, [tree.leaf_hash(entries.leaf(salt, readable))])
        return self.size - 1, salt

    def checkpoint(self) -> str:
        """The log as it stands, signed, and cosigned unless ``witnessed`` is off."""
        signed = checkpoints.sign(Checkpoint(ORIGIN, self.size, tree.root(self.store, self.size)), self.log_key)
        if not self.witnessed:
            return signed
        text = note.parse(signed).text
        line = note.cosign(text, WITNESS, self.witness_key, self.clock.wall_ns() // SECOND_NS).line()
        return checkpoints.add_signatures(signed, line)

    def key(self, grant: str, manifest: SegmentManifest, /, **changes: Any) -> dict[str, Any]:
        """One released key with its logged entry, ``changes`` made to the entry; the proof comes with the answer."""
        assert self.request is not None
        header, _ = age_header.split(self.find(manifest.segment_id).sealed)
        readable = entries.encode(self._entry(grant, manifest, header, changes))
        index, salt = self.append(readable)
        parts: list[PartName] = [ALWAYS, *self.request.kinds]
        keys = release_parts(header, self.custody[manifest.person_id], self.request.recipient, parts)
        return {
            "segment_id": manifest.segment_id,
            "sealed": encode_base64(keys),
            "entry_index": index,
            "salt": salt.hex(),
            "readable": readable.decode(),
        }

    def prove(self, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """The whole answer: a checkpoint over everything logged so far, and a proof for each key."""
        for key in keys:
            proof = tree.inclusion_proof(self.store, key["entry_index"], self.size)
            key["proof"] = [encode_base64(one) for one in proof]
        return {"checkpoint": self.checkpoint(), "keys": keys}

    def _release(self, grant_id: str, segment_ids: list[str]) -> dict[str, Any]:
        return self.prove([self.key(grant_id, self.find(one).manifest) for one in segment_ids])

    def _entry(self, grant_id: str, manifest: SegmentManifest, header: bytes, changes: dict[str, Any]) -> Released:
        assert self.request is not None
        values: dict[str, Any] = {
            "at_ns": self.clock.wall_ns(),
            "person_id": manifest.person_id,
            "number": self.size + 1,
            "segment_id": manifest.segment_id,
            "header_sha256": hashlib.sha256(header).hexdigest(),
            "kinds": self.request.kinds,
            "grant_id": grant_id,
            "requester": self.request.requester,
            "requester_name": "Ada",
            "approvers": ["Sam", "Rita"],
            "purpose": self.request.purpose,
            "reason": self.request.reason,
            "output": self.request.output,
            "expires_at_ns": self.request.created_at_ns + self.request.duration_ns,
        }
        return Released(**(values | changes))

    def _grant(self, grant_id: str) -> Grant:
        assert self.request is not None
        signed = self.staff_key.sign(grant.REQUEST_TYPE, grant.encode(self.request))
        digest = hashlib.sha256(signed.body()).hexdigest()
        approvals = []
        for _ in range(2):
            approval = Approval(
                request_id=self.request.request_id,
                request_sha256=digest,
                approver=new_id(Kind.STAFF),
                role="security",
                verdict="approve",
                comment="",
                at_ns=self.clock.wall_ns(),
            )
            approvals.append(SigningKey.generate().sign(grant.APPROVAL_TYPE, grant.encode(approval)))
        return Grant(grant_id=grant_id, request=signed, approvals=approvals)


def _place(one: SegmentManifest) -> tuple[str, int, str]:
    return one.person_id, one.start_wall_ns, one.segment_id


def _disclosure(key: str) -> Disclosure:
    return Disclosure(
        programme="lab-test",
        version=1,
        published_at_ns=1,
        language="en",
        title="A test",
        summary="A test of the lab.",
        controller="Example Ltd",
        contact="privacy@example.org",
        countries=["DE"],
        legal_entities=["Example Ltd"],
        apps=[AppRule(name="Editor", wm_class="editor", why="to see how text is edited")],
        purposes=["train_agents"],
        recipients=["the lab"],
        retention_days=30,
        never_collected=["passwords"],
        budget=Budget(),
        frames_per_second=10,
        keyholder_key=key,
        lease_key=key,
    )
