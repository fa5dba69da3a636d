"""How does the recorder hear of a pause within moments, and what may what it hears do?

It keeps one stream to the vault open, on which it asks for its leases, and on which the vault may push a word. A word
can make it stop, ask, or look for what is new; nothing that is pushed can make it record: that takes a lease, signed,
for a request of its own that was made after the word. Without the stream leases are asked for one by one, as ever, and
it is opened again after a while that differs from device to device.
"""

import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable

import msgspec

from aboveboard.base.errors import AboveboardError, Unavailable
from aboveboard.formats import control as control_format
from aboveboard.formats import envelope as envelopes
from aboveboard.formats import lease as leases
from aboveboard.formats.control import LIMIT_BYTES, Denied, Granted, Word
from aboveboard.formats.lease import LeaseRequest
from aboveboard.recorder.lease import PATH as ONE_BY_ONE
from aboveboard.recorder.lease import LeaseKeeper
from aboveboard.wire import problem
from aboveboard.wire.client import Client
from aboveboard.wire.stream import Stream

PATH = "/v1/control"
ANSWER_S = 10.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
WORDS_AT_ONCE, WITHIN_S = 20, 10.0
"""A server that says more is not believed to be one of ours."""


class StreamBroken(Unavailable):
    """No answer on the stream, of whatever kind."""


class ControlStream:
    """The stream of ``keeper``. :meth:`run` is the body of a thread.

    ``look`` is called, by that thread, when the vault says that there is something new to fetch: it must not wait.
    """

    def __init__(self, client: Client, keeper: LeaseKeeper, *, look: Callable[[], None] = lambda: None) -> None:
        self._client, self._keeper = client, keeper
        self.look = look
        self._stream: Stream | None = None
        self._answers: queue.SimpleQueue[Granted | Denied | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._words: deque[float] = deque(maxlen=WORDS_AT_ONCE)
        keeper.post = self.post
        keeper.streamed = lambda: self._stream is not None

    def run(self, stop: threading.Event) -> None:
        """Keep the stream open until ``stop``, or :meth:`close`; never raises for what a server or a network does."""
        wait_s = FIRST_WAIT_S
        while not stop.is_set() and not self._closed.is_set():
            opened_s = time.monotonic()
            try:
                self._hear()
            except AboveboardError:
                pass  # the leases are asked for without it
            finally:
                self._give_up()
            wait_s = FIRST_WAIT_S if time.monotonic() - opened_s > LONGEST_WAIT_S else min(2 * wait_s, LONGEST_WAIT_S)
            self._closed.wait(random.uniform(0.5, 1.0) * wait_s)  # noqa: S311 - so that not all come back at once

    def close(self) -> None:
        """End it, from any thread."""
        self._closed.set()
        self._give_up()

    def post(self, request: LeaseRequest) -> bytes:
        """The signed lease for ``request``, as JSON; raises what the vault says, or :class:`Unavailable`."""
        stream = self._stream
        if stream is not None:
            try:
                return self._ask(stream, request)
            except StreamBroken:
                self._give_up()
        return self._client.post(ONE_BY_ONE, leases.encode(request))

    def _ask(self, stream: Stream, request: LeaseRequest) -> bytes:
        while not self._answers.empty():
            self._answers.get_nowait()
        try:
            stream.send(leases.encode(request))
            answer = self._answers.get(timeout=ANSWER_S)
        except (queue.Empty, Unavailable):
            answer = None
        if answer is None or (isinstance(answer, Denied) and answer.nonce != request.nonce):
            raise StreamBroken("the vault does not answer on the stream", cause="it is busy or gone", fix="none")
        if isinstance(answer, Denied):
            raise error_of(answer)
        return envelopes.encode(answer.lease)

    def _hear(self) -> None:
        with self._client.stream(PATH, limit_bytes=LIMIT_BYTES) as stream:
            with self._lock:
                self._stream = stream
            while not self._closed.is_set():
                told = control_format.decode(stream.receive())
                if isinstance(told, Word):
                    self._heed(told)
                else:
                    self._answers.put(told)

    def _heed(self, word: Word) -> None:
        now_s = time.monotonic()
        if len(self._words) == WORDS_AT_ONCE and now_s - self._words[0] < WITHIN_S:
            raise Unavailable("the vault says more than it should", cause="it is not the one it should be", fix="none")
        self._words.append(now_s)
        if word.what == "look":
            self.look()
            return
        if word.what == "stop":
            self._keeper.stop(word.reason, word.why)
        delay_s = random.random() * word.spread_ms / 1000  # noqa: S311 - so that not all ask at once
        if delay_s == 0:
            self._keeper.nudged.set()
            return
        timer = threading.Timer(delay_s, self._keeper.nudged.set)
        timer.daemon = True
        timer.start()

    def _give_up(self) -> None:
        with self._lock:
            stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()
            self._answers.put(None)


def error_of(answer: Denied) -> AboveboardError:
    """What the vault raised, as over HTTP."""
    said = problem.Problem(
        title=answer.code,
        status=answer.status,
        code=answer.code,
        reason=answer.reason,
        what=answer.what,
        cause=answer.cause,
        fix=answer.fix,
    )
    return problem.to_error(answer.status, msgspec.json.encode(said))
