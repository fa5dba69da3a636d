"""Is a data set in S3 the same as one on a disk: what it holds, its lineage, and that it goes when it is to go?"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import msgspec
import obstore
import pytest

from aboveboard.base import ids
from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import BadInput, Conflict, NotFound, Refused, SetupMissing, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.commands import lab as commands
from aboveboard.lab import flow, lineage
from aboveboard.lab.bucket import Store
from aboveboard.lab.crew import Processes
from aboveboard.lab.dataset.person import Holder
from aboveboard.lab.dataset.read import Dataset
from aboveboard.lab.workers import Workers
from aboveboard.rules.decision import Reason
from aboveboard.sealing.seal import seal
from aboveboard.sealing.unseal import unseal
from samples.lab_home import LabHome
from samples.lab_over_http import served
from samples.lab_recording import segment
from samples.lab_world import LabWorld
from samples.s3 import new_bucket, s3

WORDS = "Xanthippe keeps bees"


@dataclass
class Lab:
    """Three people were recorded, the first most; ``store`` is empty."""

    world: LabWorld
    people: list[str]
    hold: partial[Holder]
    home: Any
    store: Store

    @property
    def folder(self) -> Path:
        return Path(self.home.folder("lab"))

    def derive(self, workers: Workers | None = None, store: Store | None = None) -> flow.DerivedDataset:
        one, grant_id = self.hold(), self.world.grant()
        return flow.derive(
            one.vault, grant_id, one.identity, one.key, self.folder, one.trust,
            workers=workers, hold=self.hold, store=store,
        )  # fmt: skip

    def held(self) -> dict[str, bytes]:
        """All that is in the store."""
        return {
            one["path"].removeprefix(self.store.prefix): bytes(obstore.get(self.store.at, one["path"]).bytes())
            for one in self.store.objects()
        }

    def open(self, made: flow.DerivedDataset) -> Dataset:
        return Dataset.open(made.path, self.world.identity, signer=self.world.staff_key.public)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with s3() as at:
        yield at


@pytest.fixture
def lab(tmp_path: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    world, people = LabWorld(clock=SystemClock()), []  # type: ignore[arg-type]
    for segments in (3, 1, 2):
        people.append(world.enrol())
        session_id = new_id(Kind.SESSION)
        for sequence in range(segments):
            world.upload(people[-1], session_id, sequence, segment(session_id, sequence, f"{WORDS} {sequence}"))
    store = Store(f"s3://{new_bucket(endpoint)}/the/lab?endpoint={endpoint}")
    with served(world, tmp_path / "keys") as (_, hold):
        yield Lab(world, people, hold, LabHome(world, tmp_path), store)


def until(holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end_s, "it did not come to that"
        time.sleep(0.01)


def rows(data: Dataset) -> list[Any]:
    return [msgspec.to_builtins(one) for one in (*data.steps(), *data.episodes(), *data.events())]


def test_it_holds_the_same_whoever_wrote_it_and_nothing_plain(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    artefact_id = new_id(Kind.ARTEFACT)
    with monkeypatch.context() as patch:  # the id is in every table, as its mark
        patch.setattr(ids, "new_id", lambda kind: artefact_id)
        on_disk = lab.derive()
        plain = {path.name: unseal(path.read_bytes(), lab.world.identity) for path in on_disk.path.glob("*.age")}
        there, frames = rows(lab.open(on_disk)), lab.open(on_disk).frame_names()
        lineage.destroy(lab.folder, artefact_id)
        made = lab.derive(Processes(2), lab.store)
    held = {name.removeprefix(f"{artefact_id}/"): data for name, data in lab.held().items()}
    assert {name: unseal(data, lab.world.identity) for name, data in held.items() if name.endswith(".age")} == plain
    assert held.keys() == plain.keys() | {"dataset.json", "lineage.json"}
    assert not any(word.encode() in data for data in held.values() for word in (*WORDS.split(), "notes.txt"))
    assert sorted(path.name for path in made.path.iterdir()) == ["dataset.json", "lineage.json", "where.json"]
    assert (made.path / "lineage.json").read_bytes() == held["lineage.json"]
    assert made.lineage.sources == on_disk.lineage.sources
    assert {one.path: one.size_bytes for one in made.lineage.files} == {
        name: len(data) for name, data in held.items() if name != "lineage.json"
    }
    data = lab.open(made)
    assert (rows(data), data.frame_names()) == (there, frames)
    assert len({data.frame(name).tobytes() for name in frames}) == len(set(frames))
    elsewhere = Dataset.open(lab.store.files(artefact_id), lab.world.identity, signer=lab.world.staff_key.public)
    assert rows(elsewhere) == there


@pytest.mark.parametrize("how", ["changed", "same_size", "missing", "added", "media", "of_another"])
def test_what_is_not_what_was_written_is_refused(lab: Lab, how: str) -> None:
    made = lab.derive(store=lab.store)
    names = [one.path for one in made.lineage.files]
    steps, media = (next(one for one in names if f".{part}-" in one) for part in ("steps", "media"))
    at, key = lab.store.at, f"{lab.store.prefix}{made.artefact_id}"
    data = lab.open(made)  # what is exchanged after it was opened is found as well
    if how == "changed":
        obstore.put(at, f"{key}/{steps}", b"x")
    elif how == "same_size":
        obstore.put(at, f"{key}/{steps}", bytes(reversed(lab.held()[f"{made.artefact_id}/{steps}"])))
    elif how == "missing":
        obstore.delete(at, f"{key}/{steps}")
    elif how == "added":
        obstore.put(at, f"{key}/more.age", b"x")
    elif how == "media":
        plain = unseal(lab.held()[f"{made.artefact_id}/{media}"], lab.world.identity)
        obstore.put(at, f"{key}/{media}", seal(bytes(len(plain)), [lab.world.identity.recipient]))
    elif how == "of_another":
        made = lab.derive(store=lab.store)
        own = f"{lab.store.prefix}{made.artefact_id}"
        for name in (*names, "lineage.json", *(one.path for one in made.lineage.files)):
            obstore.delete(at, f"{own}/{name}")
        for name in (*names, "lineage.json"):
            obstore.copy(at, f"{key}/{name}", f"{own}/{name}")
    read: dict[str, Callable[[], object]] = {
        "added": lambda: lab.open(made),
        "media": lambda: [data.frame(name) for name in data.frame_names()],
        "of_another": lambda: lab.open(made),
    }
    with pytest.raises((Tampered, NotFound)):
        read.get(how, lambda: rows(data))()
    if how not in ("same_size", "media"):
        with pytest.raises(Tampered):
            lab.open(made)


def test_nothing_stays_in_the_store_when_the_grant_ends_midway(lab: Lab) -> None:
    asked, seen = lab.hold(), list[dict[str, bytes]]()

    def progress(done: int, total: int) -> None:
        if done == 4:
            seen.append(lab.held())
            lab.world.ended = Reason.GRANT_REVOKED
            until(lambda: all(one.name != "while-granted" for one in threading.enumerate()))  # it asks no more

    with pytest.raises(Refused):
        flow.derive(
            asked.vault, lab.world.grant(), asked.identity, asked.key, lab.folder, asked.trust, progress,
            hold=lab.hold, store=lab.store,
        )  # fmt: skip
    assert seen[0], "somebody's shards were there already"
    assert lab.held() == {}
    assert list((lab.folder / "artefacts").iterdir()) == []


def test_what_was_left_by_a_process_that_was_killed_goes_with_the_next(lab: Lab) -> None:
    left = lab.folder / "artefacts" / f".partial-{new_id(Kind.ARTEFACT)}"
    made = lab.derive(store=lab.store)
    before = lab.held()
    with lineage.draft(lab.folder, lab.store) as draft:
        draft.noted.put("person-x.steps-0000.parquet.age", b"age-encryption.org/v1\nrest")
        left.mkdir()
        (left / "where.json").write_bytes((draft.folder / "where.json").read_bytes())
        lab.store.files(left.name.removeprefix(".partial-")).put("a.age", b"age-encryption.org/v1\nrest")
        with lineage.draft(lab.folder):
            assert not left.exists()
        assert len(lab.held()) == len(before) + 1, "what a running process makes is left alone"
    assert lab.held() == before
    assert rows(lab.open(made))


def test_erasure_reaches_it_and_what_is_left_is_made_again_in_the_store(lab: Lab) -> None:
    older = lab.derive(store=lab.store)
    kept = {name.split("/")[1]: data for name, data in lab.held().items() if lab.people[1] in name}
    lab.world.erase(lab.people[0])
    became: dict[str, str] = {}
    commands.honour_erasures(lab.home, "ada", became.__setitem__)
    (newer,) = {name.split("/")[0] for name in lab.held()}
    assert became == {older.artefact_id: f"made again as {newer}"}
    folder = lineage.artefact_folder(lab.folder, newer)
    data = Dataset.open(folder, lab.world.identity, signer=lab.world.staff_key.public)
    assert data.people == sorted(lab.people[1:])
    assert rows(data)
    assert {name.split("/")[1]: one for name, one in lab.held().items() if lab.people[1] in name} == kept
    lab.world.erase(lab.people[1])
    lab.world.erase(lab.people[2])
    commands.honour_erasures(lab.home, "ada")
    assert lab.held() == {}
    assert sorted(lab.world.destroyed) == sorted([older.artefact_id, newer])


def test_while_the_store_does_not_answer_nothing_is_said_to_be_destroyed(lab: Lab) -> None:
    made = lab.derive(store=lab.store)
    where = made.path / "where.json"
    said = where.read_bytes()
    where.write_bytes(said.replace(lab.store.url.split("endpoint=")[1].encode(), b"http://127.0.0.1:9"))
    lab.world.artefacts[made.artefact_id] = lab.world.artefacts[made.artefact_id][0], "due"
    one = lab.hold()
    with pytest.raises(Unavailable):
        lineage.honour_erasures(one.vault, lab.folder, one.key)
    assert lab.world.destroyed == []
    (remains,) = (lab.folder / "artefacts").iterdir()
    (remains / "where.json").write_bytes(said)
    lineage.honour_erasures(one.vault, lab.folder, one.key)
    assert lab.world.destroyed == [made.artefact_id]
    assert lab.held() == {}
    assert list((lab.folder / "artefacts").iterdir()) == []


def test_only_what_is_sealed_rests_there_and_once(lab: Lab) -> None:
    files = lab.store.files(new_id(Kind.ARTEFACT))
    for name, data in (("steps.parquet", b"PAR1"), ("steps.parquet.age", b"PAR1"), ("model.safetensors", b"x")):
        with pytest.raises(BadInput, match="is not sealed"):
            files.put(name, data)
    files.put("a.age", b"age-encryption.org/v1\nx")
    with pytest.raises(Conflict):
        files.put("a.age", b"age-encryption.org/v1\ny")
    assert list(lab.held().values()) == [b"age-encryption.org/v1\nx"]
    files.remove(["a.age", "never.age"])
    assert lab.held() == {}


def test_a_bucket_that_keeps_older_versions_is_refused(lab: Lab) -> None:
    at, bucket = lab.store.url.split("endpoint=")[1], lab.store.url.split("/")[2]
    client = boto3.client("s3", endpoint_url=at, region_name="us-east-1")
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(SetupMissing, match="keeps older versions"):
        lab.derive(store=lab.store)
    assert list((lab.folder / "artefacts").iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["", "s3://", "/tmp", "http://bucket", "s3://b?endpoint=http://s3.example.org", "s3://b?key=x", "s3://b/a b",
     "s3://b/x#y", "s3://b?endpoint=ftp://127.0.0.1", "s3://b?endpoint=http://127.0.0.1.example.org"],
)  # fmt: skip
def test_a_store_is_named_clearly_and_reached_with_tls(url: str) -> None:
    with pytest.raises(BadInput):
        Store(url)
    assert Store("s3://b/x/?region=eu-central-1&endpoint=https://s3.example.org").prefix == "x/"
    assert Store("s3://b").prefix == ""
