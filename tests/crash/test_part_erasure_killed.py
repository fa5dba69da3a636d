"""The vault, or the keyholder, dies at every effect of an erasure of a part: it is completed, and what stays opens.

An effect is whatever outlives the process: a commit of either database, a key destroyed in the backend, an object
deleted, a question to the keyholder. The process dies just after each, which is just before the next, in turn,
until the erasure comes through undisturbed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import AboveboardError
from aboveboard.formats import envelope, erasure
from aboveboard.formats.erasure import ORDER_TYPE, ErasureOrder
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.database import Database
from aboveboard.vault import erasure as steps
from aboveboard.vault import ordering, retention
from aboveboard.vault.storage.objects import LocalObjects, name_of_segment
from aboveboard.vault.storage.sql.engine import SqlRecords
from samples.kept_world import DeskKeyholder, KeptWorld
from samples.vault_world import Participant, Segment
from samples.witness_process import WitnessProcess, running_witness

EFFECTS = 60
"""More than there are in any of these erasures: a run must end without being killed."""


class Killed(BaseException):
    """The process ends here."""


class Death:
    """Dies after effect number ``at`` of those that are watched; -1: before the first."""

    def __init__(self, at: int) -> None:
        self.at, self.seen, self.dead = at, -1, False

    def watched(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def dying(*arguments: Any, **words: Any) -> Any:
            self._check()
            answer = effect(*arguments, **words)
            self._count()
            return answer

        return dying

    def commits(self, begin: Callable[..., Any]) -> Callable[..., Any]:
        """As :meth:`watched`, for a transaction."""

        @contextmanager
        def dying(*arguments: Any, **words: Any) -> Iterator[Any]:
            self._check()
            with begin(*arguments, **words) as tx:
                yield tx
            self._count()

        return dying

    def _count(self) -> None:
        self.seen += 1
        self._check()

    def _check(self) -> None:
        self.dead = self.dead or self.seen == self.at
        if self.dead:  # nothing that a handler of the error does has an effect any more
            raise Killed


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
        world.clock.advance(SECOND_NS)
        taken.append(one)
    return who, taken


def taken_order(world: KeptWorld, who: Participant, order: ErasureOrder) -> str:
    """On record, as the endpoint leaves it."""
    signed = who.person_key.sign(ORDER_TYPE, erasure.encode(order))
    with world.vault.records.begin() as tx:
        ordering.take(world.vault, tx, ordering.open_order(world.vault, tx, signed), signed)
    return order.erasure_id


def run_until(death: Death, monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]) -> bool:
    """Do ``work``; False if it was killed."""
    with monkeypatch.context() as patch:
        patch.setattr(SqlRecords, "begin", death.commits(SqlRecords.begin))
        for owner, name in ((Database, "commit"), (FileBackend, "destroy"), (LocalObjects, "delete_many")):
            patch.setattr(owner, name, death.watched(getattr(owner, name)))
        patch.setattr(DeskKeyholder, "post", death.watched(DeskKeyholder.post))
        try:
            work()
        except (Killed, AboveboardError):
            assert death.dead
            return False
    return not death.dead


def test_an_order_for_a_part_is_completed_wherever_it_died(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(-1, EFFECTS):
        who, (gone, stays, newest) = recorded(world)
        erasure_id = taken_order(world, who, world.order(who, segments=[gone.manifest.segment_id]))
        death = Death(number)
        alive = run_until(death, monkeypatch, lambda name=erasure_id: steps.carry_out(world.vault, name))  # type: ignore[misc]
        world.restart()
        assert steps.resume(world.vault) == 0
        with world.vault.records.read() as tx:
            row = tx.erasure(erasure_id)
        assert row is not None
        assert row.receipt is not None
        receipt = world.receipt_of(row.receipt.encode())
        assert [item.name for item in receipt.items] == [f"{who.person_id}#0", gone.manifest.segment_id]
        assert 0 in world.desk.people.destroyed(who.person_id)
        assert name_of_segment(gone.manifest.segment_id) not in world.vault.objects.names()
        grant_id = world.granted(who)
        assert world.closed(grant_id, gone)
        assert [world.opens(grant_id, one) for one in (stays, newest)] == [b"segment 1", b"segment 2"], number
        if alive:
            assert number > 8, "each of its effects was tried"
            return
    pytest.fail("it never came through")


def test_what_is_over_goes_wherever_the_vault_died(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(-1, EFFECTS):
        who, taken = recorded(world)
        world.clock.advance(31 * 86_400 * SECOND_NS)
        watch = retention.Watch(world.vault)
        alive = run_until(Death(number), monkeypatch, watch.look)
        world.restart()
        steps.resume(world.vault)
        retention.Watch(world.vault).look()
        assert world.vault.objects.names() == []
        assert world.get(who.person_key, "/v1/segments") == []
        assert 0 in world.desk.people.destroyed(who.person_id)
        rows = world.get(who.person_key, "/v1/erasures")
        assert all(row["receipt"] is not None for row in rows)
        told = {item.name for row in rows for item in world.receipt_of(envelope_of(row)).items}
        assert {one.manifest.segment_id for one in taken} <= told
        if alive:
            assert number > 4
            return
    pytest.fail("it never came through")


def envelope_of(row: dict[str, Any]) -> bytes:
    signed = row["receipt"]
    return envelope.encode(
        envelope.Envelope(
            payload=signed["payload"],
            payload_type=signed["payloadType"],
            signatures=[envelope.Signature(**each) for each in signed["signatures"]],
        )
    )
