"""A backup from before an erasure restores neither key nor data.

Backups of the vault (its database and its objects) and of the keyholder's database are put back after the erasure, one
by one and together. Nothing opens; and the vault, once it hears from the keyholder, destroys again what has to be gone.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Refused, SetupMissing
from aboveboard.formats import age_header, envelope, erasure
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.vault import erasure as steps
from aboveboard.vault.storage.objects import name_of_segment
from samples.kept_world import KeptWorld
from samples.segments import plain_of, reseal_header
from samples.vault_world import Participant, Segment
from samples.witness_process import WitnessProcess, running_witness

VAULT = ("vault/records.sqlite", "vault/objects")
KEYHOLDER = ("keyholder/keys.sqlite",)


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def world(tmp_path: Path, witness: WitnessProcess) -> Iterator[KeptWorld]:
    made = KeptWorld(tmp_path, witness)
    yield made
    made.close()


def recorded(world: KeptWorld) -> tuple[Participant, list[Segment]]:
    who, taken = world.ready(), []
    for number in range(3):
        one = world.recorded(who, plain=b"segment %d" % number)
        world.take_in(who, one)
        world.clock.advance(60 * SECOND_NS)
        taken.append(one)
    return who, taken


def held_keys(world: KeptWorld, who: Participant) -> list[Identity]:
    """Every private key that whoever has the keyholder's folder can unwrap."""
    found = []
    for epoch in world.desk.people.epochs(who.person_id):
        wrapped = world.desk.people.wrapped(who.person_id, epoch) or b""
        try:
            found.append(Identity(world.desk.backend.unwrap(wrapped, person_id=who.person_id, key_epoch=epoch)))
        except AboveboardError:
            continue
    return found


def opens_with(identity: Identity, one: Segment) -> bool:
    try:
        reseal_header(age_header.split(one.sealed)[0], identity, Identity.generate().recipient)
    except BadInput:
        return False
    return True


def test_a_vault_from_before_destroys_everything_again(world: KeptWorld) -> None:
    who, taken = recorded(world)
    other = world.ready()
    kept_one = world.recorded(other)
    world.take_in(other, kept_one)
    grant_id = world.granted(who, other)
    backup = world.copy("vault")
    order = world.order(who)
    world.erase(who, order)
    world.restore(backup, *VAULT)
    assert len(world.vault.objects.names()) == 4, "it is all there again"
    assert all(world.closed(grant_id, one) for one in taken), "and opens for nobody"
    assert steps.catch_up(world.vault) == 1
    assert world.vault.objects.names() == [name_of_segment(kept_one.manifest.segment_id)]
    with pytest.raises(Refused) as caught:
        world.lease(who)
    assert caught.value.reason == Reason.CONSENT_ERASED
    [row] = world.get(who.person_key, "/v1/erasures")
    assert row["receipt"] is not None
    assert steps.catch_up(world.vault) == 0
    assert world.opens(grant_id, kept_one) == b"made up"


def test_a_vault_from_before_destroys_a_part_again(world: KeptWorld) -> None:
    who, taken = recorded(world)
    grant_id = world.granted(who)
    backup = world.copy("vault")
    world.erase(who, world.order(who, span=world.span(taken[0], taken[1])))
    world.restore(backup, *VAULT)
    assert all(world.closed(grant_id, one) for one in taken[:2])
    assert steps.catch_up(world.vault) == 1
    assert world.vault.objects.names() == [name_of_segment(taken[2].manifest.segment_id)]
    with pytest.raises(AboveboardError):
        world.take_in(who, taken[0])
    # What stayed is there and the person's own; for others it is closed, for the key of that epoch is gone for good.
    own = world.ask(who.person_key, "GET", f"/v1/segments/{taken[2].manifest.segment_id}/sealed")
    assert plain_of(own, who.identity) == b"segment 2"
    assert world.closed(grant_id, taken[2])


def test_the_keyholders_database_from_before_brings_no_key_back(world: KeptWorld) -> None:
    who, taken = recorded(world)
    grant_id = world.granted(who)
    backup = world.copy("vault", "keyholder")
    assert all(opens_with(identity, taken[0]) for identity in held_keys(world, who))
    world.erase(who, world.order(who))
    try:
        world.restore(backup, *VAULT, *KEYHOLDER)
    except SetupMissing:
        return  # it refuses to start at all
    assert held_keys(world, who) == [], "the wrapped key is back, and what it was wrapped with is not"
    assert all(world.closed(grant_id, one) for one in taken)


def test_the_keyholders_database_from_before_a_part_brings_no_key_back(world: KeptWorld) -> None:
    who, taken = recorded(world)
    grant_id = world.granted(who)
    backup = world.copy("vault", "keyholder")
    world.erase(who, world.order(who, segments=[taken[0].manifest.segment_id]))
    try:
        world.restore(backup, *VAULT, *KEYHOLDER)
    except SetupMissing:
        return
    assert [identity for identity in held_keys(world, who) if opens_with(identity, taken[0])] == []
    assert world.closed(grant_id, taken[0])


def test_a_lying_keyholder_cannot_have_a_vault_erase(world: KeptWorld) -> None:
    """What the keyholder hands out as orders counts only if who may has signed it."""
    who, taken = recorded(world)
    forged = world.order(who)
    signed = world.desk.statement_key.sign(erasure.ORDER_TYPE, erasure.encode(forged))
    with world.desk.database.writing():
        world.desk.database.run(
            "INSERT INTO erasure_orders (order_tag, person, sealed) VALUES (?, ?, ?)",
            (b"forged", b"somebody", world.desk.database.record.seal("order", envelope.encode(signed))),
        )
        world.desk.database.commit()
    assert steps.catch_up(world.vault) == 0
    assert len(world.vault.objects.names()) == len(taken)
    assert world.get(who.person_key, "/v1/erasures") == []
