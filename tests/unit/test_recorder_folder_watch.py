"""A change is told within milliseconds, nothing is told otherwise, and a pause acts at once."""

import os
import select
import threading
import time
from pathlib import Path

import pytest

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.pause import Pause
from aboveboard.recorder.durable import replace_whole
from aboveboard.recorder.folder_watch import ANYTHING, FolderWatch, _names
from aboveboard.recorder.local_pause import FILE_NAME, PauseWatch, pause_here, resume_here


def a_pause(*, until_ns: int | None = None) -> Pause:
    return Pause(pause_id=new_id(Kind.PAUSE), by="person", person_id=new_id(Kind.PERSON), at_ns=1, until_ns=until_ns)


def test_what_changed_is_named_once(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path)
    assert watch.changed() == frozenset()
    (tmp_path / "a").write_bytes(b"1")
    replace_whole(tmp_path / "b", b"2")
    assert {"a", "b"} <= watch.changed()
    assert watch.changed() == frozenset()
    (tmp_path / "a").unlink()
    assert watch.changed() == {"a"}
    with (tmp_path / "c").open("wb") as file:
        watch.changed()
        file.write(b"3")
        file.flush()
        assert watch.changed() == frozenset(), "a file that is still being written has not changed yet"
    assert watch.changed() == {"c"}
    watch.close()


def test_a_folder_that_goes_away_means_that_anything_may_have_changed(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    watch = FolderWatch(folder)
    folder.rmdir()
    assert ANYTHING in watch.changed()
    watch.close()


def test_what_the_kernel_dropped_means_that_anything_may_have_changed() -> None:
    import struct

    overflow = struct.pack("iIII", -1, 0x4000, 0, 0)
    assert _names(overflow) == {ANYTHING}


def test_a_pause_is_known_within_a_hundred_milliseconds(tmp_path: Path) -> None:
    watch = PauseWatch(tmp_path)
    took_s = []
    for _ in range(20):
        made_s: list[float] = []

        def make(made_s: list[float] = made_s) -> None:
            time.sleep(0.02)
            made_s.append(time.monotonic())
            pause_here(tmp_path, a_pause())

        thread = threading.Thread(target=make)
        thread.start()
        while not watch.paused(now_ns=5):
            assert select.select([watch.fileno()], [], [], 2)[0], "it was never woken"
            watch.changed()
        took_s.append(time.monotonic() - made_s[0])
        thread.join()
        resume_here(tmp_path)
        watch.changed()
        assert not watch.paused(now_ns=5)
    assert sorted(took_s)[18] < 0.1, took_s
    watch.close()


def test_while_nothing_changes_no_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pause_here(tmp_path, a_pause(until_ns=10))
    watch = PauseWatch(tmp_path)
    watch.changed()
    opened: list[object] = []
    monkeypatch.setattr(Path, "open", lambda *a, **k: opened.append(a))
    for now_ns in range(20):
        assert watch.changed() == frozenset()
        assert watch.paused(now_ns=now_ns) == (now_ns < 10)
    assert not opened
    watch.close()


@pytest.mark.parametrize("damage", [b"", b"{", b"\xff" * 100, b"x" * 10_000])
def test_a_pause_that_cannot_be_read_pauses(tmp_path: Path, damage: bytes) -> None:
    watch = PauseWatch(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(damage)
    watch.changed()
    assert watch.paused(now_ns=1)
    watch.close()


def test_a_folder_that_is_gone_pauses(tmp_path: Path) -> None:
    folder = tmp_path / "recorder"
    folder.mkdir()
    watch = PauseWatch(folder)
    os.rmdir(folder)
    watch.changed()
    assert watch.paused(now_ns=1)
    watch.close()
