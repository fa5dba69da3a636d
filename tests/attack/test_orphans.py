"""Somebody puts recorded data, or what was made of it, into a shared place without its lineage: it is found."""

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import write_recording
from aboveboard.lab import flow
from aboveboard.lab import lineage as lab_lineage
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.dataset.tables import STEPS
from aboveboard.lab.open import open_own_file
from aboveboard.lab.orphans import Orphan, asking, orphans
from samples.lab_recording import segment
from samples.lab_world import LabWorld


class Shared:
    """A shared place with a data set and a model in it, whole and with their lineage."""

    def __init__(self, folder: Path) -> None:
        self.world, self.place, self.scratch = LabWorld(), folder / "lab", folder / "scratch"
        person, session_id = self.world.enrol(), new_id(Kind.SESSION)
        self.world.upload(person, session_id, 0, segment(session_id, 0, "some words"))
        self.data = flow.derive(
            self.world,
            self.world.grant(),
            self.world.identity,
            self.world.staff_key,
            self.place,
            self.world.trust,
            clock=self.world.clock,
        )
        self.scratch.mkdir()
        save_file({"weights": np.zeros(4000, np.float32)}, self.scratch / "policy.safetensors")
        self.model, _ = flow.register_model(
            self.world, self.world.staff_key, self.place, self.scratch, [self.data.artefact_id]
        )
        self.shard = max(self.data.path.glob("*events*.age"), key=lambda path: path.stat().st_size)
        self.away = self.place / "share"
        self.away.mkdir()

    def found(self) -> dict[str, tuple[str, str | None]]:
        return {one.path: (one.why, one.artefact_id) for one in self.look()}

    def look(self) -> list[Orphan]:
        return list(orphans(self.place, asking(self.world)))

    def destroyed(self, artefact_id: str) -> None:
        self.world.artefacts[artefact_id] = self.world.artefacts[artefact_id][0], "destroyed"


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path)


def test_what_has_its_lineage_is_no_orphan(shared: Shared) -> None:
    assert shared.found() == {}


def _tar(shared: Shared, target: Path) -> None:
    with tarfile.open(target, "w") as archive:
        archive.add(shared.model, "model")


SHARD = "shard"
MODEL = "model"
HIDE: dict[str, tuple[Callable[[Shared, Path], object], str, str]] = {
    "copied": (lambda s, to: shutil.copy(s.shard, to), "copy", SHARD),
    "renamed": (lambda s, to: shutil.copy(s.shard, to.with_suffix(".jpg")), "copy", SHARD),
    "added to": (lambda s, to: to.write_bytes(s.shard.read_bytes() + b"more"), "cut_or_added_to", SHARD),
    "cut short": (lambda s, to: to.write_bytes(s.shard.read_bytes()[:1500]), "cut_or_added_to", SHARD),
    "put behind something": (
        lambda s, to: to.write_bytes(b"x" * 2000 + (s.model / "policy.safetensors").read_bytes()),
        "marked",
        MODEL,
    ),
    "in an archive": (_tar, "marked", MODEL),
}


@pytest.mark.parametrize("how", HIDE)
def test_a_file_of_an_artefact_is_known_again(how: str, shared: Shared) -> None:
    hide, why, of = HIDE[how]
    hide(shared, shared.away / "holiday")
    artefact_id = shared.data.artefact_id if of == SHARD else shared.model.name
    [(path, found)] = shared.found().items()
    assert path.startswith("share/holiday")
    assert found == (why, artefact_id)


def test_what_was_opened_and_written_in_the_clear(shared: Shared) -> None:
    """A shard that was unsealed carries the mark; written anew it has our columns; a recording is an MCAP file."""
    (shared.away / "shard.bin").write_bytes(open_own_file(shared.shard.read_bytes(), shared.world.identity))
    data = Dataset.open(shared.data.path, shared.world.identity)
    rows = [{name: getattr(step, name, None) for name in STEPS.names[:8]} for step in data.steps()]
    full = pa.table({name: [str(row.get(name)) for row in rows] for name in STEPS.names})
    pq.write_table(full, shared.away / "table.bin")
    session_id = new_id(Kind.SESSION)
    (shared.away / "film.bin").write_bytes(write_recording(segment(session_id, 0, "else")))
    shutil.copy(shared.data.path / "dataset.json", shared.away / "card.txt")
    (shared.away / "other.json").write_bytes((shared.data.path / "dataset.json").read_bytes().replace(b"1", b"2"))
    assert shared.found() == {
        "share/shard.bin": ("marked", shared.data.artefact_id),
        "share/table.bin": ("recording", None),
        "share/film.bin": ("recording", None),
        "share/card.txt": ("copy", shared.data.artefact_id),
        "share/other.json": ("recording", None),
    }


def test_anything_else_has_no_lineage_either(shared: Shared) -> None:
    (shared.away / "notes.txt").write_text("what I did on Monday")
    (shared.away / "empty").touch()
    (shared.away / "link").symlink_to(shared.shard)
    assert shared.found() == {
        "share/notes.txt": ("no_lineage", None),
        "share/empty": ("no_lineage", None),
        "share/link": ("not_a_file", None),
    }


def test_a_folder_with_somebody_elses_lineage_hides_nothing(shared: Shared) -> None:
    """Nor does a lineage that nobody registered."""
    copied = shared.away / "data"
    shutil.copytree(shared.data.path, copied)
    assert shared.found() == {}
    (copied / "extra.txt").write_text("x")
    (copied / shared.shard.name).write_bytes(b"y" * 3000)
    shutil.copy(shared.model / "policy.safetensors", copied / "policy.safetensors")
    assert shared.found() == {
        "share/data/extra.txt": ("changed", shared.data.artefact_id),
        f"share/data/{shared.shard.name}": ("changed", shared.data.artefact_id),
        "share/data/policy.safetensors": ("copy", shared.model.name),
    }
    shutil.rmtree(copied)
    del shared.world.artefacts[shared.model.name]
    assert set(shared.found().values()) == {("no_lineage", None)}


def test_a_copy_with_its_lineage_outlives_its_artefact(shared: Shared) -> None:
    """Kept somewhere else, whole: once it is destroyed on the record, the copy is found."""
    shutil.copytree(shared.data.path, shared.away / "data")
    lab_lineage.destroy(shared.place, shared.data.artefact_id)
    shared.destroyed(shared.data.artefact_id)
    found = shared.look()
    assert len(found) == len(list((shared.away / "data").iterdir()))
    assert {one.artefact_id for one in found if one.why == "copy"} == {shared.data.artefact_id}
    assert {one.state for one in found} == {"destroyed"}


def test_what_is_being_made_is_left_alone_and_its_remains_are_not(shared: Shared) -> None:
    with lab_lineage.draft(shared.place) as made:
        (made.folder / "half").write_bytes(b"half a shard")
        assert shared.found() == {}
        name = made.folder.name
    (shared.place / "artefacts" / name).mkdir()
    (shared.place / "artefacts" / name / "half").write_bytes(b"half a shard")
    assert shared.found() == {f"artefacts/{name}/half": ("no_lineage", None)}
