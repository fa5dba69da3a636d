"""Is every key that left on the record? Judged from outside, with nothing of the keyholder's own code."""

import hashlib
from collections.abc import Sequence

from aboveboard.base.errors import AboveboardError
from aboveboard.formats import entry, grant
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.grant import Approval, DataKind, Grant
from aboveboard.formats.release import ReleaseAnswer, ReleasedKey, ReleaseItem, ReleaseRequest
from aboveboard.ledger import verify
from aboveboard.ledger.checkpoint import Checkpoint
from samples.keyholder_programme import Programme


def violations(programme: Programme, released: Sequence[tuple[ReleaseRequest, ReleaseAnswer]]) -> list[str]:
    """What is wrong with these releases: empty if every key that left is on the record.

    N keys that left are N different entries that are durable, are about exactly these headers, are contained in a
    checkpoint that every witness co-signed, and stand under a grant with two approvers of two roles.
    """
    found: list[str] = []
    used: list[int] = []
    for asked, answer in released:
        roles = {_role(programme, each.approver) for each in _approvals(asked.grant)}
        if not {"security", "representative"} <= roles:
            found.append("not granted by two roles")
        checkpoint = _checkpoint(programme, answer)
        kinds = grant.decode_request(asked.grant.request.body()).kinds
        if checkpoint is None:
            found.append("not co-signed")
        for wanted, key in zip(asked.items, answer.keys, strict=True):
            used.append(key.entry_index)
            found += _wrong_with(programme, wanted, key, checkpoint, kinds)
    if len(set(used)) != len(used):
        found.append("one entry for several keys")
    return sorted(set(found))


def _checkpoint(programme: Programme, answer: ReleaseAnswer) -> Checkpoint | None:
    keys = programme.witness_keys
    try:
        return verify.verify_checkpoint(
            answer.checkpoint, programme.log.origin, programme.log.log_key, keys, quorum=len(keys)
        )
    except AboveboardError:
        return None


def _wrong_with(
    programme: Programme,
    wanted: ReleaseItem,
    key: ReleasedKey,
    checkpoint: Checkpoint | None,
    kinds: Sequence[DataKind],
) -> list[str]:
    found = []
    leaf = entry.leaf(bytes.fromhex(key.salt), key.readable.encode())
    if dict(programme.on_disk()).get(key.entry_index) != leaf:
        found.append("not on the disk")
    if checkpoint is not None:
        try:
            proof = [decode_base64(each) for each in key.proof]
            verify.verify_inclusion(leaf, key.entry_index, proof, checkpoint)
        except AboveboardError:
            found.append("not in the log")
    about = entry.decode(key.readable.encode())
    header_sha256 = hashlib.sha256(decode_base64(wanted.header)).hexdigest()
    said = (wanted.segment_id, wanted.person_id, header_sha256, kinds)
    if not isinstance(about, Released) or said != (
        about.segment_id,
        about.person_id,
        about.header_sha256,
        about.kinds,
    ):
        found.append("the entry is about something else")
    return found


def _approvals(granted: Grant) -> list[Approval]:
    return [grant.decode_approval(envelope.body()) for envelope in granted.approvals]


def _role(programme: Programme, staff_id: str) -> str:
    return next((each.staff.role for each in programme.members if each.staff.staff_id == staff_id), "")
