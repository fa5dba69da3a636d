"""A part of what is recorded of a person is erased: it opens nowhere any more, and what stays still does.

The attackers: a vault that keeps copies of everything, a researcher with a live grant, a recorder that still has it, a
vault that orders by itself, a member of staff without evidence.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import age_header, custody, erasure, notice
from aboveboard.formats.custody import PartErasure
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.erasure import ORDER_TYPE, Evidence, Span
from aboveboard.formats.notice import NOTICE_TYPE, Audience, Notice
from aboveboard.keyholder import endings
from aboveboard.keyholder.people import People
from aboveboard.rules.decision import Reason
from aboveboard.sealing.keys import Identity
from aboveboard.vault import erasure as steps
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.viewer.sealed_openings import opened
from samples.kept_world import KeptWorld
from samples.segments import plain_of, reseal_header
from samples.vault_world import Participant, Segment
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def world(tmp_path: Path, witness: WitnessProcess) -> Iterator[KeptWorld]:
    made = KeptWorld(tmp_path, witness)
    yield made
    made.close()


def recorded(world: KeptWorld, count: int = 4) -> tuple[Participant, list[Segment]]:
    """A person with segments that follow on each other, a minute apart."""
    who = world.ready()
    taken = []
    for number in range(count):
        one = world.recorded(who, plain=b"segment %d" % number)
        world.take_in(who, one)
        world.clock.advance(60 * SECOND_NS)
        taken.append(one)
    return who, taken


def keys_of(world: KeptWorld, who: Participant) -> dict[int, Identity]:
    """Every private key of the person that the keyholder has: what an attacker in its process could use."""
    people, found = People(world.desk.database), {}
    for epoch in people.epochs(who.person_id):
        wrapped = people.wrapped(who.person_id, epoch) or b""
        found[epoch] = Identity(world.desk.backend.unwrap(wrapped, person_id=who.person_id, key_epoch=epoch))
    return found


def test_a_span_opens_nowhere_any_more_and_the_rest_still_does(world: KeptWorld) -> None:
    who, taken = recorded(world)
    grant_id = world.granted(who)
    assert [world.opens(grant_id, one) for one in taken] == [b"segment %d" % number for number in range(4)]
    copies = {one.manifest.segment_id: one.sealed for one in taken}
    receipt = world.erase(who, world.order(who, span=world.span(taken[1], taken[2])))
    gone, stay = taken[1:3], [taken[0], taken[3]]
    assert {item.name for item in receipt.items if item.what == "segment"} == {one.manifest.segment_id for one in gone}
    assert [item.name for item in receipt.items if item.what == "keys"] == [f"{who.person_id}#0"]
    assert receipt.ledger_index > 0
    # No key that is left anywhere opens a copy that somebody kept of it, with its header as it was.
    left = keys_of(world, who)
    assert left
    for one in gone:
        header = age_header.split(copies[one.manifest.segment_id])[0]
        for identity in left.values():
            with pytest.raises(BadInput):
                reseal_header(header, identity, Identity.generate().recipient)
        assert world.closed(grant_id, one)
    assert world.vault.objects.names() == sorted(name_of_segment(one.manifest.segment_id) for one in stay)
    # What stays opens for whoever may, by its new header, and its stored bytes are those that the device declared.
    assert [world.opens(grant_id, one) for one in stay] == [b"segment 0", b"segment 3"]
    for one in stay:
        own = world.ask(who.person_key, "GET", f"/v1/segments/{one.manifest.segment_id}/sealed")
        assert own == one.sealed
        assert plain_of(own, who.identity).startswith(b"segment")


def test_exactly_the_named_segments_go_and_the_vault_is_not_told_why(world: KeptWorld) -> None:
    who, taken = recorded(world, 3)
    grant_id = world.granted(who)
    order = world.order(who, segments=[taken[0].manifest.segment_id])
    assert b'"segments":["seg_' in erasure.encode(order), "nothing but which segments"
    world.erase(who, order)
    assert world.closed(grant_id, taken[0])
    assert world.opens(grant_id, taken[2]) == b"segment 2"
    # Erased again: another one of those that were moved to the newer key.
    world.erase(who, world.order(who, segments=[taken[1].manifest.segment_id]))
    assert world.closed(grant_id, taken[1])
    assert world.opens(grant_id, taken[2]) == b"segment 2"
    listed = world.get(who.person_key, "/v1/erasures")
    assert len(listed) == 2
    assert all(row["receipt"] is not None for row in listed)


def test_what_comes_after_its_order_is_kept_out(world: KeptWorld) -> None:
    who, taken = recorded(world, 1)
    late, named = world.recorded(who), world.recorded(who)
    world.clock.advance(60 * SECOND_NS)
    world.declare(who, named)
    world.erase(who, world.order(who, span=world.span(late, late)))
    other = world.recorded(who, plain=b"recorded after")
    world.erase(who, world.order(who, segments=[named.manifest.segment_id, other.manifest.segment_id]))
    for one in (late, named, other):
        with pytest.raises(Refused) as caught:
            world.take_in(who, one)
        assert caught.value.reason == Reason.SEGMENT_ERASED
    assert world.vault.objects.names() == [name_of_segment(taken[0].manifest.segment_id)]
    world.take_in(who, world.recorded(who))


def test_a_preview_says_what_would_go_and_changes_nothing(world: KeptWorld) -> None:
    who, taken = recorded(world)
    order = world.order(who, span=world.span(taken[1], taken[2]))
    seen = erasure.decode_preview(world.ask(who.person_key, "POST", "/v1/erasures/preview", order))
    assert (seen.segments, seen.rewrapped, seen.artefacts, seen.recorded_ns) == (2, 2, 0, 6 * SECOND_NS)
    assert seen.size_bytes == sum(len(one.sealed) for one in taken[1:3])
    assert len(world.get(who.person_key, "/v1/segments")) == 4
    other = world.ready()
    with pytest.raises(Refused):
        world.ask(other.person_key, "POST", "/v1/erasures/preview", order)


def test_the_future_is_not_erased(world: KeptWorld) -> None:
    who, taken = recorded(world, 1)
    span = Span(from_ns=taken[0].manifest.start_wall_ns, until_ns=world.clock.wall_ns() + 3600 * SECOND_NS)
    with pytest.raises(BadInput, match="later than now"):
        world.erase(who, world.order(who, span=span))
    assert world.get(who.person_key, "/v1/erasures") == []


def test_a_keyholder_that_is_away_keeps_the_order_waiting_and_the_segments_hidden(world: KeptWorld) -> None:
    who, taken = recorded(world, 2)
    grant_id = world.granted(who)
    world.held.away = True
    with pytest.raises(Unavailable):
        world.erase(who, world.order(who, segments=[taken[0].manifest.segment_id]))
    assert [row["segment_id"] for row in world.get(who.person_key, "/v1/segments")] == [taken[1].manifest.segment_id]
    assert len(world.vault.objects.names()) == 2, "nothing is deleted before the keys are gone"
    world.held.away = False
    assert steps.resume(world.vault) == 0
    assert world.closed(grant_id, taken[0])
    assert world.opens(grant_id, taken[1]) == b"segment 1"


def test_one_that_is_damaged_keeps_nothing_from_being_erased(world: KeptWorld) -> None:
    who, taken = recorded(world, 3)
    path = world.home / "objects" / name_of_segment(taken[1].manifest.segment_id)
    path.write_bytes(taken[1].sealed[:200].replace(b"X25519", b"X25518", 1) + taken[1].sealed[200:])
    world.erase(who, world.order(who, segments=[taken[0].manifest.segment_id]))
    assert world.opens(world.granted(who), taken[2]) == b"segment 2"
    assert 0 not in keys_of(world, who)


def test_only_who_may_orders_it(world: KeptWorld) -> None:
    who, taken = recorded(world, 2)
    other = world.ready()
    part: dict[str, Any] = {"segments": [taken[0].manifest.segment_id]}
    for signer in (other.person_key, who.device_key, world.key("stella"), world.vault.key):
        for words in (part, {}):
            with pytest.raises(AboveboardError):
                world.erase(who, world.order(who, **words), signer=signer)
    for signer in (other.person_key, who.person_key, world.key("stella")):
        with pytest.raises(AboveboardError):
            world.erase(who, world.order(who, why="retention", **part), signer=signer)
    with pytest.raises(AboveboardError):
        world.erase(who, world.order(other, **part))
    assert len(world.get(who.person_key, "/v1/segments")) == 2
    assert keys_of(world, who).keys() == {0}


def test_nobody_elses_segments_go_with_an_order(world: KeptWorld) -> None:
    who, taken = recorded(world, 1)
    other, theirs = recorded(world, 1)
    world.erase(who, world.order(who, segments=[theirs[0].manifest.segment_id, taken[0].manifest.segment_id]))
    assert len(world.get(other.person_key, "/v1/segments")) == 1
    assert keys_of(world, other).keys() == {0}


def told(world: KeptWorld, who: Participant) -> str:
    """A steward's notice to this person; its id."""
    document = Notice(
        notice_id=new_id(Kind.NOTICE),
        kind="erasure",
        title="Erasure by order of a court",
        text="A court has ordered that one recording of yours is erased.",
        audience=Audience(people=[who.person_id]),
        at_ns=world.clock.wall_ns(),
    )
    signed = world.key("stella").sign(NOTICE_TYPE, notice.encode(document))
    world.post(world.key("stella"), "/v1/notices", signed)
    return document.notice_id


def evidence_of(world: KeptWorld, notice_id: str, name: str = "stella") -> Evidence:
    return Evidence(
        staff_id=world.staff_id(name),
        title="Order of the court, 12 O 34/26",
        sha256="a" * 64,
        kept_at="the registry, folder 7",
        notice_id=notice_id,
    )


def test_a_stewards_order_needs_evidence_and_that_the_person_is_told(world: KeptWorld) -> None:
    who, taken = recorded(world, 2)
    other = world.ready()
    part = [taken[0].manifest.segment_id]
    unsent, elsewhere = new_id(Kind.NOTICE), told(world, other)
    for notice_id in (unsent, elsewhere):
        order = world.order(who, segments=part, why="order", evidence=evidence_of(world, notice_id))
        with pytest.raises(Refused) as caught:
            world.erase(who, order, signer=world.key("stella"))
        assert caught.value.reason == Reason.ERASURE_UNTOLD
    notice_id = told(world, who)
    for name in ("sam", "rita", "ravi"):
        order = world.order(who, segments=part, why="order", evidence=evidence_of(world, notice_id, name))
        with pytest.raises(Refused):
            world.erase(who, order, signer=world.key(name))
    order = world.order(who, segments=part, why="order", evidence=evidence_of(world, notice_id))
    with pytest.raises(Tampered):
        world.erase(who, order, signer=world.key("sam"))
    receipt = world.erase(who, order, signer=world.key("stella"))
    assert receipt.why == "order"
    [row] = world.get(who.person_key, "/v1/erasures")
    said = erasure.decode_order(erasure_payload(row))
    assert said.evidence is not None
    assert said.evidence.title.startswith("Order of the court")
    assert world.closed(world.granted(who), taken[0])


def erasure_payload(row: dict[str, Any]) -> bytes:
    return decode_base64(row["order"]["payload"])


def test_the_keyholder_believes_no_vault_for_an_order(world: KeptWorld) -> None:
    """A vault that was taken over can neither end all keys nor those of a part in anybody's name."""
    who, taken = recorded(world, 1)
    mine = world.order(who, segments=[taken[0].manifest.segment_id])
    forged = world.vault.key.sign(ORDER_TYPE, erasure.encode(mine))
    with pytest.raises(Tampered):
        endings.end_part(world.desk, world.vault.key.public, PartErasure(order=forged, key_epochs=[0]))
    whole = world.vault.key.sign(ORDER_TYPE, erasure.encode(world.order(who)))
    with pytest.raises(Tampered):
        endings.erase(world.desk, whole)
    part = who.person_key.sign(ORDER_TYPE, erasure.encode(mine))
    with pytest.raises(BadInput):
        endings.erase(world.desk, part)
    with pytest.raises(Refused):
        endings.end_part(world.desk, who.person_key.public, PartErasure(order=part, key_epochs=[0]))
    with pytest.raises(Conflict):
        endings.end_part(world.desk, world.vault.key.public, PartErasure(order=part, key_epochs=[0]))
    assert keys_of(world, who).keys() == {0}


def test_the_end_of_the_keys_is_proven_to_the_person_and_to_nobody_else(world: KeptWorld) -> None:
    who, taken = recorded(world, 1)
    other = world.ready()
    receipt = world.erase(who, world.order(who, segments=[taken[0].manifest.segment_id]))
    found = opened(endings.of_person(world.desk, who.person_key.public), who.identity)
    assert [each.index for each in found.entries] == [receipt.ledger_index]
    assert custody.encode(found).count(b"epoch_destroyed") == 1
    others = endings.of_person(world.desk, other.person_key.public)
    assert (others.entries, others.sealed) == ([], [])
    with pytest.raises(Refused):
        endings.of_person(world.desk, world.key("stella").public)


def test_everything_after_a_part(world: KeptWorld) -> None:
    who, taken = recorded(world, 3)
    world.erase(who, world.order(who, segments=[taken[0].manifest.segment_id]))
    receipt = world.erase(who, world.order(who))
    assert sum(item.what == "segment" for item in receipt.items) == 3
    assert world.vault.objects.names() == []
    assert keys_of(world, who) == {}
    with pytest.raises(NotFound):
        world.ask(who.person_key, "GET", f"/v1/segments/{taken[2].manifest.segment_id}/sealed")
