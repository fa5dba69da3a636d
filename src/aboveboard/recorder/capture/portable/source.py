"""How does asking a desktop again and again become a stream of clean items?

One thread asks, reads, takes in what the hands did, and lets out what can be judged (:mod:`.watch`). The hands are
heard by threads of ``pynput``'s: each event is stamped as it is told, since ``pynput`` does not say when it happened.
"""

import threading
from contextlib import ExitStack

from numpy import uint8
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, Clock, SystemClock
from aboveboard.base.errors import Conflict, SetupMissing
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Rect, Sink, Vitals
from aboveboard.recorder.capture.portable.desktop import Parts
from aboveboard.recorder.capture.portable.hands import Hands
from aboveboard.recorder.capture.portable.lookout import Lookout
from aboveboard.recorder.capture.portable.outlet import Outlet
from aboveboard.recorder.capture.portable.picture import Picture
from aboveboard.recorder.capture.portable.wall_clock import WallClock
from aboveboard.recorder.capture.portable.watch import Watch
from aboveboard.recorder.redact.veil import Sight
from aboveboard.recorder.redact.words import Words

START_S = 10.0
STOP_S = 0.9
STAMP_ERROR_NS = 20 * MILLISECOND_NS
"""How late a system that is not busy may tell an event."""


class PortableSource:
    """Watches the desktop that ``parts`` make up, under ``disclosure``; see ``capture.port.Source``.

    The parts are made by :meth:`start`, which raises :class:`SetupMissing` if one of them cannot be.
    """

    def __init__(
        self,
        parts: Parts,
        disclosure: Disclosure,
        *,
        clock: Clock | None = None,
        words: Words | None = None,
        sight: Sight | None = None,
    ) -> None:
        self._parts, self._disclosure, self._words, self._sight = parts, disclosure, words, sight
        self._clock = WallClock(clock or SystemClock())
        self._hands = Hands(self._clock)
        self._ready, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._outlet: Outlet | None = None
        self._lookout: Lookout | None = None
        self._picture: Picture | None = None
        self._watch: Watch | None = None
        self._failure: Exception | None = None
        self._pace = float(disclosure.frames_per_second)

    @property
    def screen_size(self) -> tuple[int, int]:
        """Known once it started."""
        return self._watch.size if self._watch is not None else (0, 0)

    @property
    def clock_error_ns(self) -> int:
        """What the system may take to tell an event, and the most that this process was ever late itself."""
        return STAMP_ERROR_NS + (self._watch.late_ns if self._watch is not None else 0)

    def start(self, sink: Sink) -> None:
        if self._thread is not None:
            raise Conflict("this display is being watched already", fix="make a new source for each session")
        self._outlet = Outlet(self._disclosure, sink, self._words, self._sight)
        self._thread = threading.Thread(target=self._run, args=(self._outlet,), name="capture-portable", daemon=True)
        self._thread.start()
        self._ready.wait(START_S)
        if self._watch is None:
            self.stop()
            raise self._failure or SetupMissing(
                "this desktop does not answer", cause="it is very busy, or waits for a permission", fix="try again"
            )

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is None or threading.current_thread() is self._thread:
            return
        self._thread.join(STOP_S)
        if self._outlet is not None:
            self._outlet.close(0.05)

    def settled_ns(self) -> int:
        return self._outlet.settled_ns if self._outlet is not None else 0

    def decided_ns(self) -> int:
        return self._outlet.decided_ns if self._outlet is not None else 0

    def request_whole_frame(self) -> None:
        if self._outlet is not None:
            self._outlet.whole_wanted.set()

    def set_pace(self, frames_per_second: float) -> None:
        self._pace = min(max(frames_per_second, 0.0), float(self._disclosure.frames_per_second))
        if self._watch is not None:
            self._watch.set_pace(self._pace)

    def vitals(self) -> Vitals:
        outlet, lookout, picture = self._outlet, self._lookout, self._picture
        return Vitals(
            presses_told=self._hands.presses,
            events_out=outlet.events_out if outlet is not None else 0,
            frames_out=outlet.frames_out if outlet is not None else 0,
            progress_ns={
                "looks": lookout.looked_ns if lookout is not None else 0,
                "delivery": outlet.settled_ns if outlet is not None else 0,
            },
            visible=picture.shown if picture is not None else (),
        )

    def believed(self, rect: Rect) -> NDArray[uint8] | None:
        return self._picture.believed(rect) if self._picture is not None else None

    def failure(self) -> Exception | None:
        return self._failure

    def _run(self, outlet: Outlet) -> None:
        """The thread. However it ends, unless asked to, the capture is over."""
        try:
            with ExitStack() as held:
                watch = self._make(held, outlet)
                self._watch = watch
                self._ready.set()
                try:
                    while not self._stopping.is_set():
                        watch.tick(self._stopping)
                    watch.finish()
                except Exception as error:
                    if not self._stopping.is_set():
                        self._failure = error
                        watch.fail()
                    raise
        except Exception as error:  # noqa: BLE001 - whatever it was, what is seen is no longer complete
            if self._failure is None and not self._stopping.is_set():
                self._failure = error
        finally:
            self._ready.set()

    def _make(self, held: ExitStack, outlet: Outlet) -> Watch:
        desktop = self._parts.desktop()
        held.callback(desktop.close)
        screen = self._parts.screen()
        held.callback(screen.close)
        listening = self._parts.listen(self._hands.heard) if self._parts.listen is not None else None
        if listening is not None:
            held.callback(listening.close)
        self._lookout = Lookout(desktop, outlet.gate, outlet.boxes, outlet.veil, self._disclosure)
        self._picture = Picture(screen, self._lookout, self._disclosure)
        watch = Watch(
            desktop,
            listening,
            self._picture,
            self._lookout,
            outlet,
            self._hands,
            self._clock,
            self._disclosure,
        )
        watch.set_pace(self._pace)
        return watch
