"""An opening that is kept from its person shows: by a gap in its number, by the vault's count, or by what was shown."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats import entry as entries
from aboveboard.formats.entry import KeysDestroyed
from aboveboard.viewer.source import ViewerSource
from samples.office_session import START_NS, play
from samples.participant_world import Keyholder, Log, World

TAPE = play()


@pytest.fixture
def world() -> World:
    made = World(tape=TAPE)
    made.agree()
    made.add_session(count=2)
    for _ in range(3):
        made.open_under_grant(list(made.sealed), who="Rosa", reason="To train it.", purpose="train_agents", output="x")
    return made


@pytest.fixture
def source(world: World, tmp_path: Path) -> ViewerSource:
    return world.source(tmp_path / "participant")


def hide(world: World, keep: Callable[[int], bool]) -> None:
    """Let the keyholder list only the entries at the places that ``keep`` names, with true proofs."""
    world.fixed.clear()
    answer = json.loads(Keyholder(world).get("/v1/openings"))
    answer["entries"] = [each for place, each in enumerate(answer["entries"]) if keep(place)]
    world.fixed["/v1/openings"] = json.dumps(answer).encode()


def found(source: ViewerSource) -> dict[str, Any]:
    shown = source.openings()
    assert shown["log"]["proof"] == "checked"
    assert {row["proof"] for row in shown["entries"]} <= {"checked"}
    complete: dict[str, Any] = shown["complete"]
    return complete


def what(source: ViewerSource) -> str:
    complete = found(source)
    assert complete["proof"] == "failed"
    assert complete["fault"]["fix"]
    return str(complete["fault"]["what"])


def test_all_six_are_said_to_be_all(source: ViewerSource) -> None:
    complete = found(source)
    assert (complete["proof"], complete["fault"], complete["count"], complete["passed_on"]) == ("checked", None, 6, 6)


def test_one_in_the_middle_leaves_a_gap(world: World, source: ViewerSource) -> None:
    world.passed_on = 0  # the vault keeps it, too
    hide(world, lambda place: place != 2)
    assert "missing: 3" in what(source)
    hide(world, lambda place: place not in (0, 1, 4))
    assert "missing: 1 to 2, 5" in what(source)


def test_the_newest_show_by_the_vaults_count(world: World, source: ViewerSource) -> None:
    hide(world, lambda place: place < 4)
    assert "passed on 6 of your keys, and 4 entries" in what(source)
    hide(world, lambda place: False)
    assert "passed on 6 of your keys, and 0 entries" in what(source)


def test_the_newest_show_by_what_was_shown_before(world: World, source: ViewerSource, tmp_path: Path) -> None:
    world.passed_on = 0
    assert found(source)["proof"] == "checked"
    hide(world, lambda place: place < 4)
    assert "6 openings were shown here before, and 4" in what(source)
    assert "6 openings were shown here before" in what(world.source(tmp_path / "participant")), "after a restart"


def test_two_entries_with_one_number_are_found_out(world: World, source: ViewerSource) -> None:
    """A log that gives a hidden entry's number to the next one, and later shows both."""
    world.released.pop(3)
    world.open_under_grant(
        list(world.sealed)[:1], who="Rosa", reason="To train it.", purpose="train_agents", output="x"
    )
    assert "two entries bear the number 6" in what(source)


def test_a_vault_that_does_not_say_is_told_apart_from_one_that_agrees(world: World, source: ViewerSource) -> None:
    world.silent.add("vault")
    complete = found(source)
    assert (complete["proof"], complete["passed_on"]) == ("checked", None)


def test_a_memory_that_was_spoilt_is_no_yes(source: ViewerSource, tmp_path: Path) -> None:
    (tmp_path / "participant" / "openings-seen.txt").write_text("many")
    assert source.openings()["complete"]["proof"] == "failed"


def test_an_erasure_explains_that_nothing_can_be_read_any_more(world: World, source: ViewerSource) -> None:
    assert found(source)["proof"] == "checked"
    end = KeysDestroyed(at_ns=START_NS, person_id=world.person_id, erasure_id=new_id(Kind.ERASURE), why="person")
    readable, salt = entries.encode(end), secrets.token_bytes(32)
    index = world.log.add(entries.leaf(salt, readable))
    world.released = [{"index": index, "salt": salt.hex(), "readable": readable.decode()}]
    world.passed_on = 6
    complete = found(source)
    assert (complete["proof"], complete["count"]) == ("checked", 0)
    assert complete["ended_at"] is not None


def test_an_end_that_is_not_in_the_log_explains_nothing(world: World, source: ViewerSource) -> None:
    end = KeysDestroyed(at_ns=START_NS, person_id=world.person_id, erasure_id=new_id(Kind.ERASURE), why="person")
    world.released[1:] = [{"index": 0, "salt": "0" * 64, "readable": entries.encode(end).decode()}]
    world.passed_on = 6
    shown = source.openings()
    assert shown["complete"]["proof"] == "failed"
    assert shown["complete"]["ended_at"] is None


def test_nothing_is_said_to_be_complete_when_the_log_does_not_hold(world: World, source: ViewerSource) -> None:
    world.fixed.clear()
    answer = json.loads(Keyholder(world).get("/v1/openings"))
    world.fixed["/v1/openings"] = json.dumps(answer | {"checkpoint": Log().checkpoint()}).encode()
    assert source.openings()["complete"]["proof"] == "failed"
