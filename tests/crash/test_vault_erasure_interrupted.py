"""An erasure that stops anywhere goes on from there, in the same order, and ends with the same receipt."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError, Conflict, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import envelope, erasure
from aboveboard.formats.envelope import Envelope
from aboveboard.formats.erasure import ORDER_TYPE, RECEIPT_TYPE, ErasureOrder, ErasureReceipt
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey, open_signed
from aboveboard.vault import erasure as steps
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.vault.storage.rows import ErasureRow
from samples.vault_world import Participant, Segment, VaultWorld


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def order_of(world: VaultWorld, who: Participant) -> tuple[str, Envelope]:
    order = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=who.person_id, at_ns=world.clock.wall_ns())
    return order.erasure_id, who.person_key.sign(ORDER_TYPE, erasure.encode(order))


def receipt_of(world: VaultWorld, who: Participant, signed: Envelope) -> ErasureReceipt:
    answer = envelope.decode(world.ask(who.person_key, "POST", "/v1/erasures", signed))
    return erasure.decode_receipt(open_signed(answer, RECEIPT_TYPE, world.vault.key.public))


def prepared(world: VaultWorld) -> tuple[Participant, list[Segment]]:
    who = world.ready()
    segments = [world.recorded(who) for _ in range(3)]
    for one in segments[:2]:
        world.take_in(who, one)
    world.declare(who, segments[2])
    return who, segments


def restart(world: VaultWorld) -> None:
    world.close()
    world.open()


def test_an_erasure_without_accident(world: VaultWorld) -> None:
    who, segments = prepared(world)
    late = world.recorded(who)
    bystander = world.ready()
    kept = world.recorded(bystander)
    world.take_in(bystander, kept)
    _, signed = order_of(world, who)
    receipt = receipt_of(world, who, signed)
    assert receipt.ledger_index == 7
    assert {item.name for item in receipt.items if item.what == "segment"} == {
        one.manifest.segment_id for one in segments
    }
    assert world.vault.objects.names() == [name_of_segment(kept.manifest.segment_id)]
    assert receipt_of(world, who, signed) == receipt, "the same order gives the same receipt"
    with pytest.raises(Refused) as caught:
        world.declare(who, late)
    assert caught.value.reason == Reason.CONSENT_ERASED


@pytest.mark.parametrize("step", ["destroy_keys", "delete_objects", "give_receipt"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_each_step_it_goes_on_at_the_next_start(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    who, _ = prepared(world)
    erasure_id, signed = order_of(world, who)
    real = getattr(steps, step)

    def dying(*arguments: Any) -> None:
        if when == "after":
            real(*arguments)
        raise Killed

    with world.vault.records.begin() as tx:
        tx.add_erasure(_row(erasure_id, who, signed))
        tx.erase_consents(who.person_id, at_ns=1)
    with monkeypatch.context() as patch:
        patch.setattr(steps, step, dying)
        with pytest.raises(Killed):
            steps.carry_out(world.vault, erasure_id)
    if step == "destroy_keys" and when == "before":
        assert len(world.vault.objects.names()) == 2, "nothing is deleted before the keys are gone"
    restart(world)
    assert steps.resume(world.vault) == 0
    assert world.vault.objects.names() == []
    receipt = receipt_of(world, who, signed)
    assert len(receipt.items) == 4
    asked = [path for path, _ in world.keyholder.asked if path == "/v1/erasures"]
    assert len(asked) == 1, "the keyholder was told once its answer was noted"


def _row(erasure_id: str, who: Participant, signed: Envelope) -> ErasureRow:
    return ErasureRow(erasure_id, who.person_id, envelope.encode(signed).decode(), "ordered", 1)


def test_the_objects_stay_until_the_keys_are_gone(world: VaultWorld) -> None:
    who, _ = prepared(world)
    _, signed = order_of(world, who)
    world.keyholder.away = True
    with pytest.raises(Unavailable):
        receipt_of(world, who, signed)
    assert len(world.vault.objects.names()) == 2
    assert steps.resume(world.vault) == 1, "it still waits"
    with pytest.raises(Refused):
        world.lease(who)
    world.keyholder.away = False
    assert steps.resume(world.vault) == 0
    assert world.vault.objects.names() == []


def test_bytes_written_while_erasing_are_swept_away(world: VaultWorld) -> None:
    """A crash between writing an object and finding that its person is gone leaves bytes; the next start takes them."""
    who, segments = prepared(world)
    _, signed = order_of(world, who)
    receipt_of(world, who, signed)
    late = segments[2]
    world.vault.objects.put_new(name_of_segment(late.manifest.segment_id), late.sealed)
    world.vault.objects.put_new("segments/not-ours.txt", b"x")
    restart(world)
    steps.resume(world.vault)
    assert world.vault.objects.names() == ["segments/not-ours.txt"]


def test_only_the_person_orders_it_and_only_for_themselves(world: VaultWorld) -> None:
    who, _ = prepared(world)
    other = world.ready()
    document = ErasureOrder(erasure_id=new_id(Kind.ERASURE), person_id=who.person_id, at_ns=1)
    for signer in (other.person_key, who.device_key, world.key("stella")):
        with pytest.raises(AboveboardError):
            world.post(signer, "/v1/erasures", signer.sign(ORDER_TYPE, erasure.encode(document)))
    assert len(world.vault.objects.names()) == 2
    assert world.lease(who)


def test_an_erasure_id_is_used_once(world: VaultWorld) -> None:
    who, _ = prepared(world)
    erasure_id, signed = order_of(world, who)
    receipt_of(world, who, signed)
    other = ErasureOrder(erasure_id=erasure_id, person_id=who.person_id, at_ns=5)
    with pytest.raises(Conflict):
        world.post(who.person_key, "/v1/erasures", who.person_key.sign(ORDER_TYPE, erasure.encode(other)))


def test_a_person_who_was_erased_enrols_only_with_a_new_key(world: VaultWorld) -> None:
    who, _ = prepared(world)
    _, signed = order_of(world, who)
    receipt_of(world, who, signed)
    device = SigningKey.generate()
    asked = world.enrolment(who.person_key, device, who.identity)
    with pytest.raises(Refused) as caught:
        world.ask(device, "POST", "/v1/enrolments", asked)
    assert caught.value.reason == Reason.CONSENT_ERASED
    assert json.loads(world.ask(who.person_key, "GET", "/v1/segments")) == []
