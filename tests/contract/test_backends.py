"""Does every store of wrapped keys keep the same promise, and is one that does not found out at start-up?"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import BadInput, SetupMissing, Tampered
from aboveboard.base.ids import Kind, new_id
from aboveboard.keyholder import backends
from aboveboard.keyholder.backends import Backend
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.backends.openbao import OpenBaoBackend
from aboveboard.keyholder.backends.pkcs11 import Pkcs11Backend
from samples import key_stores
from samples.key_stores import OpenBao

PRIVATE = bytes(range(32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@pytest.fixture(scope="module")
def token(folder: Path) -> str:
    key_stores.softhsm(folder / "softhsm", "contract")
    return "contract"


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[OpenBao]:
    with key_stores.openbao(folder / "openbao") as running:
        yield running


@pytest.fixture(params=["file", "pkcs11", "openbao"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    made: Backend
    match request.param:
        case "pkcs11":
            made = hsm(request.getfixturevalue("token"))
        case "openbao":
            made = bao(request.getfixturevalue("server"), tmp_path)
        case _:
            made = FileBackend(tmp_path, create=True)
    yield made
    made.close()


def hsm(token: str, pin: str = key_stores.PIN) -> Pkcs11Backend:
    return Pkcs11Backend(key_stores.MODULE, token, pin)


def bao(server: OpenBao, home: Path) -> OpenBaoBackend:
    return OpenBaoBackend(server.url, server.token(home / "openbao.token"))


def two() -> tuple[str, str]:
    return new_id(Kind.PERSON), new_id(Kind.PERSON)


def unwraps(backend: Backend, wrapped: bytes, person_id: str, key_epoch: int) -> bool:
    try:
        return backend.unwrap(wrapped, person_id=person_id, key_epoch=key_epoch) == PRIVATE
    except Tampered:
        return False


def test_what_was_wrapped_comes_back_and_is_never_the_same_twice(backend: Backend) -> None:
    ada, _ = two()
    wrapped = [backend.wrap(PRIVATE, person_id=ada, key_epoch=3) for _ in range(5)]
    assert len(set(wrapped)) == 5
    assert all(PRIVATE not in each and unwraps(backend, each, ada, 3) for each in wrapped)
    assert {each for each in backend.held() if each[0] == ada} == {(ada, 3)}


def test_another_row_another_epoch_or_another_bit_does_not_unwrap(backend: Backend) -> None:
    ada, bob = two()
    wrapped = backend.wrap(PRIVATE, person_id=ada, key_epoch=0)
    backend.wrap(PRIVATE, person_id=bob, key_epoch=0)
    backend.wrap(PRIVATE, person_id=ada, key_epoch=1)
    attempts = [(wrapped, bob, 0), (wrapped, ada, 1), (wrapped, ada, 2), (b"", ada, 0), (wrapped[:-1], ada, 0)]
    for place in range(0, len(wrapped), 9):
        changed = bytearray(wrapped)
        changed[place] = ord("A") if changed[place] != ord("A") else ord("B")
        attempts.append((bytes(changed), ada, 0))
    for data, person_id, epoch in attempts:
        with pytest.raises(Tampered):
            backend.unwrap(data, person_id=person_id, key_epoch=epoch)
    assert unwraps(backend, wrapped, ada, 0)


def test_one_epoch_ends_for_good_and_no_other(backend: Backend) -> None:
    ada, bob = two()
    copies = {epoch: backend.wrap(PRIVATE, person_id=ada, key_epoch=epoch) for epoch in range(3)}
    other = backend.wrap(PRIVATE, person_id=bob, key_epoch=1)
    backend.destroy(person_id=ada, key_epoch=1)
    backend.destroy(person_id=ada, key_epoch=1)
    assert [unwraps(backend, copies[epoch], ada, epoch) for epoch in range(3)] == [True, False, True]
    # Not even after a key was wrapped for the same person and epoch again.
    backend.wrap(PRIVATE, person_id=ada, key_epoch=1)
    assert not unwraps(backend, copies[1], ada, 1)
    assert unwraps(backend, other, bob, 1)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "per_..", "con_" + "0" * 26, "PER_" + "0" * 26])
def test_what_is_no_person_s_id_names_nothing(backend: Backend, name: str) -> None:
    with pytest.raises(BadInput):
        backend.wrap(PRIVATE, person_id=name, key_epoch=0)
    with pytest.raises(BadInput):
        backend.destroy(person_id=name, key_epoch=0)


def test_it_proves_itself_and_leaves_nothing_behind(backend: Backend) -> None:
    before = set(backend.held())
    backends.prove(backend)
    assert set(backend.held()) == before


class Plain(FileBackend):
    def wrap(self, private: bytes, *, person_id: str, key_epoch: int) -> bytes:
        super().wrap(private, person_id=person_id, key_epoch=key_epoch)
        return private

    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return wrapped


class Forgetful(FileBackend):
    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        return bytes(32)


class Unbound(FileBackend):
    def unwrap(self, wrapped: bytes, *, person_id: str, key_epoch: int) -> bytes:
        for epoch in range(2):
            try:
                return super().unwrap(wrapped, person_id=person_id, key_epoch=epoch)
            except Tampered:
                pass
        return super().unwrap(wrapped, person_id=person_id, key_epoch=key_epoch)


class Undying(FileBackend):
    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        """Says so, and does nothing (as a key store that only marks keys as deleted)."""


class Sweeping(FileBackend):
    def destroy(self, *, person_id: str, key_epoch: int) -> None:
        for epoch in range(2):
            super().destroy(person_id=person_id, key_epoch=epoch)


class Silent(FileBackend):
    def held(self) -> Iterator[tuple[str, int]]:
        return iter(())


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
        (Sweeping, "destroyed another"),
        (Silent, "which keys it holds"),
        (Broken, "no space left"),
    ],
)
def test_a_backend_that_breaks_its_promise_is_found_out(tmp_path: Path, kind: type[FileBackend], why: str) -> None:
    with pytest.raises(SetupMissing, match=why):
        backends.prove(kind(tmp_path, create=True))
