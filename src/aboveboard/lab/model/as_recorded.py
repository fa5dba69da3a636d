"""What of an application does a policy see that learnt from recordings?

A recording tells the controls that somebody acted on, and not what stood around them. So the policy is shown, of what
is on the screen, no more than what is like something that was met: of the same role, within the same roles. No word of
anybody's is needed for that. Of each control it is shown what a recorder tells: a field and a drop-down have no name
but their place, a window no name but the plain words of its title.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from aboveboard.lab.model.desktop_scene import View, view_of
from aboveboard.stage.desktop.accessible import SENSITIVE, Control, Ref
from aboveboard.stage.desktop.moves import FIELDS

Named = tuple[str, str]
"""A role and a name."""
Kind = tuple[str, ...]
"""The roles that lead from the window down to a control, and its own."""

MENU, COMBO_BOX = "menu", "combo box"
WINDOWS = frozenset(("frame", "window", "application", "dialog", "alert", "file chooser"))
GROUPS = frozenset(("filler", "panel", "section", "redundant object", "unknown", "grouping", "scroll pane", "viewport"))
"""What only groups others: a recorder tells it where it has a name."""
GRID_PX = 8
_TITLED = frozenset(("dialog", "alert", "file chooser"))
_DRAWN = re.compile(r"\"[^\"]*\"|“[^”]*”|\S*[\d./]\S*")
"""Words of a title that are of one problem: what stands in quotes, numbers, names of files."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Met:
    """A control with what it is in, from its window down. Its ``parent`` is not used."""

    path: tuple[Named, ...]
    control: Control

    @property
    def own(self) -> tuple[Named, ...]:
        """By what it is known: its path, its role, and its name or else its place, within a few pixels."""
        one = self.control
        return (*self.path, (one.role, one.name or f"@{one.left // GRID_PX},{one.top // GRID_PX}"))

    @property
    def kind(self) -> Kind:
        return (*(role for role, _ in self.path), self.control.role)

    @property
    def menus(self) -> frozenset[tuple[Named, ...]]:
        """The menus that have to be open for it to show."""
        return frozenset(self.path[: place + 1] for place, (role, _) in enumerate(self.path) if role == MENU)

    def holds(self, x: int, y: int) -> bool:
        one = self.control
        return 0 <= x - one.left < one.width and 0 <= y - one.top < one.height


def met(path: Iterable[Named], control: Control) -> Met:
    """A control as a recorder tells it."""
    steps = tuple((role, title_words(role, name)) for role, name in path if name or role not in GROUPS)
    unnamed = control.role in FIELDS or control.role == COMBO_BOX
    return Met(steps, replace(control, name="" if unnamed else title_words(control.role, control.name)))


def title_words(role: str, name: str) -> str:
    """The name of a control; of a window what is the same for each problem, nothing of a main window's."""
    if role not in WINDOWS:
        return name
    return " ".join(_WORD.findall(_DRAWN.sub(" ", name))) if role in _TITLED else ""


def met_of(controls: Sequence[Control]) -> list[Met]:
    """Each of what shows, as a recorder would tell it; parents stand before their children."""
    paths: list[tuple[Named, ...]] = []
    for one in controls:
        above = () if one.parent < 0 else (*paths[one.parent], (controls[one.parent].role, controls[one.parent].name))
        paths.append(above)
    return [met(path, one) for path, one in zip(paths, controls, strict=True)]


def tree_of(found: Iterable[Met]) -> list[Control]:
    """What was met as one list, parents before children, each row from the top and from the left.

    What something is in, and was not met itself, is nowhere on the screen. Of two that are known by the same, the first
    is taken.
    """
    leaves: dict[tuple[Named, ...], Control] = {}
    inside: dict[tuple[Named, ...], list[tuple[Named, ...]]] = {}
    for one in sorted(found, key=lambda each: (each.control.top, each.control.left)):
        if leaves.setdefault(one.own, one.control) is not one.control:
            continue
        for depth in range(1, len(one.own) + 1):
            beside = inside.setdefault(one.own[: depth - 1], [])
            if one.own[:depth] not in beside:
                beside.append(one.own[:depth])
    made: list[Control] = []
    left = [(own, -1) for own in reversed(inside.get((), []))]
    while left:
        own, parent = left.pop()
        role, name = own[-1]
        made.append(
            replace(leaves.get(own, Control(Ref("", ""), role, name, SENSITIVE, 0, 0, 0, 0, -1)), parent=parent)
        )
        left += [(each, len(made) - 1) for each in reversed(inside.get(own, []))]
    return made


def view_as_recorded(kinds: Collection[Kind], instruction: str, controls: Sequence[Control]) -> View:
    """The scene of those ``controls`` that are of ``kinds``."""
    return view_of(instruction, tree_of(one for one in met_of(controls) if one.kind in kinds))
