"""Is what a grant covers listed whole, each once and in order, however many pages it takes?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.lab.open import listed
from aboveboard.vault.api import access
from samples.kept_world import KeptWorld
from samples.vault_world import Participant, Segment
from samples.witness_process import running_witness


@pytest.fixture
def world(tmp_path: Path) -> Iterator[KeptWorld]:
    with running_witness(tmp_path / "witness") as witness:
        made = KeptWorld(tmp_path / "places", witness)
        yield made
        made.close()


@dataclass
class AsRavi:
    """Asks as the requester, and notes what was asked."""

    world: KeptWorld
    asked: list[str] = field(default_factory=list)

    def get(self, path: str) -> bytes:
        self.asked.append(path)
        return self.world.ask(self.world.key("ravi"), "GET", path)


def recorded(world: KeptWorld, count: int) -> tuple[Participant, list[Segment]]:
    who, taken = world.ready(), []
    for number in range(count):
        taken.append(world.recorded(who, plain=b"segment %d" % number))
        world.take_in(who, taken[-1])
        world.clock.advance(60 * SECOND_NS)
    return who, taken


def test_every_page_goes_on_after_the_one_before(world: KeptWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    (ada, hers), (bob, his) = recorded(world, 5), recorded(world, 2)
    recorded(world, 1)  # whom the grant does not name
    grant_id = world.granted(ada, bob)
    parts = {ada.person_id: hers, bob.person_id: his}
    wanted = [one.manifest.segment_id for person_id in sorted(parts) for one in parts[person_id]]
    for page, requests in ((1, 8), (2, 5), (4, 3), (7, 2), (8_000, 2)):
        monkeypatch.setattr(access, "PAGE", page)
        asking = AsRavi(world)
        assert [one.segment_id for one in listed(asking, grant_id)] == wanted  # type: ignore[arg-type]
        assert len(asking.asked) == requests
    monkeypatch.setattr(access, "PAGE", 2)
    going = listed(AsRavi(world), grant_id)  # type: ignore[arg-type]
    assert [next(going).segment_id for _ in range(2)] == wanted[:2]
    first = hers if wanted[0] == hers[0].manifest.segment_id else his
    who = ada if first is hers else bob
    world.erase(who, world.order(who, span=world.span(first[1], first[1])))  # where the list is to go on
    assert [one.segment_id for one in going] == wanted[2:]
