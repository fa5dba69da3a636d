"""What is on the screen now? Every pixel, as the X server holds it: what a lossless recording would hold."""

import numpy as np
import xcffib
import xcffib.xproto
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing

ALL_PLANES = 0xFFFFFFFF


def grab(connection: xcffib.Connection) -> NDArray[np.uint8]:
    """The whole screen: ``(height, width, 3)``, uint8, red green blue. The pointer's image is not in it.

    Raises :class:`SetupMissing` on a screen that is not 24 bits deep in 32-bit little-endian pixels.
    """
    setup = connection.get_setup()
    screen = setup.roots[0]
    if screen.root_depth != 24 or setup.image_byte_order != xcffib.xproto.ImageOrder.LSBFirst:
        raise SetupMissing(
            f"this screen is {screen.root_depth} bits deep", cause="only 24 bits are read", fix="use a 24 bit display"
        )
    width, height = screen.width_in_pixels, screen.height_in_pixels
    format_ = xcffib.xproto.ImageFormat.ZPixmap
    reply = connection.core.GetImage(format_, screen.root, 0, 0, width, height, ALL_PLANES).reply()
    pixels = np.frombuffer(reply.data.buf(), dtype=np.uint8).reshape(height, width, 4)
    return np.ascontiguousarray(pixels[:, :, 2::-1])
