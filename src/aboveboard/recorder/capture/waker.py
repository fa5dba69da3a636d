"""How is a thread that sleeps on a descriptor made to look up?"""

import os
from contextlib import suppress


class Waker:
    """A descriptor that becomes readable when any thread calls :meth:`wake`. Costs nothing while nobody does."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._woken = False

    def fileno(self) -> int:
        """What to wait on."""
        return self._descriptor

    def wake(self) -> None:
        """Make it readable; from any thread. After :meth:`close` nothing happens."""
        if self._descriptor >= 0:
            self._woken = True
            os.eventfd_write(self._descriptor, 1)

    def clear(self) -> None:
        """Make it unreadable again, if it was readable."""
        if not self._woken:
            return
        self._woken = False
        with suppress(BlockingIOError):  # it is being made readable just now: the next time, then
            os.eventfd_read(self._descriptor)

    def close(self) -> None:
        """Give the descriptor back; only after the thread that waits on it has ended."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
