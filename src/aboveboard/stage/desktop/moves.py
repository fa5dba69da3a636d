"""What can be done to an application, in the words in which one person would tell another?

Click the button "Save", type into the field "Name", choose an entry of a drop-down, press Control+S. A move names what
it is done to by role and name; where that is on the screen is looked up when it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aboveboard.stage.desktop.accessible import FOCUSED, Control

FIELDS = frozenset(("text", "entry", "terminal", "spin button", "password text"))
"""Roles that are typed into."""

KEYS = (
    "Return", "Escape", "Tab", "Delete", "BackSpace", "Up", "Down", "Home", "End", "F2", "Control+Home", "Control+End",
    "Control+a", "Control+b", "Control+c", "Control+d", "Control+f", "Control+h", "Control+i", "Control+n", "Control+o",
    "Control+s", "Control+u", "Control+v", "Control+w", "Control+x", "Control+z", "Control+Shift+n", "Control+Shift+s",
    "Shift+Delete", "Alt+Up",
)  # fmt: skip
"""What may be pressed: what ordinary applications understand, whether a task here asks for it or not."""


@dataclass(frozen=True)
class Move:
    """``role`` and ``name`` as accessibility tells them; name "" is any. ``text`` is typed, chosen, or the key pressed.

    ``nth`` counts those that fit, in order. A field that has the focus is meant by ``role`` "focus".
    """

    kind: Literal["click", "type", "choose", "key"]
    role: str = ""
    name: str = ""
    text: str = ""
    nth: int = 0


def click(role: str, name: str, nth: int = 0) -> Move:
    """Click it."""
    return Move("click", role, name, nth=nth)


def menu(*names: str) -> list[Move]:
    """Open the menu and take the item; menus within it are opened on the way."""
    first, *between, last = names
    return [click("menu", first), *(click("menu", one) for one in between), click("menu item", last)]


def tick(*names: str) -> list[Move]:
    """Open the menu and take an item that is either on or off."""
    first, *between, last = names
    return [click("menu", first), *(click("menu", one) for one in between), click("check menu item", last)]


def button(name: str) -> Move:
    """Press a button."""
    return click("push button", name)


def type_into(name: str, text: str, role: str = "text", nth: int = 0) -> Move:
    """Type into a field: in place of what a field of one line holds, at the cursor of any other."""
    return Move("type", role, name, text, nth)


def type_here(text: str) -> Move:
    """Type into the field that has the focus."""
    return Move("type", "focus", "", text)


def choose(name: str, entry: str, nth: int = 0) -> Move:
    """Choose an entry of a drop-down."""
    return Move("choose", "combo box", name, entry, nth)


def key(name: str) -> Move:
    """Press a key, with others held: one of :data:`KEYS`."""
    return Move("key", text=name)


def find(controls: Sequence[Control], move: Move) -> int | None:
    """The place of what ``move`` is done to; ``None`` where it is not there."""
    fitting = [
        place
        for place, one in enumerate(controls)
        if (one.role == move.role and move.name in ("", one.name))
        or (move.role == "focus" and one.role in FIELDS and one.has(FOCUSED))
    ]
    return fitting[move.nth] if len(fitting) > move.nth else None
