"""The spool holds complete sealed segments or nothing, whatever the disk does."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, Refused, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.recorder.held import MANIFEST_NAME, SEALED_NAME, Refusal
from aboveboard.recorder.spool import Spool
from samples.spooled import add


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    spool = Spool(tmp_path / "spool")
    spool.recover()
    return spool


def test_segments_come_back_oldest_first_and_whole(spool: Spool) -> None:
    added = [add(spool, bytes([number]) * 100, sequence=number) for number in (2, 0, 1)]
    held = list(spool.held())
    assert [each.manifest for each in held] == sorted(added, key=lambda each: each.sequence)
    assert held[0].sealed() == bytes([0]) * 100
    assert spool.pending_bytes() == 300


def test_only_its_owner_can_read_it(spool: Spool) -> None:
    manifest = add(spool)
    folder = spool.folder / manifest.segment_id
    assert oct(spool.folder.stat().st_mode & 0o777) == "0o700"
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}


def test_removed_means_gone(spool: Spool) -> None:
    add(spool)
    (held,) = spool.held()
    spool.remove([held])
    assert not list(spool.held())
    assert spool.pending_bytes() == 0
    assert [path.name for path in spool.folder.iterdir()] == ["refused"]


def test_a_refused_segment_is_set_aside_with_its_reason(spool: Spool) -> None:
    manifest = add(spool)
    (held,) = spool.held()
    spool.refuse(held, Refusal("refused", "segment:outside_lease", "it was outside"))
    assert not list(spool.held())
    assert spool.refusals() == {manifest.segment_id: Refusal("refused", "segment:outside_lease", "it was outside")}
    assert (spool.folder / "refused" / manifest.segment_id / SEALED_NAME).exists()


def test_what_touched_a_pause_is_not_kept(spool: Spool) -> None:
    manifest = add(spool)
    (held,) = spool.held()
    spool.refuse(held, Refusal("refused", "segment:during_pause", "it touched a pause"), keep=False)
    assert not (spool.folder / "refused" / manifest.segment_id / SEALED_NAME).exists()
    assert manifest.segment_id in spool.refusals()


class Fault:
    """Fails one call of a function with an error number, the one after ``after`` that work."""

    def __init__(self, original: Callable[..., object], number: int, *, after: int) -> None:
        self.original, self.number, self.after = original, number, after

    def __call__(self, *arguments: object, **options: object) -> object:
        self.after -= 1
        if self.after == -1:
            raise OSError(self.number, os.strerror(self.number))
        return self.original(*arguments, **options)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EROFS])
@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("mkdir", 0),
        ("open", 0),
        ("open", 1),
        ("write", 0),
        ("write", 1),
        ("fsync", 0),
        ("fsync", 1),
        ("fsync", 2),
        ("rename", 0),
    ],
)
def test_a_fault_at_any_step_leaves_nothing_and_says_so(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, name: str, after: int, number: int
) -> None:
    with monkeypatch.context() as patch:
        if name in {"mkdir", "rename"}:
            patch.setattr(Path, name, Fault(getattr(Path, name), number, after=after))
        else:
            patch.setattr(f"aboveboard.recorder.spool.os.{name}", Fault(getattr(os, name), number, after=after))
        with pytest.raises((Unavailable, Refused)) as raised:
            add(spool)
    assert raised.value.fix
    full = number in {errno.ENOSPC, errno.EDQUOT}
    assert ("disk is full" in raised.value.cause) == full == isinstance(raised.value, Refused)
    assert [path.name for path in spool.folder.iterdir()] == ["refused"]
    assert spool.pending_bytes() == 0
    add(spool)
    assert len(list(spool.held())) == 1


def test_short_writes_still_write_everything(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr("aboveboard.recorder.spool.os.write", lambda fd, data: real(fd, bytes(data)[:7]))
        add(spool, b"x" * 1000)
    (held,) = spool.held()
    assert held.sealed() == b"x" * 1000


def test_what_a_crash_left_half_written_is_removed(spool: Spool) -> None:
    manifest = add(spool)
    draft = spool.folder / f".{new_id(Kind.SEGMENT)}"
    draft.mkdir()
    (draft / SEALED_NAME).write_bytes(b"half")
    again = Spool(spool.folder)
    assert again.recover() == 1
    assert [held.manifest for held in again.held()] == [manifest]
    assert again.pending_bytes() == manifest.size_bytes


@pytest.mark.parametrize("name", [SEALED_NAME, MANIFEST_NAME])
@pytest.mark.parametrize("damage", ["cut", "gone", "garbage"])
def test_a_damaged_segment_is_never_taken_for_a_whole_one(spool: Spool, name: str, damage: str) -> None:
    manifest = add(spool, b"sealed bytes that are long enough to cut")
    path = spool.folder / manifest.segment_id / name
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-3] if damage == "cut" else b"\xff{garbage")
    held = list(spool.held())
    if held:
        with pytest.raises(BadInput, match="damaged"):
            held[0].sealed()
    else:
        assert manifest.segment_id in spool.refusals()


def test_purging_leaves_nothing(spool: Spool) -> None:
    add(spool, sequence=0)
    add(spool, sequence=1)
    spool.refuse(next(spool.held()), Refusal("refused", "segment:replayed", "again"))
    (spool.folder / ".left-over").mkdir()
    assert spool.purge() == 2
    assert not list(spool.held())
    assert not spool.refusals()
