"""Whose turn is it to write? Within one process, whoever came first.

SQLite lets one write at a time, but whoever waits for it looks again and again, and the one that writes all the time
wins. A pause must not lose against bookkeeping.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is had in the order of asking."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def turn(self, *, wait_s: float) -> Iterator[None]:
        """Inside, nobody else is; raises :class:`TimeoutError` if that takes longer than ``wait_s``."""
        mine = threading.Event()
        with self._lock:
            if self._taken:
                self._waiting.append(mine)
            else:
                self._taken = True
                mine.set()
        if not mine.wait(wait_s):
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
                    raise TimeoutError
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._taken = False
