"""In which order are applications asked, and for how long?

One question at a time, so that the watch of the focus, which protects passwords and shares the connection, never waits
behind more than one. First what a hand pressed, in order; then the newest question of each other kind. Each has a time
limit; an application that answers late or badly is one about which nothing is told.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable

from aboveboard.base.errors import Unavailable

QUESTION_S = 0.15
"""How long one question may take in all."""
TELL_S = 0.01
"""How long before that a question that has many parts is to stop, and tell what it knows."""
WAITING_LIMIT = 16

Question = Callable[[], Awaitable[None]]


class Questions:
    """What is to be asked. Used in one event loop."""

    def __init__(self) -> None:
        self._first: deque[Question] = deque(maxlen=WAITING_LIMIT)
        self._newest: dict[str, Question] = {}
        self._failed: dict[str, Callable[[], None]] = {}
        self._waiting = asyncio.Event()
        self.deadline_s = math.inf
        """By the event loop's clock: when the question that is being asked is to tell what it knows."""

    def first(self, question: Question) -> None:
        """Ask this before anything of another kind."""
        self._first.append(question)
        self._waiting.set()

    def newest(self, kind: str, question: Question, *, failed: Callable[[], None] | None = None) -> None:
        """Ask this, instead of an older question of its kind that still waits; ``failed`` is called if it fails."""
        self._newest[kind] = question
        if failed is not None:
            self._failed[kind] = failed
        self._waiting.set()

    def drop(self) -> None:
        """Nothing but what was pressed is still to be asked."""
        self._newest.clear()

    async def run(self) -> None:
        """Ask what is to be asked, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._first or self._newest:
                kind = "" if self._first else next(iter(self._newest))
                question = self._newest.pop(kind) if kind else self._first.popleft()
                failed = self._failed.pop(kind, None)
                until_s = loop.time() + QUESTION_S
                self.deadline_s = until_s - TELL_S
                try:
                    async with asyncio.timeout_at(until_s):
                        await question()
                except (TimeoutError, Unavailable, ValueError, TypeError, IndexError, KeyError):
                    if failed is not None:
                        failed()
