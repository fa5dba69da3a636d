"""How does watching an X11 display become a stream of clean items?

Four threads watch: the input, the screen with its windows, the accessibility of the active application, and its
terminals while it is typed into. What they see goes into one inbox. A fifth takes it out, puts it through the gate
(``redact.gate``) and over the canvas (``redact.cover``), and gives what comes out to the sink. Each watcher says how
far it has seen; nothing later than the least of them counts as known, so a watcher that lags delays the others and
never lets anything slip through.
"""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS, Clock, SystemClock
from aboveboard.base.errors import Conflict, SetupMissing, Unavailable
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Button, Display, Key, Marker, Pointer, Timed
from aboveboard.recorder.capture.accessibility import AccessibilityWatch
from aboveboard.recorder.capture.atspi import Switch
from aboveboard.recorder.capture.compose import TableComposer
from aboveboard.recorder.capture.display import atom, check_extensions, connect, screen_of
from aboveboard.recorder.capture.input import Heard, InputWatch
from aboveboard.recorder.capture.pages import PageWatch
from aboveboard.recorder.capture.port import Frame, Rect, Sink, Vitals
from aboveboard.recorder.capture.prompt_watch import PromptWatch
from aboveboard.recorder.capture.screen import ScreenWatch
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.cover import Boxes, Canvas
from aboveboard.recorder.redact.gate import Gate, RawFrame
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.prompts import Prompt
from aboveboard.recorder.redact.scope import Active, Stacked, rule_of
from aboveboard.recorder.redact.timeline import Focus
from aboveboard.recorder.redact.veil import Sight, Veil
from aboveboard.recorder.redact.words import Words
from aboveboard.rules.pages import Shown
from aboveboard.rules.terminals import is_terminal

DELIVER_S, IDLE_S = 0.25, 1.0
"""How often at least what has become known is let out, while something waits to be judged and while nothing does."""
JOIN_S = 0.3
LAST_WAIT_S = 0.15
"""How long a stop waits for what is needed to judge the last things; what cannot be judged by then is withheld."""
JUMP_CHECK_NS = SECOND_NS


class _Inbox:
    """What the watchers tell, in the order told, for one thread to take in."""

    def __init__(self, gate: Gate, boxes: Boxes, veil: Veil, disclosure: Disclosure) -> None:
        self._gate = gate
        self._boxes = boxes
        self._veil = veil
        self._disclosure = disclosure
        self._flat: tuple[int, tuple[Rect, ...]] = (0, ())
        self._waiting: deque[Callable[[], None]] = deque()
        self.filled = threading.Event()
        """Set with each thing told; the thread that takes them in clears it."""
        self.known = threading.Event()
        """Set whenever more may be judged; the thread that judges clears it."""
        self.accessibility: AccessibilityWatch | None = None
        self.prompts: PromptWatch | None = None
        self._scales: set[float] = set()
        self.active_id = 0
        """The number of the active window; 0: none in scope."""

    def heard(self, time_ns: int, event: Heard) -> None:
        if self.accessibility is not None and isinstance(event, Key | Button | Pointer):
            self.accessibility.hand(time_ns, event)
        if self.prompts is not None and isinstance(event, Key) and self._gate.typed_into is not None:
            self.prompts.want(self._gate.typed_into, often=True)  # at once: the thread that judges may be busy
        self._put(partial(self._gate.offer, time_ns, event))

    def frame(self, frame: RawFrame) -> None:
        self._put(partial(self._gate.offer, frame.time_ns, frame))

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        if self.accessibility is not None:
            self.accessibility.layout(time_ns, [one.client for one in stack])
        self._put(partial(self._gate.layout, time_ns, stack))
        self._put(partial(self._flatten, time_ns))
        self._put(partial(self._veil.layout, time_ns, stack))

    def display(self, time_ns: int, display: Display) -> None:
        self._scales = {monitor.scale for monitor in display.monitors}
        self._put(partial(self._gate.offer, time_ns, display))

    def active(self, time_ns: int, active: Active) -> None:
        rule = rule_of(active.window, self._disclosure)
        self.active_id = active.window.window_id if active.window is not None and rule is not None else 0
        if self.accessibility is not None:
            pid = active.window.pid if active.window is not None and rule is not None else 0
            self.accessibility.active(time_ns, pid, active.window, rule)
        self._put(partial(self._gate.active, time_ns, active))
        self._put(partial(self._flatten, time_ns))

    def marker(self, time_ns: int, marker: Marker) -> None:
        self._put(partial(self._gate.marker, time_ns, marker))

    def focus(self, time_ns: int, focus: Focus) -> None:
        self._put(partial(self._gate.focus_seen, time_ns, focus))

    def context(self, time_ns: int, context: Context) -> None:
        self._put(partial(self._gate.context, time_ns, context))

    def page(self, time_ns: int, window_id: int, shown: Shown) -> None:
        self._put(partial(self._gate.page, time_ns, window_id, shown))
        self._put(partial(self._flatten, time_ns))

    def looked(self, time_ns: int, pid: int, found: Prompt) -> None:
        self._waiting.append(partial(self._gate.looked, time_ns, pid, found))  # nothing that anybody must wake for

    def confirmed(self) -> None:
        self.known.set()

    def boxes(self, time_ns: int, boxes: tuple[Rect, ...]) -> None:
        self._put(partial(self._boxes.seen, time_ns, at_every_scale(boxes, self._scales)))

    def texts(self, time_ns: int, given: Sequence[Given]) -> None:
        self._put(partial(self._veil.told, time_ns, given))

    def _flatten(self, time_ns: int) -> None:
        """Where others write, no text is shown from ``time_ns`` on."""
        rects = self._gate.flattened(time_ns)
        if rects != self._flat[1]:
            self._flat = max(time_ns, self._flat[0]), rects
            self._veil.flatten(*self._flat)

    def _put(self, told: Callable[[], None]) -> None:
        self._waiting.append(told)
        if not self.filled.is_set():
            self.filled.set()

    def take_in(self) -> None:
        """Tell the gate all that has been told so far."""
        self.filled.clear()
        for _ in range(len(self._waiting)):
            self._waiting.popleft()()


def at_every_scale(boxes: tuple[Rect, ...], scales: Iterable[float]) -> tuple[Rect, ...]:
    """``boxes``, and where they are if an application told them in units of its own that are several pixels each."""
    larger = [scale for scale in scales if scale > 1]
    return boxes + tuple(_scaled(box, scale) for box in boxes for scale in larger)


def _scaled(box: Rect, scale: float) -> Rect:
    left, top = math.floor(box.x * scale), math.floor(box.y * scale)
    return Rect(left, top, math.ceil(box.width * scale) + 1, math.ceil(box.height * scale) + 1)


class X11Source:
    """Watches ``display`` (``None``: the one in ``DISPLAY``) under ``disclosure``; see ``capture.port.Source``.

    ``words`` redacts them where that is disclosed; without, one level less is told (``redact.words``). ``sight`` reads
    the screen where that is disclosed ``redacted``; without, it shows its structure (``redact.veil``).

    Raises :class:`SetupMissing` if the display cannot be watched.
    """

    def __init__(
        self,
        display: str | None,
        disclosure: Disclosure,
        *,
        clock: Clock | None = None,
        words: Words | None = None,
        sight: Sight | None = None,
    ) -> None:
        self._display = display
        self._disclosure = disclosure
        self._base_clock = clock or SystemClock()
        conn = connect(display)
        try:
            check_extensions(conn)
            self._clock = ServerClock.measure(conn, self._base_clock)
            self._size: tuple[int, int] = (screen_of(conn).width_in_pixels, screen_of(conn).height_in_pixels)
        finally:
            conn.disconnect()
        self._gate = Gate(disclosure, composer=TableComposer(), words=words)
        self._boxes = Boxes()
        self._veil = Veil(disclosure, sight)
        self._canvas = Canvas(self._veil)
        self._inbox = _Inbox(self._gate, self._boxes, self._veil, disclosure)
        self._switch = Switch()
        self._whole_wanted = threading.Event()
        self._stopping = threading.Event()
        self._input_over = threading.Event()
        self._finish = threading.Event()
        self._threads: list[threading.Thread] = []
        self._settled_ns = self._decided_ns = 0
        self._jump_checked_ns = 0
        self._failure: Exception | None = None
        self._screen: ScreenWatch | None = None
        self._pace: float | None = None
        self._events_out = self._frames_out = 0

    @property
    def screen_size(self) -> tuple[int, int]:
        return self._screen.size if self._screen is not None else self._size

    @property
    def clock_error_ns(self) -> int:
        return self._clock.clock_error_ns

    def start(self, sink: Sink) -> None:
        if self._threads:
            raise Conflict("this display is being watched already", fix="make a new source for each session")
        self._accessibility = AccessibilityWatch(
            self._clock,
            self._inbox,
            self._accessibility_address,
            self._switch.restore,
            context=self._inbox.context if self._wants_context() else None,
            pages=PageWatch(self._clock, self._disclosure, self._inbox.page),
        )
        self._inbox.accessibility = self._accessibility
        self._prompts = self._inbox.prompts = PromptWatch(self._clock, self._inbox.looked)
        self._input = InputWatch(self._display, self._clock, self._inbox.heard)
        self._screen = ScreenWatch(self._display, self._clock, self._disclosure, self._inbox, self._inbox.frame)
        if self._pace is not None:
            self._screen.set_pace(self._pace)
        self._sink = sink
        watchers = {
            "input": self._input.run,
            "screen": self._screen.run,
            "accessibility": self._accessibility.run,
            "prompts": self._prompts.run,
        }
        for name, run in [*watchers.items(), ("deliver", self._deliver)]:
            thread = threading.Thread(target=self._guard, args=(run,), name=f"capture-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()
        if not self._input.listening.wait(5.0):
            self.stop()
            raise self._failure or SetupMissing(
                "the display does not tell input events", cause="the X server is very busy", fix="try again"
            )

    def stop(self) -> None:
        self._stopping.set()
        if not self._threads or threading.current_thread() in self._threads:
            return
        reader, *others, deliverer = self._threads
        self._input.end()
        if self._screen is not None:
            self._screen.finish()
        reader.join(JOIN_S)
        self._input_over.set()
        if self._failure is None:
            self._finish.wait(LAST_WAIT_S)
        self._end_delivery()
        deliverer.join(JOIN_S)
        self._end_watchers()
        for thread in others:
            thread.join(JOIN_S)
        for thread, watch in ((reader, self._input), (others[0], self._screen)):
            if watch is not None and not thread.is_alive():
                watch.close()
        self._threads = []

    def settled_ns(self) -> int:
        return self._settled_ns

    def decided_ns(self) -> int:
        return self._decided_ns

    def request_whole_frame(self) -> None:
        self._whole_wanted.set()
        self._inbox.filled.set()

    def set_pace(self, frames_per_second: float) -> None:
        self._pace = frames_per_second
        if self._screen is not None:
            self._screen.set_pace(frames_per_second)

    def vitals(self) -> Vitals:
        screen = self._screen
        if screen is None:
            return Vitals(0, 0, 0, {})
        progress_ns = {
            "input": self._input.progress_ns,
            "screen": screen.progress_ns,
            "accessibility": self._accessibility.progress_ns,
            "deliver": self._settled_ns,
        }
        presses, pressed_ms = self._input.presses, self._input.pressed_ms
        return Vitals(presses, self._events_out, self._frames_out, progress_ns, screen.visible, pressed_ms)

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        return self._screen.believed(rect) if self._screen is not None else None

    def failure(self) -> Exception | None:
        return self._failure

    def _guard(self, run: Callable[[], None]) -> None:
        """Run one thread. However one of them ends, unless asked to, the capture is over."""
        try:
            run()
        except Exception as error:  # noqa: BLE001 - whatever it was, what is seen is no longer complete
            self._fail(error)
        else:
            if not self._stopping.is_set():
                self._fail(Unavailable("a part of the capture ended", cause="the X server ended", fix="record again"))

    def _fail(self, error: Exception) -> None:
        if self._failure is None and not self._stopping.is_set():
            self._failure = error
        self._end_delivery()
        self._end_watchers()

    def _end_delivery(self) -> None:
        self._finish.set()
        self._inbox.filled.set()
        self._inbox.known.set()

    def _end_watchers(self) -> None:
        self._input.end()
        self._accessibility.end()
        self._prompts.end()
        if self._screen is not None:
            self._screen.end()

    def _wants_context(self) -> bool:
        return any(app.site != "none" or app.control != "none" for app in self._disclosure.apps)

    def _known_ns(self) -> int:
        """Before this wall time everything has been told."""
        watchers = [
            self._accessibility.progress_ns,
            self._prompts.progress_ns,
            self._screen.progress_ns if self._screen is not None else 0,
        ]
        if not self._input_over.is_set():
            watchers.append(self._input.progress_ns)
        return min(watchers)

    def _deliver(self) -> None:
        while True:
            holding = self._gate.holding or self._canvas.waiting
            self._want(holding)
            self._wait(self._inbox.known if holding else self._inbox.filled, DELIVER_S if holding else IDLE_S)
            finishing = self._finish.is_set()
            if finishing:
                self._prompts.look()
            known_ns = self._known_ns()
            self._inbox.take_in()
            # What was just taken in may be a key that the focus must first be confirmed for.
            self._want(self._gate.holding or self._canvas.waiting)
            known_ns = min(known_ns, self._accessibility.progress_ns, self._prompts.progress_ns)
            self._let_out(known_ns, last=finishing)
            if finishing:
                self._stopping.set()
                return
            self._follow_jumps(known_ns)

    def _wait(self, for_what: threading.Event, limit_s: float) -> None:
        for_what.wait(limit_s)
        for_what.clear()

    def _want(self, wanted: bool) -> None:
        """Have the watchers look often, or only now and then."""
        self._accessibility.want(wanted, keys=self._gate.holding_keys, settled_ns=self._gate.settled_ns)
        self._input.want(wanted)
        window, keys = self._gate.typed_into, self._gate.holding_keys
        looked_at = window is not None and (keys or is_terminal(window.wm_class))
        self._prompts.want(window if looked_at else None, often=keys)
        if self._screen is not None:
            self._screen.want(wanted)

    def _let_out(self, known_ns: int, *, last: bool = False) -> None:
        if last and self._failure is not None:
            now_ns = max(known_ns, self._gate.settled_ns)
            self._gate.marker(now_ns - 1, Marker(kind="gap", reason="session", start_ns=now_ns, end_ns=now_ns))
        released = self._gate.release(known_ns, last=last)
        self._veil.typing(self._gate.typing)
        frames = sum(isinstance(item, RawFrame) for item in released)
        for item in released:
            if isinstance(item, Timed):
                self._events_out += 1
                self._sink.event(item)
            else:
                frames -= 1
                self._show(item, more=frames > 0)
        self._show_more(last=last)
        if self._whole_wanted.is_set():
            whole = self._canvas.whole(self._gate.settled_ns)
            if whole is not None:
                self._whole_wanted.clear()
                for standing in (self._gate.window, self._gate.site):
                    if standing is not None:
                        self._events_out += 1
                        self._sink.event(Timed(self._gate.settled_ns, standing))
                self._frames_out += 1
                self._sink.frame(whole)
        self._boxes.forget(self._gate.settled_ns)
        self._veil.forget(self._gate.settled_ns)
        self._settled_ns, self._decided_ns = self._gate.settled_ns, self._gate.decided_ns

    def _show(self, raw: RawFrame, *, more: bool) -> None:
        boxes = [*self._boxes.at(raw.time_ns), *self._gate.covered(raw.time_ns)]
        self._give(self._canvas.draw(raw, boxes, more=more))

    def _show_more(self, *, last: bool) -> None:
        """What can be shown by now though nothing changed: it was read, or is certain to be another application's.

        At the very end nobody knows.
        """
        settled_ns, screen = self._gate.settled_ns, self._screen
        current = screen is not None and screen.current_ns >= settled_ns and not self._gate.holding
        canvas = self._canvas
        self._give(canvas.rest(settled_ns) if last else canvas.again(settled_ns, current=current))
        puzzles = self._veil.puzzles(settled_ns, self._inbox.active_id)
        if puzzles:
            self._accessibility.read(self._inbox.active_id, puzzles)
        for marker in self._canvas.markers():
            self._gate.marker(settled_ns, marker)

    def _give(self, frame: Frame | None) -> None:
        if frame is not None:
            self._frames_out += 1
            self._sink.frame(frame)

    def _follow_jumps(self, known_ns: int) -> None:
        """After a jump of the wall clock nothing that was held can be judged by time any more: it is let go first."""
        now_ns = self._clock.now_ns()
        if now_ns < self._jump_checked_ns + JUMP_CHECK_NS:
            return
        self._jump_checked_ns = now_ns
        jumped_ns = self._clock.jump_ns()
        if jumped_ns:
            self._let_out(known_ns, last=True)
            self._clock.follow(jumped_ns)
            gap = Marker(kind="gap", reason="session", start_ns=now_ns, end_ns=now_ns + jumped_ns)
            self._gate.marker(now_ns + jumped_ns, gap)

    async def _accessibility_address(self) -> str | None:
        """The accessibility bus of this display: it says so itself, else the desktop session does."""
        ours = self._display is None or self._display == os.environ.get("DISPLAY")
        session = await self._switch.on() if ours else None
        conn = connect(self._display)
        try:
            number = atom(conn, "AT_SPI_BUS")
            value = conn.core.GetProperty(False, screen_of(conn).root, number, 0, 0, 1024).reply().value
            return bytes(value.buf()).split(b"\0")[0].decode("ascii", "replace") or session
        finally:
            conn.disconnect()
