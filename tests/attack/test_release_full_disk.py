"""A release is asked for while the disk under the ledger is full: no key leaves that is not on the record, and when
there is room again everything goes on.

The keyholder's home is on a file system of its own, which is filled up to so many bytes; where none may be mounted, a
limit on the size of files takes its place.
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from aboveboard.base.errors import Unavailable
from aboveboard.formats import entry as entry_format
from aboveboard.formats.release import ReleaseAnswer, ReleaseRequest
from aboveboard.keyholder import audit, filing
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.entries import LoggedEntry
from aboveboard.keyholder.writer import Pending
from samples.keyholder_programme import Programme, ask
from samples.ledger_entries import ended
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness

DISK_BYTES = 8 * 1024 * 1024
LEFT_KIB = (0, 4, 16, 40, 80, 160)
"""So much is left on the disk: it is full at the first write of a release, at the last, or only after it."""


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a small file system of its own, if one may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = mount(folder)
    yield folder
    if mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mount(folder: Path) -> bool:
    if os.geteuid() != 0:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@pytest.fixture
def programme(disk: Path, witness: WitnessProcess) -> Iterator[Programme]:
    made = Programme(disk, [witness])
    yield made
    made.close()


@contextmanager
def full(disk: Path, left_bytes: int) -> Iterator[None]:
    """No more than so many bytes can be written meanwhile."""
    with ExitStack() as undone:
        if disk.is_mount():
            ballast = disk / "ballast"
            undone.callback(ballast.unlink)
            there = os.statvfs(disk)
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, there.f_bavail * there.f_frsize - left_bytes))
        else:
            before = resource.getrlimit(resource.RLIMIT_FSIZE)
            undone.callback(resource.setrlimit, resource.RLIMIT_FSIZE, before)
            largest = max(path.stat().st_size for path in disk.rglob("keys.sqlite*"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest + left_bytes, before[1]))
        yield


def tries(programme: Programme, disk: Path) -> tuple[list[tuple[ReleaseRequest, ReleaseAnswer]], list[str]]:
    """The attack: ask and ask, whatever is left on the disk. What left, and why the rest did not."""
    ada = programme.enrol()
    granted = programme.granted([ada])
    filing.file_grant(programme.desk, granted)
    released, refused = [], []
    for left in LEFT_KIB:
        asked = ask(granted, [programme.segment(ada) for _ in range(64)])
        with full(disk, left * 1024):
            try:
                released.append((asked, steps.release(programme.desk, programme.vault.public, asked)))
            except Unavailable as error:
                refused.append(error.cause)
    return released, refused


def test_no_key_leaves_unlogged_and_it_goes_on_when_there_is_room(programme: Programme, disk: Path) -> None:
    released, refused = tries(programme, disk)
    assert len(refused) >= 2
    assert all("disk" in why for why in refused)
    assert violations(programme, released) == []
    ada = programme.people[0]
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    released.append((asked, steps.release(programme.desk, programme.vault.public, asked)))
    programme.reopen()
    assert violations(programme, released) == []
    assert list(audit.audit(programme.desk.entries, programme.desk.log_key))
    # Each that left, and no other, stands under the next of their numbers.
    numbers = [each.number for each in programme.read(entry_format.Released) if isinstance(each, entry_format.Released)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= sum(len(answer.keys) for _, answer in released)


def test_without_waiting_for_the_disk_keys_would_leave_unlogged(
    programme: Programme, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = steps.make_durable

    def whatever_comes_of_it(pending: Pending) -> list[LoggedEntry]:
        try:
            return original(pending)
        except Unavailable:
            return [LoggedEntry(0, bytes(32), entry_format.encode(ended()))] * pending.count

    monkeypatch.setattr(steps, "make_durable", whatever_comes_of_it)
    released, _ = tries(programme, disk)
    assert "not on the disk" in violations(programme, released)
