"""Which segments are taken in? Only what a live consent and the vault's own leases cover.

The device declares a segment by its signed manifest (steps 1 to 8), then sends the sealed bytes (steps 9 and 10; steps
1, 3 and 4 hold again then). The steps are numbered as in ``docs/spec/intake.md``:

 1. The device that sends is known here by its key.
 2. That key signed the manifest.
 3. The manifest's person and device are the ones enrolled under that key.
 4. The consent is that person's, for that device and the manifest's disclosure, and is neither withdrawn nor erased.
 5. This vault signed every lease that the manifest carries.
 6. Together the leases cover the segment from start to end.
 7. No pause lies in it.
 8. It is new: its id, its place in its session and its bytes are; and it follows on its neighbours by their hashes.
 9. The bytes are as many as, and hash to what, the manifest says, and are an age file for exactly two X25519 keys.
10. The bytes are durable before the record says so, and the consent still holds when it does.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

from anyio import to_thread
from litestar import Controller, Response, get, post, put
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import JSONBody, PathParameter, RawBody
from litestar.types import Scope

from aboveboard.base.errors import BadInput, NotFound, Refused, Tampered
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import age_header
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import lease as lease_format
from aboveboard.formats import segment as segment_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, SegmentId
from aboveboard.formats.lease import Lease
from aboveboard.formats.segment import SEALED_LIMIT_BYTES, SegmentManifest
from aboveboard.rules.consent import consent_live
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import leases_cover, outside_pauses
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import pausing
from aboveboard.vault.api import consents
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, SegmentRow

RECIPIENTS = 2
"""The person, and the person's key in the keyholder."""

SegmentIdInPath = Annotated[str, PathParameter(pattern="^seg_[0-9a-hjkmnp-tv-z]{26}$")]


@dataclass
class _SealedBody(Operation):
    """The description of an endpoint that takes the sealed file as it is; Litestar describes only parsed bodies."""

    def __post_init__(self) -> None:
        raw = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(content={"application/octet-stream": raw}, required=True)


class SegmentState(Document, frozen=True):
    """``declared``: the sealed bytes are awaited; ``stored``: they are durable, and the device may forget them."""

    state: Literal["declared", "stored"]


class ListedSegment(Document, frozen=True):
    """One's own segment."""

    segment_id: SegmentId
    manifest: Envelope
    state: Literal["declared", "stored"]


async def sealed_limit(scope: Scope, key: str) -> int:
    """How many bytes are read of a sealed segment at most: those its manifest declares; nothing from strangers."""
    vault: Vault = scope["litestar_app"].state.vault
    segment_id = check_id(Kind.SEGMENT, str(scope["path_params"]["segment_id"]))

    def declared_bytes() -> int:
        with vault.records.read() as tx:
            device = tx.device_by_key(key)
            return min(_own(tx, segment_id, device).size_bytes, SEALED_LIMIT_BYTES)

    return await to_thread.run_sync(declared_bytes)


class Intake(Controller):
    """Declaring, sending, and seeing one's own segments."""

    path = "/v1/segments"
    tags = ("segments",)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def declare(self, request: Asked, vault: TheVault, data: JSONBody[Envelope]) -> SegmentState:
        """Declare a segment by its signed manifest. The very same manifest again is answered again."""
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            device = sending_device(who_asks(request, vault, tx).device)
            manifest = signed_manifest(data, device)
            check_enrolled(manifest, device)
            check_consent(tx, manifest, now_ns=now_ns)
            leases = signed_leases(manifest, vault.key.public)
            check_covered(manifest, leases, now_ns=now_ns)
            check_pauses(tx, manifest, leases)
            known = check_new(tx, manifest, hashlib.sha256(data.body()).hexdigest())
            if known is None:
                tx.add_segment(_row(manifest, data, now_ns))
                return SegmentState(state="declared")
            return _state(known)

    @put(
        "/{segment_id:str}/sealed",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": sealed_limit},
        operation_class=_SealedBody,
    )
    def send(self, request: Asked, vault: TheVault, segment_id: SegmentIdInPath, body: RawBody) -> SegmentState:
        """Send the sealed bytes of a declared segment."""
        with vault.records.read() as tx:
            device = sending_device(who_asks(request, vault, tx).device)
            row = _own(tx, segment_id, device)
            _check_still_agreed(tx, row, now_ns=vault.clock.wall_ns())
        if row.state == "stored":
            return _state(row)
        check_bytes(row, body)
        vault.objects.put_new(name_of_segment(segment_id), body)
        try:
            with vault.records.begin() as tx:
                now_ns = vault.clock.wall_ns()
                _check_still_agreed(tx, _own(tx, segment_id, device), now_ns=now_ns)
                tx.mark_stored(segment_id, at_ns=now_ns)
        except (Refused, NotFound):
            # Withdrawn or erased while the bytes were on their way: they must not stay.
            vault.objects.delete(name_of_segment(segment_id))
            raise
        return SegmentState(state="stored")

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def list_own(self, request: Asked, vault: TheVault) -> list[ListedSegment]:
        """Every segment of the person who asks, or whose device does."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            return [
                ListedSegment(
                    segment_id=row.segment_id,
                    manifest=envelope_format.decode(row.manifest.encode("utf-8")),
                    state=_state(row).state,
                )
                for row in tx.segments_of([person.person_id])
            ]

    @get("/{segment_id:str}/sealed", sync_to_thread=True, responses=PROBLEMS, media_type="application/octet-stream")
    def get_own(self, request: Asked, vault: TheVault, segment_id: SegmentIdInPath) -> Response[bytes]:
        """The sealed bytes of one's own segment, as they were sent."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            row = tx.segment(segment_id)
        if row is None or row.person_id != person.person_id or row.state != "stored":
            raise _unknown()
        return Response(vault.objects.get(name_of_segment(segment_id)), media_type="application/octet-stream")


def sending_device(device: DeviceRow | None) -> DeviceRow:
    """Step 1."""
    if device is None:
        no(Reason.SEGMENT_UNKNOWN_DEVICE).require()
        raise AssertionError("unreachable: a no raises")
    return device


def signed_manifest(envelope: Envelope, device: DeviceRow) -> SegmentManifest:
    """Step 2: the manifest, if this device signed it."""
    try:
        payload = open_signed(envelope, segment_format.PAYLOAD_TYPE, device.device_key)
    except (Tampered, BadInput) as error:
        no(Reason.SEGMENT_SIGNATURE, error.what).require()
        raise
    return segment_format.decode(payload)


def check_enrolled(manifest: SegmentManifest, device: DeviceRow) -> None:
    """Step 3."""
    if manifest.person_id != device.person_id:
        no(Reason.SEGMENT_OTHER_PERSON).require()
    if manifest.device_id != device.device_id:
        no(Reason.SEGMENT_OTHER_DEVICE).require()


def check_consent(tx: Transaction, manifest: SegmentManifest | SegmentRow, *, now_ns: int) -> None:
    """Step 4. A disclosure that has been superseded still covers what was recorded under it."""
    consent_live(
        consents.facts_of(tx.consent(manifest.consent_id)),
        person_id=manifest.person_id,
        device_id=manifest.device_id,
        disclosure_sha256=manifest.disclosure_sha256,
        now_ns=now_ns,
    ).require()


def signed_leases(manifest: SegmentManifest, vault_key: str) -> list[Lease]:
    """Step 5: the leases, if this vault signed every one."""
    leases = []
    for text in manifest.leases:
        try:
            envelope = envelope_format.decode(text.encode("utf-8"))
            leases.append(lease_format.decode(open_signed(envelope, lease_format.PAYLOAD_TYPE, vault_key)))
        except (Tampered, BadInput) as error:
            no(Reason.LEASE_SIGNATURE, error.what).require()
    return leases


def check_covered(manifest: SegmentManifest, leases: list[Lease], *, now_ns: int) -> None:
    """Step 6."""
    leases_cover(manifest, leases, now_ns=now_ns).require()


def check_pauses(tx: Transaction, manifest: SegmentManifest, leases: list[Lease]) -> None:
    """Step 7."""
    pauses = pausing.facts_of(tx.pauses_of(manifest.person_id))
    outside_pauses(manifest, leases, pauses).require()


def check_new(tx: Transaction, manifest: SegmentManifest, manifest_sha256: str) -> SegmentRow | None:
    """Step 8: ``None`` if it is new, its row if this very manifest is known; otherwise raises Refused."""
    known = tx.segment(manifest.segment_id)
    if known is not None:
        if known.manifest_sha256 != manifest_sha256:
            no(Reason.SEGMENT_REPLAYED, "its id was used for another manifest").require()
        return known
    if tx.segment_at(manifest.session_id, manifest.sequence) is not None:
        no(Reason.SEGMENT_REPLAYED, "its place in the session is taken").require()
    if tx.segment_by_sha256(manifest.sha256) is not None:
        no(Reason.SEGMENT_REPLAYED, "its bytes were taken in under another id").require()
    sibling = tx.segment_of_session(manifest.session_id)
    if sibling is not None and sibling.device_id != manifest.device_id:
        no(Reason.SEGMENT_OTHER_DEVICE, "the session is another device's").require()
    if (manifest.sequence == 0) != (manifest.previous_sha256 is None):
        no(Reason.SEGMENT_CHAIN, "only the first segment of a session has none before it").require()
    before = tx.segment_at(manifest.session_id, manifest.sequence - 1)
    if before is not None and before.sha256 != manifest.previous_sha256:
        no(Reason.SEGMENT_CHAIN, "the segment before it has another hash").require()
    after = tx.segment_at(manifest.session_id, manifest.sequence + 1)
    if after is not None and after.previous_sha256 != manifest.sha256:
        no(Reason.SEGMENT_CHAIN, "the segment after it names another hash").require()
    return None


def check_bytes(row: SegmentRow, sealed: bytes) -> None:
    """Step 9."""
    if len(sealed) != row.size_bytes or hashlib.sha256(sealed).hexdigest() != row.sha256:
        no(Reason.SEGMENT_BYTES).require()
    try:
        stanzas = age_header.parse(age_header.split(sealed)[0]).stanzas
    except BadInput as error:
        no(Reason.SEGMENT_FOREIGN, error.what).require()
        raise
    # age's own writers may add one stanza that no key opens ("grease"); anything else could be a third reader.
    kinds = [stanza.arguments[0] for stanza in stanzas]
    readers = [kind for kind in kinds if not kind.endswith("-grease")]
    if readers != [age_header.X25519] * RECIPIENTS or len(kinds) > RECIPIENTS + 1:
        no(Reason.SEGMENT_FOREIGN, f"it is sealed to {len(readers)} keys").require()


def _check_still_agreed(tx: Transaction, row: SegmentRow, *, now_ns: int) -> None:
    check_consent(tx, row, now_ns=now_ns)


def _own(tx: Transaction, segment_id: str, device: DeviceRow | None) -> SegmentRow:
    row = tx.segment(segment_id)
    if device is None or row is None or row.device_id != device.device_id or row.state == "destroyed":
        raise _unknown()
    return row


def _unknown() -> NotFound:
    return NotFound("there is no such segment of yours", cause="it was not declared, or was erased", fix="declare it")


def _state(row: SegmentRow) -> SegmentState:
    if row.state == "destroyed":
        raise _unknown()
    return SegmentState(state=row.state)


def _row(manifest: SegmentManifest, envelope: Envelope, now_ns: int) -> SegmentRow:
    return SegmentRow(
        segment_id=manifest.segment_id,
        session_id=manifest.session_id,
        sequence=manifest.sequence,
        person_id=manifest.person_id,
        device_id=manifest.device_id,
        consent_id=manifest.consent_id,
        disclosure_sha256=manifest.disclosure_sha256,
        key_epoch=manifest.key_epoch,
        manifest=as_text(envelope),
        manifest_sha256=hashlib.sha256(envelope.body()).hexdigest(),
        size_bytes=manifest.size_bytes,
        sha256=manifest.sha256,
        previous_sha256=manifest.previous_sha256,
        state="declared",
        declared_at_ns=now_ns,
    )
