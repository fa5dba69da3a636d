"""How does ``pynput`` stop listening to an X11 display?

It asks over the very connection on which the events are told; the server reads nothing from that one, and the threads
stay until the next event, when two of them may write to it at once. Over a connection of one's own it is heard.
"""

from typing import Any

import xcffib

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.display import connect, extension
from aboveboard.recorder.capture.portable.listening import PynputListening


class X11Listening(PynputListening):
    """Listens to the display in ``DISPLAY`` as it was when this was made."""

    def end(self, listener: Any) -> None:
        try:
            conn = connect(listener._display_stop.get_display_name())
        except SetupMissing:
            return  # the display ended, and with it the listener
        try:
            extension(conn, "RECORD").DisableContextChecked(listener._context).check()
        except xcffib.XcffibException:
            return
        finally:
            conn.disconnect()
