"""Every object store keeps the same promises to the vault: local files, and S3 as a real HTTP server."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from aboveboard.base.errors import Conflict, NotFound, SetupMissing, Unavailable
from aboveboard.vault.storage.objects import (
    LocalObjects,
    Objects,
    S3Objects,
    name_of_segment,
    segment_of_name,
)

NAME = "segments/seg_1.age"
LARGE = os.urandom(6 * 1024 * 1024)
"""Above the size at which obstore would begin an upload in parts, which cannot be exclusive."""


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["files", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Objects:
    if request.param == "files":
        return LocalObjects(tmp_path / "objects")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    endpoint = str(request.getfixturevalue("s3_endpoint"))
    bucket = f"b-{abs(hash(request.node.name)) % 10**9}"
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket=bucket)
    return S3Objects(bucket, endpoint=endpoint, region="us-east-1")


def test_bytes_come_back_as_they_were(objects: Objects) -> None:
    for number, data in enumerate((b"x", bytes(range(256)) * 40, LARGE)):
        objects.put_new(f"segments/seg_{number}.age", data)
        assert objects.get(f"segments/seg_{number}.age") == data
    assert objects.names() == ["segments/seg_0.age", "segments/seg_1.age", "segments/seg_2.age"]


def test_the_start_of_an_object(objects: Objects) -> None:
    objects.put_new(NAME, bytes(range(200)))
    assert objects.get_start(NAME, 8) == bytes(range(8))
    assert objects.get_start(NAME, 8192) == bytes(range(200))


@pytest.mark.parametrize("data", [b"first", LARGE], ids=["small", "large"])
def test_other_bytes_under_the_same_name_are_refused(objects: Objects, data: bytes) -> None:
    objects.put_new(NAME, data)
    with pytest.raises(Conflict):
        objects.put_new(NAME, data[:-1] + b"X")
    assert objects.get(NAME) == data


def test_the_same_bytes_again_are_as_good_as_done(objects: Objects) -> None:
    objects.put_new(NAME, b"same")
    objects.put_new(NAME, b"same")
    assert objects.get(NAME) == b"same"


def test_deleting_is_final_and_may_be_repeated(objects: Objects) -> None:
    objects.put_new(NAME, b"x")
    objects.delete(NAME)
    objects.delete(NAME)
    objects.delete("segments/never.age")
    many = [f"segments/{number}.age" for number in range(5)]
    for each in many:
        objects.put_new(each, b"x")
    objects.delete_many([*many[:4], "segments/never.age", "elsewhere/never.age"])
    objects.delete_many([])
    assert many[4] in objects.names()
    assert not set(many[:4]) & set(objects.names())
    objects.delete(many[4])
    for ask in (lambda: objects.get(NAME), lambda: objects.get_start(NAME, 10)):
        with pytest.raises(NotFound):
            ask()
    assert objects.names() == []
    objects.put_new(NAME, b"new")
    assert objects.get(NAME) == b"new"


def test_local_files_are_for_their_owner_only_and_hold_nothing_else(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path / "objects")
    objects.put_new(NAME, b"x")
    assert (tmp_path / "objects").stat().st_mode & 0o077 == 0
    assert [path.name for path in (tmp_path / "objects").rglob("*") if path.is_file()] == ["seg_1.age"]


def test_of_several_one_that_cannot_be_put_does_not_harm_the_others(objects: Objects) -> None:
    objects.put_new("segments/seg_2.age", b"other bytes")
    several = {f"segments/seg_{number}.age": [b"bytes of ", memoryview(b"%d" % number)] for number in range(12)}
    failed = objects.put_all(several)
    assert list(failed) == ["segments/seg_2.age"]
    assert isinstance(failed["segments/seg_2.age"], Conflict)
    assert objects.names() == sorted(several)
    for name, data in several.items():
        assert objects.get(name) == (b"other bytes" if name in failed else b"".join(data))
    assert list(objects.put_all(several)) == ["segments/seg_2.age"], "and again"
    assert objects.put_all({}) == {}


def test_local_files_are_synced_before_put_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        name = Path(os.readlink(f"/proc/self/fd/{descriptor}")).name.split("#")[0]
        synced.append(name)
        assert not name.endswith(".age") or not (tmp_path / "objects/segments" / name).exists()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    objects = LocalObjects(tmp_path / "objects")
    objects.put_new(NAME, b"x")
    assert synced == ["seg_1.age", "segments", "objects"], "the file, then the folders that name it"
    synced.clear()
    objects.put_all({f"segments/seg_{number}.age": [b"x"] for number in range(3, 6)})
    assert sorted(synced[:3]) == ["seg_3.age", "seg_4.age", "seg_5.age"]
    assert synced[3:] == ["segments", "objects"], "the folders once for all"


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects, write = LocalObjects(tmp_path / "objects"), os.write

    def full(descriptor: int, data: memoryview) -> int:
        if len(data) > 4:
            return write(descriptor, data[:4])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(Unavailable, match="full"):
            objects.put_new(NAME, b"twelve bytes")
    assert files_in(tmp_path) == []
    objects.put_new(NAME, b"twelve bytes")
    assert objects.get(NAME) == b"twelve bytes"


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_what_a_crash_left_half_written_is_no_object_and_goes_with_it(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path / "objects")
    draft = tmp_path / "objects" / f"{NAME}#0"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    assert objects.names() == []
    objects.put_new(NAME, b"whole")
    assert objects.names() == [NAME]
    assert objects.get(NAME) == b"whole"
    objects.delete_many([NAME])
    assert files_in(tmp_path) == []


def test_deleted_while_it_is_written_it_is_not_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    objects, fsync = LocalObjects(tmp_path / "objects"), os.fsync

    def deleting(descriptor: int) -> None:
        fsync(descriptor)
        monkeypatch.undo()
        objects.delete(NAME)

    monkeypatch.setattr(os, "fsync", deleting)
    with pytest.raises(Unavailable):
        objects.put_new(NAME, b"x")
    assert files_in(tmp_path) == []


def test_an_s3_that_does_not_answer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    objects = S3Objects("bucket", endpoint="http://127.0.0.1:9", region="us-east-1")
    with pytest.raises(Unavailable):
        objects.put_new(NAME, b"x")


def test_plain_http_beyond_loopback_is_refused() -> None:
    with pytest.raises(SetupMissing, match="TLS"):
        S3Objects("bucket", endpoint="http://s3.example.org", region="us-east-1")


def test_names_lead_back_to_segments() -> None:
    segment_id = "seg_" + "0" * 26
    assert segment_of_name(name_of_segment(segment_id)) == segment_id
    for foreign in ("readme.txt", "segments/x.age", f"other/{segment_id}.age", f"segments/{segment_id}.age.tmp"):
        assert segment_of_name(foreign) is None
