"""What does intake say to the frames that each device has, from before a pause and after?

A frame is a tenth of a second: a manifest that the device signs, under the leases that it holds. It is offered to the
very checks that the vault's intake makes of it, in their order and over the same database; some are sent to the running
vault as well, over HTTP. Three of each device: one from before the pause, the last that it could make, and one from
after it was stopped, as a recorder would make that does not listen.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import AboveboardError, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.simulated.device import Device
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import segment as segment_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.lease import Checked
from aboveboard.rules.lease import server_time_ns
from aboveboard.vault import admission
from aboveboard.vault.arriving import Arriving
from aboveboard.vault.storage.records import Records

FRAME_NS = 100 * MILLISECOND_NS
When = Literal["before", "last", "after"]


@dataclass(frozen=True)
class Frame:
    """``end_ns`` is when it ends, by the vault's clock."""

    device: Device
    when: When
    manifest: Envelope
    end_ns: int


@dataclass
class Offered:
    """What became of the frames. ``late_ns``: how long after the pause the last taken in ended; before it: negative."""

    offered: Counter[str] = field(default_factory=Counter)
    accepted: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    accepted_after: int = 0
    late_ns: int | None = None


def frame_of(device: Device, when: When, leases: list[Checked], end_boot_ns: int) -> Frame:
    """A frame that ends at ``end_boot_ns`` on the device's boot clock, under these leases."""
    consent, wall_ns = device.enrolled.consent, device.clock.wall_ns()
    sealed = secrets.token_bytes(32)
    manifest = SegmentManifest(
        segment_id=new_id(Kind.SEGMENT),
        session_id=new_id(Kind.SESSION),
        sequence=0,
        person_id=consent.person_id,
        device_id=consent.device_id,
        consent_id=consent.consent_id,
        disclosure_sha256=consent.disclosure_sha256,
        key_epoch=0,
        boot_id=device.boot_id,
        start_boot_ns=end_boot_ns - FRAME_NS,
        end_boot_ns=end_boot_ns,
        start_wall_ns=max(0, wall_ns - FRAME_NS),
        end_wall_ns=wall_ns,
        leases=[checked.envelope for checked in leases],
        size_bytes=len(sealed),
        sha256=hashlib.sha256(sealed).hexdigest(),
    )
    signed = device.enrolled.key.sign(segment_format.PAYLOAD_TYPE, segment_format.encode(manifest))
    return Frame(device, when, signed, server_time_ns([checked.lease for checked in leases], end_boot_ns))


def offer(frames: Iterable[Frame], records: Records, *, vault_key: str, pause_at_ns: int, now_ns: int) -> Offered:
    """Steps 1 to 8 of intake, for each; nothing is written."""
    found = Offered()
    for frame in frames:
        found.offered[frame.when] += 1
        try:
            _admit(frame, records, vault_key, now_ns)
        except AboveboardError as error:
            found.reasons[str(error.reason) if isinstance(error, Refused) else error.code] += 1
            continue
        note_accepted(found, frame, pause_at_ns)
    return found


def note_accepted(found: Offered, frame: Frame, pause_at_ns: int) -> None:
    """It was taken in."""
    late_ns = frame.end_ns - pause_at_ns
    found.accepted[frame.when] += 1
    found.accepted_after += late_ns > 0
    found.late_ns = late_ns if found.late_ns is None else max(found.late_ns, late_ns)


def _admit(frame: Frame, records: Records, vault_key: str, now_ns: int) -> None:
    with records.read() as tx:
        device = admission.sending_device(tx.device_by_key(frame.device.enrolled.key.public))
        manifest = admission.signed_manifest(frame.manifest, device)
        known = Arriving(tx, [manifest])
        admission.check_enrolled(manifest, device)
        admission.check_consent(tx, manifest, now_ns=now_ns)
        leases = admission.signed_leases(manifest, vault_key)
        admission.check_covered(manifest, leases, now_ns=now_ns)
        admission.check_key(tx, manifest)
        admission.check_pauses(tx, manifest, leases)
        admission.check_newest(tx, manifest, leases)
        admission.check_new(known, manifest, hashlib.sha256(envelope_format.encode(frame.manifest)).hexdigest())
