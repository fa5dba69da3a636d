"""What is one segment in the spool, and is it whole?"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.base.ids import Kind, check_id
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import segment as segments
from aboveboard.formats.segment import SEALED_LIMIT_BYTES, SegmentManifest
from aboveboard.recorder.discard import Waiting

SEALED_NAME = "sealed.age"
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True)
class Held:
    """One complete segment in the spool. ``envelope`` is the signed manifest's JSON."""

    folder: Path
    manifest: SegmentManifest
    envelope: bytes

    def sealed(self) -> bytes:
        """The sealed bytes; raises :class:`BadInput` if they are not what the manifest says."""
        data = (self.folder / SEALED_NAME).read_bytes()
        if len(data) != self.manifest.size_bytes or hashlib.sha256(data).hexdigest() != self.manifest.sha256:
            raise BadInput(
                f"the sealed segment {self.manifest.segment_id} is damaged",
                cause="the disk changed it after it was written",
                fix="check this machine's disk; the segment was set aside in spool/refused",
            )
        return data


class Refusal(msgspec.Struct, frozen=True):
    """Why a segment was set aside: the error's code, its reason from the closed list, and its words."""

    code: str
    reason: str
    what: str


def load(folder: Path) -> Held:
    """The segment in ``folder``; raises :class:`BadInput`, or ``OSError`` if it is gone."""
    check_id(Kind.SEGMENT, folder.name)
    with (folder / MANIFEST_NAME).open("rb") as file:
        raw = file.read(envelopes.LIMIT_BYTES + 1)
    manifest = segments.decode(envelopes.decode(raw).body())
    if manifest.segment_id != folder.name or (folder / SEALED_NAME).stat().st_size > SEALED_LIMIT_BYTES:
        raise BadInput(
            f"the spooled segment {folder.name} is damaged",
            cause="its files were exchanged or changed",
            fix="check this machine's disk; the segment was set aside in spool/refused",
        )
    return Held(folder, manifest, raw)


def waiting_of(manifest: SegmentManifest) -> Waiting:
    """The little that is remembered of it."""
    return Waiting(**{name: getattr(manifest, name) for name in Waiting.__struct_fields__})
