"""When did the hands do that, if the system does not say?

When it was told. The stamp and the place in the queue belong together, so what is told by two threads stays in order;
and whatever was told before a moment can be taken at that moment.
"""

import threading
from collections import deque

from aboveboard.formats.recording import Button, Key, Scroll
from aboveboard.recorder.capture.portable.desktop import Input
from aboveboard.recorder.capture.portable.wall_clock import WallClock


class Hands:
    """What was told and not yet taken. :meth:`heard` from any thread, the rest from one."""

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told: deque[tuple[int, Input]] = deque()
        self._down: set[int] = set()
        self.presses = 0
        """Presses of keys and buttons, steps of the wheel; a key that repeats is one press."""

    def heard(self, event: Input) -> None:
        """The system told this just now."""
        with self._lock:
            self._told.append((self._clock.now_ns(), event))
            match event:
                case Key():
                    self.presses += event.pressed and event.keycode not in self._down
                    (self._down.add if event.pressed else self._down.discard)(event.keycode)
                case Button():
                    self.presses += event.pressed
                case Scroll():
                    self.presses += 1

    def take(self) -> list[tuple[int, Input]]:
        """All that was told so far, in order of time."""
        with self._lock:
            taken = list(self._told)
            self._told.clear()
        return taken
