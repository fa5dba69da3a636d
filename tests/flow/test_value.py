"""From a sealed data set to the page that says what it was worth, in a real browser, with its lineage."""

from pathlib import Path
from typing import Any

from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.value import VALUE_FILE, value
from aboveboard.formats import value as values
from aboveboard.lab import flow, lineage
from aboveboard.lab.train.behaviour_cloning import Config
from aboveboard.stage.tasks import window_title
from samples.lab_home import LabHome
from samples.lab_recording import at, click, editor, session, whole
from samples.lab_world import LabWorld


def test_the_value_of_a_data_set_is_drawn_and_names_its_source(tmp_path: Path) -> None:
    world = LabWorld()
    for _ in range(2):
        session_id = new_id(Kind.SESSION)
        items: list[Any] = [session(session_id, 0), at(1, editor(window_title("click-test"))), whole(2, 200)]
        for moment_ms in (100, 900):
            items += click(40, 40, moment_ms)
        world.upload(world.enrol(), session_id, 0, items)
    home: Any = LabHome(world, tmp_path)
    derived = flow.derive(
        world, world.grant(), world.identity, world.staff_key, home.folder("lab"), world.trust, clock=world.clock
    )
    told: list[int] = []
    made_id, made = value(
        home,
        "ada",
        derived.artefact_id,
        tasks=["click-test"],
        episodes=1,
        draws=1,
        config=Config(steps=2),
        advance=lambda done, total, words: told.append(total),
    )
    assert told == [4] * 4
    assert [round(one.clicks) for one in made.points] == [2, 2, 2, 4]
    assert made.artefact_id == derived.artefact_id
    folder = lineage.artefact_folder(home.folder("lab"), made_id)
    assert values.decode((folder / VALUE_FILE).read_bytes()) == made
    pedigree, parent = (lineage.read_lineage(home.folder("lab"), one) for one in (made_id, derived.artefact_id))
    assert (pedigree.kind, pedigree.parents) == ("assessment", [derived.artefact_id])
    assert pedigree.sources == parent.sources
