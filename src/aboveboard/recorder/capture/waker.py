"""How is a thread that sleeps on a descriptor made to look up?"""

import os


class Waker:
    """A descriptor that becomes readable when any thread calls :meth:`wake`. Costs nothing while nobody does."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        """What to wait on."""
        return self._descriptor

    def wake(self) -> None:
        """Make it readable; from any thread. After :meth:`close` nothing happens."""
        if self._descriptor >= 0:
            os.eventfd_write(self._descriptor, 1)

    def clear(self) -> None:
        """Make it unreadable again, if it was readable."""
        try:
            os.eventfd_read(self._descriptor)
        except BlockingIOError:
            return

    def close(self) -> None:
        """Give the descriptor back; only after the thread that waits on it has ended."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
