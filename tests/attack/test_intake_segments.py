"""Intake refuses replayed, borrowed, paused, withdrawn and damaged segments, each with its own reason, and nothing of
them stays."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, NotFound, Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import segment
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.sealing.seal import seal
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.wire.problem import TooLarge
from samples.segments import sealed_segment
from samples.vault_world import Participant, Segment, VaultWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def reason_of(world: VaultWorld, who: Participant, one: Segment) -> str:
    with pytest.raises(Refused) as caught:
        world.declare(who, one)
    return caught.value.reason


def assert_not_stored(world: VaultWorld, one: Segment) -> None:
    with world.vault.records.read() as tx:
        row = tx.segment(one.manifest.segment_id)
    assert row is None or row.state != "stored"
    assert name_of_segment(one.manifest.segment_id) not in world.vault.objects.names()


def changed(world: VaultWorld, who: Participant, one: Segment, **changes: object) -> Segment:
    """The same segment with another manifest, signed anew by the device."""
    manifest = msgspec.structs.replace(one.manifest, **changes)
    return Segment(manifest, world.signed(who, manifest), one.sealed)


# Who sends it


def test_a_key_that_nobody_enrolled(world: VaultWorld) -> None:
    who = world.ready()
    stranger = dataclasses.replace(who, device_key=SigningKey.generate())
    assert reason_of(world, stranger, world.recorded(who)) == Reason.SEGMENT_UNKNOWN_DEVICE


def test_a_person_or_staff_sending_instead_of_a_device(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    for key in (who.person_key, world.key("stella"), world.key("ravi")):
        assert reason_of(world, dataclasses.replace(who, device_key=key), one) == Reason.SEGMENT_UNKNOWN_DEVICE


def test_another_device_sending_this_devices_manifest(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    one = world.recorded(who)
    assert reason_of(world, other, one) == Reason.SEGMENT_SIGNATURE


def test_a_manifest_changed_after_signing(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    forged = segment.encode(msgspec.structs.replace(one.manifest, sequence=4))
    envelope = msgspec.structs.replace(one.envelope, payload=world.signed(who, one.manifest).payload[:-8])
    assert reason_of(world, who, dataclasses.replace(one, envelope=envelope)) == Reason.SEGMENT_SIGNATURE
    fresh = who.device_key.sign("application/vnd.aboveboard.other.v1+json", forged)
    assert reason_of(world, who, dataclasses.replace(one, envelope=fresh)) == Reason.SEGMENT_SIGNATURE


def test_in_the_name_of_another_person_or_device(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    one = world.recorded(who)
    assert reason_of(world, who, changed(world, who, one, person_id=other.person_id)) == Reason.SEGMENT_OTHER_PERSON
    assert reason_of(world, who, changed(world, who, one, device_id=other.device_id)) == Reason.SEGMENT_OTHER_DEVICE


def test_under_another_persons_consent(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    one = changed(world, who, world.recorded(who), consent_id=other.consent_id)
    assert reason_of(world, who, one) == Reason.CONSENT_OTHER_PERSON


# What they agreed to


def test_under_no_consent_or_another_disclosure(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    unknown = changed(world, who, one, consent_id=new_id(Kind.CONSENT))
    assert reason_of(world, who, unknown) == Reason.CONSENT_NONE
    other = changed(world, who, one, disclosure_sha256="0" * 64)
    assert reason_of(world, who, other) == Reason.CONSENT_OTHER_DISCLOSURE


def test_after_withdrawal(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.withdraw(who)
    assert reason_of(world, who, one) == Reason.CONSENT_WITHDRAWN


def test_withdrawn_between_declaring_and_sending(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    world.withdraw(who)
    with pytest.raises(Refused) as caught:
        world.send(who, one)
    assert caught.value.reason == Reason.CONSENT_WITHDRAWN
    assert_not_stored(world, one)


def test_withdrawn_while_the_bytes_are_written(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    put_all = world.vault.objects.put_all

    def slow(objects: Any) -> Any:
        failed = put_all(objects)
        with world.vault.records.begin() as tx:
            tx.withdraw_consent(who.consent_id, withdrawal="{}", at_ns=world.clock.wall_ns())
        return failed

    monkeypatch.setattr(world.vault.objects, "put_all", slow)
    with pytest.raises(Refused) as caught:
        world.send(who, one)
    assert caught.value.reason == Reason.CONSENT_WITHDRAWN
    assert_not_stored(world, one)


def test_a_superseded_disclosure_still_covers_what_was_recorded_under_it(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.clock.advance(1)
    world.disclose(version=2, retention_days=31)
    assert world.take_in(who, one) == "stored"
    with pytest.raises(Refused) as caught:
        world.lease(who)
    assert caught.value.reason == Reason.CONSENT_OTHER_DISCLOSURE


# Held back, offline for days, discarded by the person


def test_what_was_held_back_for_days_is_taken_in_when_it_comes(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.clock.advance(9 * 24 * 3600 * SECOND_NS)
    fresh = world.recorded(who)  # leases of now are of another time, and of another start of the machine
    assert world.take_in(who, fresh) == "stored"
    assert world.take_in(who, one) == "stored"


def test_held_back_over_a_pause_that_came_after_it(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.clock.advance(SECOND_NS)
    world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(3600 * SECOND_NS)
    assert world.take_in(who, one) == "stored", "it was recorded before the pause, and sent during it"


def test_held_back_past_a_withdrawal(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.clock.advance(3600 * SECOND_NS)
    world.withdraw(who)
    assert reason_of(world, who, one) == Reason.CONSENT_WITHDRAWN


def test_a_session_goes_on_after_a_stretch_that_was_discarded(world: VaultWorld) -> None:
    who = world.ready()
    first = world.recorded(who)
    session_id = first.manifest.session_id
    lost = world.recorded(who, session_id=session_id, sequence=1, previous_sha256=first.manifest.sha256)
    after = world.recorded(who, session_id=session_id, sequence=2, previous_sha256=lost.manifest.sha256)
    assert world.take_in(who, after) == "stored"
    assert world.take_in(who, first) == "stored"
    forged = changed(world, who, lost, previous_sha256="0" * 64)
    assert reason_of(world, who, forged) == Reason.SEGMENT_CHAIN, "and nothing else can take its place"


# Pauses


@pytest.mark.parametrize("by", ["person", "steward", "steward for all"])
def test_during_a_pause(world: VaultWorld, by: str) -> None:
    who = world.ready()
    signed = world.lease(who)
    start = dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    person = None if by == "steward for all" else who.person_id
    signer = who.person_key if by == "person" else world.key("stella")
    world.pause(signer, by=by.split(maxsplit=1)[0], person_id=person, reason="a fire drill")
    world.clock.advance(SECOND_NS)
    one = world.described(who, sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient]), [signed], start)
    assert reason_of(world, who, one) == Reason.SEGMENT_DURING_PAUSE


def test_recorded_before_the_pause_and_sent_during_it(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.clock.advance(SECOND_NS)
    world.pause(who.person_key, by="person", person_id=who.person_id)
    assert world.take_in(who, one) == "stored"


def test_spanning_a_pause_and_its_end(world: VaultWorld) -> None:
    who = world.ready()
    before = world.lease(who)
    start = dataclasses.replace(world.clock)
    world.clock.advance(SECOND_NS)
    pause_id = world.pause(who.person_key, by="person", person_id=who.person_id)
    world.clock.advance(SECOND_NS)
    world.resume(who.person_key, pause_id)
    after = world.lease(who)
    world.clock.advance(SECOND_NS)
    sealed = sealed_segment(b"x", [who.identity.recipient, who.keyholder_recipient])
    one = world.described(who, sealed, [before, after], start)
    assert reason_of(world, who, one) == Reason.SEGMENT_DURING_PAUSE


# Replays and the chain


def test_the_same_manifest_again_is_answered_again(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    assert world.declare(who, one) == "declared"
    assert world.declare(who, one) == "declared"
    assert world.send(who, one) == "stored"
    assert world.declare(who, one) == "stored"
    assert world.send(who, one) == "stored"


def test_replayed_under_the_same_id_place_or_bytes(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.take_in(who, one)
    same_id = changed(world, who, one, session_id=new_id(Kind.SESSION))
    assert reason_of(world, who, same_id) == Reason.SEGMENT_REPLAYED
    same_place = changed(world, who, one, segment_id=new_id(Kind.SEGMENT), sha256="1" * 64)
    assert reason_of(world, who, same_place) == Reason.SEGMENT_REPLAYED
    same_bytes = changed(world, who, one, segment_id=new_id(Kind.SEGMENT), session_id=new_id(Kind.SESSION))
    assert reason_of(world, who, same_bytes) == Reason.SEGMENT_REPLAYED


def test_the_chain_within_a_session(world: VaultWorld) -> None:
    who = world.ready()
    first = world.recorded(who)
    session = {"session_id": first.manifest.session_id}
    world.take_in(who, first)
    wrong = world.recorded(who, **session, sequence=1, previous_sha256="2" * 64)
    assert reason_of(world, who, wrong) == Reason.SEGMENT_CHAIN
    rootless = world.recorded(who, **session, sequence=1)
    assert reason_of(world, who, rootless) == Reason.SEGMENT_CHAIN
    rooted_twice = world.recorded(who, sequence=0, previous_sha256=first.manifest.sha256)
    assert reason_of(world, who, rooted_twice) == Reason.SEGMENT_CHAIN
    right = world.recorded(who, **session, sequence=1, previous_sha256=first.manifest.sha256)
    assert world.take_in(who, right) == "stored"


def test_out_of_order_the_one_after_is_checked_too(world: VaultWorld) -> None:
    who = world.ready()
    session = {"session_id": new_id(Kind.SESSION)}
    second = world.recorded(who, **session, sequence=1, previous_sha256="3" * 64)
    assert world.take_in(who, second) == "stored"
    first = world.recorded(who, **session, sequence=0)
    assert reason_of(world, who, first) == Reason.SEGMENT_CHAIN


def test_a_session_belongs_to_one_device(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    first = world.recorded(who)
    world.take_in(who, first)
    joined = world.recorded(
        other, session_id=first.manifest.session_id, sequence=1, previous_sha256=first.manifest.sha256
    )
    assert reason_of(world, other, joined) == Reason.SEGMENT_OTHER_DEVICE


# The bytes


def sent_reason(world: VaultWorld, who: Participant, one: Segment, sealed: bytes) -> str:
    world.declare(who, one)
    with pytest.raises(Refused) as caught:
        world.send(who, dataclasses.replace(one, sealed=sealed))
    assert_not_stored(world, one)
    return caught.value.reason


def test_truncated_or_empty(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    assert sent_reason(world, who, one, one.sealed[:-1]) == Reason.SEGMENT_BYTES
    assert sent_reason(world, who, one, b"") == Reason.SEGMENT_BYTES
    assert world.send(who, one) == "stored", "after a damaged upload the right bytes still arrive"


def test_bit_flipped(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    flipped = bytearray(one.sealed)
    flipped[len(flipped) // 2] ^= 1
    assert sent_reason(world, who, one, bytes(flipped)) == Reason.SEGMENT_BYTES


def test_larger_than_declared_is_not_even_read(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    world.declare(who, one)
    with pytest.raises(TooLarge):
        world.send(who, dataclasses.replace(one, sealed=one.sealed + b"x"))
    assert_not_stored(world, one)


def test_declared_larger_than_a_segment_may_be(world: VaultWorld) -> None:
    who = world.ready()
    words = msgspec.to_builtins(world.recorded(who).manifest) | {"size_bytes": segment.SEALED_LIMIT_BYTES + 1}
    signed = who.device_key.sign(segment.PAYLOAD_TYPE, json.dumps(words).encode())
    with pytest.raises(AboveboardError, match="segment manifest"):
        world.declare_signed(who.device_key, signed)


def declared_as(world: VaultWorld, who: Participant, data: bytes) -> Segment:
    one = world.recorded(who)
    return changed(
        world, who, dataclasses.replace(one, sealed=data), size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
    )


@pytest.mark.parametrize("recipients", [1, 3])
def test_sealed_to_another_number_of_keys(world: VaultWorld, recipients: int) -> None:
    who = world.ready()
    three = [who.identity.recipient, who.keyholder_recipient, Identity.generate().recipient]
    one = declared_as(world, who, sealed_segment(b"x", three[:recipients]))
    assert sent_reason(world, who, one, one.sealed) == Reason.SEGMENT_FOREIGN


def test_sealed_as_a_whole_with_one_key(world: VaultWorld) -> None:
    """An ordinary age file for the right two: as a recorder from before there were parts would send it."""
    who = world.ready()
    one = declared_as(world, who, seal(b"x", [who.identity.recipient, who.keyholder_recipient]))
    assert sent_reason(world, who, one, one.sealed) == Reason.SEGMENT_FOREIGN


def test_not_an_age_file(world: VaultWorld) -> None:
    who = world.ready()
    for data in (b"%PDF-1.7 a foreign file", b"age-encryption.org/v1\n-> X25519 cut", bytes(100)):
        one = declared_as(world, who, data)
        assert sent_reason(world, who, one, data) == Reason.SEGMENT_FOREIGN


def test_sending_what_was_not_declared_or_is_anothers(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    one = world.recorded(who)
    with pytest.raises(NotFound):
        world.send(who, one)
    world.declare(who, one)
    with pytest.raises(NotFound):
        world.send(other, one)
    assert world.send(who, one) == "stored"
    sealed = f"/v1/segments/{one.manifest.segment_id}/sealed"
    assert world.ask(who.person_key, "GET", sealed) == one.sealed
    for key in (other.person_key, other.device_key):
        with pytest.raises(NotFound):
            world.ask(key, "GET", sealed)
    with pytest.raises(Refused):
        world.ask(world.key("stella"), "GET", sealed)
