"""How does the page get the screen of any segment, when a segment goes on from the one before it?

The page asks segment by segment and draws from the first patch of each. So the segments before are drawn here, back to
the last that begins whole, and a whole picture is put in front. A patch of planes, which no browser draws, becomes a
PNG. The canvas that the last answer ended with is kept: whoever plays on asks for the next segment.
"""

from collections.abc import Callable, Iterator, Sequence

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import encode_png
from aboveboard.viewer.listed import Listed


class Screens:
    """Draws for the page. ``items`` opens a segment; it raises :class:`AboveboardError` for one that does not pass."""

    def __init__(self, items: Callable[[Listed], list[Item]]) -> None:
        self._items = items
        self._ended: tuple[str, Canvas] = ("", Canvas())

    def patches(self, segments: Sequence[Listed], listed: Listed) -> list[ScreenPatch]:
        """What the page draws for ``listed``, one of ``segments``, which are those of its session in order.

        Raises :class:`AboveboardError` if it does not pass, or a patch is damaged. Where a segment before it is missing
        or does not pass, the screen is unknown until the next whole picture.
        """
        items = self._items(listed)
        canvas = self._canvas_before(segments, listed, items)
        found = list(_for_page(canvas, items))
        self._ended = (listed.manifest.sha256, canvas)
        return found

    def _canvas_before(self, segments: Sequence[Listed], listed: Listed, items: list[Item]) -> Canvas:
        """The screen as the segment before left it, as far as it is known."""
        place = next(place for place, each in enumerate(segments) if each is listed)
        (ended, kept), self._ended = self._ended, ("", Canvas())
        chain: list[list[Item]] = []
        canvas = Canvas()
        try:
            while place > 0 and not begins_whole(items):
                place -= 1
                if segments[place].manifest.sha256 == ended:
                    canvas = kept
                    break
                items = self._items(segments[place])
                chain.append(items)
            while chain:
                for item in chain.pop():
                    _draw(canvas, item)
        except AboveboardError:
            return Canvas()
        return canvas


def _for_page(canvas: Canvas, items: list[Item]) -> Iterator[ScreenPatch]:
    for item in items:
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
            if canvas.lost:
                continue
            yield _as_image(item, canvas) if item.format == "zstd" else item
        elif isinstance(item.event, Session):
            canvas.begin(item.event)
            pixels = canvas.snapshot()
            if pixels is not None and not begins_whole(items):
                height, width = pixels.shape[:2]
                yield ScreenPatch(item.time_ns, 0, 0, width, height, True, "png", encode_png(pixels))


def _draw(canvas: Canvas, item: Item) -> None:
    if isinstance(item, ScreenPatch):
        canvas.apply(item)
    elif isinstance(item.event, Session):
        canvas.begin(item.event)


def _as_image(patch: ScreenPatch, canvas: Canvas) -> ScreenPatch:
    """What was just drawn, as a page can draw it."""
    data = encode_png(canvas.shown(patch))
    return ScreenPatch(patch.time_ns, patch.x, patch.y, patch.width, patch.height, patch.whole, "png", data)


def begins_whole(items: list[Item]) -> bool:
    """Is its screen known without any segment before it, from its start on?"""
    heads = (item for item in items if not isinstance(item, ScreenPatch) and isinstance(item.event, Session))
    head = next(heads, None)
    if head is None or not isinstance(head.event, Session) or not head.event.screen_continues:
        return True
    first = next((item for item in items if isinstance(item, ScreenPatch)), None)
    return first is not None and first.whole and first.time_ns == head.time_ns
