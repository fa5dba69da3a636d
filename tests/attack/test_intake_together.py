"""Several segments in one request: each is judged by itself, none gets in on its neighbour's back, and none that is
refused harms it."""

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, NotFound, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import segment
from aboveboard.formats.segment import SEALED_LIMIT_BYTES
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault import arriving
from aboveboard.vault.storage.objects import name_of_segment
from aboveboard.wire.outcome import SEGMENTS_LIMIT, Outcome
from aboveboard.wire.problem import TooLarge
from samples.vault_world import Participant, Segment, VaultWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path / "vault")
    yield made
    made.close()


def session_of(world: VaultWorld, who: Participant, count: int) -> list[Segment]:
    """Segments of one session, one behind the other."""
    found: list[Segment] = []
    session_id = new_id(Kind.SESSION)
    for sequence in range(count):
        before = found[-1].manifest.sha256 if found else None
        facts = {"session_id": session_id, "sequence": sequence, "previous_sha256": before}
        found.append(world.recorded(who, seconds=1, plain=b"%d" % sequence, **facts))
    return found


def changed(world: VaultWorld, who: Participant, one: Segment, **changes: object) -> Segment:
    manifest = msgspec.structs.replace(one.manifest, **changes)
    return Segment(manifest, world.signed(who, manifest), one.sealed)


def declare_all(world: VaultWorld, who: Participant, segments: list[Segment]) -> list[str]:
    """Of each its state, or the reason for which it is refused."""
    return [said(each) for each in world.declare_all(who.device_key, [one.envelope for one in segments])]


def said(outcome: Outcome) -> str:
    error = outcome.error()
    return outcome.state if error is None else str(error.reason) if isinstance(error, Refused) else error.code


def on_record(world: VaultWorld, who: Participant) -> dict[str, str]:
    """What the vault knows, by id, and that the bytes of exactly the stored ones rest whole."""
    with world.vault.records.read() as tx:
        rows = tx.segments_of([who.person_id])
    stored = {row.segment_id: row for row in rows if row.state == "stored"}
    assert {name_of_segment(each) for each in stored} == set(world.vault.objects.names())
    for name, row in stored.items():
        assert hashlib.sha256(world.vault.objects.get(name_of_segment(name))).hexdigest() == row.sha256
    return {row.segment_id: row.state for row in rows}


def test_a_whole_session_in_two_requests(world: VaultWorld) -> None:
    who = world.ready()
    segments = session_of(world, who, 5)
    assert declare_all(world, who, segments) == ["declared"] * 5
    assert [said(each) for each in world.send_all(who, segments)] == ["stored"] * 5
    assert on_record(world, who) == {each.manifest.segment_id: "stored" for each in segments}
    assert declare_all(world, who, segments) == ["stored"] * 5, "and again"
    assert [said(each) for each in world.send_all(who, segments)] == ["stored"] * 5


def test_a_refused_one_does_not_harm_its_neighbours(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    good = session_of(world, who, 2)
    one = world.recorded(who)
    unsigned = dataclasses.replace(one, envelope=world.signed(other, one.manifest))
    borrowed = changed(world, who, one, person_id=other.person_id)
    uncovered = changed(world, who, one, end_boot_ns=one.manifest.end_boot_ns + 9 * SECOND_NS)
    senseless = who.device_key.sign(segment.PAYLOAD_TYPE, b"{}")
    asked = [unsigned.envelope, good[0].envelope, borrowed.envelope, uncovered.envelope, senseless, good[1].envelope]
    assert [said(each) for each in world.declare_all(who.device_key, asked)] == [
        Reason.SEGMENT_SIGNATURE,
        "declared",
        Reason.SEGMENT_OTHER_PERSON,
        Reason.SEGMENT_FROM_THE_FUTURE,
        "bad_input",
        "declared",
    ]
    assert [said(each) for each in world.send_all(who, good)] == ["stored"] * 2
    assert set(on_record(world, who)) == {each.manifest.segment_id for each in good}


def replays(world: VaultWorld, who: Participant) -> list[tuple[Segment, str]]:
    """Segments of one request that stand in each other's way, with what is to be said of each."""
    first, second = session_of(world, who, 2)
    fresh = {"segment_id": new_id(Kind.SEGMENT)}
    return [
        (first, "declared"),
        (changed(world, who, first, sequence=9, previous_sha256="0" * 64), Reason.SEGMENT_REPLAYED),
        (changed(world, who, first, **fresh, sha256="1" * 64), Reason.SEGMENT_REPLAYED),
        (changed(world, who, first, **fresh, session_id=new_id(Kind.SESSION)), Reason.SEGMENT_REPLAYED),
        (changed(world, who, second, previous_sha256="2" * 64), Reason.SEGMENT_CHAIN),
        (second, "declared"),
        (second, "declared"),
    ]


def test_what_a_neighbour_took_in_the_same_request_is_taken(world: VaultWorld) -> None:
    who = world.ready()
    asked = replays(world, who)
    assert declare_all(world, who, [one for one, _ in asked]) == [expected for _, expected in asked]
    assert len(on_record(world, who)) == 2


def test_without_noting_what_was_accepted_replays_within_a_request_are_not_seen(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = world.ready()
    asked = replays(world, who)
    monkeypatch.setattr(arriving.Arriving, "_note", lambda *_: None)
    with pytest.raises(Conflict):  # the database's own constraint stands behind it, for all of them
        declare_all(world, who, [one for one, _ in asked])
    assert on_record(world, who) == {}


def test_the_bytes_of_one_are_damaged(world: VaultWorld) -> None:
    who = world.ready()
    segments = session_of(world, who, 3)
    declare_all(world, who, segments)
    spoilt = dataclasses.replace(segments[1], sealed=segments[1].sealed[:-1] + b"x")
    outcomes = world.send_all(who, [segments[0], spoilt, segments[2]])
    assert [said(each) for each in outcomes] == ["stored", Reason.SEGMENT_BYTES, "stored"]
    assert on_record(world, who)[segments[1].manifest.segment_id] == "declared"
    assert said(world.send_all(who, segments[1:2])[0]) == "stored", "the right bytes still arrive"


def test_two_exchanged(world: VaultWorld) -> None:
    who = world.ready()
    segments = session_of(world, who, 2)
    declare_all(world, who, segments)
    exchanged = [
        dataclasses.replace(one, sealed=other.sealed) for one, other in zip(segments, segments[::-1], strict=True)
    ]
    assert [said(each) for each in world.send_all(who, exchanged)] == [Reason.SEGMENT_BYTES] * 2
    assert world.vault.objects.names() == []


def refused_whole(world: VaultWorld, who: Participant, segments: list[Segment], error: type[AboveboardError]) -> None:
    before = on_record(world, who)
    with pytest.raises(error):
        world.send_all(who, segments)
    assert on_record(world, who) == before


def test_a_request_that_names_what_is_not_ones_own_is_not_read(world: VaultWorld) -> None:
    who, other = world.ready(), world.ready()
    own, theirs, undeclared = world.recorded(who), world.recorded(other), world.recorded(who)
    world.declare(who, own)
    world.declare(other, theirs)
    refused_whole(world, who, [own, theirs], NotFound)
    refused_whole(world, who, [own, undeclared], NotFound)
    refused_whole(world, who, [own, own], NotFound)
    refused_whole(world, dataclasses.replace(who, device_key=SigningKey.generate()), [own], NotFound)
    assert world.send(who, own) == "stored"


def test_more_than_a_request_carries(world: VaultWorld) -> None:
    who = world.ready()
    one = world.recorded(who)
    with pytest.raises(BadInput):
        world.declare_all(who.device_key, [one.envelope] * (SEGMENTS_LIMIT + 1))
    with pytest.raises(BadInput):
        world.declare_all(who.device_key, [])
    assert on_record(world, who) == {}
    refused_whole(world, who, [one] * (SEGMENTS_LIMIT + 1), TooLarge)
    with pytest.raises(BadInput):
        world.ask(who.device_key, "PUT", "/v1/segments/sealed")
    large = [changed(world, who, each, size_bytes=SEALED_LIMIT_BYTES // 2 + 1) for each in session_of(world, who, 2)]
    assert declare_all(world, who, large) == ["declared"] * 2
    refused_whole(world, who, large, TooLarge)


def test_withdrawn_while_the_bytes_of_several_are_written(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    segments = session_of(world, who, 3)
    declare_all(world, who, segments)
    put_all = world.vault.objects.put_all

    def slow(objects: Any) -> Any:
        failed = put_all(objects)
        assert len(world.vault.objects.names()) == 3
        with world.vault.records.begin() as tx:
            tx.withdraw_consent(who.consent_id, withdrawal="{}", at_ns=world.clock.wall_ns())
        return failed

    monkeypatch.setattr(world.vault.objects, "put_all", slow)
    assert [said(each) for each in world.send_all(who, segments)] == [Reason.CONSENT_WITHDRAWN] * 3
    assert set(on_record(world, who).values()) == {"declared"}


def test_one_erased_while_the_bytes_of_several_are_written(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    segments = session_of(world, who, 3)
    declare_all(world, who, segments)
    put_all, gone = world.vault.objects.put_all, segments[1].manifest.segment_id

    def slow(objects: Any) -> Any:
        failed = put_all(objects)
        with world.vault.records.begin() as tx:
            tx.mark_erasing([gone], erasure_id="era_" + "0" * 26)
        return failed

    monkeypatch.setattr(world.vault.objects, "put_all", slow)
    assert [said(each) for each in world.send_all(who, segments)] == ["stored", Reason.SEGMENT_ERASED, "stored"]
    assert gone not in on_record(world, who), "and its bytes are gone"
    assert [said(each) for each in world.send_all(who, segments)] == ["stored", Reason.SEGMENT_ERASED, "stored"]


def test_the_disk_refuses_the_bytes_of_one(world: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    segments = session_of(world, who, 3)
    declare_all(world, who, segments)
    put_all, unlucky = world.vault.objects.put_all, name_of_segment(segments[0].manifest.segment_id)

    def full(objects: Any) -> Any:
        others = {name: data for name, data in objects.items() if name != unlucky}
        return put_all(others) | {unlucky: Unavailable("the vault's object store is full")}

    with monkeypatch.context() as patch:
        patch.setattr(world.vault.objects, "put_all", full)
        assert [said(each) for each in world.send_all(who, segments)] == ["unavailable", "stored", "stored"]
    assert on_record(world, who)[segments[0].manifest.segment_id] == "declared"
    assert [said(each) for each in world.send_all(who, segments)] == ["stored"] * 3
