"""Which segments are taken in? Only what a live consent and the vault's own leases cover.

The steps are numbered as in ``docs/spec/intake.md``, and each is one function that refuses with its own reason;
``vault.api.intake`` calls them in this order and does step 10.

 1. The device that sends is known here by its key.
 2. That key signed the manifest.
 3. The manifest's person and device are the ones enrolled under that key.
 4. The consent is that person's, for that device and the manifest's disclosure, and is neither withdrawn nor erased.
 5. This vault signed every lease that the manifest carries.
 6. Together the leases cover the segment from start to end, and it is sealed to a key that they permit.
 7. No pause lies in it, and its disclosure was the newest one until it ended.
 8. It is new: its id, its place in its session and its bytes are; it follows on its neighbours by their hashes; and
    its person has not ordered to have it erased before it came.
 9. The bytes are as many as, and hash to what, the manifest says, and are an age file for exactly two X25519 keys.
10. The bytes are durable before the record says so, and the consent still holds when it does.
"""

from functools import lru_cache

from aboveboard.base.errors import BadInput, Tampered
from aboveboard.formats import age_header, parts
from aboveboard.formats import envelope as envelope_format
from aboveboard.formats import lease as lease_format
from aboveboard.formats import segment as segment_format
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.lease import Lease
from aboveboard.formats.segment import SegmentManifest
from aboveboard.rules.consent import consent_live
from aboveboard.rules.decision import Reason, no
from aboveboard.rules.lease import leases_cover, outside_pauses, while_newest
from aboveboard.sealing.signatures import open_signed
from aboveboard.vault import epochs, pausing
from aboveboard.vault.api import consents
from aboveboard.vault.arriving import Arriving, Told
from aboveboard.vault.storage.rows import DeviceRow, SegmentRow
from aboveboard.wire.pieces import Pieces, sha256_of, size_of, start_of

RECIPIENTS = 2
"""The person, and the person's key in the keyholder."""
HEADER_SEEN_BYTES = age_header.LIMIT_BYTES + age_header.PAYLOAD_NONCE_BYTES + age_header.PAYLOAD_TAG_BYTES
"""Enough to see a header and that something follows it."""
LEASES_KEPT = 4096
"""So many leases that were verified are remembered: one covers several segments, and the next one's beginning."""


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


def check_consent(tx: Told, manifest: SegmentManifest | SegmentRow, *, now_ns: int) -> None:
    """Step 4. A disclosure that has been superseded still covers what was recorded under it before (step 7)."""
    consent_live(
        consents.facts_of(tx, tx.consent(manifest.consent_id), disclosure_sha256=manifest.disclosure_sha256),
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
            leases.append(_signed_lease(text, vault_key))
        except (Tampered, BadInput) as error:
            no(Reason.LEASE_SIGNATURE, error.what).require()
    return leases


@lru_cache(maxsize=LEASES_KEPT)
def _signed_lease(text: str, vault_key: str) -> Lease:
    envelope = envelope_format.decode(text.encode("utf-8"))
    return lease_format.decode(open_signed(envelope, lease_format.PAYLOAD_TYPE, vault_key))


def check_covered(manifest: SegmentManifest, leases: list[Lease], *, now_ns: int) -> None:
    """Step 6."""
    leases_cover(manifest, leases, now_ns=now_ns).require()


def check_key(tx: Told, manifest: SegmentManifest) -> None:
    """Step 6, of the key: the keyholder has told this vault of it."""
    person = tx.person(manifest.person_id)
    if person is None or manifest.key_epoch > epochs.newest(person).key_epoch:
        no(Reason.SEGMENT_UNKNOWN_KEY).require()


def check_pauses(tx: Told, manifest: SegmentManifest, leases: list[Lease]) -> None:
    """Step 7."""
    pauses = pausing.facts_of(tx.pauses_of(manifest.person_id))
    outside_pauses(manifest, leases, pauses).require()


def check_newest(tx: Told, manifest: SegmentManifest, leases: list[Lease]) -> None:
    """Step 7, of the disclosure: a lease may outlive it by seconds, and a narrower one applies at once."""
    row = tx.disclosure(manifest.disclosure_sha256)
    if row is None:
        no(Reason.DISCLOSURE_UNKNOWN).require()
        raise AssertionError("unreachable: a no raises")
    later = tx.disclosures_after(row.version)
    while_newest(manifest, leases, superseded_at_ns=later[0].received_at_ns if later else None).require()


def check_kept_out(tx: Arriving, manifest: SegmentManifest) -> None:
    """Step 8, of what was erased before it came."""
    if tx.is_kept_out(manifest):
        no(Reason.SEGMENT_ERASED).require()


def check_new(tx: Arriving, manifest: SegmentManifest, manifest_sha256: str) -> SegmentRow | None:
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


def check_bytes(row: SegmentRow, sealed: Pieces) -> None:
    """Step 9."""
    if size_of(sealed) != row.size_bytes or sha256_of(sealed).hex() != row.sha256:
        no(Reason.SEGMENT_BYTES).require()
    try:
        header, rest = age_header.split(start_of(sealed, HEADER_SEEN_BYTES))
        stanzas = age_header.parse(header).stanzas
        parts.check_layout(rest)
    except BadInput as error:
        no(Reason.SEGMENT_FOREIGN, error.what).require()
        raise
    # age's own writers may add one stanza that no key opens ("grease"); anything else could be a third reader.
    kinds = [stanza.arguments[0] for stanza in stanzas]
    readers = [kind for kind in kinds if not kind.endswith("-grease")]
    if readers != [age_header.X25519] * RECIPIENTS or len(kinds) > RECIPIENTS + 1:
        no(Reason.SEGMENT_FOREIGN, f"it is sealed to {len(readers)} keys").require()
