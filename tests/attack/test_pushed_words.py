"""Nothing that is pushed can make a recorder go on: whoever holds the other end of its stream can only stop it."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.base.clock import ManualClock
from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.formats import control
from aboveboard.formats import lease as leases
from aboveboard.formats.control import Denied, Granted, Told, Word
from aboveboard.formats.lease import LeaseRequest
from aboveboard.recorder.control import WORDS_AT_ONCE, ControlStream
from aboveboard.recorder.lease import LeaseBook, LeaseKeeper
from aboveboard.rules.decision import Decision, Reason
from samples.recorder_world import Participant, Vault

BOOT = "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"


class OtherEnd:
    """The vault's end of a stream, in whoever's hand. :attr:`asked` are the requests that came."""

    def __init__(self) -> None:
        self.asked: queue.Queue[LeaseRequest] = queue.Queue()
        self._told: queue.Queue[bytes | None] = queue.Queue()
        self.closed = threading.Event()

    def say(self, told: Told | bytes) -> None:
        self._told.put(told if isinstance(told, bytes) else control.encode(told))

    def send(self, message: bytes) -> None:
        self.asked.put(leases.decode_request(message))

    def receive(self) -> bytes:
        told = self._told.get()
        if told is None:
            raise Unavailable("closed", cause="closed", fix="none")
        return told

    def close(self) -> None:
        self.closed.set()
        self._told.put(None)

    def __enter__(self) -> "OtherEnd":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Recorder:
    """Its control side, on a stream whose :attr:`end` the test holds; one by one, the vault is away."""

    def __init__(self) -> None:
        self.who, self.clock, self.end = Participant(), ManualClock(), OtherEnd()
        receipt = self.who.receipt()
        self.vault = Vault(self.who, receipt.consent_id, clock=self.clock)
        self.book = LeaseBook(BOOT)
        self.keeper = LeaseKeeper(
            self,  # type: ignore[arg-type]
            self.book,
            consent=receipt,
            lease_key=self.who.vault.public,
            clock=self.clock,
            boot_id=BOOT,
        )
        self.control = ControlStream(self, self.keeper)  # type: ignore[arg-type]
        self.looked = threading.Event()
        self.control.look = self.looked.set
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.control.run, args=(self._stop,))
        self._thread.start()
        until(self.keeper.streamed)

    def stream(self, path: str, *, limit_bytes: int) -> OtherEnd:
        if self.end.closed.is_set():
            raise Unavailable("away", cause="a test says so", fix="none")
        return self.end

    def post(self, path: str, body: bytes) -> bytes:
        raise Unavailable("away", cause="a test says so", fix="none")

    def ask(self) -> tuple[LeaseRequest, threading.Thread]:
        """Ask, in a thread of its own as the recorder does; the request that the vault gets."""
        self.clock.advance(1_000_000)
        asking = threading.Thread(target=self.keeper.ask)
        asking.start()
        return self.end.asked.get(timeout=30), asking

    def granted(self, request: LeaseRequest) -> Granted:
        signed = self.who.vault.sign(leases.PAYLOAD_TYPE, leases.encode(self.vault.lease_for(request)))
        return Granted(lease=signed)

    def now(self) -> Decision:
        return self.book.at(self.clock.boot_ns())

    def record(self) -> LeaseRequest:
        """Ask, and be answered; the request."""
        request, asking = self.ask()
        self.end.say(self.granted(request))
        asking.join(30)
        assert self.now().allowed
        return request

    def close(self) -> None:
        self._stop.set()
        self.control.close()
        self.end.close()
        self._thread.join(30)


def until(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.005)


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


def heard(recorder: Recorder) -> None:
    """Wait until all that was said so far was heard."""
    recorder.looked.clear()
    recorder.end.say(Word(what="look"))
    assert recorder.looked.wait(30)


def test_a_stop_stops_and_says_why(recorder: Recorder) -> None:
    recorder.record()
    drops = recorder.book.drops
    recorder.end.say(Word(what="stop", reason="pause:by_steward", why="a finding"))
    heard(recorder)
    assert (recorder.now().reason, recorder.now().detail) == (Reason.PAUSED_BY_STEWARD, "a finding")
    assert recorder.book.drops == drops + 1
    assert recorder.keeper.nudged.is_set(), "it asks at once what there is to it"


@pytest.mark.parametrize("reason", ["ok", "pause:no_such", "", "lease:expired", "machine:locked"])
def test_a_stop_with_whatever_reason_is_a_stop(recorder: Recorder, reason: str) -> None:
    recorder.record()
    recorder.end.say(Word(what="stop", reason=reason))
    heard(recorder)
    assert not recorder.now().allowed


def test_no_word_and_no_lease_that_was_not_asked_for_permits_anything(recorder: Recorder) -> None:
    old = recorder.granted(recorder.record())
    recorder.end.say(Word(what="stop"))
    for told in (Word(what="ask"), Word(what="look", reason="ok"), old, old):
        recorder.end.say(told)
    heard(recorder)
    assert not recorder.now().allowed
    _, asking = recorder.ask()
    recorder.end.say(old)
    asking.join(30)
    assert recorder.keeper.reason == Reason.LEASE_NOT_ASKED_FOR
    assert not recorder.now().allowed


def answered_after_the_stop(recorder: Recorder) -> Decision:
    """A lease is asked for; then comes the word to stop; then the answer, from before the pause."""
    recorder.record()
    request, asking = recorder.ask()
    recorder.end.say(Word(what="stop", reason="pause:by_steward"))
    recorder.end.say(recorder.granted(request))
    asking.join(30)
    return recorder.now()


def test_an_answer_on_its_way_when_the_stop_came_does_not_undo_it(recorder: Recorder) -> None:
    assert not answered_after_the_stop(recorder).allowed
    recorder.record()


def test_without_remembering_the_stop_it_would(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = LeaseKeeper.stop

    def forgetful(keeper: Any, reason: str, why: str) -> None:
        ending(keeper, reason, why)
        keeper._stopped_ns = -1

    monkeypatch.setattr(LeaseKeeper, "stop", forgetful)
    assert answered_after_the_stop(recorder).allowed


@pytest.mark.parametrize("said", [b"{}", b"\xff", b"x" * 70_000, b'{"kind":"word","what":"go"}'])
def test_what_is_no_message_ends_the_stream(recorder: Recorder, said: bytes) -> None:
    recorder.record()
    recorder.end.say(said)
    assert recorder.end.closed.wait(30)
    assert recorder.now().allowed, "the lease runs out by itself"


def test_a_flood_of_words_ends_the_stream(recorder: Recorder) -> None:
    for _ in range(WORDS_AT_ONCE + 1):
        recorder.end.say(Word(what="ask"))
    assert recorder.end.closed.wait(30)


def test_a_refusal_of_another_request_is_not_believed(recorder: Recorder) -> None:
    recorder.record()
    _, asking = recorder.ask()
    other = Denied(nonce="0" * 32, status=403, code="refused", reason="pause:by_steward", what="w", cause="c", fix="f")
    recorder.end.say(other)
    asking.join(30)
    assert recorder.now().allowed
    assert not recorder.keeper.streamed()


WHOLE = [control.encode(Word(what="ask")), control.encode(Word(what="stop", why="é" * 200, spread_ms=60_000))]
CUT = st.tuples(st.sampled_from(WHOLE), st.integers(0, 500)).map(lambda pair: pair[0][: pair[1]])


@given(st.binary(max_size=200) | CUT)
def test_whatever_comes_is_a_message_or_bad_input(data: bytes) -> None:
    try:
        told = control.decode(data)
    except BadInput:
        return
    assert isinstance(told, Granted | Denied | Word)
    assert control.decode(control.encode(told)) == told
