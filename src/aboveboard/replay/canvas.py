"""What was on the screen at a given moment?

Patches are drawn in order on a black canvas. The rule: an image is decoded only after its own header has said that it
has exactly the size that the patch declares, so a small file can never unpack into a large one; a patch that reaches
beyond the canvas is refused; and only one canvas is in memory at a time, however long the recording.
"""

import io
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
from PIL import Image

from aboveboard.base.errors import BadInput
from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch

PIXEL_LIMIT = 64 * 1024 * 1024
"""The largest canvas, in pixels: three 5K displays side by side, with room."""

Pixels = npt.NDArray[np.uint8]
"""Height × width × 3, RGB, 0 to 255."""

Item = Timed | ScreenPatch


def decode_pixels(patch: ScreenPatch) -> Pixels:
    """The patch's image as ``(height, width, 3)`` RGB.

    Raises :class:`BadInput` if the image is damaged, animated, of another format than declared, or of another size.
    """
    if patch.width * patch.height > PIXEL_LIMIT:
        raise _bad(f"it declares {patch.width}×{patch.height} pixels; the limit is {PIXEL_LIMIT} altogether")
    if patch.format == "webp":
        _check_size(patch, _webp_size(patch.data))
    try:
        with Image.open(io.BytesIO(patch.data), formats=[patch.format.upper()]) as image:
            _check_size(patch, image.size)
            if getattr(image, "n_frames", 1) != 1:
                raise _bad("it is an animation")
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, EOFError, MemoryError) as error:
        raise _bad(f"its image is damaged ({type(error).__name__})") from error


def encode_png(pixels: Pixels) -> bytes:
    """The pixels, ``(height, width, 3)`` RGB, as a PNG file: the same bytes for the same pixels."""
    stream = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(stream, "PNG", compress_level=1)
    return stream.getvalue()


class Canvas:
    """The screen as it stands after the patches applied so far.

    It comes into being with a patch that is ``whole``, or with the screen size of a ``/session`` (then it is black).
    """

    def __init__(self) -> None:
        self._pixels: Pixels | None = None
        self._lent = False
        self.time_ns = 0
        """Wall time of the last patch; 0 before the first on a canvas of this size."""

    def resize(self, width: int, height: int) -> None:
        """Make the canvas ``width`` × ``height``; black, unless that is its size already. Raises :class:`BadInput`."""
        if width * height > PIXEL_LIMIT or width <= 0 or height <= 0:
            raise _bad(f"a screen of {width}×{height} pixels is empty or too large")
        if self._pixels is None or self._pixels.shape[:2] != (height, width):
            self._pixels = np.zeros((height, width, 3), np.uint8)
            self._lent = False
            self.time_ns = 0

    def apply(self, patch: ScreenPatch) -> None:
        """Draw one patch. On an error, :class:`BadInput`, the canvas is as before."""
        if patch.whole and (patch.x or patch.y):
            raise _bad("it claims to be the whole screen but does not begin in the corner")
        decoded = decode_pixels(patch)
        if patch.whole:
            self._pixels, self._lent = decoded, True
        else:
            canvas = self._writable()
            height, width = canvas.shape[:2]
            if patch.x + patch.width > width or patch.y + patch.height > height:
                raise _bad(f"it reaches beyond the screen of {width}×{height} pixels")
            canvas[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = decoded
        self.time_ns = patch.time_ns

    def snapshot(self) -> Pixels | None:
        """The pixels now, read-only, and never changed by later patches; ``None`` before the first frame.

        Free: the copy is made by the next patch, and only if there is one.
        """
        if self._pixels is None or self.time_ns == 0:
            return None
        self._lent = True
        view = self._pixels.view()
        view.flags.writeable = False
        return view

    def _writable(self) -> Pixels:
        if self._pixels is None:
            raise _bad("it comes before any whole frame")
        if self._lent:
            self._pixels, self._lent = self._pixels.copy(), False
        return self._pixels


def frames(items: Iterable[Item]) -> Iterator[tuple[int, Pixels]]:
    """Each frame in order as ``(wall time in ns, (height, width, 3) RGB)``; patches of the same time are one frame.

    ``items`` are those of one or more recordings, in order. The arrays are read-only. Raises :class:`BadInput`.
    """
    canvas = Canvas()
    pending = False
    for item in items:
        if isinstance(item, ScreenPatch):
            if pending and item.time_ns != canvas.time_ns:
                yield from _frame(canvas)
            canvas.apply(item)
            pending = True
        elif isinstance(item.event, Session) and item.event.screen_width and item.event.screen_height:
            if pending:
                yield from _frame(canvas)
                pending = False
            canvas.resize(item.event.screen_width, item.event.screen_height)
    if pending:
        yield from _frame(canvas)


def frame_before(items: Iterable[Item], time_ns: int) -> Pixels | None:
    """The last frame whose time is **before** ``time_ns``, or ``None``: what a person saw who acted at ``time_ns``."""
    found = None
    for frame_ns, pixels in frames(items):
        if frame_ns >= time_ns:
            break
        found = pixels
    return found


def _frame(canvas: Canvas) -> Iterator[tuple[int, Pixels]]:
    pixels = canvas.snapshot()
    if pixels is not None:
        yield canvas.time_ns, pixels


def _check_size(patch: ScreenPatch, size: tuple[int, int]) -> None:
    if size != (patch.width, patch.height):
        raise _bad(f"it declares {patch.width}×{patch.height} pixels but its image has {size[0]}×{size[1]}")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the first chunk (RFC 9649): libwebp would allocate the canvas before anyone could ask."""
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise _bad("its image is not a WebP file")
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise _bad("its image is not a WebP file")


def _bad(why: str) -> BadInput:
    return BadInput(
        f"this screen patch cannot be drawn: {why}",
        cause="the recording is damaged, or was not written by Aboveboard",
        fix="the events of this recording can still be read; record again if the pixels matter",
    )
