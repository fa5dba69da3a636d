"""Somebody puts recorded data, or what was made of it, into a shared store without its lineage: it is found."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import obstore
import pytest

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import write_recording
from aboveboard.lab import flow, looked_at
from aboveboard.lab import lineage as lab_lineage
from aboveboard.lab.bucket import Store
from aboveboard.lab.open import open_own_file
from aboveboard.lab.orphans import asking, orphans
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.s3 import new_bucket, s3


@dataclass
class Shared:
    """A store with a data set in it, whole and with its lineage; ``home`` is the lab that made it."""

    world: LabWorld
    store: Store
    home: Path
    data: flow.DerivedDataset

    def put(self, name: str, data: bytes) -> None:
        obstore.put(self.store.at, f"{self.store.prefix}{name}", data)

    def sealed(self, part: str) -> bytes:
        (path,) = (one.path for one in self.data.lineage.files if f".{part}-" in one.path)
        return self.store.files(self.data.artefact_id).read(path)

    def found(self, place: Store | Path | None = None) -> dict[str, tuple[str, str | None]]:
        return {one.path: (one.why, one.artefact_id) for one in orphans(place or self.store, asking(self.world))}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3() as at:
        yield at


@pytest.fixture
def shared(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Shared:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    store = Store(f"s3://{new_bucket(endpoint)}/lab?endpoint={endpoint}")
    world, session_id = LabWorld(), new_id(Kind.SESSION)
    world.upload(world.enrol(), session_id, 0, segment(session_id, 0, "some words"))
    data = flow.derive(
        world, world.grant(), world.identity, world.staff_key, tmp_path / "lab", world.trust,
        clock=world.clock, store=store,
    )  # fmt: skip
    return Shared(world, store, tmp_path / "lab", data)


def test_what_has_its_lineage_is_none(shared: Shared) -> None:
    assert shared.found() == {}
    assert shared.found(shared.home) == {}, "nor is the lab's own folder, which says where the rest is"
    (shared.home / "artefacts" / shared.data.artefact_id / "where.json").write_bytes(b"words of somebody")
    assert list(shared.found(shared.home).values()) == [("changed", shared.data.artefact_id)]


def test_every_way_of_leaving_something_there_is_found(shared: Shared) -> None:
    own = shared.data.artefact_id
    events = shared.sealed("events")
    plain = open_own_file(events, shared.world.identity)
    recording = write_recording(segment(new_id(Kind.SESSION), 0, "else"))
    shared.put("copy.bin", events)
    shared.put("deep/er/cut.age", events[:-100])
    shared.put("opened.parquet", plain)
    shared.put(f"{own}/more.age", b"age-encryption.org/v1\nmore")
    shared.put("notes.txt", b"words of somebody")
    shared.put(f"{new_id(Kind.ARTEFACT)}/a.age", recording)
    shared.put(f"{new_id(Kind.ARTEFACT)}/copy.age", events)
    found = shared.found()
    whys = {path.split("/")[-1]: why for path, why in found.items()}
    assert whys == {
        "copy.bin": ("copy", own),
        "cut.age": ("cut_or_added_to", own),
        "opened.parquet": ("marked", own),
        "more.age": ("changed", own),
        "notes.txt": ("no_lineage", None),
        "a.age": ("recording", None),
        "copy.age": ("copy", own),
    }


def test_what_was_erased_should_not_be_there(shared: Shared) -> None:
    events = shared.sealed("events")
    lab_lineage.destroy(shared.home, shared.data.artefact_id)
    shared.world.artefacts[shared.data.artefact_id] = shared.world.artefacts[shared.data.artefact_id][0], "destroyed"
    assert shared.found() == {}
    shared.put(f"{shared.data.artefact_id}/kept.age", events)
    assert shared.found() == {f"{shared.data.artefact_id}/kept.age": ("copy", shared.data.artefact_id)}


def test_what_is_being_made_is_left_alone_for_an_hour(shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{new_id(Kind.ARTEFACT)}/person-x.steps-0000.parquet.age"
    shared.put(name, b"age-encryption.org/v1\nsealed")
    assert shared.found() == {}
    monkeypatch.setattr(looked_at, "BEING_MADE_S", 0)
    assert shared.found() == {name: ("no_lineage", None)}
