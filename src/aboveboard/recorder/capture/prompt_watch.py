"""How are the terminals of the window that is typed into set, again and again?

On a thread of its own: a key of a terminal is judged by the looks around it, and one that comes late withholds it.
"""

import threading
from collections.abc import Callable

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.terminals import TerminalWatch
from aboveboard.recorder.capture.ticks import until_tick
from aboveboard.recorder.redact.prompts import Prompt, judge_look

IDLE_S = 1.0
"""How often is looked at a terminal while no keys wait to be judged; while some do, it is at every tick."""
NEW_NS = 3 * SECOND_NS
"""For so long after a window became the one to look at its programs may still be starting."""


class PromptWatch:
    """Tells of each look: when it began, at which process's terminals, and what it found."""

    def __init__(self, clock: ServerClock, told: Callable[[int, int, Prompt], None]) -> None:
        self._clock, self._told = clock, told
        self._terminals = TerminalWatch()
        self._window: WindowFacts | None = None
        self._often = False
        self._since_ns = self._looked_ns = 0
        self._looking = threading.Lock()
        self._woken, self._ended = threading.Event(), threading.Event()

    @property
    def progress_ns(self) -> int:
        """While keys wait: every look that began before this wall time has been told."""
        return self._looked_ns if self._often else self._clock.now_ns()

    def want(self, window: WindowFacts | None, *, often: bool) -> None:
        """Look at this window's terminals from now on, at once if it is another or from now on ``often``."""
        other = window is not None and (self._window is None or self._window.window_id != window.window_id)
        began = often and not self._often
        self._window, self._often = window, often and window is not None
        if other:
            self._since_ns = self._clock.now_ns()
        if other or began:
            self._woken.set()

    def look(self) -> None:
        """Look once, if there is a window to look at; from any thread."""
        with self._looking:
            window = self._window
            if window is not None:
                now_ns = self._clock.now_ns()
                self._told(now_ns, window.pid, judge_look(window.wm_class, self._terminals.look(window.pid)))
                self._looked_ns = now_ns

    def run(self) -> None:
        """Look until :meth:`end`."""
        while not self._ended.is_set():
            self.look()
            self._woken.wait(self._rest_s())
            self._woken.clear()

    def _rest_s(self) -> float | None:
        if self._window is None:
            return None
        often = self._often or self._clock.now_ns() < self._since_ns + NEW_NS
        return until_tick() if often else IDLE_S

    def end(self) -> None:
        """Make :meth:`run` return soon; from any thread."""
        self._ended.set()
        self._woken.set()
