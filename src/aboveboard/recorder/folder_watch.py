"""Which files of a folder changed since last time, without asking again and again?

The kernel says so (inotify): the descriptor becomes readable within a millisecond, and costs nothing until then. A file
counts as changed when it is created, renamed, deleted, or closed after writing. Nothing is lost silently: where the
kernel had to drop something, or the folder itself went away, everything counts as changed.
"""

import ctypes
import os
import struct
from pathlib import Path

from aboveboard.base.errors import Unavailable

ANYTHING = ""
"""Among the names: any file may have changed."""

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = (
    0x8,
    0x40,
    0x80,
    0x100,
    0x200,
    0x400,
    0x800,
)
_MASK = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_EVENT = struct.Struct("iIII")
_READ_BYTES = 64 * 1024


class FolderWatch:
    """Watches the files directly in ``folder``; raises :class:`Unavailable` if the kernel cannot."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = int(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        if self._descriptor < 0:
            raise _refused(folder)
        if libc.inotify_add_watch(self._descriptor, os.fsencode(folder), _MASK) < 0:
            error = _refused(folder)
            os.close(self._descriptor)
            raise error

    def fileno(self) -> int:
        """Readable when :meth:`changed` has something to say."""
        return self._descriptor

    def changed(self) -> frozenset[str]:
        """The names of the files that changed since the last call; at once, and empty if none did."""
        names: set[str] = set()
        while True:
            try:
                data = os.read(self._descriptor, _READ_BYTES)
            except BlockingIOError:
                return frozenset(names)
            names |= _names(data)

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)


def _names(data: bytes) -> set[str]:
    """What one reading tells: records of a fixed head and a name padded with zeros."""
    names: set[str] = set()
    place = 0
    while place + _EVENT.size <= len(data):
        _, _, _, length = _EVENT.unpack_from(data, place)
        place += _EVENT.size
        names.add(os.fsdecode(data[place : place + length].rstrip(b"\0")))  # without a name it is the folder itself
        place += length
    return names


def _refused(folder: Path) -> Unavailable:
    return Unavailable(
        f"changes in {folder} cannot be watched",
        cause=os.strerror(ctypes.get_errno()),
        fix="close programs that watch many files, or raise fs.inotify.max_user_instances",
    )
