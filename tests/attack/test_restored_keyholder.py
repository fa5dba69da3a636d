"""A keyholder that is restored from an old backup does not start, or releases nothing; and what was destroyed stays so.

Each kind of old copy is put back in turn, and then the protection is taken away, to see that it is what refuses.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.base.errors import AboveboardError, SetupMissing, Tampered, Unavailable
from aboveboard.formats.custody import KeyRequest
from aboveboard.keyholder import custody, epochs, history, start
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.backends.file import FileBackend
from aboveboard.keyholder.home import WitnessAddress, write_witnesses
from aboveboard.keyholder.signed_size import FILE_NAME
from aboveboard.keyholder.witnesses import Witness
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import Participant, Programme, ask, bytes_of
from samples.witness_process import WitnessProcess, running_witness


@pytest.fixture(scope="module")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WitnessProcess]:
    with running_witness(tmp_path_factory.mktemp("witness")) as process:
        yield process


class Restored:
    """A programme, and copies of its keyholder's folder."""

    def __init__(self, root: Path, witness: WitnessProcess) -> None:
        self.root, self.witness = root, witness
        self.programme = Programme(root, [witness])
        self.home = self.programme.home.path
        self.ada = self.programme.enrol()

    def renew(self) -> None:
        """A newer key for Ada."""
        asked = KeyRequest(person_id=self.ada.person_id, person_key=self.ada.key.public, renew=True)
        custody.create_key(self.programme.desk, self.programme.vault.public, asked)

    def release(self, person: Participant | None = None) -> None:
        ada = person or self.ada
        asked = ask(self.programme.granted([ada]), [self.programme.segment(ada)])
        steps.release(self.programme.desk, self.programme.vault.public, asked)

    def backup(self, name: str = "backup") -> Path:
        """A copy of the folder, made while the keyholder stands still."""
        self.programme.desk.close()
        shutil.copytree(self.home, self.root / name)
        self.programme.reopen_after(old={})
        return self.root / name

    def stop(self) -> None:
        self.programme.desk.close()

    def put_back(self, copy: Path, *, database: bool = True, shares: bool = True, beside: bool = True) -> None:
        """Restore parts of a copy; the keyholder is stopped. ``beside``: what lies beside the database."""
        if beside:
            shutil.copy2(copy / FILE_NAME, self.home / FILE_NAME)
        if database:
            for path in self.home.glob("keys.sqlite*"):
                path.unlink()
            for path in copy.glob("keys.sqlite*"):
                shutil.copy2(path, self.home / path.name)
        if shares:
            shutil.rmtree(self.home / "shares")
            shutil.copytree(copy / "shares", self.home / "shares")

    def start(self) -> None:
        self.programme.reopen_after(old={})

    def witness_at(self, url: str) -> None:
        address = WitnessAddress(name="away", url=url, verifier_key=self.witness.verifier_key)
        write_witnesses(self.programme.home, [address])


@pytest.fixture
def restored(tmp_path: Path, witness: WitnessProcess) -> Restored:
    return Restored(tmp_path, witness)


def test_a_whole_old_folder_does_not_start_because_the_witness_has_seen_more(restored: Restored) -> None:
    copy = restored.backup()
    restored.release()
    restored.stop()
    restored.put_back(copy)
    with pytest.raises(SetupMissing, match="old copy: the witness the works council has seen"):
        restored.start()


def test_without_asking_the_witness_it_would_start(restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = restored.backup()
    restored.release()
    restored.stop()
    restored.put_back(copy)
    monkeypatch.setattr(history, "check_newest", lambda _: None)
    restored.start()
    # Even then: no key leaves, for the witness co-signs no other history.
    with pytest.raises(Unavailable, match="has not co-signed"):
        restored.release()
    restored.stop()


def test_an_old_copy_that_grew_beyond_what_was_seen_is_another_history(restored: Restored) -> None:
    copy = restored.backup()
    restored.release()
    restored.stop()
    restored.put_back(copy)
    # The witness is away when it starts, and the log grows past what it has seen.
    restored.witness_at("http://127.0.0.1:9")
    restored.start()
    for _ in range(8):
        restored.programme.enrol(consenting=False)
    with pytest.raises(Unavailable):
        restored.release()
    restored.stop()
    write_witnesses(restored.programme.home, [restored.witness.address()])
    with pytest.raises(SetupMissing, match="has seen other entries"):
        restored.start()


def test_an_old_database_alone_is_found_out_by_what_lies_beside_it(
    restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = restored.backup()
    restored.release()
    restored.stop()
    restored.put_back(copy, beside=False)
    restored.witness_at("http://127.0.0.1:9")
    with pytest.raises(SetupMissing, match="old copy: this machine has seen"):
        restored.start()
    # Nobody else's, a damaged or a missing one says nothing; then it is the witness who counts.
    kept = (restored.home / FILE_NAME).read_bytes()
    for content in (kept[:-9], b"\xff" * 40_000, None):
        (restored.home / FILE_NAME).unlink(missing_ok=True)
        if content is not None:
            (restored.home / FILE_NAME).write_bytes(content)
        restored.start()
        with pytest.raises(Unavailable):
            restored.release()
        restored.stop()


def test_an_old_database_knows_keys_that_were_destroyed_since(restored: Restored) -> None:
    restored.renew()
    copy = restored.backup()
    epochs.destroy(restored.programme.desk, restored.ada.person_id, [0], erasure_id=None, why="retention")
    restored.stop()
    restored.put_back(copy, shares=False)
    restored.witness_at("http://127.0.0.1:9")
    with pytest.raises(SetupMissing, match="not in the store any more"):
        restored.start()


def test_keys_that_are_lost_for_good_are_gone_on_without_only_when_told(restored: Restored) -> None:
    bob = restored.programme.enrol()
    restored.stop()
    (restored.home / "shares" / f"{bob.person_id}.0").unlink()
    with pytest.raises(SetupMissing, match="1 of 2 wrapping keys are not"):
        restored.start()
    (restored.home / "config.json").write_bytes(b'{"accept_missing": true}')
    restored.start()
    restored.release()
    with pytest.raises(AboveboardError):
        restored.release(bob)
    restored.stop()


def test_shares_from_before_an_erasure_are_destroyed_again_before_the_first_request(restored: Restored) -> None:
    restored.renew()
    copy = restored.backup()
    old = {path.name: path.read_bytes() for path in (copy / "shares").glob(f"{restored.ada.person_id}.*")}
    wrapped = restored.programme.desk.people.wrapped(restored.ada.person_id, 0) or b""
    epochs.destroy(restored.programme.desk, restored.ada.person_id, [0], erasure_id=None, why="person")
    restored.stop()
    restored.put_back(copy, database=False, beside=False)
    restored.start()
    everything = bytes_of(restored.home)
    assert old[f"{restored.ada.person_id}.0"] not in everything
    assert old[f"{restored.ada.person_id}.1"] in everything
    with pytest.raises(Tampered):
        restored.programme.desk.backend.unwrap(wrapped, person_id=restored.ada.person_id, key_epoch=0)
    restored.stop()


def test_without_that_the_old_share_would_open_an_old_copy(restored: Restored, monkeypatch: pytest.MonkeyPatch) -> None:
    restored.renew()
    copy = restored.backup()
    wrapped = restored.programme.desk.people.wrapped(restored.ada.person_id, 0) or b""
    epochs.destroy(restored.programme.desk, restored.ada.person_id, [0], erasure_id=None, why="person")
    restored.stop()
    restored.put_back(copy, database=False, beside=False)
    monkeypatch.setattr(start.epochs, "finish", lambda _: 0)
    restored.start()
    assert restored.programme.desk.backend.unwrap(wrapped, person_id=restored.ada.person_id, key_epoch=0)
    restored.stop()


def test_what_no_program_can_prevent(restored: Restored) -> None:
    """Whoever has a whole copy of the folder from before, with its shares, has the keys: without any keyholder.

    This is why no backup may hold the shares, and what a hardware module or a server is for. It is said in the runbook.
    """
    copy = restored.backup()
    wrapped = restored.programme.desk.people.wrapped(restored.ada.person_id, 0) or b""
    restored.stop()
    assert FileBackend(copy, create=False).unwrap(wrapped, person_id=restored.ada.person_id, key_epoch=0)
    shutil.rmtree(copy / "shares")  # as a backup is that leaves out what its tag says
    with pytest.raises(Tampered):
        FileBackend(copy, create=False).unwrap(wrapped, person_id=restored.ada.person_id, key_epoch=0)


def note_of(programme: Programme, size: int, key: SigningKey) -> str:
    return checkpoints.sign(Checkpoint(programme.desk.entries.origin, size, bytes(32)), key)


@pytest.mark.parametrize("lie", ["a larger number under another key", "nothing", "rubbish", "far too much"])
def test_a_witness_that_invents_a_longer_history_stops_nobody(
    restored: Restored, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    said = {
        "a larger number under another key": note_of(restored.programme, 10**6, SigningKey.generate()),
        "nothing": None,
        "rubbish": "\x00\xff",
        "far too much": "a" * 10**6,
    }[lie]
    monkeypatch.setattr(Witness, "latest", lambda *_: said)
    restored.stop()
    restored.start()
    restored.release()
    restored.stop()


def test_what_this_log_s_own_key_has_signed_elsewhere_is_believed(
    restored: Restored, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = restored.programme.desk.entries.size()
    forked = note_of(restored.programme, size, restored.programme.desk.log_key)
    longer = note_of(restored.programme, size + 1, restored.programme.desk.log_key)
    restored.stop()
    for note, why in ((forked, "other entries"), (longer, f"has seen {size + 1} entries")):
        monkeypatch.setattr(Witness, "latest", lambda *_, note=note: note)
        with pytest.raises(SetupMissing, match=why):
            restored.start()
