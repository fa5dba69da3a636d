"""How much a request would open is told of ten people together and more, rounded, and never to whoever asks."""

from collections.abc import Iterator
from typing import Any

import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import grant
from aboveboard.formats.grant import AccessRequest
from aboveboard.rules.extent import Extent, extent
from aboveboard.sealing.keys import Identity
from samples.vault_world import Participant, VaultWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path_factory.mktemp("extent") / "vault")
    yield made
    made.close()


@pytest.fixture(scope="module")
def recorded(world: VaultWorld) -> list[Participant]:
    """Ten people with a segment each, and one who never recorded anything."""
    people = [world.ready() for _ in range(11)]
    for each in people[:10]:
        world.take_in(each, world.recorded(each))
    return people


def asked(world: VaultWorld, people: list[Participant], **changes: Any) -> str:
    words: dict[str, Any] = {
        "request_id": new_id(Kind.REQUEST),
        "requester": world.staff_id("ravi"),
        "recipient": Identity.generate().recipient,
        "people": [each.person_id for each in people],
        "kinds": ["screen"],
        "purpose": "train_agents",
        "output": "a policy",
        "reason": "to train a small policy on it",
        "duration_ns": 3600 * SECOND_NS,
        "created_at_ns": world.clock.wall_ns(),
    } | changes
    request = AccessRequest(**words)
    world.post(world.key("ravi"), "/v1/requests", world.key("ravi").sign(grant.REQUEST_TYPE, grant.encode(request)))
    return request.request_id


def told(world: VaultWorld, request_id: str, name: str = "sam") -> Any:
    return world.get(world.key(name), f"/v1/requests/{request_id}/extent")


def test_ten_who_recorded_are_counted_together(world: VaultWorld, recorded: list[Participant]) -> None:
    assert told(world, asked(world, recorded)) == {"named": 11, "people": 10, "segments": 10}


def test_nothing_is_told_of_fewer_than_ten_who_recorded(world: VaultWorld, recorded: list[Participant]) -> None:
    """Ten are named, nine of them recorded: how much the nine did must not follow."""
    assert told(world, asked(world, recorded[1:])) == {"named": 10, "people": None, "segments": None}
    assert told(world, asked(world, recorded[:1])) == {"named": 1, "people": None, "segments": None}


def test_another_purpose_opens_nothing(world: VaultWorld, recorded: list[Participant]) -> None:
    other = asked(world, recorded, purpose="study_interaction")
    assert told(world, other) == {"named": 11, "people": None, "segments": None}


def test_what_began_before_is_not_counted(world: VaultWorld, recorded: list[Participant]) -> None:
    later = asked(world, recorded, since_ns=world.clock.wall_ns() + 1)
    assert told(world, later) == {"named": 11, "people": None, "segments": None}


def test_who_asks_is_not_told(world: VaultWorld, recorded: list[Participant]) -> None:
    request_id = asked(world, recorded)
    with pytest.raises(Refused, match="role"):
        told(world, request_id, "ravi")
    with pytest.raises(Refused):
        world.get(recorded[0].person_key, f"/v1/requests/{request_id}/extent")


def test_two_requests_that_differ_in_one_person_tell_nothing_of_that_one() -> None:
    most = {f"person {place}": 120 for place in range(12)}
    assert extent(13, most | {"one more": 7}) == extent(13, most | {"one more": 41})
    assert extent(12, most) == Extent(12, 12, 1400)
