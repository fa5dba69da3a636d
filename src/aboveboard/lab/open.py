"""What do I get to see under this grant, and may I believe that it was logged first?

The vault that answers here is not trusted. The numbered steps are those of ``docs/spec/open.md``; a step that fails
raises, and nothing of the segment at hand comes out. Plain bytes exist only in memory, one segment at a time. Of the
kinds of data that were not granted there is no key here: those parts stay sealed.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.base.clock import Clock, SystemClock
from aboveboard.base.errors import BadInput, Refused, Tampered
from aboveboard.formats import age_header, entry, grant, release, segment
from aboveboard.formats.entry import Released
from aboveboard.formats.envelope import Envelope, decode_base64
from aboveboard.formats.fields import decode_json
from aboveboard.formats.grant import AccessRequest
from aboveboard.formats.part_files import part_of, read_parts
from aboveboard.formats.parts import ALWAYS, PartName
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.release import ReleasedKey
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.segment import SegmentManifest
from aboveboard.formats.trust import Trust
from aboveboard.lab.vault_port import Vault
from aboveboard.lab.while_granted import WhileGranted
from aboveboard.ledger import verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.rules.decision import Reason
from aboveboard.rules.fidelity import Lowering
from aboveboard.rules.grants import may_use_kind
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.signatures import open_signed
from aboveboard.sealing.unseal import SealedFile, Source, unseal, unseal_keys, unseal_parts

BATCH = 256
"""How many keys are asked for at once; at most 512."""
LISTING_LIMIT_BYTES = 64 * 1024 * 1024
"""Of one page."""
SEGMENTS_LIMIT = 2_000_000
"""How many segments of a grant are listed: some 2,800 hours."""


@dataclass(frozen=True)
class Opened:
    """One opened segment: the granted items in order of time. It is number ``place`` (from 0) of ``total``."""

    request: AccessRequest
    manifest: SegmentManifest
    items: Sequence[Timed | ScreenPatch]
    place: int
    total: int


class _Listed(msgspec.Struct, frozen=True):
    manifest: Envelope


class _KeysAsked(msgspec.Struct, frozen=True):
    segment_ids: Sequence[str]


def open_grant(
    vault: Vault,
    grant_id: str,
    identity: Identity,
    trust: Trust,
    *,
    requester_key: str,
    granted: WhileGranted,
    clock: Clock | None = None,
) -> Iterator[Opened]:
    """Every segment that the grant covers, by person, session and sequence, opened one by one.

    ``identity`` is the age identity that the request named, ``requester_key`` the public key that signed it. What comes
    out can be read while the grant holds, as ``granted`` knows. Raises
    :class:`Refused` when the grant ends (also midway), :class:`Tampered` when what the vault answers does not hold,
    :class:`BadInput` when a recording cannot be read.
    """
    request, manifests = list_granted(vault, grant_id, identity, requester_key=requester_key)
    yield from open_listed(vault, grant_id, request, manifests, identity, trust, granted=granted, clock=clock)


def open_listed(
    vault: Vault,
    grant_id: str,
    request: AccessRequest,
    manifests: Sequence[SegmentManifest],
    identity: Identity,
    trust: Trust,
    *,
    granted: WhileGranted,
    clock: Clock | None = None,
) -> Iterator[Opened]:
    """These segments of what :func:`list_granted` gave, such as one person's, opened one by one: steps 3 to 10."""
    now = clock or SystemClock()
    for begin in range(0, len(manifests), BATCH):
        granted.check()
        batch = manifests[begin : begin + BATCH]
        for offset, (manifest, key, entry_) in enumerate(_ask_keys(vault, grant_id, request, batch, trust)):
            if now.wall_ns() >= entry_.expires_at_ns:
                raise Refused(
                    Reason.GRANT_EXPIRED,
                    "this grant has run out",
                    cause="its time, counted from the last approval, is over",
                    fix="ask for a new grant if the recordings are still needed",
                )
            # 10. It still holds, or nothing is opened and what is open closes.
            granted.check()
            parts = _unseal_granted(vault, grant_id, manifest, key, entry_, request, identity)
            items = granted.keep(_read_granted(parts, manifest, request))
            yield Opened(request, manifest, items, begin + offset, len(manifests))


def open_own_file(sealed: bytes, identity: Identity) -> bytes:
    """The plain bytes of a file that this lab sealed to itself, such as a shard of a data set."""
    return unseal(sealed, identity)


def open_own_parts(file: Path | Source, identity: Identity) -> SealedFile:
    """A file that this lab sealed to itself, opened in parts, such as the media of a data set."""
    return SealedFile(file, identity)


def list_granted(
    vault: Vault, grant_id: str, identity: Identity, *, requester_key: str
) -> tuple[AccessRequest, list[SegmentManifest]]:
    """What the grant covers now, without opening any of it: steps 1 and 2."""
    request = _check_grant(vault, grant_id, identity, requester_key)
    return request, _list_segments(vault, grant_id, request)


def _check_grant(vault: Vault, grant_id: str, identity: Identity, requester_key: str) -> AccessRequest:
    """Step 1. The grant is the one asked for, is made of a request that I signed, and names my key."""
    found = grant.decode_grant(vault.get(f"/v1/grants/{grant_id}"))
    request = grant.decode_request(open_signed(found.request, grant.REQUEST_TYPE, requester_key))
    if not found.grant_id == grant_id == grant.grant_id_of(request.request_id):
        raise _tampered("the vault answered with another grant than was asked for")
    if request.recipient != identity.recipient:
        raise BadInput(
            "this identity is not the one that the request named",
            cause="the grant is another researcher's, or the identity file was replaced after the request",
            fix="use the identity that made the request, or make a new request with this one",
        )
    return request


def _list_segments(vault: Vault, grant_id: str, request: AccessRequest) -> list[SegmentManifest]:
    """Step 2. Each segment is of a person in the grant, is there once, and follows on the one before it."""
    manifests = list(itertools.islice(listed(vault, grant_id), SEGMENTS_LIMIT + 1))
    if len(manifests) > SEGMENTS_LIMIT:
        raise BadInput(
            f"the vault lists more than {SEGMENTS_LIMIT:,} segments under {grant_id}",
            cause="the grant covers more than one machine can hold a list of, or the vault makes segments up",
            fix="ask for one grant for each cohort",
        )
    began: dict[str, int] = {}
    for one in manifests:
        began[one.session_id] = min(one.start_wall_ns, began.get(one.session_id, one.start_wall_ns))
    manifests.sort(key=lambda one: (one.person_id, began[one.session_id], one.session_id, one.sequence))
    if any(one.person_id not in request.people for one in manifests):
        raise _tampered("the vault listed a segment of a person whom the grant does not name")
    if any(one.start_wall_ns < request.since_ns for one in manifests):
        raise _tampered("the vault listed a segment from before the time that the grant names")
    if len({one.segment_id for one in manifests}) != len(manifests):
        raise _tampered("the vault listed one segment twice")
    for before, after in itertools.pairwise(manifests):
        if before.session_id != after.session_id:
            continue
        follows = after.sequence == before.sequence + 1
        if (follows and after.previous_sha256 != before.sha256) or after.sequence == before.sequence:
            raise _tampered(
                f"segment {after.sequence} of session {after.session_id} does not follow on its predecessor"
            )
    return manifests


def listed(vault: Vault, grant_id: str) -> Iterator[SegmentManifest]:
    """What the vault lists of a grant, by person, begin and id, page by page until one is empty. Nothing of it is
    checked but that the list goes on."""
    last: SegmentManifest | None = None
    while True:
        data = vault.get(f"/v1/grants/{grant_id}/segments{f'?after={last.segment_id}' if last is not None else ''}")
        page = decode_json(data, list[_Listed], name="list of segments", limit_bytes=LISTING_LIMIT_BYTES)
        for one in page:
            manifest = segment.decode(one.manifest.body())
            if last is not None and _place(manifest) <= _place(last):
                raise _tampered("the vault listed a segment twice, or out of order")
            last = manifest
            yield manifest
        if not page:
            return


def _place(one: SegmentManifest) -> tuple[str, int, str]:
    return one.person_id, one.start_wall_ns, one.segment_id


def _ask_keys(
    vault: Vault, grant_id: str, request: AccessRequest, batch: Sequence[SegmentManifest], trust: Trust
) -> list[tuple[SegmentManifest, ReleasedKey, Released]]:
    """Steps 3 to 5: the keys of a batch, each with the entry that was in the ledger before it left."""
    asked = msgspec.json.encode(_KeysAsked([one.segment_id for one in batch]))
    answer = release.decode_answer(vault.post(f"/v1/grants/{grant_id}/keys", asked))
    # 3. Exactly the keys asked for.
    keys = {key.segment_id: key for key in answer.keys}
    if len(keys) != len(answer.keys) or keys.keys() != {one.segment_id for one in batch}:
        raise _tampered("the vault did not answer with exactly the keys asked for")
    # 4. The checkpoint is the trusted log's, co-signed by the trusted witnesses.
    checkpoint = verify.verify_checkpoint(
        answer.checkpoint, trust.origin, trust.log_key, trust.witness_keys, trust.quorum
    )
    # 5. Every entry, before any key is used.
    return [
        (one, keys[one.segment_id], _check_entry(one, keys[one.segment_id], grant_id, request, checkpoint))
        for one in batch
    ]


def _check_entry(
    manifest: SegmentManifest, key: ReleasedKey, grant_id: str, request: AccessRequest, checkpoint: Checkpoint
) -> Released:
    """Step 5. The entry is about this very release, and it is in the log."""
    readable = key.readable.encode("utf-8")
    found = entry.decode(readable)
    wanted = (manifest.segment_id, manifest.person_id, grant_id, request.requester, request.purpose, request.kinds)
    if not isinstance(found, Released) or wanted != (
        found.segment_id,
        found.person_id,
        found.grant_id,
        found.requester,
        found.purpose,
        found.kinds,
    ):
        raise _tampered(f"the ledger entry that came with segment {manifest.segment_id} is not about its release")
    leaf = entry.leaf(bytes.fromhex(key.salt), readable)
    verify.verify_inclusion(leaf, key.entry_index, [decode_base64(one) for one in key.proof], checkpoint)
    return found


def _unseal_granted(
    vault: Vault,
    grant_id: str,
    manifest: SegmentManifest,
    key: ReleasedKey,
    found: Released,
    request: AccessRequest,
    identity: Identity,
) -> dict[PartName, bytes]:
    """Steps 6 and 7: the stored bytes are those that were declared and logged; then, and only then, open them."""
    sealed = vault.get(f"/v1/grants/{grant_id}/segments/{manifest.segment_id}/sealed")
    # 6. Stored bytes against the manifest, their header against the ledger entry.
    if len(sealed) != manifest.size_bytes or hashlib.sha256(sealed).hexdigest() != manifest.sha256:
        raise _tampered(f"the sealed bytes of segment {manifest.segment_id} are not those that the recorder declared")
    header, _ = age_header.split(sealed)
    if hashlib.sha256(header).hexdigest() != found.header_sha256:
        raise _tampered(f"the ledger entry of segment {manifest.segment_id} is about another sealed file")
    # 7. The keys of exactly the granted parts; each part is what was sealed under its key.
    keys = unseal_keys(decode_base64(key.sealed), identity)
    if keys.keys() != {ALWAYS, *request.kinds}:
        raise _tampered(f"the keys that came for segment {manifest.segment_id} are not those of the granted parts")
    return unseal_parts(sealed, keys)


def _read_granted(
    parts: Mapping[PartName, bytes], manifest: SegmentManifest, request: AccessRequest
) -> list[Timed | ScreenPatch]:
    """Steps 8 and 9: it is the recording that the manifest names; keep what was granted, as closely as was granted."""
    granted: list[Timed | ScreenPatch] = []
    for item in read_parts(parts):
        # 8. What is inside agrees with what is outside.
        if isinstance(item, Timed) and isinstance(item.event, Session):
            inside = (item.event.session_id, item.event.sequence)
            if inside != (manifest.session_id, manifest.sequence):
                raise _tampered(f"segment {manifest.segment_id} holds another recording than its manifest says")
        # 9. Only the granted kinds of data, no more closely than was granted.
        part = part_of(item)
        if part == ALWAYS or may_use_kind(request, part).allowed:
            granted.append(item)
    return list(Lowering(request.fidelity).lower(granted))


def _tampered(what: str) -> Tampered:
    return Tampered(
        what,
        cause="the vault, or something between it and this lab, lies or is out of order",
        fix="stop, keep the answers as evidence, and tell the steward and the witness",
    )
