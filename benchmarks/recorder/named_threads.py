"""``aboveboard`` with its threads' names told to the kernel, so that it can be seen which one spends the time.

It also says of each frame how long after its pixels were read it was encoded, a line each on stderr. Only for
``--profile``. Python before 3.14 keeps a thread's name to itself.
"""

import ctypes
import sys
import threading
import time
from typing import Any

from aboveboard.commands.main import main

PR_SET_NAME = 15
FRAME = "frame encoded after ns:"
"""As ``subjects.ours`` looks for it. Nothing else of the benchmark is loaded here: it would count as the recorder's."""
_SESSION = "aboveboard.recorder.session"
_prctl = ctypes.CDLL(None).prctl
_run = threading.Thread.run


def _named_run(self: threading.Thread) -> None:
    _prctl(PR_SET_NAME, self.name.encode("utf-8")[:15], 0, 0, 0)
    if self.name == "upload":  # the last that is started before anything is recorded: all is loaded by now
        _time_frames(sys.modules[_SESSION].SessionWriter)
    _run(self)


def _time_frames(writer: Any) -> None:
    take = writer._take_frame

    def timed(self: object, frame: Any, wall_ns: int, boot_ns: int) -> None:
        take(self, frame, wall_ns, boot_ns)
        print(FRAME, time.time_ns() - frame.time_ns, file=sys.stderr, flush=True)

    writer._take_frame = timed


setattr(threading.Thread, "run", _named_run)  # noqa: B010 - assigning to a method is not typed
_prctl(PR_SET_NAME, b"main", 0, 0, 0)

if __name__ == "__main__":
    main()
