"""How does a device hand a segment in, and a person see their own?

The device declares a segment by its signed manifest (steps 1 to 8), then sends the sealed bytes (steps 9 and 10; steps
1, 3 and 4 hold again then). The steps are in ``vault.admission`` and ``docs/spec/intake.md``; here stands their order.
"""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal

from anyio import to_thread
from litestar import Controller, Response, get, post, put
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import JSONBody, PathParameter, RawBody
from litestar.types import Scope

from aboveboard.base.errors import NotFound, Refused
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import segment as segment_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.fields import Document, SegmentId
from aboveboard.formats.segment import SEALED_LIMIT_BYTES, SegmentManifest
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import server_time_ns
from aboveboard.vault.admission import (
    check_bytes,
    check_consent,
    check_covered,
    check_enrolled,
    check_kept_out,
    check_key,
    check_new,
    check_newest,
    check_pauses,
    sending_device,
    signed_leases,
    signed_manifest,
)
from aboveboard.vault.api.asking import PROBLEMS, Asked, TheVault, as_text, who_asks
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, SegmentRow

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
            check_key(tx, manifest)
            try:
                check_pauses(tx, manifest, leases)
            except Refused:
                vault.fleet.offered(device.device_id, end_ns=server_time_ns(leases, manifest.end_boot_ns))
                raise
            check_newest(tx, manifest, leases)
            check_kept_out(tx, manifest)
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
            check_consent(tx, row, now_ns=vault.clock.wall_ns())
        if row.state == "stored":
            return _state(row)
        check_bytes(row, body)
        vault.objects.put_new(name_of_segment(segment_id), body)
        try:
            with vault.records.begin() as tx:
                now_ns = vault.clock.wall_ns()
                check_consent(tx, _own(tx, segment_id, device), now_ns=now_ns)
                tx.mark_stored(segment_id, at_ns=now_ns)
            vault.fleet.taken_in(device.device_id, end_ns=_last_frame_ns(row, vault.key.public), at_ns=now_ns)
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


def _own(tx: Transaction, segment_id: str, device: DeviceRow | None) -> SegmentRow:
    row = tx.segment(segment_id)
    if device is None or row is None or row.device_id != device.device_id:
        raise _unknown()
    if row.state in {"erasing", "destroyed"}:
        no(Reason.SEGMENT_ERASED).require()
    return row


def _unknown() -> NotFound:
    return NotFound("there is no such segment of yours", cause="it was not declared, or was erased", fix="declare it")


def _last_frame_ns(row: SegmentRow, vault_key: str) -> int:
    """The vault's time of the end of a segment."""
    manifest = segment_format.decode(envelope_format.decode(row.manifest.encode("utf-8")).body())
    return server_time_ns(signed_leases(manifest, vault_key), manifest.end_boot_ns)


def _state(row: SegmentRow) -> SegmentState:
    match row.state:
        case "declared" | "stored" as state:
            return SegmentState(state=state)
        case _:
            no(Reason.SEGMENT_ERASED).require()
            raise AssertionError("unreachable: a no raises")


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
        start_wall_ns=manifest.start_wall_ns,
        end_wall_ns=manifest.end_wall_ns,
    )
