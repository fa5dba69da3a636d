"""What was on the screen at a given moment?

Patches are drawn in order. The screen is unknown until a patch that covers it. A segment goes on from the one before it
where it says so and that one was seen; if that one is missing, the screen is unknown again, and patches are passed over
until the next whole one: a picture of which a part is missing is never shown. A patch that reaches beyond the screen is
refused, and only one canvas is in memory at a time, however long the recording.
"""

from collections.abc import Iterable, Iterator

from aboveboard.formats.recording import Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.pixels import PixelReader, Pixels, bad_patch

Item = Timed | ScreenPatch


class Canvas:
    """The screen as it stands after the patches applied so far."""

    def __init__(self) -> None:
        self._pixels: Pixels | None = None
        self._lent = False
        self._last: tuple[str, int] | None = None
        self._reader = PixelReader()
        self.lost = False
        """Is the screen unknown because a segment is missing?"""
        self.time_ns = 0
        """Wall time of the last patch that was drawn."""

    @property
    def known(self) -> bool:
        """Is there anything to show?"""
        return self._pixels is not None

    def begin(self, session: Session) -> None:
        """Another segment begins, with the screen as the one before left it, or with an unknown one."""
        follows = self._last == (session.session_id, session.sequence - 1)
        if not (session.screen_continues and follows):
            self._pixels, self.lost = None, session.screen_continues
        self._last = (session.session_id, session.sequence)
        self._reader.begin()

    def apply(self, patch: ScreenPatch) -> None:
        """Draw one patch. On an error, :class:`BadInput`, the canvas is as before."""
        if patch.whole:
            if patch.x or patch.y:
                raise bad_patch("it claims to be the whole screen but does not begin in the corner")
            self._pixels, self._lent, self.lost = self._reader.read(patch), True, False
        elif self.lost:
            if patch.format == "zstd":
                self._reader.read(patch)  # what comes after goes on from it
            return
        elif patch.format == "copy":
            self._copy(patch)
        else:
            self._require(patch, patch.x, patch.y)
            decoded = self._reader.read(patch)
            self._writable()[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = decoded
        self.time_ns = patch.time_ns

    def snapshot(self) -> Pixels | None:
        """The pixels now, read-only, and never changed by later patches; ``None`` while they are unknown.

        Free: the copy is made by the next patch, and only if there is one.
        """
        if self._pixels is None:
            return None
        self._lent = True
        view = self._pixels.view()
        view.flags.writeable = False
        return view

    def rows(self, first: int, last: int) -> Pixels:
        """The rows from ``first`` to before ``last`` as they stand: to be read before the next patch, and not kept."""
        if self._pixels is None:
            raise bad_patch("it comes before any whole frame")
        return self._pixels[first:last]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels; (0, 0) while the screen is unknown."""
        return (0, 0) if self._pixels is None else (self._pixels.shape[1], self._pixels.shape[0])

    def shown(self, patch: ScreenPatch) -> Pixels:
        """A copy of what is in the rectangle of a patch that was just drawn."""
        if self._pixels is None:
            raise bad_patch("it comes before any whole frame")
        return self._pixels[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width].copy()

    def _copy(self, patch: ScreenPatch) -> None:
        self._require(patch, patch.x, patch.y)
        self._require(patch, patch.from_x, patch.from_y)
        canvas, bottom, right = self._writable(), patch.from_y + patch.height, patch.from_x + patch.width
        source = canvas[patch.from_y : bottom, patch.from_x : right].copy()
        canvas[patch.y : patch.y + patch.height, patch.x : patch.x + patch.width] = source

    def _require(self, patch: ScreenPatch, x: int, y: int) -> None:
        """The patch's rectangle, put at (x, y), must lie on the screen."""
        if self._pixels is None:
            raise bad_patch("it comes before any whole frame")
        height, width = self._pixels.shape[:2]
        if x + patch.width > width or y + patch.height > height:
            raise bad_patch(f"it reaches beyond the screen of {width}×{height} pixels")

    def _writable(self) -> Pixels:
        if self._pixels is None:
            raise bad_patch("it comes before any whole frame")
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
        begins = isinstance(item, Timed) and isinstance(item.event, Session)
        if pending and (begins or item.time_ns != canvas.time_ns):
            yield from _frame(canvas)
            pending = False
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
            pending = not canvas.lost
        elif isinstance(item.event, Session):
            canvas.begin(item.event)
    if pending:
        yield from _frame(canvas)


def frame_before(items: Iterable[Item], time_ns: int) -> Pixels | None:
    """The screen just **before** ``time_ns``, ``None`` if unknown: what a person saw who acted at ``time_ns``."""
    canvas = Canvas()
    for item in items:
        if item.time_ns >= time_ns:
            break
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
        elif isinstance(item.event, Session):
            canvas.begin(item.event)
    return canvas.snapshot()


def _frame(canvas: Canvas) -> Iterator[tuple[int, Pixels]]:
    pixels = canvas.snapshot()
    if pixels is not None:
        yield canvas.time_ns, pixels
