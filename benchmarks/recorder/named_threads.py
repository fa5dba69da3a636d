"""``aboveboard`` with its threads' names told to the kernel, so that it can be seen which one spends the time.

Only for ``--profile``. Python before 3.14 keeps a thread's name to itself.
"""

import ctypes
import threading

from aboveboard.commands.main import main

PR_SET_NAME = 15
_prctl = ctypes.CDLL(None).prctl
_run = threading.Thread.run


def _named_run(self: threading.Thread) -> None:
    _prctl(PR_SET_NAME, self.name.encode("utf-8")[:15], 0, 0, 0)
    _run(self)


setattr(threading.Thread, "run", _named_run)  # noqa: B010 - assigning to a method is not typed
_prctl(PR_SET_NAME, b"main", 0, 0, 0)

if __name__ == "__main__":
    main()
