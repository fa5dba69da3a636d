"""What is on the screen now, and what does the active window call itself?

Every pixel as the X server holds it, and the title as the window manager tells it: what a lossless recording holds.
"""

import numpy as np
import xcffib
import xcffib.xproto
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing

ALL_PLANES = 0xFFFFFFFF
REPLY_HEADER_BYTES = 32


def grab(connection: xcffib.Connection) -> NDArray[np.uint8]:
    """The whole screen: ``(height, width, 3)``, uint8, red green blue. The pointer's image is not in it.

    Raises :class:`SetupMissing` on a screen that is not 24 bits deep in 32-bit little-endian pixels.
    """
    setup = connection.setup
    screen = setup.roots[0]
    if screen.root_depth != 24 or setup.image_byte_order != xcffib.xproto.ImageOrder.LSBFirst:
        raise SetupMissing(
            f"this screen is {screen.root_depth} bits deep", cause="only 24 bits are read", fix="use a 24 bit display"
        )
    width, height = screen.width_in_pixels, screen.height_in_pixels
    format_ = xcffib.xproto.ImageFormat.ZPixmap
    request = connection.core.GetImage(format_, screen.root, 0, 0, width, height, ALL_PLANES)
    # The library's own reply makes a Python number of every byte (20 ms); this takes them as they lie.
    reply = connection.wait_for_reply(request.sequence)
    reply.unpack(f"={REPLY_HEADER_BYTES}x")
    (data,) = reply.unpack(f"={width * height * 4}s")
    pixels = np.frombuffer(data, dtype=np.uint8).reshape(height, width, 4)
    return np.ascontiguousarray(pixels[:, :, 2::-1])


def active_title(connection: xcffib.Connection) -> str:
    """The title of the active window (EWMH); "" where there is none."""
    root = connection.setup.roots[0].root
    window = _property(connection, root, "_NET_ACTIVE_WINDOW", 1)
    if len(window) != 4 or (window_id := int.from_bytes(window, "little")) == 0:
        return ""
    try:
        return _property(connection, window_id, "_NET_WM_NAME", 1024).decode("utf-8", errors="replace")
    except xcffib.xproto.BadWindow:
        return ""


def _property(connection: xcffib.Connection, window: int, name: str, words: int) -> bytes:
    """At most ``words`` times four bytes of a window's property; empty where it has none."""
    atom = connection.core.InternAtom(False, len(name), name).reply().atom
    any_type = xcffib.xproto.GetPropertyType.Any
    reply = connection.core.GetProperty(False, window, atom, any_type, 0, words).reply()
    return bytes(reply.value.buf())
