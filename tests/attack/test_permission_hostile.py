"""Whoever tries something against consent and lease is refused, each with a reason of its own, and nothing stays.

The table is ``samples/hostile_cases.py``; every attempt goes over real HTTP to a real vault.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError
from samples.hostile_cases import CASES, Case
from samples.socket_world import SocketWorld


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SocketWorld]:
    made = SocketWorld(tmp_path_factory.mktemp("shared") / "vault")
    yield made
    made.close()


@pytest.fixture
def world(request: pytest.FixtureRequest, shared: SocketWorld, tmp_path: Path) -> Iterator[SocketWorld]:
    if not request.node.callspec.params["case"].alone:
        yield shared
        return
    made = SocketWorld(tmp_path / "vault")
    yield made
    made.close()


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
