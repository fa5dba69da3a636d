"""From a sealed data set to the page that says what it was worth, in a real browser, with its lineage."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from aboveboard.base.errors import Refused
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import lab
from aboveboard.commands.assess import assess_command
from aboveboard.commands.value import GROUPS_FILE, PAGE_FILE, VALUE_FILE, value
from aboveboard.formats import value as values
from aboveboard.lab import flow, lineage
from aboveboard.lab.train.behaviour_cloning import Config
from aboveboard.stage.tasks import window_title
from samples.lab_home import LabHome
from samples.lab_recording import at, click, editor, session, whole
from samples.lab_world import LabWorld


def test_the_value_of_a_data_set_is_drawn_and_names_its_source(tmp_path: Path) -> None:
    world = LabWorld()
    people = [world.enrol() for _ in range(20)]
    for person in people:
        session_id = new_id(Kind.SESSION)
        items: list[Any] = [session(session_id, 0), at(1, editor(window_title("click-test"))), whole(2, 200)]
        items += click(40, 40, 100)
        world.upload(person, session_id, 0, items)
    home: Any = LabHome(world, tmp_path)
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    with lab.opened(home, "ada", derived.artefact_id) as data:
        named = data.people
    told: list[int] = []

    def valued(groups: dict[str, list[str]]) -> tuple[str, values.Value]:
        return value(
            home,
            "ada",
            derived.artefact_id,
            tasks=["click-test"],
            episodes=1,
            draws=1,
            levels=["structure"],
            groups=groups,
            shares=[1.0],
            config=Config(steps=2),
            advance=lambda done, total, words: told.append(total),
        )

    stranger = new_id(Kind.PERSON)
    made_id, made = valued({"north": [*named[:10], stranger]})
    assert told == [3] * 3
    assert [one.name for one in made.curves] == ["as recorded", "screen structure"]
    assert [[one.stretches for one in curve.points] for curve in made.curves] == [[20]] * 2
    assert [(one.name, one.people) for one in made.groups] == [("north", 10)]
    assert made.artefact_id == derived.artefact_id
    folder = lineage.artefact_folder(home.folder("lab"), made_id)
    assert values.decode((folder / VALUE_FILE).read_bytes()) == made
    assert stranger not in (folder / GROUPS_FILE).read_text(encoding="utf-8")
    assert "Which level?" in (folder / PAGE_FILE).read_text(encoding="utf-8")
    pedigree, parent = (lineage.read_lineage(home.folder("lab"), one) for one in (made_id, derived.artefact_id))
    assert (pedigree.kind, pedigree.parents) == ("assessment", [derived.artefact_id])
    assert pedigree.sources == parent.sources

    # What was asked for before counts: these ten differ by one from those.
    with pytest.raises(Refused) as refused:
        valued({"north": [*named[1:10], named[10]]})
    assert refused.value.reason == "group:tells_people_apart"
    assert told == [3] * 3

    # The command says the same of a file, and knows a data set from a model.
    asked = tmp_path / "groups.json"
    asked.write_bytes(msgspec.json.encode({"one": named[:1]}))
    shown: Any = SimpleNamespace(home=SimpleNamespace(the_one=lambda *_: "ada", **_parts(home)), as_json=True)
    command: Any = assess_command.callback
    with pytest.raises(Refused) as refused:
        command.__wrapped__(shown, derived.artefact_id, ("click-test",), 1, 1, (), asked, None)
    assert refused.value.reason == "group:too_few_people"


def _parts(home: Any) -> dict[str, Any]:
    return {name: getattr(home, name) for name in ("staff_key", "staff_identity", "folder", "client", "trust")}
