"""Cut off at any step, "delete the last minutes" leaves all as it was, or is finished at the next start."""

import errno
import os
import shutil
import threading
from pathlib import Path

import pytest

from aboveboard.base.clock import SECOND_NS, ManualClock
from aboveboard.base.errors import Unavailable
from aboveboard.recorder import upload as uploading
from aboveboard.recorder.discard import Stretch, last_minutes
from aboveboard.recorder.held import SEALED_NAME, Refusal
from aboveboard.recorder.hold import Hold
from aboveboard.recorder.spool import Spool
from aboveboard.recorder.upload import Uploader
from aboveboard.wire.pieces import Pieces
from samples.cut_off import Cut, cut_at
from samples.spooled import add
from samples.taking_vault import TakingVault

BOOT, EARLIER_BOOT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
MINUTE_NS = 60 * SECOND_NS
NOW_BOOT_NS, NOW_WALL_NS = 60 * MINUTE_NS, 1_800_000_000 * SECOND_NS


def spool_of_an_hour(folder: Path) -> Spool:
    """One segment of a minute for each of the last thirty, with its age in its bytes; one refused among them."""
    spool = Spool(folder)
    spool.recover()
    for age in range(30):
        end_boot_ns, end_wall_ns = NOW_BOOT_NS - age * MINUTE_NS, NOW_WALL_NS - age * MINUTE_NS
        add(
            spool,
            f"sealed {age} minutes ago".encode(),
            sequence=30 - age,
            boot_id=BOOT,
            start_boot_ns=end_boot_ns - MINUTE_NS + 1,
            end_boot_ns=end_boot_ns,
            start_wall_ns=end_wall_ns - MINUTE_NS + 1,
            end_wall_ns=end_wall_ns,
        )
    refused = list(spool.held())[-3]
    spool.refuse(refused, Refusal("refused", "segment:chain", "it does not follow"))
    return spool


def last_ten() -> Stretch:
    return last_minutes(10, ManualClock(wall=NOW_WALL_NS, boot=NOW_BOOT_NS), BOOT)


def ages(folder: Path) -> set[int]:
    """Of whatever sealed bytes lie anywhere below ``folder``."""
    return {int(path.read_bytes().split()[1]) for path in folder.rglob(SEALED_NAME)}


def test_a_discarded_stretch_leaves_no_byte(tmp_path: Path) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")
    note = spool.discard(last_ten())
    assert ages(tmp_path) == set(range(11, 30)), "a segment that touches the stretch goes as a whole"
    assert (note.removed, note.left) == (11, 0)
    assert note.start_wall_ns == NOW_WALL_NS - 11 * MINUTE_NS + 1
    assert spool.pending_bytes() == sum(len(f"sealed {age} minutes ago") for age in range(11, 30))
    assert [path.name for path in (tmp_path / "spool").iterdir() if path.name.startswith(".")] == []


def test_cut_off_after_any_number_of_steps(tmp_path: Path) -> None:
    whole = set(range(30))
    kept = set(range(11, 30))
    spool_of_an_hour(tmp_path / "before" / "spool")
    finished = False
    outcomes = set()
    for count in range(400):
        home = tmp_path / str(count)
        shutil.copytree(tmp_path / "before", home)
        spool = Spool(home / "spool")
        spool.recover()
        with pytest.MonkeyPatch.context() as patch:
            cut_at(patch, count)
            try:
                spool.discard(last_ten())
                finished = True
            except Cut:
                pass
        again = Spool(home / "spool")
        again.recover()
        left = ages(home)
        assert left in (whole, kept), f"after {count} steps: half of it"
        outcomes.add(left == kept)
        intended = again.notes.all()
        assert (len(intended) == 1 and intended[0].state == "removed") == (left == kept)
        assert {each.size_bytes for each in again.waiting()} == {
            len(path.read_bytes()) for path in (home / "spool").glob(f"seg_*/{SEALED_NAME}")
        }
        shutil.rmtree(home)
        if finished:
            break
    assert finished
    assert outcomes == {True, False}


def test_a_full_disk_keeps_nobody_from_deleting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        note = spool.discard(last_ten())
    assert note.removed == 11
    assert ages(tmp_path) == set(range(11, 30))


def test_what_was_sent_is_counted_and_not_touched(tmp_path: Path) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")
    newest = list(spool.held())[-3:]
    spool.remove(newest)
    note = spool.discard(last_ten())
    assert (note.removed, note.left) == (8, 3)
    again = Spool(tmp_path / "spool")
    again.recover()
    assert again.discard(last_ten()).left == 3, "also after a restart"


def test_one_that_is_on_its_way_is_deleted_here_and_counted_as_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")
    clock = ManualClock(wall=NOW_WALL_NS, boot=NOW_BOOT_NS)
    told: list[tuple[int, int]] = []

    class Slow(TakingVault):
        def put(self, path: str, body: Pieces) -> bytes:
            if body == [b"sealed 0 minutes ago"]:
                note = spool.discard(last_ten())
                told.append((note.removed, note.left))
                raise Unavailable("the network went away")
            return super().put(path, body)

    hold = Hold(0, clock=clock, boot_id=BOOT)
    monkeypatch.setattr(uploading, "FIRST_AT_ONCE", 1)
    monkeypatch.setattr(uploading, "SEGMENTS_LIMIT", 1)
    uploader = Uploader(Slow(), spool, hold=hold)  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        uploader.upload_all(threading.Event())
    # Of the eleven, one was refused before, nine were stored, and the last was on its way.
    assert told == [(1, 10)]
    assert ages(tmp_path) == set()
    uploader.upload_all(threading.Event())  # and is not tried again


def test_all_that_are_on_their_way_together_are_counted_as_sent(tmp_path: Path) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")
    told: list[tuple[int, int]] = []

    class Slow(TakingVault):
        def put(self, path: str, body: Pieces) -> bytes:
            if b"sealed 0 minutes ago" in body:
                before = len(self.got)
                note = spool.discard(last_minutes(60, ManualClock(wall=NOW_WALL_NS, boot=NOW_BOOT_NS), BOOT))
                told.append((note.left - before, path.count("segment_id=")))
                raise Unavailable("the network went away")
            return super().put(path, body)

    with pytest.raises(Unavailable):
        Uploader(Slow(), spool).upload_all(threading.Event())  # type: ignore[arg-type]
    assert [left == together for left, together in told] == [True], told
    assert told[0][1] > 1
    assert ages(tmp_path) == set()


def test_one_that_was_only_declared_is_never_sent(tmp_path: Path) -> None:
    spool = spool_of_an_hour(tmp_path / "spool")

    class Declaring(TakingVault):
        def post(self, path: str, body: bytes) -> bytes:
            if not told:
                told.append(spool.discard(last_minutes(60, ManualClock(wall=NOW_WALL_NS, boot=NOW_BOOT_NS), BOOT)))
            return super().post(path, body)

    told: list[object] = []
    vault = Declaring()
    Uploader(vault, spool).upload_all(threading.Event())  # type: ignore[arg-type]
    assert vault.got == []
    assert ages(tmp_path) == set()
    assert list(spool.refusals()) == []


@pytest.mark.parametrize(
    ("what", "boot_id", "end_boot_ns", "end_wall_ns", "goes"),
    [
        ("of this boot, by its clock", BOOT, NOW_BOOT_NS - 5 * MINUTE_NS, 0, True),
        ("of this boot, older", BOOT, NOW_BOOT_NS - 11 * MINUTE_NS, NOW_WALL_NS, False),
        ("of another, where this one is old", EARLIER_BOOT, NOW_BOOT_NS, NOW_WALL_NS - 5 * MINUTE_NS, False),
    ],
)
def test_which_clock_says_what_is_touched(
    tmp_path: Path, what: str, boot_id: str, end_boot_ns: int, end_wall_ns: int, goes: bool
) -> None:
    spool = Spool(tmp_path / "spool")
    spool.recover()
    add(
        spool,
        boot_id=boot_id,
        start_boot_ns=end_boot_ns - 1,
        end_boot_ns=end_boot_ns,
        start_wall_ns=max(end_wall_ns - 1, 0),
        end_wall_ns=end_wall_ns,
    )
    assert spool.discard(last_ten()).removed == int(goes), what


def test_just_after_a_restart_the_wall_clock_says_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.recover()
    minute = ManualClock(wall=NOW_WALL_NS, boot=MINUTE_NS)
    for age_minutes in (5, 12):
        end_wall_ns = NOW_WALL_NS - age_minutes * MINUTE_NS
        facts: dict[str, object] = {"boot_id": EARLIER_BOOT, "start_boot_ns": 1, "end_boot_ns": 2}
        add(spool, sequence=age_minutes, start_wall_ns=end_wall_ns - 1, end_wall_ns=end_wall_ns, **facts)
    assert spool.discard(last_minutes(10, minute, BOOT)).removed == 1
