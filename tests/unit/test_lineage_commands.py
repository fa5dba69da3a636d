"""Can a person see what was made from what, and does the search for orphans say so to whoever looks and to a script?"""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from aboveboard.base.ids import Kind, new_id
from aboveboard.commands.home import Home
from aboveboard.commands.main import main
from aboveboard.lab import flow
from aboveboard.sealing.keys import save_signing_key
from samples.lab_recording import segment
from samples.lab_world import LabWorld


class Desk:
    """A researcher's home, on a vault in memory: a data set of two segments, a model of it, and another data set."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world, self.home = LabWorld(), Home(folder / "home")
        staff = self.home.staff_folder("ada")
        staff.mkdir(parents=True)
        card = {"staff_id": new_id(Kind.STAFF), "name": "ada", "role": "researcher"}
        (staff / "card.json").write_text(json.dumps(card))
        save_signing_key(staff / "staff.key", self.world.staff_key)
        monkeypatch.setattr(Home, "client", lambda home, place, key: self.world)
        person, session_id = self.world.enrol(), new_id(Kind.SESSION)
        self.first = self.world.upload(person, session_id, 0, segment(session_id, 0, "one"))
        self.data = self.derive()
        files = folder / "files"
        files.mkdir()
        (files / "weights.bin").write_bytes(b"weights")
        place = self.home.folder("lab")
        parents = [self.data.artefact_id]
        _, self.model = flow.register_model(self.world, self.world.staff_key, place, files, parents)
        self.second = self.world.upload(person, session_id, 1, segment(session_id, 1, "two"))
        self.both = self.derive().lineage

    def derive(self) -> flow.DerivedDataset:
        world = self.world
        grant_id, trust, place = world.grant(), world.trust, self.home.folder("lab")
        return flow.derive(world, grant_id, world.identity, world.staff_key, place, trust, clock=world.clock)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, ["--home", str(self.home.root), *words])

    def named(self, *words: str) -> set[str]:
        done = self.run("--json", *words)
        assert done.exit_code == 0, done.output
        found: list[dict[str, Any]] = json.loads(done.stdout)["artefacts"]
        return {each["artefact_id"] for each in found}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_the_tree_shows_what_was_made_from_what(desk: Desk) -> None:
    done = desk.run("lineage", "--as", "ada")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    names = {desk.data.artefact_id, desk.model.artefact_id, desk.both.artefact_id}
    at = {name: next(place for place, line in enumerate(lines) if name in line) for name in names}
    indent = {name: lines[place].index(name) for name, place in at.items()}
    assert at[desk.data.artefact_id] < at[desk.model.artefact_id]
    assert indent[desk.model.artefact_id] > indent[desk.data.artefact_id]
    assert "1 segment of 1 person, 1 consent" in done.stdout
    assert "2 segments of 1 person" in done.stdout
    assert "to train AI models that operate ordinary software" in done.stdout
    assert done.stdout.count(f"under {desk.both.grant_id}") == 1


def test_around_one_artefact_or_one_segment(desk: Desk) -> None:
    family = {desk.data.artefact_id, desk.model.artefact_id}
    assert desk.named("lineage", "--as", "ada") == family | {desk.both.artefact_id}
    assert desk.named("lineage", desk.model.artefact_id, "--as", "ada") == family
    assert desk.named("lineage", desk.first.segment_id, "--as", "ada") == family | {desk.both.artefact_id}
    assert desk.named("lineage", desk.second.segment_id, "--as", "ada") == {desk.both.artefact_id}


def test_what_is_not_there_is_said(desk: Desk) -> None:
    for words in (
        ("lineage", new_id(Kind.ARTEFACT), "--as", "ada"),
        ("lineage", new_id(Kind.SEGMENT), "--as", "ada"),
        ("lab", "lineage", new_id(Kind.ARTEFACT), "--as", "ada"),
    ):
        done = desk.run(*words)
        assert done.exit_code == 4
        assert "what to do:" in done.stderr
    assert desk.run("lineage", "art_x", "--as", "ada").exit_code == 2
    assert desk.run("lab", "orphans", "/nowhere/at/all", "--as", "ada").exit_code == 2


@pytest.mark.parametrize(("wanted", "key"), [("openlineage", "run"), ("croissant", "@context"), ("json", "sources")])
def test_other_programs_get_json(wanted: str, key: str, desk: Desk) -> None:
    done = desk.run("lab", "lineage", desk.model.artefact_id, "--format", wanted, "--as", "ada")
    assert done.exit_code == 0, done.output
    assert key in json.loads(done.stdout)


def test_orphans_are_listed_and_make_the_exit_status(desk: Desk) -> None:
    place = desk.home.folder("lab")
    done = desk.run("lab", "orphans", str(place), "--as", "ada")
    assert (done.exit_code, done.stdout) == (0, "every file has its lineage\n")
    (place / "copy.bin").write_bytes((place / "artefacts" / desk.model.artefact_id / "weights.bin").read_bytes())
    done = desk.run("lab", "orphans", str(place), "--as", "ada")
    assert done.exit_code == 1
    assert done.stdout.startswith("copy.bin: a copy of a file of this artefact")
    assert desk.model.artefact_id in done.stdout
    done = desk.run("--json", "lab", "orphans", str(place), "--as", "ada")
    [found] = json.loads(done.stdout)["orphans"]
    assert (found["path"], found["why"], found["state"]) == ("copy.bin", "copy", "live")
