"""A witness that lies, stalls, or is not there: no key leaves, and the honest history is not spoilt.

The liar is a real HTTP server on loopback whose answers a test chooses.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.formats.release import ReleaseAnswer, ReleaseRequest
from aboveboard.keyholder import history, publish, witnesses
from aboveboard.keyholder import release as steps
from aboveboard.keyholder.home import WitnessAddress, write_witnesses
from aboveboard.ledger import checkpoint as checkpoints
from aboveboard.ledger import note, submission
from aboveboard.sealing.signatures import SigningKey
from samples.keyholder_programme import Programme, ask
from samples.release_check import violations
from samples.witness_process import WitnessProcess, running_witness

NAME = "witness.test/liar"
Answer = tuple[int, str, bytes]


class Liar:
    """Answers ``add-checkpoint`` as told; by default, it co-signs whatever it is sent."""

    def __init__(self) -> None:
        self.key = SigningKey.generate()
        self.asked: list[submission.Submission] = []
        self.url = ""
        self.reply: Callable[[submission.Submission], Answer] = self.cosign

    @property
    def verifier_key(self) -> str:
        return checkpoints.witness_key(NAME, self.key.public_bytes)

    def line(self, text: str, *, key: SigningKey | None = None, name: str = NAME) -> bytes:
        return note.cosign(text, name, key or self.key, 1_800_000_000).line().encode()

    def cosign(self, sent: submission.Submission) -> Answer:
        return 200, "text/plain", self.line(note.parse(sent.checkpoint).text)

    def process(self, home: Path) -> WitnessProcess:
        return WitnessProcess(home, self.url, self.verifier_key, 0)


@contextmanager
def listening(liar: Liar) -> Iterator[Liar]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            liar.asked.append(submission.parse(body))
            status, media_type, content = liar.reply(liar.asked[-1])
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    liar.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield liar
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def liar() -> Iterator[Liar]:
    with listening(Liar()) as listener:
        yield listener


@pytest.fixture
def programme(tmp_path: Path, liar: Liar) -> Iterator[Programme]:
    made = Programme(tmp_path, [liar.process(tmp_path / "liar")])
    yield made
    made.close()


def ready(programme: Programme) -> ReleaseRequest:
    ada = programme.enrol()
    return ask(programme.granted([ada]), [programme.segment(ada)])


def attempt(programme: Programme, asked: ReleaseRequest) -> ReleaseAnswer:
    return steps.release(programme.desk, programme.vault.public, asked)


def test_as_long_as_it_signs_keys_leave(programme: Programme) -> None:
    asked = ready(programme)
    assert violations(programme, [(asked, attempt(programme, asked))]) == []


def another_key(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", liar.line(text, key=SigningKey.generate())


def another_s_name(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", liar.line(text, name="witness.test/council")


def an_older_checkpoint(liar: Liar, text: str) -> Answer:
    origin, size, root, end = text.split("\n")
    return 200, "text/plain", liar.line(f"{origin}\n{int(size) - 1}\n{root}\n{end}")


def a_forged_line_in_its_own_name(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", liar.line(text) + liar.line(text + "something else\n")


def the_log_s_own_kind_of_signature(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", note.sign(text, NAME, liar.key).line().encode()


def nothing(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", b""


def rubbish(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", b"\xff\xfe\x00"


def far_too_much(liar: Liar, text: str) -> Answer:
    return 200, "text/plain", liar.line(text) * 10_000


def a_refusal(liar: Liar, text: str) -> Answer:
    return 422, "text/plain", b"no"


def a_fork(liar: Liar, text: str) -> Answer:
    return 409, "application/problem+json", b"{}"


def a_larger_size(liar: Liar, text: str) -> Answer:
    return 409, submission.SIZE_TYPE, b"1000000\n"


def a_size_that_is_none(liar: Liar, text: str) -> Answer:
    return 409, submission.SIZE_TYPE, b"minus one\n"


def another_size_each_time(liar: Liar, text: str) -> Answer:
    return 409, submission.SIZE_TYPE, b"%d\n" % (len(liar.asked) % 2)


LIES = [
    another_key,
    another_s_name,
    an_older_checkpoint,
    a_forged_line_in_its_own_name,
    the_log_s_own_kind_of_signature,
    nothing,
    rubbish,
    far_too_much,
    a_refusal,
    a_fork,
    a_larger_size,
    a_size_that_is_none,
    another_size_each_time,
]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_on_a_lie_no_key_leaves_and_the_next_honest_answer_is_enough(
    programme: Programme, liar: Liar, lie: Callable[[Liar, str], Answer]
) -> None:
    asked = ready(programme)
    before = len(programme.on_disk())
    liar.reply = lambda sent: lie(liar, note.parse(sent.checkpoint).text)
    with pytest.raises(Unavailable, match="the works council has not co-signed"):
        attempt(programme, asked)
    # The entries stay (the grant, the release): the log may name a release that never happened.
    assert len(programme.on_disk()) == before + 2
    liar.reply = liar.cosign
    assert violations(programme, [(asked, attempt(programme, asked))]) == []


def test_believing_the_answer_unread_would_let_the_key_leave(
    programme: Programme, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ready(programme)
    liar.reply = lambda sent: another_key(liar, note.parse(sent.checkpoint).text)
    monkeypatch.setattr(witnesses.Witness, "_believe", lambda *args: args[2].decode())
    monkeypatch.setattr(publish, "_is_enough", lambda *_: True)
    answer = attempt(programme, asked)
    monkeypatch.undo()
    assert violations(programme, [(asked, answer)]) == ["not co-signed"]


def test_a_witness_that_stalls_is_not_waited_for(
    programme: Programme, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ready(programme)
    released = threading.Event()

    def stall(_: submission.Submission) -> Answer:
        released.wait(20)
        return 500, "text/plain", b""

    liar.reply = stall
    for each in programme.desk.witnesses:
        monkeypatch.setattr(each.server, "timeout_s", 0.2)
        each.server.forget()
    with pytest.raises(Unavailable):
        attempt(programme, asked)
    released.set()


def test_a_witness_that_is_not_there(tmp_path: Path) -> None:
    with listening(Liar()) as gone:
        address = gone.process(tmp_path / "gone")
    programme = Programme(tmp_path, [address])
    try:
        asked = ready(programme)
        with pytest.raises(Unavailable, match="the works council has not co-signed"):
            attempt(programme, asked)
    finally:
        programme.close()


def test_every_witness_must_sign(tmp_path: Path, liar: Liar) -> None:
    with running_witness(tmp_path / "witness") as honest:
        programme = Programme(tmp_path, [honest, liar.process(tmp_path / "liar")])
        try:
            asked = ready(programme)
            assert violations(programme, [(asked, attempt(programme, asked))]) == []
            liar.reply = lambda sent: a_refusal(liar, sent.checkpoint)
            with pytest.raises(Unavailable):
                attempt(programme, asked)
        finally:
            programme.close()


def test_a_witness_that_is_behind_gets_a_proof_from_where_it_is(tmp_path: Path) -> None:
    with running_witness(tmp_path / "witness") as honest:
        programme = Programme(tmp_path, [honest])
        try:
            for _ in range(3):
                asked = ready(programme)
                assert violations(programme, [(asked, attempt(programme, asked))]) == []
                programme.reopen()  # and forgets what the witness has seen
        finally:
            programme.close()


def test_a_history_that_was_set_back_gets_no_signature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "check_newest", lambda _: None)  # it would not even start
    with running_witness(tmp_path / "witness") as honest:
        programme = Programme(tmp_path, [honest])
        asked = ready(programme)
        programme.close()
        old = {path: path.read_bytes() for path in programme.home.path.glob("keys.sqlite*")}
        programme.reopen_after(old={})
        attempt(programme, asked)
        attempt(programme, asked)
        programme.close()
        programme.reopen_after(old=old)
        try:
            with pytest.raises(Unavailable, match="has not co-signed"):
                attempt(programme, asked)
        finally:
            programme.close()


def test_without_a_witness_it_does_not_start(programme: Programme) -> None:
    write_witnesses(programme.home, [])
    programme.desk.close()
    with pytest.raises(SetupMissing, match="witnesses"):
        programme.reopen_after(old={})
    address = WitnessAddress(name="twice", url="http://127.0.0.1:1", verifier_key=programme.witness_keys[0])
    write_witnesses(programme.home, [address, address])
    with pytest.raises(SetupMissing, match="twice"):
        programme.reopen_after(old={})
    write_witnesses(programme.home, [address])
    programme.reopen_after(old={})
