"""How does what was seen reach the sink, judged, covered and in order?

Everything goes through the gate and over the canvas, as on every system. One thread uses this; once it is closed,
nothing is delivered any more, whatever that thread still does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Marker, Timed
from aboveboard.recorder.capture.port import Frame, Sink
from aboveboard.recorder.capture.portable.dead_keys import DeadKeys
from aboveboard.recorder.capture.portable.picture import SETTLE_NS
from aboveboard.recorder.redact.cover import Boxes, Canvas
from aboveboard.recorder.redact.gate import Gate, RawFrame
from aboveboard.recorder.redact.veil import Sight, Veil
from aboveboard.recorder.redact.words import Words


class Outlet:
    """The way out to ``sink``."""

    def __init__(
        self, disclosure: Disclosure, sink: Sink, words: Words | None = None, sight: Sight | None = None
    ) -> None:
        self.gate = Gate(disclosure, composer=DeadKeys(), words=words)
        self.boxes = Boxes()
        self.veil = Veil(disclosure, sight, before_ns=SETTLE_NS)
        self._canvas = Canvas(self.veil)
        self.current_ns = 0
        """When the screen was last known to be as the frames offered so far."""
        self._sink = sink
        self._open = threading.Lock()
        self._closed = False
        self.whole_wanted = threading.Event()
        self.settled_ns = self.decided_ns = 0
        self.events_out = self.frames_out = 0

    def let_out(self, known_ns: int, *, last: bool = False) -> None:
        """Deliver what may come out, everything before ``known_ns`` having been told to the gate."""
        released = self.gate.release(known_ns, last=last)
        self.veil.typing(self.gate.typing)
        frames = sum(isinstance(item, RawFrame) for item in released)
        for item in released:
            if isinstance(item, Timed):
                self._event(item)
            else:
                frames -= 1
                self._show(item, more=frames > 0)
        self._show_more(last=last)
        if self.whole_wanted.is_set():
            self._tell_whole()
        self.boxes.forget(self.gate.settled_ns)
        self.veil.forget(self.gate.settled_ns)
        self.settled_ns, self.decided_ns = self.gate.settled_ns, self.gate.decided_ns

    def fail(self, known_ns: int) -> None:
        """The capture ends by itself: say so, with what can still be let out."""
        now_ns = max(known_ns, self.gate.settled_ns)
        self.gate.marker(now_ns - 1, Marker(kind="gap", reason="session", start_ns=now_ns, end_ns=now_ns))
        self.let_out(now_ns, last=True)

    def close(self, wait_s: float) -> None:
        """Deliver no more. Waits at most ``wait_s`` for what is being delivered just now."""
        self._closed = True
        if self._open.acquire(timeout=wait_s):
            self._open.release()

    def _tell_whole(self) -> None:
        whole = self._canvas.whole(self.gate.settled_ns)
        if whole is None:
            return
        self.whole_wanted.clear()
        if self.gate.window is not None:
            self._event(Timed(self.gate.settled_ns, self.gate.window))
        self._frame(whole)

    def _show(self, raw: RawFrame, *, more: bool) -> None:
        hidden = [*self.gate.covered(raw.time_ns), *self.gate.flattened(raw.time_ns)]
        frame = self._canvas.draw(raw, [*self.boxes.at(raw.time_ns), *hidden], more=more)
        if frame is not None:
            self._frame(frame)

    def _show_more(self, *, last: bool) -> None:
        """What can be shown by now though nothing changed; at the very end nobody knows."""
        settled_ns = self.gate.settled_ns
        current = self.current_ns >= settled_ns and not self.gate.holding
        frame = self._canvas.rest(settled_ns) if last else self._canvas.again(settled_ns, current=current)
        if frame is not None:
            self._frame(frame)
        for marker in self._canvas.markers():
            self.gate.marker(settled_ns, marker)

    def _event(self, timed: Timed) -> None:
        with self._delivering():
            self._sink.event(timed)
            self.events_out += 1

    def _frame(self, frame: Frame) -> None:
        with self._delivering():
            self._sink.frame(frame)
            self.frames_out += 1

    @contextmanager
    def _delivering(self) -> Iterator[None]:
        """The sink may be called inside. Once it failed, or this was closed, never again."""
        with self._open:
            if self._closed:
                raise Unavailable("the capture was stopped", cause="it took too long to end", fix="nothing")
            try:
                yield
            except Exception:
                self._closed = True
                raise
