"""What is particular to the store of wrapped keys in files? (What all of them promise: ``tests/contract``.)"""

import os
from pathlib import Path

import pytest

from aboveboard.base.errors import SetupMissing, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.keyholder.backends.file import TAG_NAME, FileBackend

PRIVATE = bytes(range(32))
ADA = new_id(Kind.PERSON)
BOB = new_id(Kind.PERSON)


def fresh(home: Path) -> FileBackend:
    return FileBackend(home, create=True)


def test_what_was_wrapped_comes_back_after_a_restart(tmp_path: Path) -> None:
    wrapped = fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=3)
    assert FileBackend(tmp_path, create=False).unwrap(wrapped, person_id=ADA, key_epoch=3) == PRIVATE


def test_secrets_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=0)
    for path in (tmp_path / "wrap.key", tmp_path / "shares" / f"{ADA}.0"):
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_bytes()) == 32
    assert (tmp_path / "shares").stat().st_mode & 0o777 == 0o700


def test_moving_a_share_to_another_person_or_epoch_helps_nobody(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    share = (tmp_path / "shares" / f"{ADA}.0").read_bytes()
    for name, person_id, epoch in ((f"{BOB}.0", BOB, 0), (f"{ADA}.1", ADA, 1)):
        path = tmp_path / "shares" / name
        path.touch(mode=0o600)
        path.write_bytes(share)
        with pytest.raises(Tampered):
            backend.unwrap(wrapped, person_id=person_id, key_epoch=epoch)


def test_the_share_is_overwritten_before_it_is_unlinked(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    path = tmp_path / "shares" / f"{ADA}.0"
    share = path.read_bytes()
    os.link(path, tmp_path / "kept")
    backend.destroy(person_id=ADA, key_epoch=0)
    assert not path.exists()
    assert (tmp_path / "kept").read_bytes() != share


def test_shares_from_before_there_were_epochs_are_those_of_the_first(tmp_path: Path) -> None:
    wrapped = fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=0)
    (tmp_path / "shares" / f"{ADA}.0").rename(tmp_path / "shares" / ADA)
    backend = FileBackend(tmp_path, create=False)
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=0) == PRIVATE
    assert list(backend.held()) == [(ADA, 0)]


def test_the_shares_are_marked_as_what_no_backup_takes(tmp_path: Path) -> None:
    fresh(tmp_path)
    signature = (tmp_path / "shares" / TAG_NAME).read_bytes().splitlines()[0]
    assert signature == b"Signature: 8a477f597d28d172789f06886806bc55"


def test_a_lost_wrapping_key_is_not_replaced_silently(tmp_path: Path) -> None:
    fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=0)
    (tmp_path / "wrap.key").unlink()
    with pytest.raises(SetupMissing, match="missing"):
        FileBackend(tmp_path, create=False)


def test_a_short_or_open_wrapping_key_is_refused(tmp_path: Path) -> None:
    fresh(tmp_path)
    path = tmp_path / "wrap.key"
    path.chmod(0o644)
    with pytest.raises(SetupMissing, match="others"):
        fresh(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(SetupMissing, match="5 bytes"):
        fresh(tmp_path)
