"""Windows on an X display with a picture in them, which the server itself paints wherever they are seen."""

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from samples.x_windows import Windows

BACK_PIXMAP = 1
Z_PIXMAP = 2
ROWS = 50
"""So many rows are sent in one request."""


class WrittenWindows(Windows):
    """One X client."""

    def written(self, rect: Rect, picture: NDArray[np.uint32], wm_class: str) -> int:
        """Map a window with ``picture``, of the size of ``rect``, in it."""
        window = self.show(rect, 0xFFFFFF, wm_class)
        self.write(window, picture)
        return window

    def write(self, window: int, picture: NDArray[np.uint32]) -> None:
        """From now on ``picture`` is in ``window``."""
        height, width = picture.shape
        core, pixmap, context = self.conn.core, self.conn.generate_id(), self.conn.generate_id()
        core.CreatePixmap(24, pixmap, window, width, height)
        core.CreateGC(context, pixmap, 0, [])
        for top in range(0, height, ROWS):
            part = np.ascontiguousarray(picture[top : top + ROWS])
            data = part.tobytes()
            core.PutImage(Z_PIXMAP, pixmap, context, width, len(part), 0, top, 0, 24, len(data), data)
        core.ChangeWindowAttributes(window, 1 << 0, [pixmap])
        core.ClearArea(False, window, 0, 0, 0, 0)
        core.FreePixmap(pixmap)
        core.FreeGC(context)
        self.sync()
