"""Intake refuses whatever no lease of this vault covers, each with its own reason; and the lease checks are what
refuses: with one taken away, its attack gets in."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.formats import envelope, lease, segment
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.api import intake
from samples.segments import sealed_segment
from samples.vault_world import BOOT_ID, Participant, Segment, VaultWorld, lease_of


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def refused(world: VaultWorld, who: Participant, one: Segment) -> str:
    """The reason for which declaring is refused; nothing is on record afterwards."""
    with pytest.raises(Refused) as caught:
        world.declare(who, one)
    with world.vault.records.read() as tx:
        assert tx.segment(one.manifest.segment_id) is None
    return caught.value.reason


def under(world: VaultWorld, who: Participant, signer: SigningKey, **changes: Any) -> Segment:
    """A segment under a lease that ``signer`` signed: the vault's own words, with ``changes``."""
    genuine = lease_of(world.lease(who))
    document = msgspec.structs.replace(genuine, **changes)
    forged = signer.sign(lease.PAYLOAD_TYPE, lease.encode(document))
    start = dataclasses.replace(world.clock)
    world.clock.advance(3 * SECOND_NS)
    sealed = sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient])
    return world.described(who, sealed, [forged], start)


def test_a_covered_segment_is_taken_in(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    assert world.declare(who, one) == "declared"
    assert world.send(who, one) == "stored"


def test_a_lease_signed_by_the_device_itself(world: VaultWorld) -> None:
    who = world.ready()
    assert refused(world, who, under(world, who, who.device_key)) == Reason.LEASE_SIGNATURE


def test_a_lease_of_another_vault(world: VaultWorld, tmp_path: Path) -> None:
    other = VaultWorld(tmp_path / "other-vault")
    who = world.ready()
    assert refused(world, who, under(world, who, other.vault.key)) == Reason.LEASE_SIGNATURE
    other.close()


def test_a_genuine_lease_with_one_changed_word(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    signed = envelope.decode(one.manifest.leases[0].encode())
    longer = msgspec.structs.replace(lease_of(signed), duration_ns=300 * SECOND_NS)
    tampered = msgspec.structs.replace(signed, payload=envelope.encode_base64(lease.encode(longer)))
    manifest = msgspec.structs.replace(one.manifest, leases=[envelope.encode(tampered).decode()])
    assert refused(world, who, Segment(manifest, world.signed(who, manifest), one.sealed)) == Reason.LEASE_SIGNATURE


def test_another_document_of_the_vault_passed_off_as_a_lease(world: VaultWorld) -> None:
    who = world.ready()
    document = lease_of(world.lease(who))
    other_type = world.vault.key.sign("application/vnd.aboveboard.other.v1+json", lease.encode(document))
    start = dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    one = world.described(
        who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [other_type], start
    )
    assert refused(world, who, one) == Reason.LEASE_SIGNATURE


def test_recorded_after_the_lease_had_run_out(world: VaultWorld) -> None:
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(14 * SECOND_NS)
    start = dataclasses.replace(world.clock)
    world.clock.advance(2 * SECOND_NS)
    one = world.described(who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [signed], start)
    assert refused(world, who, one) == Reason.SEGMENT_OUTSIDE_LEASE


def test_recorded_before_the_lease_began(world: VaultWorld) -> None:
    who = world.ready()
    start = dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    signed = world.lease(who)
    world.clock.advance(SECOND_NS)
    one = world.described(who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [signed], start)
    assert refused(world, who, one) == Reason.SEGMENT_OUTSIDE_LEASE


def test_two_leases_with_a_gap_between(world: VaultWorld) -> None:
    who = world.ready()
    first = world.lease(who)
    start = dataclasses.replace(world.clock)
    world.clock.advance(16 * SECOND_NS)
    second = world.lease(who)
    world.clock.advance(2 * SECOND_NS)
    one = world.described(
        who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [first, second], start
    )
    assert refused(world, who, one) == Reason.SEGMENT_OUTSIDE_LEASE


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"boot_id": BOOT_ID[:-1] + "0"}, Reason.LEASE_OTHER_BOOT),
        ({"consent_id": "con_" + "0" * 26}, Reason.LEASE_OTHER_CONSENT),
        ({"disclosure_sha256": "0" * 64}, Reason.LEASE_OTHER_CONSENT),
        ({"device_id": "dev_" + "0" * 26}, Reason.LEASE_OTHER_DEVICE),
        ({"person_id": "per_" + "0" * 26}, Reason.LEASE_OTHER_DEVICE),
    ],
)
def test_a_genuine_lease_for_something_else(world: VaultWorld, changes: dict[str, str], reason: Reason) -> None:
    who = world.ready()
    assert refused(world, who, under(world, who, world.vault.key, **changes)) == reason


def test_a_segment_from_the_future(world: VaultWorld) -> None:
    who = world.ready()
    signed = world.lease(who)
    start = dataclasses.replace(world.clock)
    sealed = sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient])
    one = world.described(who, sealed, [signed], start, end_boot_ns=start.boot_ns() + 10 * SECOND_NS)
    assert refused(world, who, one) == Reason.SEGMENT_FROM_THE_FUTURE


def test_no_lease_is_not_even_a_manifest(world: VaultWorld) -> None:
    who = world.ready()
    words = msgspec.to_builtins(world.recorded(who).manifest) | {"leases": []}
    payload = msgspec.json.encode(words)
    with pytest.raises(Exception, match="segment manifest"):
        world.declare_signed(who.device_key, who.device_key.sign(segment.PAYLOAD_TYPE, payload))


# Take a check away, and what it refused gets in: the tests above fail for the right reason.


def test_without_the_lease_signature_check_a_forged_lease_gets_in(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believing(manifest: Any, vault_key: str) -> list[lease.Lease]:
        return [lease_of(envelope.decode(text.encode())) for text in manifest.leases]

    monkeypatch.setattr(intake, "signed_leases", believing)
    who = world.ready()
    assert world.take_in(who, under(world, who, who.device_key)) == "stored"


def test_without_the_coverage_check_a_segment_outside_its_lease_gets_in(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "check_covered", lambda *_, **__: None)
    who = world.ready()
    signed = world.lease(who)
    world.clock.advance(60 * SECOND_NS)
    start = dataclasses.replace(world.clock)
    world.clock.advance(2 * SECOND_NS)
    one = world.described(who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [signed], start)
    assert world.take_in(who, one) == "stored"


def test_without_the_pause_check_a_paused_segment_gets_in(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "check_pauses", lambda *_: None)
    who = world.ready()
    signed = world.lease(who)
    start = dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    sealed = sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient])
    assert world.take_in(who, world.described(who, sealed, [signed], start)) == "stored"
    assert hashlib.sha256(sealed).hexdigest() in {row.sha256 for row in _stored(world, who)}, (
        "the variant proves nothing unless the bytes are really there"
    )


def _stored(world: VaultWorld, who: Participant) -> list[Any]:
    with world.vault.records.read() as tx:
        return [row for row in tx.segments_of([who.person_id]) if row.state == "stored"]
