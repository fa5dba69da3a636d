"""Does the store of wrapped keys keep its promise, and is one that does not keep it found out at start-up?"""

import os
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, SetupMissing, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.keyholder import backends
from aboveboard.keyholder.backends.file import FileBackend

PRIVATE = bytes(range(32))
ADA = new_id(Kind.PERSON)
BOB = new_id(Kind.PERSON)


def fresh(home: Path) -> FileBackend:
    return FileBackend(home, create=True)


def test_what_was_wrapped_comes_back_after_a_restart(tmp_path: Path) -> None:
    wrapped = fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=3)
    assert PRIVATE not in wrapped
    assert FileBackend(tmp_path, create=False).unwrap(wrapped, person_id=ADA, key_epoch=3) == PRIVATE


def test_secrets_are_readable_by_the_owner_alone(tmp_path: Path) -> None:
    fresh(tmp_path).wrap(PRIVATE, person_id=ADA, key_epoch=0)
    for path in (tmp_path / "wrap.key", tmp_path / "shares" / ADA):
        assert path.stat().st_mode & 0o777 == 0o600
        assert len(path.read_bytes()) == 32
    assert (tmp_path / "shares").stat().st_mode & 0o777 == 0o700


def test_wrapping_twice_gives_different_bytes(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    assert len({backend.wrap(PRIVATE, person_id=ADA, key_epoch=0) for _ in range(20)}) == 20


def test_bound_to_person_epoch_and_every_byte(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    backend.wrap(PRIVATE, person_id=BOB, key_epoch=0)
    attempts = [(wrapped, BOB, 0), (wrapped, ADA, 1), (b"", ADA, 0), (wrapped[:-1], ADA, 0)]
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        attempts.append((bytes(changed), ADA, 0))
    for data, person_id, epoch in attempts:
        with pytest.raises(Tampered):
            backend.unwrap(data, person_id=person_id, key_epoch=epoch)
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=0) == PRIVATE


def test_moving_a_share_to_another_person_helps_nobody(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    (tmp_path / "shares" / ADA).rename(tmp_path / "shares" / BOB)
    with pytest.raises(Tampered):
        backend.unwrap(wrapped, person_id=BOB, key_epoch=0)


def test_destroyed_is_destroyed_also_for_an_old_copy_of_the_database(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    copy = backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    other = backend.wrap(PRIVATE, person_id=BOB, key_epoch=0)
    share = (tmp_path / "shares" / ADA).read_bytes()
    backend.destroy(person_id=ADA)
    backend.destroy(person_id=ADA)
    assert not (tmp_path / "shares" / ADA).exists()
    assert all(share not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    with pytest.raises(Tampered):
        backend.unwrap(copy, person_id=ADA, key_epoch=0)
    # Not even after a new key was wrapped for the same person.
    backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    with pytest.raises(Tampered):
        backend.unwrap(copy, person_id=ADA, key_epoch=0)
    assert backend.unwrap(other, person_id=BOB, key_epoch=0) == PRIVATE


def test_the_share_is_overwritten_before_it_is_unlinked(tmp_path: Path) -> None:
    backend = fresh(tmp_path)
    backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    path = tmp_path / "shares" / ADA
    share = path.read_bytes()
    os.link(path, tmp_path / "kept")
    backend.destroy(person_id=ADA)
    assert (tmp_path / "kept").read_bytes() != share


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "per_..", "con_" + "0" * 26, "PER_" + "0" * 26])
def test_a_person_s_id_cannot_name_another_file(tmp_path: Path, name: str) -> None:
    backend = fresh(tmp_path)
    with pytest.raises(BadInput):
        backend.wrap(PRIVATE, person_id=name, key_epoch=0)
    with pytest.raises(BadInput):
        backend.destroy(person_id=name)


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


def test_the_file_backend_proves_itself(tmp_path: Path) -> None:
    backends.prove(fresh(tmp_path))
    assert list((tmp_path / "shares").iterdir()) == []


class Plain(FileBackend):
    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return private

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return wrapped


class Forgetful(FileBackend):
    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return bytes(32)


class Unbound(FileBackend):
    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return super().unwrap(wrapped, person_id=person_id, key_epoch=0)


class Undying(FileBackend):
    def destroy(self, *, person_id: str) -> None:
        """Says so, and does nothing (as a key store that only marks keys as deleted)."""


class Broken(FileBackend):
    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        raise OSError("no space left on device")


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (Plain, "not what it wrapped"),
        (Forgetful, "not what it wrapped"),
        (Unbound, "another epoch"),
        (Undying, "destroyed"),
        (Broken, "no space left"),
    ],
)
def test_a_backend_that_breaks_its_promise_is_found_out(tmp_path: Path, kind: type[FileBackend], why: str) -> None:
    with pytest.raises(SetupMissing, match=why):
        backends.prove(kind(tmp_path, create=True))
