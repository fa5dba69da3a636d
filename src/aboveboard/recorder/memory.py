"""How is plain data kept from reaching the disk behind our back, and how do two recorders not meet?

A core dump would be a plain copy of what was recorded: the kernel is told to write none of this process, and to let no
other program of the same user look into it. (Swap is the machine's to encrypt; see ``docs/threat-model.md``.)
"""

import ctypes
import fcntl
import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.base.errors import Conflict, SetupMissing

PR_SET_DUMPABLE = 4
LOCK_NAME = "recorder.lock"


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
LARGE_BYTES = 4 * 1024 * 1024
GARBAGE_OBJECTS = 5_000
"""New objects between two looks for garbage."""


def look_through_less() -> None:
    """Have the collector of garbage pass over all that is there by now: modules and settings that stay to the end."""
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS, 20, 20)
    gc.enable()


def use_little() -> None:
    """Have the C library share two pools among all threads, and give large pieces back to the system at once.

    Call it before anything imports numpy, whose linear algebra, unused here, would start a thread for each processor;
    and :func:`look_through_less` once the rest is loaded: until then nobody looks for garbage, as loading leaves none.
    """
    gc.disable()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    libc = ctypes.CDLL(None)
    for setting, value in ((M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, LARGE_BYTES), (M_TRIM_THRESHOLD, LARGE_BYTES)):
        libc.mallopt(setting, value)


def keep_out_of_dumps() -> None:
    """No core dump of this process, whatever ends it; raises :class:`SetupMissing` if that cannot be had."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise SetupMissing(
            "this process cannot be kept out of core dumps",
            cause=os.strerror(ctypes.get_errno()),
            fix="record on Linux, outside a sandbox that forbids prctl",
        )


@contextmanager
def only_recorder(home: Path) -> Iterator[None]:
    """Hold the lock of the recorder's folder; raises :class:`Conflict` while another recorder has it.

    The kernel lets go of it when the process ends, however it ends.
    """
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(home / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(
                "another recorder is running here",
                cause=f"it holds {home / LOCK_NAME}",
                fix="stop it first (Ctrl-C where it runs); 'aboveboard status' shows it",
            ) from error
        yield
    finally:
        os.close(descriptor)
