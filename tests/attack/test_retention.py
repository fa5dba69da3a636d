"""Nothing is kept longer than was promised: it goes by itself, and the person has the receipt.

The attackers: a clock that is set back, a newer disclosure that promises less, a device that dates ahead, a keyholder
that is away.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.formats import erasure
from aboveboard.formats.envelope import decode_base64
from aboveboard.formats.erasure import ErasureReceipt
from aboveboard.rules.erasure import DAY_NS, over_at_ns
from aboveboard.vault import erasure as steps
from aboveboard.vault.retention import Watch
from aboveboard.vault.storage.objects import name_of_segment
from samples.kept_world import KeptWorld
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


def take_in(world: KeptWorld, who: Participant) -> Segment:
    one = world.recorded(who)
    world.take_in(who, one)
    return one


def receipts(world: KeptWorld, who: Participant) -> list[ErasureReceipt]:
    found = []
    for row in world.get(who.person_key, "/v1/erasures"):
        order = erasure.decode_order(decode_base64(row["order"]["payload"]))
        assert order.why == "retention"
        found.append(erasure.decode_receipt(decode_base64(row["receipt"]["payload"])))
    return found


def stored(world: KeptWorld) -> set[str]:
    return set(world.vault.objects.names())


def name(one: Segment) -> str:
    return name_of_segment(one.manifest.segment_id)


def test_what_is_over_goes_with_its_receipt_and_the_rest_stays(world: KeptWorld) -> None:
    who = world.ready()
    old = take_in(world, who)
    world.clock.advance(3 * DAY_NS)
    young = take_in(world, who)
    watch = Watch(world.vault)
    world.clock.advance(26 * DAY_NS)
    assert watch.look() == [], "not before its time, but for less than a day"
    world.clock.advance(DAY_NS - 3600 * 10**9)
    assert len(watch.look()) == 1
    assert stored(world) == {name(young)}
    [receipt] = receipts(world, who)
    assert receipt.why == "retention"
    assert [item.name for item in receipt.items if item.what == "segment"] == [old.manifest.segment_id]
    # Another is sealed to the same key: the key goes when that is over, and the receipt says when.
    [key] = [item for item in receipt.items if item.what == "keys"]
    assert (key.name, key.state) == (f"{who.person_id}#0", "due")
    assert key.due_by_ns == young.manifest.start_wall_ns + 30 * DAY_NS
    assert world.opens(world.granted(who), young) == b"made up"
    assert watch.look() == []
    world.clock.advance(3 * DAY_NS)
    assert len(watch.look()) == 1
    assert stored(world) == set()
    assert [item.state for item in receipts(world, who)[0].items] == ["destroyed", "destroyed"]
    assert 0 in world.desk.people.destroyed(who.person_id)


def test_a_clock_that_is_set_back_gives_no_more_days(world: KeptWorld) -> None:
    who = world.ready()
    watch = Watch(world.vault)
    one = take_in(world, who)
    watch.look()
    world.clock.advance(20 * DAY_NS)
    watch.look()
    world.clock.wall -= 15 * DAY_NS
    for _ in range(9):
        world.clock.advance(DAY_NS)
        watch.look()
    assert stored(world) == {name(one)}
    world.clock.advance(DAY_NS)
    watch.look()
    assert stored(world) == set(), "30 days have passed, whatever the clock says"
    # And after a restart too: what was seen is on record.
    late = take_in(world, who)
    world.clock.wall += 40 * DAY_NS
    Watch(world.vault).look()
    world.clock.wall -= 40 * DAY_NS
    assert name(late) not in stored(world)
    world.restart()
    again = take_in(world, who)
    Watch(world.vault).look()
    assert name(again) not in stored(world), "dated before what was seen: over at once, never kept longer"


def test_a_newer_disclosure_that_promises_less_holds_for_what_was_there(world: KeptWorld) -> None:
    who = world.ready()
    take_in(world, who)
    world.clock.advance(10 * DAY_NS)
    assert Watch(world.vault).look() == []
    world.disclose(version=2, retention_days=10)
    assert len(Watch(world.vault).look()) == 1
    assert stored(world) == set()


def test_a_newer_disclosure_that_promises_more_does_not(world: KeptWorld) -> None:
    who = world.ready()
    take_in(world, who)
    world.disclose(version=2, retention_days=300)
    world.clock.advance(30 * DAY_NS)
    assert len(Watch(world.vault).look()) == 1
    assert stored(world) == set()


def test_a_device_that_dates_ahead_gains_nothing() -> None:
    ahead = over_at_ns(start_wall_ns=500 * DAY_NS, declared_at_ns=DAY_NS, own_days=30, newest_days=None)
    assert ahead == 31 * DAY_NS
    assert over_at_ns(start_wall_ns=0, declared_at_ns=DAY_NS, own_days=30, newest_days=90) == 30 * DAY_NS


def test_a_keyholder_that_is_away_does_not_keep_the_bytes_and_ends_the_key_later(world: KeptWorld) -> None:
    who = world.ready()
    take_in(world, who)
    world.clock.advance(25 * DAY_NS)
    young = take_in(world, who)
    world.clock.advance(5 * DAY_NS)
    world.held.away = True
    Watch(world.vault).look()
    assert stored(world) == {name(young)}
    world.clock.advance(25 * DAY_NS)
    Watch(world.vault).look()
    assert stored(world) == {name(young)}, "keys first: nothing else is sealed to this one"
    assert world.get(who.person_key, "/v1/segments") == [], "but nobody is shown it any more"
    assert Watch(world.vault).look() == []
    world.held.away = False
    assert steps.go_on(world.vault) == 0
    assert stored(world) == set()
