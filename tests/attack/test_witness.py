"""Can a log make the witness cosign two histories, or make it forget one?"""

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from aboveboard.base.clock import ManualClock
from aboveboard.base.errors import AboveboardError, BadInput, Conflict, SetupMissing, Tampered
from aboveboard.ledger import checkpoint, note, tree, verify
from aboveboard.ledger.checkpoint import Checkpoint
from aboveboard.ledger.submission import Submission
from aboveboard.ledger.tree import MemoryStore
from aboveboard.sealing.signatures import SigningKey
from aboveboard.witness.app import Witness, create_app
from aboveboard.witness.logs import watch_log

ORIGIN = "keyholder.example/ledger"
LOG, STRANGER = (SigningKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2))
LOG_KEY = checkpoint.log_key(ORIGIN, LOG.public_bytes)


def grown(*, fork_at: int | None = None, size: int = 30) -> MemoryStore:
    """A log; with ``fork_at``, one whose entry there is another."""
    store = MemoryStore()
    tree.append(store, 0, [tree.leaf_hash(b"fork" if at == fork_at else b"%d" % at) for at in range(size)])
    return store


HONEST, FORKED = grown(), grown(fork_at=5)


def signed(size: int, store: MemoryStore = HONEST, *, key: SigningKey = LOG, origin: str = ORIGIN) -> str:
    return checkpoint.sign(Checkpoint(origin, size, tree.root(store, size)), key)


def submission(old: int, new: int, store: MemoryStore = HONEST) -> bytes:
    return Submission(old, tuple(tree.consistency_proof(store, old, new)), signed(new, store)).encode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    watch_log(tmp_path / "witness", LOG_KEY)
    return tmp_path / "witness"


@pytest.fixture
def client(home: Path) -> Iterator[TestClient]:
    with TestClient(create_app(home, clock=ManualClock())) as found:
        yield found


def ask(client: TestClient, body: bytes) -> httpx.Response:
    return client.post("/add-checkpoint", content=body)


def test_a_log_that_grows_is_cosigned(client: TestClient) -> None:
    key = client.get("/v1/public").json()["verifier_key"]
    for old, new in ((0, 7), (7, 7), (7, 8), (8, 30)):
        answer = ask(client, submission(old, new))
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("text/plain")
        data = checkpoint.add_signatures(signed(new), answer.text)
        assert verify.verify_checkpoint(data, ORIGIN, LOG_KEY, [key], 1).size == new
        parsed = note.parse(data)
        assert note.check_signature(parsed, note.VerifierKey.parse(key)) == 1_800_000_000
    shown = client.get(f"/{hashlib.sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
    assert shown.headers["content-type"] == "text/plain; charset=utf-8"
    assert shown.text == client.get("/v1/checkpoint", params={"origin": ORIGIN}).text
    for nobody in (hashlib.sha256(b"unknown").hexdigest(), ORIGIN[:5], "0"):
        assert client.get(f"/{nobody}/checkpoint").status_code == 404
    assert verify.verify_checkpoint(shown.text, ORIGIN, LOG_KEY, [key], 1).size == 30


def test_an_empty_log_is_cosigned(client: TestClient) -> None:
    assert ask(client, submission(0, 0)).status_code == 200
    assert ask(client, submission(0, 3)).status_code == 200


def test_a_wrong_old_size_is_answered_with_the_right_one(client: TestClient) -> None:
    assert ask(client, submission(0, 7)).status_code == 200
    for old, new in ((0, 8), (5, 8), (8, 8), (0, 7), (0, 3)):
        answer = ask(client, submission(old, new))
        assert (answer.status_code, answer.text) == (409, "7\n")
        assert answer.headers["content-type"] == "text/x.tlog.size"
    assert ask(client, submission(7, 8)).status_code == 200


def test_a_fork_is_refused_wherever_it_begins(client: TestClient) -> None:
    assert ask(client, submission(0, 7)).status_code == 200
    same_size = ask(client, Submission(7, (), signed(7, FORKED)).encode())
    assert same_size.status_code == 422
    assert same_size.headers["content-type"] == "application/problem+json"
    assert "two different trees" in same_size.json()["what"]
    assert ask(client, submission(7, 9, FORKED)).status_code == 422
    # The fork's signed root with the honest log's proof, and the other way round.
    mixed = Submission(7, tuple(tree.consistency_proof(HONEST, 7, 9)), signed(9, FORKED)).encode()
    assert ask(client, mixed).status_code == 422
    assert ask(client, submission(7, 9)).status_code == 200


def test_an_old_checkpoint_is_never_cosigned_again(client: TestClient) -> None:
    assert ask(client, submission(0, 7)).status_code == 200
    assert ask(client, submission(7, 20)).status_code == 200
    replayed = ask(client, submission(0, 7))
    assert (replayed.status_code, replayed.text) == (409, "20\n")
    backwards = ask(client, Submission(20, (), signed(7)).encode())
    assert backwards.status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(Submission(0, (), signed(3, origin="unknown.example/log")).encode(), 404, id="unknown_log"),
        pytest.param(Submission(0, (), signed(3, key=STRANGER)).encode(), 403, id="signed_by_a_stranger"),
        pytest.param(Submission(0, (), signed(3).replace("\n3\n", "\n4\n")).encode(), 403, id="changed_after_signing"),
        pytest.param(
            Submission(
                0,
                (),
                note.Note(signed(3).split("\n\n")[0] + "\n", (note.sign("x", "stranger.example", STRANGER),)).encode(),
            ).encode(),
            403,
            id="only_a_stranger_s_signature",
        ),
        pytest.param(Submission(0, (bytes(32),), signed(3)).encode(), 422, id="a_proof_from_nothing"),
        pytest.param(
            Submission(0, (), checkpoint.sign(Checkpoint(ORIGIN, 0, bytes(32)), LOG)).encode(),
            422,
            id="a_root_of_nothing",
        ),
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"old 0\n\n", 400, id="no_checkpoint"),
        pytest.param(b"old 0\n\n" + b"\xff" * 50, 400, id="not_text"),
        pytest.param(submission(0, 3)[:-2], 400, id="cut_short"),
        pytest.param(b"old 0\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + signed(3).encode(), 400, id="proof_too_long"),
        pytest.param(b"x" * 200_000, 413, id="too_large"),
    ],
)
def test_bad_requests_are_refused_and_change_nothing(client: TestClient, home: Path, body: bytes, status: int) -> None:
    before = (home / "state.json").read_bytes()
    answer = ask(client, body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["what"]
    assert (home / "state.json").read_bytes() == before
    assert client.get("/v1/checkpoint", params={"origin": ORIGIN}).status_code == 404


def test_a_missing_or_bad_proof_is_refused(client: TestClient) -> None:
    assert ask(client, submission(0, 7)).status_code == 200
    proof = tuple(tree.consistency_proof(HONEST, 7, 20))
    for wrong in ((), proof[:-1], (*proof, bytes(32)), proof[::-1], (bytes(32), *proof[1:])):
        assert ask(client, Submission(7, wrong, signed(20)).encode()).status_code == 422
    assert ask(client, Submission(7, proof, signed(20)).encode()).status_code == 200


def test_signatures_by_strangers_are_ignored_and_not_kept(client: TestClient, home: Path) -> None:
    crowd = note.sign(checkpoint.parse(signed(3))[0].text(), "stranger.example", STRANGER).line()
    assert ask(client, Submission(0, (), checkpoint.add_signatures(signed(3), crowd)).encode()).status_code == 200
    assert "stranger" not in (home / "state.json").read_text()


def test_a_restart_forgets_nothing(home: Path) -> None:
    with TestClient(create_app(home)) as first:
        key = first.get("/v1/public").json()
        assert ask(first, submission(0, 7)).status_code == 200
    with TestClient(create_app(home)) as second:
        assert second.get("/v1/public").json() == key
        assert ask(second, submission(0, 9, FORKED)).text == "7\n"
        assert ask(second, submission(7, 9, FORKED)).status_code == 422
        assert ask(second, submission(7, 9)).status_code == 200


def used(home: Path) -> None:
    """A witness that has cosigned, and was stopped."""
    witness = Witness(home)
    witness.add_checkpoint(submission(0, 7))
    witness.close()


def test_a_witness_whose_memory_is_gone_does_not_start(home: Path) -> None:
    used(home)
    (home / "state.json").unlink()
    with pytest.raises(SetupMissing, match="no memory"):
        Witness(home)
    assert not (home / "state.json").exists()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:-1], id="cut_short"),
        pytest.param(lambda data: b"{}", id="another_document"),
        pytest.param(lambda data: data.replace(b'"version":1', b'"version":2'), id="another_version"),
        pytest.param(lambda data: data.replace(b"\\n7\\n", b"\\n6\\n"), id="a_smaller_size"),
        pytest.param(lambda data: data.replace(b'{"keyholder', b'{"another'), id="filed_under_another_log"),
        pytest.param(lambda data: data.replace("— witness".encode(), "— nobody".encode()), id="its_own_line_gone"),
        pytest.param(lambda data: b"\xff" + data, id="not_text"),
    ],
)
def test_a_witness_whose_memory_is_damaged_does_not_start(home: Path, damage: object) -> None:
    used(home)
    state = home / "state.json"
    whole = state.read_bytes()
    broken = damage(whole)  # type: ignore[operator]
    assert broken != whole
    state.write_bytes(broken)
    with pytest.raises(Tampered) as caught:
        create_app(home)
    assert "damaged" in caught.value.what
    assert state.read_bytes() == broken
    state.write_bytes(whole)
    Witness(home).close()


def test_two_processes_cannot_share_a_memory(home: Path) -> None:
    first = Witness(home)
    with pytest.raises(Conflict, match="another process"):
        Witness(home)
    first.close()
    Witness(home).close()


def test_a_witness_keeps_its_name(home: Path) -> None:
    used(home)
    with pytest.raises(Conflict, match="set up as"):
        Witness(home, name="somebody.example")


def test_a_full_disk_means_no_cosignature(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TestClient(create_app(home)) as client:
        assert ask(client, submission(0, 7)).status_code == 200
        real = os.fsync

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        answer = ask(client, submission(7, 9))
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        monkeypatch.setattr(os, "fsync", real)
        assert ask(client, submission(7, 9)).status_code == 200


def test_the_memory_is_on_the_disk_before_the_answer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness, steps = Witness(home), []
    real_sync, real_replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (steps.append("sync"), real_sync(descriptor))[1])
    monkeypatch.setattr(Path, "replace", lambda path, target: (steps.append("replace"), real_replace(path, target))[1])
    line = witness.add_checkpoint(submission(0, 7))
    steps.append("answer")
    witness.close()
    assert steps == ["sync", "replace", "sync", "answer"]
    assert json.loads((home / "state.json").read_bytes())["cosigned"][ORIGIN].endswith(line)


def test_of_two_forks_at_once_one_is_cosigned(home: Path) -> None:
    witness = Witness(home)
    witness.add_checkpoint(submission(0, 4))
    gate, answers, refusals = threading.Barrier(8), [], []

    def race(store: MemoryStore, size: int) -> None:
        gate.wait()
        try:
            witness.add_checkpoint(submission(4, size, store))
            answers.append((store, size))
        except AboveboardError as error:
            refusals.append(error.code)

    threads = [
        threading.Thread(target=race, args=(store, size)) for store in (HONEST, FORKED) for size in (6, 9, 20, 30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 1
    assert len(refusals) == 7
    assert set(refusals) <= {"conflict", "tampered"}
    store, size = answers[0]
    assert checkpoint.parse(witness.cosigned(ORIGIN))[0] == Checkpoint(ORIGIN, size, tree.root(store, size))
    witness.close()


def test_a_witness_told_of_nothing_cosigns_nothing(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "fresh")) as client:
        assert ask(client, submission(0, 7)).status_code == 404
        watch_log(tmp_path / "fresh", LOG_KEY)
        watch_log(tmp_path / "fresh", LOG_KEY)
        assert json.loads((tmp_path / "fresh" / "logs.json").read_bytes()) == {"logs": [LOG_KEY]}
        assert ask(client, submission(0, 7)).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"logs": ["hello"]}',
        b'{"logs": [], "more": 1}',
        json.dumps({"logs": [checkpoint.witness_key("w", LOG.public_bytes)]}).encode(),
    ],
)
def test_a_malformed_list_of_logs_stops_the_start(home: Path, content: bytes) -> None:
    (home / "logs.json").write_bytes(content)
    with pytest.raises(BadInput):
        create_app(home)
    (home / "logs.json").unlink()
    Witness(home).close()


def test_a_log_can_change_its_key(home: Path) -> None:
    witness = Witness(home)
    watch_log(home, checkpoint.log_key(ORIGIN, STRANGER.public_bytes))
    witness.add_checkpoint(submission(0, 7))
    proof = tuple(tree.consistency_proof(HONEST, 7, 9))
    witness.add_checkpoint(Submission(7, proof, signed(9, key=STRANGER)).encode())
    witness.close()
