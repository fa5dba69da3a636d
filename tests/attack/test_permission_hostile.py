"""Whoever tries something against consent and lease is refused, each with a reason of its own, and nothing stays.

The table is ``samples/hostile_cases.py``; every attempt goes over real HTTP to a real vault.
"""

from collections.abc import Iterator

import pytest

from aboveboard.base.errors import AboveboardError
from samples.hostile_cases import CASES, Case
from samples.socket_world import SocketWorld, in_memory


@pytest.fixture(scope="module")
def shared() -> Iterator[SocketWorld]:
    with in_memory() as made:
        yield made


@pytest.fixture
def world(request: pytest.FixtureRequest, shared: SocketWorld) -> Iterator[SocketWorld]:
    if not request.node.callspec.params["case"].alone:
        yield shared
        return
    with in_memory() as made:
        yield made


def stored(world: SocketWorld) -> list[str]:
    return sorted(world.vault.objects.names())


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_is_refused_with_its_reason(world: SocketWorld, case: Case) -> None:
    attempt = case.prepare(world)
    before = stored(world)
    with pytest.raises(AboveboardError) as refused:
        attempt()
    assert (getattr(refused.value, "reason", None) or refused.value.code) == case.reason
    assert stored(world) == before, "nothing of it stays"


def test_the_table_is_one_of_different_cases() -> None:
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)
    assert len({case.reason for case in CASES}) >= 30, "and most have a reason that no other has"
