"""The power goes out at any moment: what was sealed is there whole, and what was to be deleted is gone.

Every call that the spool makes on the disk is followed by every crash that it might be followed by
(``samples.losing_power``); then the spool is opened again as after a restart.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.recorder import durable
from aboveboard.recorder.discard import Stretch
from aboveboard.recorder.spool import Spool
from samples.losing_power import Tape, crashes, make, taped
from samples.spooled import add

BOOT = "00000000-0000-0000-0000-000000000000"
Survives = Callable[[set[str], dict[str, bytes], Path], None]


def bytes_of(number: int) -> bytes:
    return bytes([65 + number]) * (900 + number)


def crash_everywhere(tmp_path: Path, tape: Tape, check: Survives) -> int:
    """Open the spool after every crash of ``tape``, twice, and ``check`` what is there. Returns how many crashes."""
    count = 0
    for marks, steps, part in crashes(tape):
        home = tmp_path / "after"
        make(home, steps, part)
        Spool(home / "spool").recover()
        spool = Spool(home / "spool")
        assert spool.recover() == 0, "the first restart left something to do"
        assert not any(path.name.startswith(".") for path in (home / "spool").iterdir())
        assert not spool.refusals(), f"a half-written segment was taken for a whole one, after {marks}"
        check(marks, {held.manifest.segment_id: held.sealed() for held in spool.held()}, home)
        shutil.rmtree(home)
        count += 1
    return count


def write_three(home: Path) -> tuple[Tape, dict[str, bytes]]:
    wrote: dict[str, bytes] = {}
    with taped(home) as tape:
        spool = Spool(home / "spool")
        spool.recover()
        for number in range(3):
            manifest = add(spool, bytes_of(number), sequence=number)
            wrote[manifest.segment_id] = bytes_of(number)
            tape.mark(manifest.segment_id)
    return tape, wrote


def whole_or_absent(wrote: dict[str, bytes]) -> Survives:
    def check(marks: set[str], found: dict[str, bytes], _: Path) -> None:
        assert marks <= set(found), "a segment that was said to be stored is lost"
        assert all(wrote[name] == data for name, data in found.items())

    return check


def test_a_segment_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    tape, wrote = write_three(home)
    assert crash_everywhere(tmp_path, tape, whole_or_absent(wrote)) > 100


@pytest.mark.parametrize("protection", ["file", "folder"])
def test_without_waiting_for_the_disk_the_test_above_is_red(
    tmp_path: Path, protection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    if protection == "folder":
        monkeypatch.setattr("aboveboard.recorder.spool.sync_folder", lambda _: None)
    else:

        def careless(path: Path, data: bytes) -> None:
            descriptor = durable.os.open(path, durable.os.O_WRONLY | durable.os.O_CREAT)
            durable.os.write(descriptor, data)
            durable.os.close(descriptor)

        monkeypatch.setattr("aboveboard.recorder.spool.write_new", careless)
    tape, wrote = write_three(home)
    with pytest.raises((AssertionError, OSError)):
        crash_everywhere(tmp_path, tape, whole_or_absent(wrote))


def test_a_discard_is_finished_or_never_begun(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with taped(home) as tape:
        spool = Spool(home / "spool")
        spool.recover()
        early = add(spool, bytes_of(0), sequence=0, start_boot_ns=10, end_boot_ns=20)
        late = [
            add(spool, bytes_of(number), sequence=number, start_boot_ns=30 * number, end_boot_ns=30 * number + 20)
            for number in (1, 2)
        ]
        tape.mark("written")
        tape.mark("asked")
        stretch = Stretch(boot_id=BOOT, since_boot_ns=25, until_boot_ns=99, since_wall_ns=0, until_wall_ns=99)
        assert spool.discard(stretch).removed == 2
        tape.mark("discarded")

    def check(marks: set[str], found: dict[str, bytes], where: Path) -> None:
        gone = [each.segment_id for each in late if each.segment_id not in found]
        if "written" in marks:
            assert early.segment_id in found
            assert len(gone) in {0, 2}, "half of what was to be deleted is left"
        if "discarded" in marks:
            assert len(gone) == 2
            on_disk = b"".join(path.read_bytes() for path in where.rglob("*") if path.is_file())
            assert not any(bytes_of(number)[:400] in on_disk for number in (1, 2))

    assert crash_everywhere(tmp_path, tape, check) > 100
