"""Two processes of the vault over one PostgreSQL serve one fleet: a pause at one stops those who are on the other, and
one that is killed meanwhile loses nothing and delays nothing beyond the lease."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.rules.decision import Reason
from aboveboard.rules.lease import LEASE_DURATION_NS
from samples.postgres import fresh_database, running_postgres
from samples.served_world import stop
from samples.streamed_world import Device, StreamedWorld, streamed_world
from samples.vault_world import Participant

MOMENTS_S = 10.0
"""Far less than the lease, and far more than a push takes on a busy machine."""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_postgres(tmp_path_factory.mktemp("pg")) as url:
        yield url


def test_a_pause_at_one_replica_stops_those_on_the_other_and_outlives_it(postgres: str, tmp_path: Path) -> None:
    with streamed_world(tmp_path, database_url=fresh_database(postgres)) as world:
        world.disclose()
        ada, ben = world.ready(), world.ready()
        world.serve(replicas=2)
        (_, first), (second_process, second) = world.replicas
        here, there = device(world, ada, first), device(world, ben, second)
        try:
            for one in (here, there):
                one.until_recording()
            stella = world.key("stella")

            pause_id = world.pause(stella, by="steward", person_id=None, reason="a finding")
            for one in (here, there):
                assert stopped(one) < MOMENTS_S
            world.resume(stella, pause_id)
            for one in (here, there):
                one.until_recording()

            # Killed at the very moment in which it would have told.
            newest = there.book.covering(there.clock.boot_ns(), there.clock.boot_ns())[0].lease
            second_process.send_signal(signal.SIGSTOP)
            world.pause(stella, by="steward", person_id=None, reason="another finding")
            stop(second_process, signal.SIGKILL)
            assert stopped(here) < MOMENTS_S
            stopped(there)
            late_ns = there.clock.boot_ns() - (newest.boot_ns + LEASE_DURATION_NS)
            assert late_ns < 6 * SECOND_NS, "nothing beyond the lease that it had when its replica went"
            again = device(world, ben, first)
            try:
                again.until(lambda: again.keeper.reason == Reason.PAUSED_BY_STEWARD)
                assert not again.now().allowed
            finally:
                again.close()
        finally:
            here.close()
            there.close()


def device(world: StreamedWorld, who: Participant, url: str) -> Device:
    return Device(world, who, url)


def stopped(one: Device) -> float:
    """Wait until it may not record; for how long that took."""
    began_s = time.monotonic()
    one.until(lambda: not one.now().allowed)
    return time.monotonic() - began_s
