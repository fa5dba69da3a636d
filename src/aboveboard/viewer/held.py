"""What of a session has not left this machine, opened for whoever covers something in it?

Checked as everything is that is shown (``viewer.archive``). The screen of the first segment that is held may go on from
segments that have left; those are opened too, back to the last whole picture, as far as they can be had.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aboveboard.base.errors import AboveboardError
from aboveboard.formats.mcap_file import Item
from aboveboard.viewer.listed import Listed
from aboveboard.viewer.screens import begins_whole

SPOOL = "spool"
"""The shelf that is this machine's."""


@dataclass(frozen=True)
class HeldSession:
    """``segments`` are all of the session, in order; ``open_items`` opens one, and raises :class:`AboveboardError`."""

    segments: Sequence[Listed]
    open_items: Callable[[Listed], list[Item]]

    @property
    def held(self) -> list[Listed]:
        """Those held, in order."""
        return [each for each in self.segments if is_held(each)]

    @property
    def left(self) -> int:
        """How many have left."""
        return sum(not is_held(each) for each in self.segments)

    def before(self) -> list[list[Item]]:
        """What the first that is held goes on from, in order."""
        first = next(place for place, each in enumerate(self.segments) if is_held(each))
        found: list[list[Item]] = []
        try:
            items = self.open_items(self.segments[first])
            while first > 0 and not begins_whole(items):
                first -= 1
                items = self.open_items(self.segments[first])
                found.append(items)
        except AboveboardError:
            pass  # the screen is unknown then, and nothing of it is kept before the next whole picture
        return found[::-1]


def is_held(listed: Listed) -> bool:
    """Has it not left this machine?"""
    return listed.shelf.name == SPOOL
