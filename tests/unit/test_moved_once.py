"""What stays of a part that was erased is moved to a key of its own: the next part that is erased does not move it
again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Conflict
from aboveboard.formats import rekey
from aboveboard.formats.key_statement import KeyStatement
from aboveboard.keyholder import epochs as keyholder_epochs
from aboveboard.rules.key_epoch import GRACE_NS, HOUR_NS, laden
from aboveboard.vault import epochs
from aboveboard.vault.parts import end_keys
from samples.kept_world import KeptWorld
from samples.vault_world import Participant, Segment
from samples.witness_process import WitnessProcess, running_witness

AT_NS = 10**18


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def world(tmp_path: Path, witness: WitnessProcess) -> Iterator[KeptWorld]:
    made = KeptWorld(tmp_path, witness)
    yield made
    made.close()


def recorded(world: KeptWorld, who: Participant, count: int) -> list[Segment]:
    """Sealed to the person's newest key."""
    statement = epochs.ask(world.vault, who.person_id)
    who.keyholder_recipient = statement.recipient
    found = []
    for number in range(count):
        one = world.recorded(who, plain=b"segment %d" % number, key_epoch=statement.key_epoch)
        world.take_in(who, one)
        world.clock.advance(SECOND_NS)
        found.append(one)
    return found


def epochs_of(world: KeptWorld, segments: list[Segment]) -> list[int]:
    """The keys that these are sealed to now."""
    with world.vault.records.read() as tx:
        rows = {
            row.segment_id: row.key_epoch for row in tx.segments_by_id([one.manifest.segment_id for one in segments])
        }
    return [rows[one.manifest.segment_id] for one in segments]


def erase(world: KeptWorld, who: Participant, one: Segment) -> None:
    world.erase(who, world.order(who, segments=[one.manifest.segment_id]))


def test_the_next_part_does_not_move_it_again(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    who = world.ready()
    first = recorded(world, who, 3)
    erase(world, who, first[0])
    assert epochs_of(world, first[1:]) == [1, 1]
    assert epochs.Watch(world.vault).look() == 1
    assert epochs.ask(world.vault, who.person_id).key_epoch == 1, "the one before it still counts for an hour"
    world.clock.advance(GRACE_NS)
    recorded(world, who, 1)
    epochs.Watch(world.vault).look()
    second = recorded(world, who, 2)
    assert epochs_of(world, second) == [2, 2]
    moved: list[str] = []
    post = world.held.post

    def noting(path: str, body: bytes) -> bytes:
        if path == "/v1/rekeys":
            moved.extend(each.segment_id for each in rekey.decode_request(body).items)
        return post(path, body)

    monkeypatch.setattr(world.held, "post", noting)
    erase(world, who, second[0])
    assert moved == [second[1].manifest.segment_id]
    assert epochs_of(world, [*first[1:], second[1]]) == [1, 1, 3]
    grant_id = world.granted(who)
    opened = [world.opens(grant_id, one) for one in (*first[1:], second[1])]
    assert opened == [b"segment 1", b"segment 2", b"segment 1"]
    assert world.closed(grant_id, first[0])
    assert world.closed(grant_id, second[0])
    world.clock.advance(GRACE_NS)
    recorded(world, who, 1)
    watch = epochs.Watch(world.vault)
    watch.look()
    assert epochs.ask(world.vault, who.person_id).key_epoch == 4
    world.clock.advance(2 * HOUR_NS)
    recorded(world, who, 1)
    watch.look()
    assert epochs.ask(world.vault, who.person_id).key_epoch == 4, "once for each part that was erased"


def test_what_an_older_key_sealed_is_not_moved_to_the_one_that_is_sealed_to(world: KeptWorld) -> None:
    who = world.ready()
    old = recorded(world, who, 2)
    epochs.ask(world.vault, who.person_id, renew=True)
    new = recorded(world, who, 1)
    erase(world, who, old[0])
    assert epochs_of(world, [old[1], new[0]]) == [2, 1]
    assert keyholder_epochs.newest(world.desk, who.person_id).key_epoch == 2  # type: ignore[union-attr]


def test_with_as_many_keys_as_there_may_be_it_is_moved_to_the_newest(
    world: KeptWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = world.ready()
    old = recorded(world, who, 2)
    epochs.ask(world.vault, who.person_id, renew=True)
    monkeypatch.setattr(keyholder_epochs, "EPOCHS_LIMIT", 2)
    erase(world, who, old[0])
    assert epochs_of(world, [old[1]]) == [1]
    [newest] = recorded(world, who, 1)
    with world.vault.records.begin() as tx:
        tx.mark_erasing([newest.manifest.segment_id], erasure_id=tx.erasures_of(who.person_id)[0].erasure_id)
        [row] = tx.erasures_of(who.person_id)
    monkeypatch.setattr(keyholder_epochs, "EPOCHS_LIMIT", 1)
    with pytest.raises(Conflict):
        end_keys(world.vault, row, world.order(who, segments=[newest.manifest.segment_id]))


@pytest.mark.parametrize(
    ("made_after_ns", "now_after_ns", "expected"),
    [
        pytest.param(0, GRACE_NS - 1, False, id="the one before still counts"),
        pytest.param(0, GRACE_NS, True, id="its hour is over"),
        pytest.param(-HOUR_NS, 0, True, id="it was there before the order"),
        pytest.param(HOUR_NS - 1, 2 * HOUR_NS, True, id="the keyholder was away for a while"),
        pytest.param(HOUR_NS, 9 * HOUR_NS, False, id="it was made since"),
    ],
)
def test_when_a_key_is_laden(made_after_ns: int, now_after_ns: int, expected: bool) -> None:
    newest = KeyStatement(
        person_id="per_" + "0" * 26,
        person_key="ed25519:" + "A" * 43,
        key_epoch=1,
        recipient="age1",
        created_at_ns=AT_NS + made_after_ns,
    )
    now_ns = AT_NS + now_after_ns
    assert laden(newest, part_erased_at_ns=AT_NS, now_ns=now_ns) is expected
    assert not laden(newest, part_erased_at_ns=None, now_ns=now_ns)
