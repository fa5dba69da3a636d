"""What is on the screen, on a system that ``mss`` knows?

Only the rectangles asked for are read. The pointer's picture is not in them.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.portable.desktop import Unread

_OPAQUE = np.uint32(0xFF000000)


class MssScreen:
    """The whole desktop, in the system's own coordinates. ``display``: which one, on X11."""

    def __init__(self, display: str | None = None) -> None:
        try:
            import mss
        except ImportError as error:
            raise SetupMissing(
                "the screen of this system cannot be read",
                cause="mss is not installed",
                fix="install the extra 'recorder' on Windows or macOS; on Linux record an X11 session without it",
            ) from error
        self._error: type[Exception] = mss.ScreenShotError
        try:
            self._mss = mss.MSS(display=display) if display is not None else mss.MSS()
        except mss.ScreenShotError as error:
            raise SetupMissing(
                f"the screen cannot be read: {error}",
                cause="there is no display, or this program may not see it",
                fix="run it in the person's own graphical session, and allow it to record the screen",
            ) from error

    def grab(self, rect: Rect) -> NDArray[np.uint32]:
        wanted = {"left": rect.x, "top": rect.y, "width": rect.width, "height": rect.height}
        try:
            shot = self._mss.grab(wanted)
        except self._error as error:
            raise _unread(str(error)) from error
        if (shot.height, shot.width) != (rect.height, rect.width):
            raise _unread(f"{shot.width}×{shot.height} pixels came for {rect.width}×{rect.height}")
        pixels = np.frombuffer(shot.raw, np.uint32).reshape(rect.height, rect.width)
        pixels |= _OPAQUE
        return pixels

    def close(self) -> None:
        self._mss.close()


def _unread(what: str) -> Unread:
    return Unread(
        f"the screen could not be read: {what}",
        cause="a monitor was plugged in or out, the session is locked, or the display ended",
        fix="nothing, if it passes; else start recording again",
    )
