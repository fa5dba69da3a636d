"""How do pixels get from the server to here?

Through a piece of memory that both share (System V shared memory, MIT-SHM): the server writes the pixels of a rectangle
into it, and nothing is copied over a socket. The piece is for this user only, has no name, and is marked for removal as
soon as both hold it, so it is gone with the processes, however they end.
"""

import ctypes
import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.display import extension
from aboveboard.recorder.capture.port import Rect

_IPC_PRIVATE, _IPC_CREAT, _IPC_RMID = 0, 0o1000, 0
_FAILED = ctypes.c_void_p(-1).value
_Z_PIXMAP = 2
_ALL_PLANES = 0xFFFFFFFF


class SharedImage:
    """Room for ``pixels`` pixels that the server behind ``conn`` can write to. Used by one thread."""

    def __init__(self, conn: Any, pixels: int) -> None:
        self._conn = conn
        self._requests = extension(conn, "MIT-SHM")
        self.pixels = pixels
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.shmat.restype = ctypes.c_void_p
        self._libc.shmat.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
        self._libc.shmdt.argtypes = (ctypes.c_void_p,)
        number = self._libc.shmget(_IPC_PRIVATE, ctypes.c_size_t(max(pixels, 1) * 4), _IPC_CREAT | 0o600)
        if number < 0:
            raise _refused(os.strerror(ctypes.get_errno()))
        self._address = self._libc.shmat(number, None, 0)
        try:
            if self._address == _FAILED:
                raise _refused(os.strerror(ctypes.get_errno()))
            self._segment = conn.generate_id()
            try:
                self._requests.AttachChecked(self._segment, number, False).check()
            except Exception as error:
                self._libc.shmdt(self._address)
                raise _refused("the X server cannot reach it") from error
        finally:
            self._libc.shmctl(number, _IPC_RMID, None)
        memory = (ctypes.c_uint32 * max(pixels, 1)).from_address(self._address)
        self._view: NDArray[np.uint32] | None = np.ctypeslib.as_array(memory)

    def grab(self, drawable: int, rects: list[Rect]) -> list[NDArray[np.uint32]]:
        """The pixels of ``rects`` now: uint32 (height, width), blue in the low byte, the highest byte anything.

        The arrays are the shared memory itself: read them before the next call, and never after :meth:`close`.
        ``rects`` must lie within ``drawable`` and have at most ``pixels`` pixels together.
        """
        view = self._view
        if view is None:
            raise ValueError("this image is closed")
        cookies, offset = [], 0
        for rect in rects:
            cookies.append(
                self._requests.GetImage(
                    drawable, rect.x, rect.y, rect.width, rect.height, _ALL_PLANES, _Z_PIXMAP, self._segment, offset * 4
                )
            )
            offset += rect.width * rect.height
        for cookie in cookies:
            cookie.reply()
        grabbed, offset = [], 0
        for rect in rects:
            size = rect.width * rect.height
            grabbed.append(view[offset : offset + size].reshape(rect.height, rect.width))
            offset += size
        return grabbed

    def close(self) -> None:
        """Give the memory back."""
        if self._view is None:
            return
        self._view = None
        try:
            self._requests.Detach(self._segment)
            self._conn.flush()
        finally:
            self._libc.shmdt(self._address)


def _refused(why: str) -> SetupMissing:
    return SetupMissing(
        f"the display cannot share its pixels: {why}",
        cause="the X server runs on another machine, in a container without shared memory, or the memory is used up",
        fix="record on the machine that runs the X server; see 'ipcs -m' for what holds shared memory",
    )
