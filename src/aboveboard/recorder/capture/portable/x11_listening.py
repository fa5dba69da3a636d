"""How does ``pynput`` stop listening to an X11 display?

It asks over the very connection on which the events are told; the server reads nothing from that one, and the threads
stay until the next event, when two of them may write to it at once. Over a connection of one's own it is heard.
"""

from contextlib import suppress
from typing import Any

import xcffib

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.display import connect, extension
from aboveboard.recorder.capture.portable.listening import PynputListening


class X11Listening(PynputListening):
    """Listens to the display in ``DISPLAY`` as it was when this was made."""

    _display: str | None = None

    def close(self) -> None:
        """Also waits until the server has read pynput's last words: its contexts' numbers may be used again at once."""
        super().close()
        with suppress(SetupMissing, xcffib.XcffibException):
            conn = connect(self._display)
            for _ in range(2):
                conn.core.GetInputFocus().reply()
            conn.disconnect()

    def end(self, listener: Any) -> None:
        self._display = listener._display_stop.get_display_name()
        with suppress(SetupMissing, xcffib.XcffibException):  # the display ended, and with it the listener
            conn = connect(self._display)
            extension(conn, "RECORD").DisableContextChecked(listener._context).check()
            conn.disconnect()
