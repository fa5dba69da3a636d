"""How does an element policy see a window of a real application?

As it sees a page: what accessibility tells becomes elements with the same few roles that pages have. The keys that may
be pressed are elements too, below a keyboard: pressing Control+S is choosing one of them. Left out are containers that
only lay out, what cannot be used now, and the focus (see :mod:`aboveboard.lab.model.elements`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.lab.model.elements import Act, Element, Scene, element
from aboveboard.stage.desktop.accessible import CHECKED, SELECTED, SENSITIVE, Control
from aboveboard.stage.desktop.desk import HEIGHT, WIDTH
from aboveboard.stage.desktop.moves import FIELDS, KEYS, Move

PAGE_WIDTH, PAGE_HEIGHT = 160.0, 210.0
"""Places are told as shares of a page of this size, as all that the policy learns from."""

_ROLES = {
    "push button": "button",
    "toggle button": "button",
    "check box": "input-checkbox",
    "radio button": "input-radio",
    "spin button": "input-number",
    "password text": "input-password",
    "link": "a",
    "combo box": "select",
    "terminal": "textarea",
    "menu item": "menu-item",
    "check menu item": "menu-item",
    "radio menu item": "menu-item",
    "page tab": "tab",
}
_TICKED = frozenset(("check box", "check menu item", "radio button", "radio menu item"))
_LAYOUT = frozenset(
    (
        "filler",
        "panel",
        "separator",
        "scroll bar",
        "scroll pane",
        "viewport",
        "split pane",
        "icon",
        "table cell",
        "animation",
    )
)
"""Containers and ornaments; with a name they say something."""


@dataclass(frozen=True)
class View:
    """``scene``, and what each of its elements stands for: a control, the name of a key, or nothing to act on."""

    scene: Scene
    stands_for: tuple[Control | str | None, ...]

    def move(self, act: Act) -> tuple[Move, Control | None] | None:
        """What ``act`` does at the desk, and to what; ``None`` for an act on nothing."""
        target = self.stands_for[act.target]
        if target is None:
            return None
        if isinstance(target, str):
            return Move("key", text=target), None
        return Move(act.kind, target.role, target.name, act.text), target

    def act(self, control: Control | None, move: Move) -> Act | None:
        """The act that is ``move`` on ``control``; ``None`` where the scene leaves that out."""
        wanted = move.text if control is None else control
        place = next((place for place, one in enumerate(self.stands_for) if one is not None and one == wanted), None)
        if place is None:
            return None
        if move.kind in ("click", "key"):
            return Act("click", place)
        return Act("type" if move.kind == "type" else "choose", place, move.text)


def view_of(instruction: str, controls: Sequence[Control]) -> View:
    """The scene that ``controls`` (parents before their children) make, with the keyboard after them."""
    elements = [_named("desktop", -1)]
    stands_for: list[Control | str | None] = [None]
    at: dict[int, int] = {-1: 0}
    for place, one in enumerate(controls):
        at[place] = at[one.parent]
        if (one.role in _LAYOUT and not one.name) or (not one.has(SENSITIVE) and one.role != "label"):
            continue
        at[place] = len(elements)
        elements.append(_element(one, at[one.parent]))
        stands_for.append(one)
    keyboard = len(elements)
    elements += [_named("keyboard", 0), *(_named("key", keyboard, key) for key in KEYS)]
    return View(Scene(instruction, tuple(elements)), (*stands_for, None, *KEYS))


def _element(one: Control, parent: int) -> Element:
    field = one.role in FIELDS
    ticked = "on" if one.has(CHECKED) or (one.role == "radio button" and one.has(SELECTED)) else "off"
    role = "textarea" if one.role == "text" and not one.single_line else "input-text" if field else one.role
    return element(
        role=_ROLES.get(one.role, role).replace(" ", "-"),
        text="" if field or one.role == "combo box" else one.name,
        value=one.text if field or one.role == "combo box" else ticked if one.role in _TICKED else "",
        # The label of a field is to it what its name is to a field on a page.
        classes=one.name if field or one.role == "combo box" else "",
        extents=(
            one.left * PAGE_WIDTH / WIDTH,
            one.top * PAGE_HEIGHT / HEIGHT,
            one.width * PAGE_WIDTH / WIDTH,
            one.height * PAGE_HEIGHT / HEIGHT,
        ),
        parent=parent,
        options=one.entries,
    )


def _named(role: str, parent: int, name: str = "") -> Element:
    """An element that is nowhere on the screen. A key's name is one word, so that S and Control+S are two."""
    return Element(role, "", "", (name.lower(),) if name else (), 0.0, 0.0, 0.0, 0.0, parent)
