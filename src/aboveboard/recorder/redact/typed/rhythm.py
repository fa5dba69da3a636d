"""When were keys pressed, told so coarsely that it says what was done and hardly who did it?

How long somebody holds a key, and how soon the next one follows, identifies them as handwriting does. What is known of
making it coarser: a clock of 15 ms instead of one of less than 1 ms raises the error of telling people apart by about
4 % (Killourhy and Maxion, RAID 2008); a random delay of 25 ms lowers identification by 20 % (Monaco and Tappert,
arXiv 1609.07612), one of up to 100 ms by 20 to 30 % (the tool "kloak"); and identification was found "surprisingly
resilient" to the coarser clocks of browsers. A grid that leaves the order of magnitude of single intervals does little.
So:

1. Times are rounded down to :data:`GRID_NS`, a quarter of a second: longer than a key is held, and than the interval
   between two keys of somebody who types at a usual speed. Within a step of the grid keys follow each other every
   :data:`SPREAD_NS`, whoever typed them.
2. A key is told as released at once, and its real release is not told. So neither holding times nor the overlap of two
   keys remain. Modifiers keep their releases, rounded too: what they modify lies between.
3. The order of keys stays, also against whatever else is told: a key is never dated before what came before it.

What remains: how many keys a second, pauses, and habits of editing. Over long texts these still tell people apart; and
where the screen is recorded, its pictures show the rhythm. This is a hurdle, no anonymity.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Key, Timed

GRID_NS = 250 * MILLISECOND_NS
SPREAD_NS = MILLISECOND_NS
_MODIFIERS = ("Shift_", "Control_", "Alt_", "Super_", "Meta_", "Hyper_", "ISO_Level", "Caps_", "Num_", "Mode_")


class Rhythm:
    """One keyboard. Used by one thread."""

    def __init__(self, grid_ns: int = GRID_NS) -> None:
        """Raises :class:`ValueError` for a grid too fine to have room for a step of keys."""
        if grid_ns < 2 * SPREAD_NS:
            raise ValueError("the grid must be wider than what spreads keys within it")
        self._grid_ns = grid_ns
        self._last_ns = 0

    def tell(self, timed: Timed) -> list[Timed]:
        """What is told for the next event, in order of time: nothing, itself, or a press and its release."""
        event = timed.event
        if not isinstance(event, Key):
            self.passed(timed.time_ns)
            return [Timed(self._last_ns, event)]
        if event.name.startswith(_MODIFIERS):
            return [Timed(self.next(timed.time_ns), event)]
        if not event.pressed:
            return []
        released = replace(event, pressed=False, text="", shortcut="")
        return [Timed(self.next(timed.time_ns), event), Timed(self.next(timed.time_ns), released)]

    def passed(self, time_ns: int) -> None:
        """Something that is told otherwise happened: no later key is dated before it."""
        self._last_ns = max(self._last_ns, time_ns)

    def next(self, time_ns: int) -> int:
        """When something typed at ``time_ns`` is told: on the grid, after what was told before.

        Never in the grid's next step, unless that was.
        """
        start_ns = time_ns - time_ns % self._grid_ns
        end_ns = start_ns + self._grid_ns - SPREAD_NS
        self._last_ns = max(start_ns, min(self._last_ns + SPREAD_NS, end_ns), self._last_ns)
        return self._last_ns


def coarser(events: Iterable[Timed], grid_ns: int = GRID_NS) -> Iterator[Timed]:
    """``events`` in order of time, with the times of keys as told by :class:`Rhythm`."""
    rhythm = Rhythm(grid_ns)
    for timed in events:
        yield from rhythm.tell(timed)
