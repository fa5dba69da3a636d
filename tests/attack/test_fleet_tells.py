"""Nobody learns from the fleet who works when or how much, or who paused themselves; only stewards ask about it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Refused
from aboveboard.rules import fleet as rules
from aboveboard.rules.decision import Reason
from aboveboard.sealing.signatures import SigningKey
from aboveboard.vault import reporting
from samples.vault_world import Participant, VaultWorld

ASKED = ("/v1/fleet", "/v1/fleet/pauses", "/v1/exemptions", "/v1/programme", "/v1/pauses")
FOR_STEWARDS = (("GET", "/v1/fleet"), ("GET", "/v1/fleet/pauses"), ("GET", "/v1/exemptions"))
SIGNED_BY_STEWARDS = ("/v1/drills", "/v1/exemptions")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    made = VaultWorld(tmp_path_factory.mktemp("fleet") / "vault")
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(world: VaultWorld) -> list[Participant]:
    return [world.ready() for _ in range(11)]


def told(world: VaultWorld) -> dict[str, Any]:
    """Everything that a steward can ask of the fleet, without the moment of asking and the signed words of stewards."""
    reporting.look(world.vault)
    answers = {path: json.loads(world.ask(world.key("stella"), "GET", path)) for path in ASKED}
    answers["/v1/fleet"].pop("at_ns")
    for shown in answers["/v1/fleet/pauses"] + answers["/v1/pauses"]:
        shown.pop("pause")
    return answers


def test_only_stewards_ask_about_the_fleet(world: VaultWorld, people: list[Participant]) -> None:
    stranger, who = SigningKey.generate(), people[0]
    others = [world.key(name) for name in ("sam", "rita", "ravi")]
    for key in (stranger, who.person_key, who.device_key, *others):
        for method, path in FOR_STEWARDS:
            with pytest.raises(Refused) as caught:
                world.ask(key, method, path)
            assert caught.value.reason == Reason.ROLE_MISSING
        for path in SIGNED_BY_STEWARDS:
            with pytest.raises(Refused) as caught:
                world.post(key, path, key.sign("application/vnd.aboveboard.drill.v1+json", b"{}"))
            assert caught.value.reason == Reason.ROLE_MISSING
    with pytest.raises(Refused):
        world.ask(stranger, "GET", "/v1/programme")


def test_no_answer_names_a_person_or_says_who_paused_themselves(world: VaultWorld, people: list[Participant]) -> None:
    before = told(world)
    assert before["/v1/fleet"]["people"] == 11
    pause_id = world.pause(people[2].person_key, by="person", person_id=people[2].person_id)
    with pytest.raises(Refused):
        world.lease(people[2])
    after = told(world)
    assert after["/v1/fleet"]["states"]["paused_by_person"] == 1, "it counts"
    text = json.dumps(after)
    for who in people:
        assert who.person_id not in text
        assert who.device_id not in text
    assert pause_id not in text
    world.resume(people[2].person_key, pause_id)


Act = tuple[str, int, int]
acts = st.lists(
    st.tuples(st.sampled_from(["lease", "record", "pause", "wait"]), st.integers(0, 10), st.integers(1, 9)), max_size=8
)


def act(world: VaultWorld, people: list[Participant], what: str, number: int, seconds: int) -> None:
    who = people[number]
    try:
        if what == "lease":
            world.lease(who)
        elif what == "record":
            world.take_in(who, world.recorded(who, seconds=seconds))
        elif what == "pause":
            world.resume(who.person_key, world.pause(who.person_key, by="person", person_id=who.person_id))
        else:
            world.clock.advance(seconds * SECOND_NS)
    except Refused:
        pass


@given(acts)
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_people_did_leaves_no_trace(world: VaultWorld, people: list[Participant], done: list[Act]) -> None:
    """Whatever people did, two days later every answer is the same."""
    for what, number, seconds in done:
        act(world, people, what, number, seconds)
    world.clock.advance(2 * 86_400 * SECOND_NS)
    facts = told(world)
    assert facts["/v1/fleet"]["states"] == {
        "permitted": 0,
        "paused_by_person": 0,
        "paused_by_steward": 0,
        "refused": 0,
        "unreachable": 11,
    }
    assert (facts["/v1/fleet"]["versions"], facts["/v1/fleet/pauses"]) == ({}, [])
    numbers = [value for value in _leaves(facts) if isinstance(value, int)]
    assert max(numbers) <= 11, "nothing but counts of devices and people"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


@given(st.lists(st.integers(0, 8), max_size=9, unique=True), st.integers(0, 40))
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pausing_somebody_does_not_show_whether_they_work(small: VaultWorld, working: list[int], seconds: int) -> None:
    """A steward who pauses fewer than ten people sees the same, whoever of them was at work."""
    for number in working:
        small.lease(small.nine[number])  # type: ignore[attr-defined]
    small.clock.advance(1)
    pause_id = small.pause(small.key("stella"), by="steward", person_id=None, reason="to see who is there")
    began_ns = small.clock.wall_ns()
    for number in working[::2]:
        with pytest.raises(Refused):
            small.lease(small.nine[number])  # type: ignore[attr-defined]
    small.clock.advance(seconds * SECOND_NS)
    reporting.look(small.vault)
    shown = json.loads(small.ask(small.key("stella"), "GET", "/v1/fleet/pauses"))[0]
    small.resume(small.key("stella"), pause_id)
    assert shown["stragglers"] == []
    assert shown["report"] == {
        "pause_id": pause_id,
        "at_ns": began_ns,
        "ended_at_ns": None,
        "certain_at_ns": began_ns + 15 * SECOND_NS,
        "stopped": seconds >= 15,
        "final": seconds >= 30,
        "counts": None,
    }
    fleet = json.loads(small.ask(small.key("stella"), "GET", "/v1/fleet"))
    assert (fleet["states"], fleet["groups"], fleet["versions"], fleet["health"]) == (None, [], {}, {})


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultWorld]:
    """Nine people."""
    made = VaultWorld(tmp_path_factory.mktemp("small") / "vault")
    made.nine = [made.ready() for _ in range(9)]  # type: ignore[attr-defined]
    yield made
    made.close()


def test_without_the_rule_of_ten_it_would_show(small: VaultWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The protection taken away: the attack succeeds, so the tests above can fail."""
    monkeypatch.setattr(rules, "LEAST_PEOPLE", 1)
    small.lease(small.nine[4])  # type: ignore[attr-defined]
    small.clock.advance(1)
    pause_id = small.pause(small.key("stella"), by="steward", person_id=small.nine[4].person_id, reason="to see it")  # type: ignore[attr-defined]
    reporting.look(small.vault)
    shown = json.loads(small.ask(small.key("stella"), "GET", "/v1/fleet/pauses"))[0]
    small.resume(small.key("stella"), pause_id)
    assert shown["report"]["counts"]["possible"] == 1, "they were at work when they were paused"
