"""A display that is not there: a thread that delivers frames, typing and pointer moves as a source does."""

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, Clock, SystemClock
from aboveboard.formats.recording import Button, Event, Key, Pointer, Timed, Window
from aboveboard.recorder.capture.port import Frame, Pixels, Rect, Sink, Vitals

WIDTH, HEIGHT = 320, 200
PART = Rect(8, 8, 40, 16)
WINDOW = Window(app="Browser", title="a form", pid=7, x=0, y=0, width=WIDTH, height=HEIGHT)


def key(letter: str, *, pressed: bool = True) -> Key:
    return Key(
        keycode=38, keysym=ord(letter), name=letter, text=letter if pressed else "", pressed=pressed, modifiers=[]
    )


def pixels(rect: Rect, shade: int) -> Pixels:
    picture = np.full((rect.height, rect.width, 4), 255, np.uint8)
    picture[..., 0] = shade % 256
    picture[..., 1] = np.arange(rect.width, dtype=np.uint16) % 256
    return Pixels(rect, picture)


def whole_frame(time_ns: int, shade: int = 0, *, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Frame:
    return Frame(time_ns, (pixels(Rect(0, 0, *size), shade),), True)


def part_frame(time_ns: int, shade: int, rect: Rect = PART) -> Frame:
    return Frame(time_ns, (pixels(rect, shade),), False)


class SyntheticSource:
    """Types ``text`` again and again, an item every ``every_ms``; a partial frame with every tenth."""

    def __init__(self, text: str = "hello", *, every_ms: float = 5, clock: Clock | None = None) -> None:
        self.text = text
        self.every_s = every_ms / 1000
        self.clock = clock or SystemClock()
        self.screen_size = (WIDTH, HEIGHT)
        self.clock_error_ns = MILLISECOND_NS
        self.sent: list[tuple[int, Event]] = []
        self.whole_asked = threading.Event()
        self.broken: Exception | None = None
        self.started = threading.Event()
        self._stop = threading.Event()
        self._settled_ns = 0
        self._thread: threading.Thread | None = None
        self.quiet = threading.Event()
        """While set, nothing happens on the display."""
        self.pace = 10.0
        self.paces: list[float] = []
        self.frames_sent = 0
        self._beats = 0

    def start(self, sink: Sink) -> None:
        self._thread = threading.Thread(target=self._run, args=(sink,))
        self._thread.start()
        self.started.set()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def decided_ns(self) -> int:
        return self.settled_ns()

    def settled_ns(self) -> int:
        return self._settled_ns

    def request_whole_frame(self) -> None:
        self.whole_asked.set()

    def failure(self) -> Exception | None:
        return self.broken

    def set_pace(self, frames_per_second: float) -> None:
        self.pace = frames_per_second
        self.paces.append(frames_per_second)

    def vitals(self) -> Vitals:
        presses = sum(isinstance(event, Key | Button) and event.pressed for _, event in self.sent)
        return Vitals(presses, len(self.sent), self.frames_sent, {"synthetic": self._beats})

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        return None

    def _run(self, sink: Sink) -> None:
        try:
            self._deliver(sink)
        except OSError as error:
            self.broken = error

    def _deliver(self, sink: Sink) -> None:
        self.whole_asked.set()
        events = self._events()
        number = 0
        while not self._stop.wait(self.every_s) and self.broken is None:
            if self.whole_asked.is_set():
                self.whole_asked.clear()
                self._event(sink, WINDOW)
                self._frame(sink, whole_frame(self.clock.wall_ns(), number))
            if not self.quiet.is_set():
                number += 1
                self._event(sink, next(events))
                if number % 10 == 0 and self.pace:
                    self._frame(sink, part_frame(self.clock.wall_ns(), number))
            self._beats += 1
            self._settled_ns = self.clock.wall_ns()

    def _events(self):
        place = 0
        while True:
            letter = self.text[place % len(self.text)]
            yield key(letter)
            yield key(letter, pressed=False)
            yield Pointer(x=place % WIDTH, y=place % HEIGHT)
            if place % 7 == 0:
                yield Button(button=1, pressed=True, x=1, y=1)
                yield Button(button=1, pressed=False, x=1, y=1)
            place += 1

    def _frame(self, sink: Sink, frame: Frame) -> None:
        self.frames_sent += 1
        sink.frame(frame)

    def _event(self, sink: Sink, event: Event) -> None:
        time_ns = self.clock.wall_ns()
        self.sent.append((time_ns, event))
        sink.event(Timed(time_ns, event))


Make = Callable[[], SyntheticSource]
