"""A store of wrapping keys that is locked, away, exchanged, or asked with the wrong word gives nothing, and takes up
again by itself. With a real token and a real server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pkcs11
import pytest
from pkcs11 import Attribute

from aboveboard.base.errors import SetupMissing, Tampered, Unavailable
from aboveboard.base.ids import Kind, new_id
from aboveboard.keyholder import release as steps
from aboveboard.keyholder import start
from aboveboard.keyholder.backends import openbao, prove
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.backends.openbao import OpenBaoBackend
from aboveboard.keyholder.backends.pkcs11 import PIN_VARIABLE, Pkcs11Backend, read_pin
from samples import key_stores
from samples.key_stores import OpenBao
from samples.keyholder_programme import Programme, ask
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness

PRIVATE = bytes(range(32))
ADA = new_id(Kind.PERSON)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> str:
    key_stores.softhsm(tmp_path_factory.mktemp("softhsm"), "attacked")
    return "attacked"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with key_stores.openbao(tmp_path_factory.mktemp("openbao")) as running:
        yield running


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


def until(condition: Callable[[], object], *, limit_s: float = 60) -> None:
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, "never happened"
        time.sleep(0.05)


def test_a_key_never_leaves_its_token(token: str) -> None:
    backend = Pkcs11Backend(key_stores.MODULE, token, key_stores.PIN)
    backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    [key] = backend._session.get_objects({Attribute.LABEL: f"aboveboard/{ADA}/0"})
    assert (key[Attribute.EXTRACTABLE], key[Attribute.NEVER_EXTRACTABLE], key[Attribute.SENSITIVE]) == (
        False,
        True,
        True,
    )
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key[Attribute.VALUE]
    backend.close()


class Moved:
    """A token whose PIN is another one now; ``tried`` counts how often it was asked."""

    tried = 0

    def get_token(self, **_: str) -> "Moved":
        return self

    def open(self, **_: object) -> None:
        self.tried += 1
        raise pkcs11.exceptions.PinIncorrect


def test_a_wrong_pin_is_said_and_never_tried_again(token: str) -> None:
    with pytest.raises(SetupMissing, match="PIN is not right"):
        Pkcs11Backend(key_stores.MODULE, token, "00000000")
    backend = Pkcs11Backend(key_stores.MODULE, token, key_stores.PIN)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=1)
    backend.close()
    moved = Moved()
    backend._library = moved
    for _ in range(3):
        with pytest.raises(SetupMissing, match="its PIN"):
            backend.unwrap(wrapped, person_id=ADA, key_epoch=1)
    assert moved.tried == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of the library, for a lost session
def test_a_lost_session_is_opened_again_and_a_lost_token_opens_nothing(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = Pkcs11Backend(key_stores.MODULE, token, key_stores.PIN)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=2)
    backend._session.close()
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=2) == PRIVATE
    backend._library.reinitialize()  # as when the module was restarted
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=2) == PRIVATE
    with monkeypatch.context() as patch:
        patch.setattr(backend, "_token", "taken out")
        backend.close()
        for attempt in (
            lambda: backend.unwrap(wrapped, person_id=ADA, key_epoch=2),
            lambda: backend.wrap(PRIVATE, person_id=ADA, key_epoch=2),
            lambda: backend.destroy(person_id=ADA, key_epoch=2),
            lambda: list(backend.held()),
        ):
            with pytest.raises(Unavailable):
                attempt()
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=2) == PRIVATE
    backend.close()


def test_the_pin_is_in_a_private_file_or_the_environment_or_nothing_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PIN_VARIABLE, raising=False)
    path = tmp_path / "pin"
    path.touch(mode=0o600)
    for content, file in ((b"", "pin"), (b"\xff\xfe", "pin"), (b"1", None)):
        path.write_bytes(content)
        with pytest.raises(SetupMissing):
            read_pin(tmp_path, file)
    path.write_bytes(b"1357\n")
    assert read_pin(tmp_path, "pin") == "1357"
    path.chmod(0o644)
    with pytest.raises(SetupMissing, match="others"):
        read_pin(tmp_path, "pin")
    monkeypatch.setenv(PIN_VARIABLE, "2468")
    assert read_pin(tmp_path, None) == "2468"


def test_a_sealed_server_gives_nothing_and_an_unsealed_one_everything_again(server: OpenBao, tmp_path: Path) -> None:
    backend = OpenBaoBackend(server.url, server.token(tmp_path / "token"))
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=0)
    server.seal()
    try:
        for attempt in (
            lambda: backend.unwrap(wrapped, person_id=ADA, key_epoch=0),
            lambda: backend.wrap(PRIVATE, person_id=ADA, key_epoch=0),
            lambda: backend.destroy(person_id=ADA, key_epoch=0),
            lambda: list(backend.held()),
            lambda: OpenBaoBackend(server.url, tmp_path / "token"),
        ):
            with pytest.raises(Unavailable):
                attempt()
    finally:
        server.unseal()
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=0) == PRIVATE
    backend.close()


def test_a_token_that_is_not_taken_any_more_is_read_anew(server: OpenBao, tmp_path: Path) -> None:
    path = server.token(tmp_path / "token")
    backend = OpenBaoBackend(server.url, path)
    wrapped = backend.wrap(PRIVATE, person_id=ADA, key_epoch=1)
    server.root.auth.token.revoke(path.read_text().strip())
    with pytest.raises(Unavailable):
        backend.unwrap(wrapped, person_id=ADA, key_epoch=1)
    server.token(path)
    assert backend.unwrap(wrapped, person_id=ADA, key_epoch=1) == PRIVATE
    backend.close()


def test_a_token_is_renewed_before_its_life_is_over(
    server: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openbao, "RENEW_AT", 0.001)
    path = server.token(tmp_path / "token", ttl="300s")

    def ends() -> str:
        return str(server.root.auth.token.lookup(path.read_text().strip())["data"]["expire_time"])

    before = ends()
    backend = OpenBaoBackend(server.url, path)
    until(lambda: ends() > before)
    backend.close()


def test_a_server_without_tls_elsewhere_or_with_keys_that_can_be_taken_out_is_refused(
    server: OpenBao, tmp_path: Path
) -> None:
    path = server.token(tmp_path / "token")
    with pytest.raises(SetupMissing, match="without TLS"):
        OpenBaoBackend("http://keys.example.org:8200", path)
    bob = new_id(Kind.PERSON)
    for name, kind in ((f"aboveboard.{ADA}.7", {"exportable": True, "derived": True}), (f"aboveboard.{bob}.7", {})):
        server.root.secrets.transit.create_key(name, key_type="aes256-gcm96", **kind)
    backend = OpenBaoBackend(server.url, path)
    for person_id in (ADA, bob):
        with pytest.raises(SetupMissing, match="taken out"):
            backend.wrap(PRIVATE, person_id=person_id, key_epoch=7)
    backend.close()


def test_a_server_that_keeps_what_it_says_to_delete_is_found_out(
    server: OpenBao, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = OpenBaoBackend(server.url, server.token(tmp_path / "token"))
    backend.wrap(PRIVATE, person_id=ADA, key_epoch=3)
    monkeypatch.setattr(type(backend._transit), "delete_key", lambda *_, **__: None)
    with pytest.raises(Unavailable, match="did not delete"):
        backend.destroy(person_id=ADA, key_epoch=3)
    with pytest.raises(SetupMissing):
        prove(backend)
    backend.close()


def configured(root: Path, **store: str) -> None:
    """Say which store the keyholder of this programme uses."""
    home = root / "keyholder"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / "config.json").write_bytes(msgspec.json.encode({"store": store}))


@pytest.fixture(params=["pkcs11", "openbao"])
def programme(
    request: pytest.FixtureRequest, tmp_path: Path, witness: WitnessProcess, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Programme]:
    """A keyholder whose wrapping keys are elsewhere."""
    if request.param == "pkcs11":
        monkeypatch.setenv(PIN_VARIABLE, key_stores.PIN)
        configured(tmp_path, kind="pkcs11", module=key_stores.MODULE, token=request.getfixturevalue("token"))
    else:
        server: OpenBao = request.getfixturevalue("server")
        configured(tmp_path, kind="openbao", url=server.url)
        server.token(tmp_path / "keyholder" / "openbao.token")
    made = Programme(tmp_path, [witness])
    yield made
    made.close()


def test_a_keyholder_works_with_it_and_without_it_releases_nothing(
    programme: Programme, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = programme.enrol()
    asked = ask(programme.granted([ada]), [programme.segment(ada)])
    answer = steps.release(programme.desk, programme.vault.public, asked)
    assert violations(programme, [(asked, answer)]) == []
    programme.reopen()
    assert len(steps.release(programme.desk, programme.vault.public, asked).keys) == 1
    assert not (programme.home.path / "wrap.key").exists()

    def away(*_: object, **__: object) -> bytes:
        raise Unavailable("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(type(programme.desk.backend), "unwrap", away)
        with pytest.raises(Unavailable):
            steps.release(programme.desk, programme.vault.public, asked)
    # What was destroyed there is not opened by an old copy of the keyholder's database.
    wrapped = programme.desk.people.wrapped(ada.person_id, 0) or b""
    programme.desk.backend.destroy(person_id=ada.person_id, key_epoch=0)
    with pytest.raises(Tampered):
        programme.desk.backend.unwrap(wrapped, person_id=ada.person_id, key_epoch=0)


def test_another_store_than_before_is_found_out_at_the_start(programme: Programme, tmp_path: Path) -> None:
    programme.enrol()
    start.check_store(programme.desk)
    ours, programme.desk.backend = programme.desk.backend, FileBackend(tmp_path, create=True)
    with pytest.raises(SetupMissing, match="holds none of the 1 wrapping keys"):
        start.check_store(programme.desk)
    programme.desk.backend = ours
