"""What did the screen show just before an action?

Of each frame that is asked for only the bands that changed since the one before are packed; so a step costs what
changed on the screen, not the screen.
"""

from collections.abc import Callable

from aboveboard.formats.recording import Session
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.lab.derive.draft import Shot
from aboveboard.replay.bands import BAND_ROWS, Band, Picture, count_bands, pack_band
from aboveboard.replay.canvas import Canvas, Item


class Camera:
    """The screen as patches draw it. ``keep_frame`` is given each frame that a step keeps, at least once."""

    def __init__(self, keep_frame: Callable[[Picture], None]) -> None:
        self._canvas = Canvas()
        self._keep_frame = keep_frame
        self._version = 0
        self._shot: Shot | None = None
        self._bands: list[Band | None] = []
        """The packed bands of what stands now; ``None`` where it was drawn on since."""
        self._kept: Picture | None = None
        self.saw_screen = False
        """Is there a screen in this session at all?"""

    def see(self, item: Item) -> None:
        """Take in a patch, or the beginning of a segment."""
        if isinstance(item, ScreenPatch):
            self._canvas.apply(item)
            self._changed(item.y, item.y + item.height, whole=item.whole)
            self.saw_screen = True
        elif isinstance(item.event, Session):
            self._canvas.begin(item.event)
            if not item.event.screen_continues or not self._canvas.known:
                self._changed(0, 0, whole=True)

    def shot(self) -> Shot | None:
        """What stands now; ``None`` while that is unknown."""
        if self._shot is None and self._canvas.known:
            self._shot = Shot(self._version, self._picture())
        return self._shot

    def keep(self, shot: Shot) -> str:
        """Keep what this shot shows; returns its name."""
        if shot.picture is None:
            return ""
        if shot.picture is not self._kept:
            self._kept = shot.picture
            self._keep_frame(shot.picture)
        return shot.picture.name

    def _changed(self, first: int, last: int, *, whole: bool) -> None:
        self._version += 1
        self._shot = None
        if whole:
            self._bands = []
            return
        for number in range(first // BAND_ROWS, min(count_bands(last), len(self._bands))):
            self._bands[number] = None

    def _picture(self) -> Picture:
        width, height = self._canvas.size
        bands = self._bands or [None] * count_bands(height)
        packed = [
            band or pack_band(self._canvas.rows(number * BAND_ROWS, (number + 1) * BAND_ROWS))
            for number, band in enumerate(bands)
        ]
        self._bands = list(packed)
        return Picture(width, height, tuple(packed))
