"""What does a policy see of a screen?

The whole screen, made smaller by an integer factor: each pixel the mean of ``factor`` × ``factor`` screen pixels.
Training and acting both come through here, so that they see alike.
"""

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import BadInput

Image = NDArray[np.uint8]
"""``(height, width, 3)``, uint8, red green blue."""


def shrink(frame: Image, factor: int) -> Image:
    """``(h, w, 3)`` → ``(h // factor, w // factor, 3)``; what fills no whole pixel at the right and bottom is left out.

    Raises :class:`BadInput` for another shape or type, or a screen smaller than one pixel of the result.
    """
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8:
        raise BadInput(
            f"this frame has the shape {frame.shape} and the type {frame.dtype}",
            cause="it is no picture of a screen",
            fix="pass (height, width, 3) in uint8",
        )
    height, width = frame.shape[0] // factor, frame.shape[1] // factor
    if factor < 1 or height == 0 or width == 0:
        raise BadInput(f"a frame of {frame.shape} cannot be made {factor} times smaller", fix="use a smaller factor")
    blocks = frame[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    # Sums fit: 255 · factor² stays far below 2³².
    total = blocks.sum(axis=(1, 3), dtype=np.uint32)
    area = factor * factor
    shrunken: Image = ((total + area // 2) // area).astype(np.uint8)
    return shrunken
