"""What does an application say of lines of text that nobody could read on the screen?

For the middle of each line its control is found as for a click (``capture.hit_test``), and asked which line of its text
is there, and where on the screen that line is. One without text is asked nothing more: GTK complains of such questions.
Where the field may hold a secret nothing is asked. Whether an answer is believed is decided by the ink
(``redact.pixels.puzzles``).
"""

import asyncio
from collections.abc import Callable, Sequence

from aboveboard.recorder.capture.atspi import ROLE_PASSWORD_TEXT, Bus, Line
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.hit_test import HitTest
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import Given

Point = tuple[int, int]


class Texts:
    """Asks one bus."""

    def __init__(self, bus: Bus, hit_test: HitTest, is_secret: Callable[[Field], bool]) -> None:
        self._bus, self._hit_test, self._is_secret = bus, hit_test, is_secret

    async def lines(self, pid: int, rects: Sequence[Rect]) -> list[Given]:
        """What process ``pid`` says is in each of ``rects``, of those of which it says anything."""
        points = [(rect.x + rect.width // 2, rect.y + rect.height // 2) for rect in rects]
        hits = await asyncio.gather(*(self._hit_test.at(pid, x, y, None) for x, y in points))
        asked = [
            (hit.found, point)
            for hit, point in zip(hits, points, strict=True)
            if hit is not None and not self._is_secret(hit.found)
        ]
        written = await self._bus.written([field for field, _ in asked], hidden=ROLE_PASSWORD_TEXT)
        open_ = [one for one, readable in zip(asked, written, strict=True) if readable]
        return [Given(line.rect, line.text) for line in await self._bus.lines_at(open_) if _is_one(line)]


def _is_one(line: Line) -> bool:
    return bool(line.text.strip()) and line.rect.width > 0 and line.rect.height > 0
