"""A vault that ends at any moment of an upload has lost nothing that it called stored, shows nothing that is half
there, and the same requests again complete the rest."""

import dataclasses
import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.vault.api import intake
from aboveboard.vault.storage.objects import LocalObjects, name_of_segment
from aboveboard.vault.storage.sql.segments import SqlSegments
from samples.segments import sealed_segment
from samples.served_world import ServedWorld, running_places, stop
from samples.vault_world import Participant, Segment, VaultWorld


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path_factory.mktemp("killed") / "vault")
    yield made
    made.close()


def some(world: VaultWorld, who: Participant, count: int) -> list[Segment]:
    return [world.recorded(who, seconds=1, session_id=new_id(Kind.SESSION)) for _ in range(count)]


def states(world: VaultWorld, who: Participant) -> dict[str, str]:
    """What is on record by id; what is called stored is there, whole."""
    with world.vault.records.read() as tx:
        rows = tx.segments_of([who.person_id])
    for row in rows:
        if row.state == "stored":
            data = world.vault.objects.get(name_of_segment(row.segment_id))
            assert hashlib.sha256(data).hexdigest() == row.sha256
    return {row.segment_id: row.state for row in rows}


STEPS: list[tuple[type[Any], str, int]] = [
    (LocalObjects, "_put", 0),
    (LocalObjects, "_put", 2),
    (LocalObjects, "_write", 0),
    (LocalObjects, "_write", 2),
    (LocalObjects, "_give_name", 0),
    (LocalObjects, "_give_name", 2),
    (LocalObjects, "_sync_names", 0),
    (SqlSegments, "mark_stored", 0),
]
"""Each with the number of the segment at which it ends."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("place", "step", "number"), STEPS, ids=[f"{step} {number}" for _, step, number in STEPS])
def test_killed_at_each_step_while_the_bytes_are_taken_in(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch, place: type[Any], step: str, number: int, when: str
) -> None:
    who = world.ready()
    segments = some(world, who, 3)
    world.declare_all(who.device_key, [each.envelope for each in segments])
    real, names = getattr(place, step), [name_of_segment(each.manifest.segment_id) for each in segments]
    dead = threading.Event()

    def dying(self: Any, first: Any, *rest: Any, **words: Any) -> Any:
        mine = not isinstance(first, str | Path) or str(first).split("#")[0].endswith(names[number])
        if dead.is_set() or (mine and when == "before"):
            dead.set()
            raise Killed
        done = real(self, first, *rest, **words)
        if mine:
            dead.set()
            raise Killed
        return done

    with world.vault.records.read() as tx:
        device = tx.device_by_key(who.device_key.public)
        rows = tx.segments_by_id([each.manifest.segment_id for each in segments])
    assert device is not None
    sealed = {each.manifest.segment_id: [each.sealed] for each in segments}
    with monkeypatch.context() as patch:
        patch.setattr(place, step, dying)
        with pytest.raises(Killed):
            intake.put_and_record(world.vault, device, rows, sealed)
    world.close()
    world.open()
    assert set(states(world, who).values()) == {"declared"}, "nothing was answered, and nothing is called stored"
    assert [each.state for each in world.send_all(who, segments)] == ["stored"] * 3
    assert set(states(world, who).values()) == {"stored"}


def test_nothing_of_a_request_is_declared_when_its_transaction_fails(
    world: VaultWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = world.ready()
    segments = some(world, who, 3)
    with monkeypatch.context() as patch:
        add = SqlSegments.add_segments

        def failing(self: SqlSegments, rows: Any) -> None:
            add(self, rows)
            raise Unavailable("the disk is full")

        patch.setattr(SqlSegments, "add_segments", failing)
        with pytest.raises(Unavailable):
            world.declare_all(who.device_key, [each.envelope for each in segments])
    assert states(world, who) == {}
    assert [each.state for each in world.declare_all(who.device_key, [one.envelope for one in segments])] == (
        ["declared"] * 3
    )


def test_a_vault_that_is_killed_among_many_uploads(tmp_path: Path) -> None:
    with running_places(tmp_path) as world:
        who = world.ready()
        sent = [some_now(world, who, 16) for _ in range(4)]
        called_stored: set[str] = set()

        def sender(segments: list[Segment]) -> None:
            while {each.manifest.segment_id for each in segments} - called_stored:
                try:
                    world.declare_all(who.device_key, [each.envelope for each in segments])
                    outcomes = world.send_all(who, segments)
                except AboveboardError:
                    time.sleep(0.02)
                    continue
                called_stored.update(
                    one.manifest.segment_id
                    for one, each in zip(segments, outcomes, strict=True)
                    if each.state == "stored"
                )

        threads = [threading.Thread(target=sender, args=(segments,)) for segments in sent]
        for thread in threads:
            thread.start()
        wait_for(lambda: bool(list(world.home.glob("objects/*/*"))))
        stop(world.vault_process, signal.SIGKILL)
        before = set(called_stored)
        world.start_vault()
        rows = {row["segment_id"]: row["state"] for row in world.get(who.person_key, "/v1/segments")}
        assert all(rows[each] == "stored" for each in before), "what was called stored is stored"
        for thread in threads:
            thread.join(120)
        there = {row["segment_id"]: row["state"] for row in world.get(who.person_key, "/v1/segments")}
        assert there == {one.manifest.segment_id: "stored" for segments in sent for one in segments}
        for segments in sent:
            for one in segments[::5]:
                path = f"/v1/segments/{one.manifest.segment_id}/sealed"
                assert world.ask(who.person_key, "GET", path) == one.sealed


def some_now(world: ServedWorld, who: Participant, count: int) -> list[Segment]:
    """Segments under one lease of now."""
    lease, start = world.lease(who), dataclasses.replace(world.clock, wall=time.time_ns())
    recipients = [who.identity.recipient, who.keyholder_recipient]
    return [world.described(who, sealed_segment(b"%d" % each, recipients), [lease], start) for each in range(count)]


def wait_for(there: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)
