"""One participant's whole world in memory: real keys, seals, manifests, a real log with a real witness's signature.

The two servers answer GET as the real ones do, without a network; the viewer's code is the real one.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from aboveboard.base.errors import NotFound, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import consent, disclosure
from aboveboard.formats import entry as entries
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import pause as pauses
from aboveboard.formats import segment as segments
from aboveboard.formats.consent import ConsentReceipt
from aboveboard.formats.disclosure import AppRule, Because, Budget, Disclosure
from aboveboard.formats.disclosure_text import plain_text, shown_digest
from aboveboard.formats.entry import Granted, Released, Reviewed, Revoked
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fleet import (
    DrillState,
    ExemptionCounts,
    PauseReport,
    Published,
    ShownDrill,
    Spread,
    StopCounts,
)
from aboveboard.formats.lineage import ArtefactFile, Lineage, Source
from aboveboard.formats.part_files import write_parts
from aboveboard.formats.pause import Pause
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trust import Trust
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, tiles, tree
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.rules.lineage import own_part, sources_of
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal_parts import seal_parts
from aboveboard.sealing.signatures import SigningKey
from aboveboard.viewer.source import Participant, ViewerSource
from samples.lawful import in_order
from samples.office_session import START_NS, Sample, play, record

DAY_NS = 86_400_000_000_000
ORIGIN = "ledger.example.org/office-tasks"
NOW_NS = START_NS + 2 * DAY_NS


class Log:
    """A log that grows, signs and is cosigned."""

    def __init__(self) -> None:
        self.key, self.witness = SigningKey.generate(), SigningKey.generate()
        self.store = tree.MemoryStore()
        self.size = 0

    def add(self, leaf: bytes) -> int:
        self.size = tree.append(self.store, self.size, [tree.leaf_hash(leaf)])
        return self.size - 1

    def checkpoint(self, *, witnessed: bool = True) -> str:
        found = Checkpoint(ORIGIN, self.size, tree.root(self.store, self.size))
        signed = checkpoints.sign(found, self.key)
        if not witnessed:
            return signed
        return checkpoints.add_signatures(
            signed, note.cosign(found.text(), "witness.example.org", self.witness, NOW_NS // 10**9).line()
        )

    def trust(self) -> Trust:
        return Trust(
            origin=ORIGIN,
            log_key=checkpoints.log_key(ORIGIN, self.key.public_bytes),
            witness_keys=[checkpoints.witness_key("witness.example.org", self.witness.public_bytes)],
            quorum=1,
        )


def ran_well() -> Published:
    """Two are not asked; one drill reached all of twelve devices, and one was missed."""
    seconds = 1_000_000_000
    counts = StopCounts(
        devices=12,
        confirmed=11,
        lapsed=1,
        possible=0,
        unproven=0,
        to_stop=Spread(devices=12, p50_ns=seconds * 2 // 5, p99_ns=9 * seconds, max_ns=9 * seconds),
        to_last_frame=None,
        to_last_intake=None,
        to_last_offer=None,
    )
    at_ns = START_NS - DAY_NS
    report = PauseReport(
        pause_id=new_id(Kind.PAUSE),
        at_ns=at_ns,
        ended_at_ns=at_ns + 30 * seconds,
        certain_at_ns=at_ns + 15 * seconds,
        stopped=True,
        final=True,
        counts=counts,
    )

    def drill(state: DrillState, report: PauseReport | None) -> ShownDrill:
        return ShownDrill(
            drill_id=new_id(Kind.DRILL),
            at_ns=at_ns,
            duration_ns=30 * seconds,
            slice="everyone",
            why="Does a pause reach everybody in time?",
            state=state,
            report=report,
        )

    drills = [drill("done", report), drill("missed", None)]
    return Published(exemptions=ExemptionCounts(asking=2, collection=0), drills=drills)


@dataclass
class World:
    """Keys, what the vault holds, what the log holds. Change anything, then ask ``source()``."""

    tape: Sample = field(default_factory=play)
    device: SigningKey = field(default_factory=SigningKey.generate)
    person: SigningKey = field(default_factory=SigningKey.generate)
    steward: SigningKey = field(default_factory=SigningKey.generate)
    identity: Identity = field(default_factory=Identity.generate)
    person_id: str = field(default_factory=lambda: new_id(Kind.PERSON))
    device_id: str = field(default_factory=lambda: new_id(Kind.DEVICE))
    consent_id: str = field(default_factory=lambda: new_id(Kind.CONSENT))
    log: Log = field(default_factory=Log)
    manifests: dict[str, Envelope] = field(default_factory=dict)
    sealed: dict[str, bytes] = field(default_factory=dict)
    released: list[dict[str, Any]] = field(default_factory=list)
    emergencies: list[dict[str, Any]] = field(default_factory=list)
    ends: list[dict[str, Any]] = field(default_factory=list)
    artefacts: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[dict[str, Any]] = field(default_factory=list)
    disclosure: Envelope | None = None
    receipt: Envelope | None = None
    published: Published = field(default_factory=ran_well)
    silent: set[str] = field(default_factory=set)
    passed_on: int | None = None
    """How many keys the vault says that it passed on; ``None``: as many as were released."""
    fixed: dict[str, bytes] = field(default_factory=dict)
    """Answers that the keyholder gives instead of its own, by path."""
    now_ns: int = NOW_NS

    def agree(self) -> None:
        """Publish the disclosure and sign the receipt."""
        document = sample_disclosure(self.steward.public)
        payload = disclosure.encode(document)
        self.disclosure = self.steward.sign(disclosure.PAYLOAD_TYPE, payload)
        receipt = ConsentReceipt(
            consent_id=self.consent_id,
            person_id=self.person_id,
            device_id=self.device_id,
            person_key=self.person.public,
            person_recipient=self.identity.recipient,
            disclosure_sha256=disclosure.digest(payload),
            shown_sha256=shown_digest(plain_text(document)),
            given_at_ns=START_NS - DAY_NS,
        )
        self.receipt = self.person.sign(consent.RECEIPT_TYPE, consent.encode(receipt))

    def add_session(self, *, days_later: int = 0, count: int | None = None) -> str:
        """Seal the sample session into the vault, ``count`` segments of it; returns its id."""
        session_id = new_id(Kind.SESSION)
        previous: str | None = None
        shift_ns = days_later * DAY_NS
        for sequence, (start, end, items) in enumerate(record(self.tape, session_id)[:count]):
            plain = write_parts(_shifted(item, shift_ns) for item in items)
            sealed = seal_parts(plain, [self.identity.recipient, Identity.generate().recipient])
            manifest = SegmentManifest(
                segment_id=new_id(Kind.SEGMENT),
                session_id=session_id,
                sequence=sequence,
                person_id=self.person_id,
                device_id=self.device_id,
                consent_id=self.consent_id,
                disclosure_sha256="0" * 64,
                key_epoch=0,
                boot_id="00000000-0000-0000-0000-000000000000",
                start_boot_ns=round(start * 1e6),
                end_boot_ns=round(end * 1e6),
                start_wall_ns=START_NS + shift_ns + round(start * 1e6),
                end_wall_ns=START_NS + shift_ns + round(end * 1e6),
                leases=["{}"],
                size_bytes=len(sealed),
                sha256=hashlib.sha256(sealed).hexdigest(),
                previous_sha256=previous,
            )
            previous = manifest.sha256
            self.manifests[manifest.segment_id] = self.device.sign(segments.PAYLOAD_TYPE, segments.encode(manifest))
            self.sealed[manifest.segment_id] = sealed
        return session_id

    def segment_ids(self, session_id: str) -> list[str]:
        found = [segments.decode(envelope.body()) for envelope in self.manifests.values()]
        mine = sorted((each for each in found if each.session_id == session_id), key=lambda each: each.sequence)
        return [each.segment_id for each in mine]

    def open_under_grant(
        self, segment_ids: list[str], *, who: str, reason: str, purpose: Any, output: str, grant_id: str = ""
    ) -> str:
        """Write one entry for each segment, among entries about others; returns the grant's id."""
        grant_id, requester = grant_id or new_id(Kind.GRANT), new_id(Kind.STAFF)
        for place, segment_id in enumerate(segment_ids):
            entry = Released(
                at_ns=START_NS + DAY_NS + place * 40_000_000,
                person_id=self.person_id,
                number=len(self.released) + 1,
                segment_id=segment_id,
                header_sha256=hashlib.sha256(self.sealed[segment_id][:200]).hexdigest(),
                kinds=["screen", "pointer", "control"],
                grant_id=grant_id,
                requester=requester,
                requester_name=who,
                approvers=["Samira Haddad (security)", "Jonas Weber (representative)"],
                purpose=purpose,
                reason=reason,
                output=output,
                expires_at_ns=START_NS + 15 * DAY_NS,
            )
            self.log.add(b"somebody else's entry %d\n" % place)
            self.released.append(self._entered(entry))
        return grant_id

    def permit_in_emergency(self, *, who: str) -> str:
        """Enter that somebody may open this person's last hours in an emergency; the grant's id."""
        entry = Granted(
            at_ns=START_NS + DAY_NS,
            person_id=self.person_id,
            grant_id=new_id(Kind.GRANT),
            request_sha256="0" * 64,
            requester=new_id(Kind.STAFF),
            requester_name=who,
            approvers=["Samira Haddad (security)"],
            people=1,
            purpose="study_interaction",
            emergency=True,
            expires_at_ns=START_NS + DAY_NS + 3_600_000_000_000,
        )
        self.emergencies.append(self._entered(entry))
        return entry.grant_id

    def end(self, grant_id: str, *, who: str, reason: str) -> None:
        """Enter that a grant was ended before its time."""
        entry = Revoked(
            at_ns=START_NS + 2 * DAY_NS, grant_id=grant_id, by=new_id(Kind.STAFF), reason=reason, by_name=who
        )
        self.ends.append(self._entered(entry))

    def review(self, grant_id: str, *, who: str, verdict: Any, words: str) -> None:
        """Enter what was found of an emergency."""
        entry = Reviewed(
            at_ns=START_NS + 3 * DAY_NS,
            grant_id=grant_id,
            by=new_id(Kind.STAFF),
            by_name=who,
            verdict=verdict,
            words=words,
        )
        self.ends.append(self._entered(entry))

    def _entered(self, entry: entries.Entry) -> dict[str, Any]:
        readable, salt = entries.encode(entry), secrets.token_bytes(32)
        index = self.log.add(entries.leaf(salt, readable))
        return {"index": index, "salt": salt.hex(), "readable": readable.decode()}

    def make_artefact(self, grant_id: str, kind: Any, *, state: Any = "live") -> None:
        """As the vault tells of it; somebody else is in it too."""
        document = Lineage(
            artefact_id=new_id(Kind.ARTEFACT),
            kind=kind,
            created_at_ns=START_NS + DAY_NS + 3_600_000_000_000,
            grant_id=grant_id,
            purposes=["train_agents"],
            retention_until_ns=START_NS + 90 * DAY_NS,
            sources=self.sources(12),
            parents=[],
            files=[ArtefactFile(path="steps.parquet", size_bytes=1, sha256="0" * 64)],
            made_by=f"aboveboard {'train' if kind == 'model' else 'derive'} 0.1.0",
        )
        told = own_part(document, self.person_id, naming=(), state=state, due_by_ns=None)
        self.artefacts.append(msgspec.to_builtins(told))

    def sources(self, count: int) -> list[Source]:
        """The first segments here, and one of somebody else's."""
        mine = [segments.decode(each.body()) for each in list(self.manifests.values())[:count]]
        places = [((each.person_id, each.consent_id, each.session_id), each.sequence) for each in mine]
        return sources_of([*places, ((new_id(Kind.PERSON), new_id(Kind.CONSENT), new_id(Kind.SESSION)), 0)])

    def pause(self, by: Any) -> None:
        document = Pause(pause_id=new_id(Kind.PAUSE), by=by, person_id=self.person_id, at_ns=self.now_ns - 10**9)
        signed = self.person.sign(pauses.PAUSE_TYPE, pauses.encode(document))
        self.pauses.append({"pause": json.loads(envelopes.encode(signed)), "ended_at_ns": None})

    def source(self, home: Path, *, spool: Path | None = None) -> ViewerSource:
        """The real source over this world."""
        home.mkdir(parents=True, exist_ok=True)
        if not (home / "identity.txt").exists():
            self.identity.save(home / "identity.txt")
        who = Participant(
            person_id=self.person_id,
            person_key=self.person.public,
            device_keys=[self.device.public],
            steward_keys=[self.steward.public],
            receipt=self.receipt,
        )
        return ViewerSource(
            Vault(self),
            Keyholder(self),
            home,
            participant=who,
            trust=self.log.trust(),
            spool=spool,
            now_ns=lambda: self.now_ns,
        )


@dataclass
class Vault:
    """Answers as the vault does to this person."""

    world: World

    def get(self, path: str) -> bytes:
        world = self.world
        if "vault" in world.silent:
            raise Unavailable("the vault does not answer", cause="it is not running", fix="start it")
        if path == "/v1/segments":
            return json.dumps(
                [
                    {"segment_id": name, "manifest": json.loads(envelopes.encode(manifest)), "state": "stored"}
                    for name, manifest in world.manifests.items()
                ]
            ).encode()
        if path == "/v1/openings":
            keys = world.passed_on
            return json.dumps({"keys": len(world.released) if keys is None else keys}).encode()
        if path == "/v1/pauses":
            return json.dumps(world.pauses).encode()
        if path == "/v1/programme":
            return msgspec.json.encode(world.published)
        if path == "/v1/artefacts/mine":
            return json.dumps(world.artefacts).encode()
        if path.startswith("/v1/disclosures/") and world.disclosure is not None:
            return envelopes.encode(world.disclosure)
        name = path.removeprefix("/v1/segments/").removesuffix("/sealed")
        if name in world.sealed:
            return world.sealed[name]
        raise NotFound("there is no such thing", cause="a test asked wrongly", fix="mend the test")


@dataclass
class Keyholder:
    """Answers as the keyholder does to this person."""

    world: World

    def get(self, path: str) -> bytes:
        world = self.world
        if "keyholder" in world.silent:
            raise Unavailable("the keyholder does not answer", cause="it is not running", fix="start it")
        if path in world.fixed:
            return world.fixed[path]
        log = world.log
        if path == "/v1/openings" or path.startswith("/v1/openings/grants?ids="):
            rows = sorted([*world.released, *world.emergencies], key=lambda row: int(row["index"]))
            if path != "/v1/openings":
                asked = parse_qs(urlsplit(path).query)["ids"][0].split(",")
                rows = [row for row in world.ends if json.loads(row["readable"])["grant_id"] in asked]
            listed = [
                row | {"proof": [_b64(each) for each in tree.inclusion_proof(log.store, row["index"], log.size)]}
                for row in rows
            ]
            return json.dumps({"checkpoint": log.checkpoint(), "entries": listed}).encode()
        if path.startswith("/ledger/tile/"):
            wanted = tiles.parse_path(path.removeprefix("/ledger/tile/"))
            return tiles.tile(log.store, wanted.level, wanted.index, wanted.width)
        raise NotFound("there is no such thing", cause="a test asked wrongly", fix="mend the test")


def sample_disclosure(key: str) -> Disclosure:
    """Two applications at different fidelity."""
    return Disclosure(
        programme="office-tasks",
        version=3,
        published_at_ns=START_NS - 3 * DAY_NS,
        language="en",
        title="Learning to use office software",
        summary="We record how you work in two applications, to train software agents that operate ordinary programs. "
        "Nothing else on your screen is recorded. You can pause at any moment and leave with one command.",
        controller="Example Research Ltd",
        contact="privacy@example.org",
        countries=["DE", "FR"],
        legal_entities=["Example Research Ltd"],
        apps=[
            AppRule(
                name="Web browser",
                wm_class="Chromium",
                why="The tasks that the agents learn are done in the browser.",
                keystrokes="exact",
                screen="exact",
                pointer="full",
                window="exact",
                because=Because(
                    keystrokes="The agents learn what is typed into a form.",
                    screen="The agents work from what they see.",
                    pointer="The agents learn where to click.",
                    window="It tells one task from the next.",
                ),
            ),
            AppRule(
                name="Spreadsheet",
                wm_class="libreoffice-calc",
                why="To learn how long tables are worked through, not what is in them.",
                keystrokes="count",
                pointer="clicks",
                window="app",
            ),
        ],
        purposes=["train_agents", "evaluate_agents"],
        recipients=["The agents research group of Example Research Ltd"],
        retention_days=90,
        never_collected=[
            "anything outside the applications named here",
            "what you type into a password field",
            "the clipboard, sound and files",
            "any measure of how much or how well you work",
        ],
        budget=Budget(cpu_percent=10.0, megabytes_per_day=200),
        frames_per_second=10,
        keyholder_key=key,
        lease_key=key,
        formalities=in_order(["DE", "FR"]),
    )


def full_world() -> World:
    """Two sessions, two openings, a data set and a model."""
    world = World()
    world.agree()
    first = world.add_session()
    world.add_session(days_later=1, count=6)
    grant = world.open_under_grant(
        world.segment_ids(first),
        who="Rosa Lindqvist",
        reason="Train a policy that fills in forms and picks from drop-down menus.",
        purpose="train_agents",
        output="a data set of steps and a behaviour-cloning policy",
    )
    world.open_under_grant(
        world.segment_ids(first)[:3],
        who="Tariq Osei",
        reason="Compare the trained policy with what people did on the same form.",
        purpose="evaluate_agents",
        output="an assessment without any recording in it",
    )
    world.make_artefact(grant, "dataset")
    world.make_artefact(grant, "model")
    return world


def _shifted(item: Any, shift_ns: int) -> Any:
    changes: dict[str, Any] = {"time_ns": item.time_ns + shift_ns}
    if hasattr(item, "event"):
        event = item.event
        if hasattr(event, "start_ns"):
            event = type(event)(
                kind=event.kind,
                reason=event.reason,
                start_ns=event.start_ns + shift_ns,
                end_ns=event.end_ns + shift_ns,
                count=event.count,
            )
        return type(item)(changes["time_ns"], event)
    return type(item)(**(item.__dict__ | changes))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
