"""Segments to put into a spool: any sealed bytes, with a signed manifest that fits them."""

import hashlib
from typing import Any

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, segment
from aboveboard.formats.segment import SegmentManifest
from aboveboard.recorder.spool import Spool
from aboveboard.sealing.signatures import SigningKey

DEVICE = SigningKey.generate()
SESSION = new_id(Kind.SESSION)


def manifest_for(sealed: bytes, *, sequence: int = 0, **changes: Any) -> SegmentManifest:
    facts: dict[str, Any] = {
        "segment_id": new_id(Kind.SEGMENT),
        "session_id": SESSION,
        "sequence": sequence,
        "person_id": new_id(Kind.PERSON),
        "device_id": new_id(Kind.DEVICE),
        "consent_id": new_id(Kind.CONSENT),
        "disclosure_sha256": "0" * 64,
        "key_epoch": 0,
        "boot_id": "00000000-0000-0000-0000-000000000000",
        "start_boot_ns": 1,
        "end_boot_ns": 2,
        "start_wall_ns": sequence,
        "end_wall_ns": sequence + 1,
        "leases": ["{}"],
        "size_bytes": len(sealed),
        "sha256": hashlib.sha256(sealed).hexdigest(),
    }
    return SegmentManifest(**facts | changes)


def add(spool: Spool, sealed: bytes = b"sealed bytes", *, sequence: int = 0, **changes: Any) -> SegmentManifest:
    manifest = manifest_for(sealed, sequence=sequence, **changes)
    spool.add(sealed, envelope.encode(DEVICE.sign(segment.PAYLOAD_TYPE, segment.encode(manifest))), manifest)
    return manifest
