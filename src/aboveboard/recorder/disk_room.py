"""Is there room on the disk for what is recorded?

Recording stops before the disk is full, so that it is never the recorder that fills it, and goes on when there is room
again. Asked of the kernel once a second.
"""

import os
import time
from pathlib import Path

from aboveboard.rules.decision import ALLOWED, Decision, Reason, no

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Some minutes of the busiest recording; other programs need room too."""
LOOK_S = 1.0


class DiskRoom:
    """A condition (``recorder.conditions``) about the disk that ``folder`` is on."""

    def __init__(self, folder: Path, *, least_free_bytes: int = LEAST_FREE_BYTES) -> None:
        self._folder, self._least_free_bytes = folder, least_free_bytes
        self._looked_s = float("-inf")
        self._decision = ALLOWED

    def look(self) -> Decision:
        """Is enough of it free? A disk that cannot be asked has no room."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._decision = ALLOWED if self._enough() else no(Reason.SPOOL_FULL)
        return self._decision

    def close(self) -> None:
        """Nothing is held."""

    def _enough(self) -> bool:
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize >= self._least_free_bytes
