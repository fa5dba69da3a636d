"""How does a device hand a segment in, and a person see their own?

The device declares segments by their signed manifests (steps 1 to 8), then sends the sealed bytes (steps 9 and 10;
steps 1, 3 and 4 hold again then): several in one request, each judged by itself. The steps are in ``vault.admission``
and ``docs/spec/intake.md``; here stands their order.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Literal
from urllib.parse import parse_qs

from anyio import to_thread
from litestar import Controller, Response, get, post, put
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import JSONBody, PathParameter, QueryParameter
from litestar.types import Scope
from msgspec import Meta

from aboveboard.base.errors import AboveboardError, NotFound, Refused
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
from aboveboard.vault.arriving import Arriving, Remembered, Told
from aboveboard.vault.place import Vault
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.records import Transaction
from aboveboard.vault.storage.rows import DeviceRow, SegmentRow
from aboveboard.wire.outcome import SEGMENTS_LIMIT, Outcome, State, refused, tried
from aboveboard.wire.pieces import Pieces, cut
from aboveboard.wire.problem import TooLarge
from aboveboard.wire.signature_guard import pieces_of

PATTERN = "^seg_[0-9a-hjkmnp-tv-z]{26}$"
SegmentIdInPath = Annotated[str, PathParameter(pattern=PATTERN)]
SegmentIds = Annotated[
    list[Annotated[str, Meta(pattern=PATTERN)]], QueryParameter(min_items=1, max_items=SEGMENTS_LIMIT)
]


@dataclass
class _SealedBody(Operation):
    """The description of an endpoint that takes the sealed file as it is; Litestar describes only parsed bodies."""

    def __post_init__(self) -> None:
        raw = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(content={"application/octet-stream": raw}, required=True)


class ListedSegment(Document, frozen=True):
    """One's own segment."""

    segment_id: SegmentId
    manifest: Envelope
    state: Literal["declared", "stored"]


async def sealed_limit(scope: Scope, key: str) -> int:
    """How many bytes are read of sealed segments at most: those that are declared; nothing from strangers."""
    vault: Vault = scope["litestar_app"].state.vault
    named = parse_qs(scope["query_string"].decode("latin-1")).get("segment_id", [])
    if len(named) > SEGMENTS_LIMIT:
        raise _too_many()

    def declared_bytes() -> int:
        with vault.records.read() as tx:
            rows = _own(tx, [check_id(Kind.SEGMENT, each) for each in named], tx.device_by_key(key))
        return sum(row.size_bytes for row in rows)

    size_bytes = await to_thread.run_sync(declared_bytes)
    if size_bytes > SEALED_LIMIT_BYTES:
        raise _too_many()
    return size_bytes


class Intake(Controller):
    """Declaring, sending, and seeing one's own segments."""

    path = "/v1/segments"
    tags = ("segments",)

    @post("/", status_code=200, sync_to_thread=True, responses=PROBLEMS)
    def declare(self, request: Asked, vault: TheVault, data: JSONBody[list[Envelope]]) -> list[Outcome]:
        """Declare segments by their signed manifests. The very same manifest again is answered again.

        What became of each stands in the order of the manifests; one that is refused leaves nothing.
        """
        if not 1 <= len(data) <= SEGMENTS_LIMIT:
            raise _too_many()
        now_ns = vault.clock.wall_ns()
        with vault.records.begin() as tx:
            device = sending_device(who_asks(request, vault, tx).device)
            read = [_read(each, device) for each in data]
            known = Arriving(tx, [each for each in read if isinstance(each, SegmentManifest)])
            outcomes = [
                refused(manifest)
                if isinstance(manifest, AboveboardError)
                else tried(partial(declared, known, vault, device, manifest, envelope, now_ns=now_ns))
                for manifest, envelope in zip(read, data, strict=True)
            ]
            known.write()
        return outcomes

    @put(
        "/sealed",
        status_code=200,
        sync_to_thread=True,
        responses=PROBLEMS,
        opt={"body_limit": sealed_limit, "in_pieces": True},
        operation_class=_SealedBody,
    )
    def send(self, request: Asked, vault: TheVault, segment_id: SegmentIds) -> list[Outcome]:
        """Send the sealed bytes of declared segments, one behind the other in the order in which they are named.

        Each is as long as it was declared. What became of each stands in the same order.
        """
        with vault.records.read() as tx:
            device = sending_device(who_asks(request, vault, tx).device)
            rows = _own(tx, segment_id, device)
            told, now_ns = Remembered(tx), vault.clock.wall_ns()
            outcomes = {row.segment_id: tried(partial(awaited, told, row, now_ns=now_ns)) for row in rows}
        sealed: dict[str, Pieces] = {}
        for row, part in zip(rows, cut(pieces_of(request), [row.size_bytes for row in rows]), strict=True):
            if outcomes[row.segment_id].state == "declared":
                outcomes[row.segment_id] = tried(partial(whole, row, part))
                sealed[row.segment_id] = part
        waiting = [row for row in rows if row.segment_id in sealed and outcomes[row.segment_id].state == "declared"]
        outcomes |= put_and_record(vault, device, waiting, sealed)
        return [outcomes[row.segment_id] for row in rows]

    @get("/", sync_to_thread=True, responses=PROBLEMS)
    def list_own(self, request: Asked, vault: TheVault) -> list[ListedSegment]:
        """Every segment of the person who asks, or whose device does."""
        with vault.records.read() as tx:
            person = who_asks(request, vault, tx).require_person()
            return [
                ListedSegment(
                    segment_id=row.segment_id,
                    manifest=envelope_format.decode(row.manifest.encode("utf-8")),
                    state=_state(row),
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


def _read(envelope: Envelope, device: DeviceRow) -> SegmentManifest | AboveboardError:
    try:
        return signed_manifest(envelope, device)
    except AboveboardError as error:
        return error


def declared(
    known: Arriving, vault: Vault, device: DeviceRow, manifest: SegmentManifest, envelope: Envelope, *, now_ns: int
) -> State:
    """Steps 3 to 8 for one manifest that the device signed; raises what refuses it."""
    check_enrolled(manifest, device)
    check_consent(known, manifest, now_ns=now_ns)
    leases = signed_leases(manifest, vault.key.public)
    check_covered(manifest, leases, now_ns=now_ns)
    check_key(known, manifest)
    try:
        check_pauses(known, manifest, leases)
    except Refused:
        vault.fleet.offered(device.device_id, end_ns=server_time_ns(leases, manifest.end_boot_ns))
        raise
    check_newest(known, manifest, leases)
    check_kept_out(known, manifest)
    row = check_new(known, manifest, hashlib.sha256(envelope.body()).hexdigest())
    if row is None:
        known.accept(_row(manifest, envelope, now_ns))
        return "declared"
    return _state(row)


def awaited(told: Told, row: SegmentRow, *, now_ns: int) -> State:
    """Step 4 again: may these bytes still be taken in? ``stored``: they were."""
    state = _state(row)
    check_consent(told, row, now_ns=now_ns)
    return state


def whole(row: SegmentRow, sealed: Pieces) -> State:
    """Step 9."""
    check_bytes(row, sealed)
    return "declared"


def put_and_record(
    vault: Vault, device: DeviceRow, rows: list[SegmentRow], sealed: Mapping[str, Pieces]
) -> dict[str, Outcome]:
    """Step 10: the bytes of all are durable, and then, in one transaction, the records say so of each that may stay."""
    if not rows:
        return {}
    failed = vault.objects.put_all({name_of_segment(row.segment_id): sealed[row.segment_id] for row in rows})
    outcomes = {
        row.segment_id: refused(failed[name]) for row in rows if (name := name_of_segment(row.segment_id)) in failed
    }
    there = [row.segment_id for row in rows if row.segment_id not in outcomes]
    with vault.records.begin() as tx:
        now_ns, told = vault.clock.wall_ns(), Remembered(tx)
        for row in _own(tx, there, device):
            outcomes[row.segment_id] = tried(partial(awaited, told, row, now_ns=now_ns))
        stay = [each for each in there if outcomes[each].state != "refused"]
        tx.mark_stored(stay, at_ns=now_ns)
    # Withdrawn or erased while the bytes were on their way: they must not stay.
    if gone := [name_of_segment(each) for each in there if outcomes[each].state == "refused"]:
        vault.objects.delete_many(gone)
    for row in rows:
        if row.segment_id in stay:
            vault.fleet.taken_in(device.device_id, end_ns=_last_frame_ns(row, vault.key.public), at_ns=now_ns)
    return outcomes | {each: Outcome(state="stored") for each in stay}


def _own(tx: Transaction, segment_ids: Sequence[str], device: DeviceRow | None) -> list[SegmentRow]:
    """Those of this device, in this order; raises NotFound if one of them is not, or is named twice."""
    found = {row.segment_id: row for row in tx.segments_by_id(segment_ids)}
    rows = [found[each] for each in segment_ids if each in found]
    if device is None or len(found) != len(segment_ids) or any(row.device_id != device.device_id for row in rows):
        raise _unknown()
    return rows


def _unknown() -> NotFound:
    return NotFound("there is no such segment of yours", cause="it was not declared, or was erased", fix="declare it")


def _too_many() -> TooLarge:
    return TooLarge(
        f"a request carries from one to {SEGMENTS_LIMIT} segments, of at most {SEALED_LIMIT_BYTES} bytes together",
        cause="these are more, or none",
        fix="send them in several requests",
    )


def _last_frame_ns(row: SegmentRow, vault_key: str) -> int:
    """The vault's time of the end of a segment."""
    manifest = segment_format.decode(envelope_format.decode(row.manifest.encode("utf-8")).body())
    return server_time_ns(signed_leases(manifest, vault_key), manifest.end_boot_ns)


def _state(row: SegmentRow) -> State:
    match row.state:
        case "declared" | "stored" as state:
            return state
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
