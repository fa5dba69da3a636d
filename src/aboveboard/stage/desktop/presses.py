"""Of which presses is a move made?

The same for a hand that is alone and for one that gives way to a person: each press is asked for when the one before it
was done, for what a drop-down offers shows only once it is open.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from aboveboard.formats.trajectory import Proposed
from aboveboard.stage.desktop.accessible import FOCUSED, Control
from aboveboard.stage.desktop.moves import Move

OPEN_S = 3.0
"""What a drop-down offers shows within this time."""
_ENTRIES = frozenset(("menu item", "check menu item", "list item", "table cell"))
"""What drop-downs are made of."""
EDGE_PX = 40

Look = Callable[[], Sequence[Control]]


def presses(move: Move, control: Control | None, look: Look, size: tuple[int, int]) -> Iterator[Proposed]:
    """The presses of ``move`` on ``control`` of what was seen last (``None``: a key), on a screen of that ``size``."""
    if control is None:
        yield _key(move.text)
    elif move.kind == "type":
        if not control.has(FOCUSED):
            yield _click(control, size)
        if control.single_line and control.text:
            yield _key("End")
            yield _key("Shift+Home")
        yield Proposed(action="type", text=move.text)
    elif move.kind == "choose":
        yield _click(control, size)
        yield from _entry(control, move.text, look, size)
    else:
        yield _click(control, size)


def _entry(control: Control, entry: str, look: Look, size: tuple[int, int]) -> Iterator[Proposed]:
    """Take the entry where it shows; close the drop-down again where there is none."""
    end = time.monotonic() + OPEN_S
    while time.monotonic() < end:
        shown = [one for one in look() if one.role in _ENTRIES and one.name == entry]
        if shown and EDGE_PX < shown[0].top < size[1] - EDGE_PX - shown[0].height:
            yield _click(shown[0], size)
            return
        if shown and entry in control.entries:
            # A list as long as the screen is high has arrows at its ends, and the entry may be below one.
            before = [one for one in control.entries[: control.entries.index(entry)] if one]
            for name in ("Home", *("Down" for _ in before), "Return"):
                yield _key(name)
            return
    yield _key("Escape")


def _click(control: Control, size: tuple[int, int]) -> Proposed:
    """In the middle of what of it is on the screen."""
    right, bottom = min(control.left + control.width, size[0]), min(control.top + control.height, size[1])
    x, y = (max(control.left, 0) + right) // 2, (max(control.top, 0) + bottom) // 2
    return Proposed(action="click", x=min(max(x, 0), size[0] - 1), y=min(max(y, 0), size[1] - 1))


def _key(name: str) -> Proposed:
    return Proposed(action="key", text=name)
