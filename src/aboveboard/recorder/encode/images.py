"""How does a changed rectangle become an image file?

Without loss, as WebP: on screen content it takes about the CPU time of PNG and six tenths of its bytes. A whole frame,
one for each segment, is worth more effort: twice the CPU time or more, and half the bytes again. The numbers are in
``docs/decisions/0002-screen-as-patches.md``. WebP's sides end at 16383 pixels; what is longer becomes PNG.
"""

import io

from PIL import Image

from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Pixels

WEBP_SIDE_LIMIT = 16_383
WEBP_QUALITY = 50
"""In lossless WebP: how hard to look for repetition, 0 to 100."""
PATCH_METHOD, WHOLE_METHOD = 0, 1


def encode_patch(pixels: Pixels, *, time_ns: int, whole: bool) -> ScreenPatch:
    """The patch that shows ``pixels`` from ``time_ns`` (wall time) on; ``whole`` says that it covers the screen."""
    rect = pixels.rect
    image = Image.frombuffer("RGB", (rect.width, rect.height), pixels.bgrx.tobytes(), "raw", "BGRX", 0, 1)
    kind = "webp" if max(rect.width, rect.height) <= WEBP_SIDE_LIMIT else "png"
    stream = io.BytesIO()
    if kind == "webp":
        method = WHOLE_METHOD if whole else PATCH_METHOD
        image.save(stream, "WEBP", lossless=True, method=method, quality=WEBP_QUALITY)
    else:
        image.save(stream, "PNG", compress_level=1)
    return ScreenPatch(
        time_ns=time_ns,
        x=rect.x,
        y=rect.y,
        width=rect.width,
        height=rect.height,
        whole=whole,
        format=kind,
        data=stream.getvalue(),
    )
