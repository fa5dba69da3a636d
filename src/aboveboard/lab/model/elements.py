"""What is on the screen, as an accessibility tree tells it, and what can be done to it?

A :class:`Scene` is what an element policy sees: what was asked for, and the elements with their role, words, value and
place. An :class:`Act` is what it answers: click an element, type words into it, or choose an entry of a drop-down.
Colours, the focus and the marks that a pointer leaves (hovered, pressed) are left out: what is lit just before a person
clicks would give the answer away.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

ActKind = Literal["click", "type", "choose"]

TYPED_ROLES = frozenset(
    ("input-text", "input-password", "textarea", "input-search", "input-number", "input-email", "input-date")
)
"""Roles into which one types."""
CHOSEN_ROLES = frozenset(("select",))
"""Roles of which one entry is chosen: a drop-down."""
CONTROL_ROLES = TYPED_ROLES | CHOSEN_ROLES | {"button", "a", "input-checkbox", "input-radio", "input-submit", "option"}
"""Roles that answer a click by themselves."""
ELEMENTS_LIMIT = 600
TEXT_LIMIT = 300
_POINTED = re.compile(r"ui-state-\w+|(.*[-_])?(hover|active|focus(ed)?)")


@dataclass(frozen=True, slots=True)
class Element:
    """One element. ``parent`` is its place in the scene's list, -1 for the root.

    ``text`` is its own words (not its children's); ``value`` what is typed in it, or ``on`` / ``off``; ``names`` the
    lower-case words of its classes and id; ``options`` the entries of a drop-down. Extents are in CSS pixels.
    """

    role: str
    text: str
    value: str
    names: tuple[str, ...]
    left: float
    top: float
    width: float
    height: float
    parent: int
    options: tuple[str, ...] = ()

    @property
    def kind(self) -> ActKind:
        """What one does to such an element first: type into a field, choose from a drop-down, else click."""
        return "type" if self.role in TYPED_ROLES else "choose" if self.role in CHOSEN_ROLES else "click"


@dataclass(frozen=True, slots=True)
class Scene:
    """``instruction`` is what was asked for; ``elements`` are in the order of the page, parents before children."""

    instruction: str
    elements: tuple[Element, ...]

    def keys(self) -> list[tuple[object, ...]]:
        """For each element a key by which it is found again after the page has changed.

        Its role, names, words and its number among those that share them; a value or a place may change.
        """
        seen: dict[tuple[object, ...], int] = {}
        keys: list[tuple[object, ...]] = []
        for element in self.elements:
            like = (element.role, element.names, element.text)
            seen[like] = seen.get(like, -1) + 1
            keys.append((*like, seen[like]))
        return keys


@dataclass(frozen=True, slots=True)
class Act:
    """``target`` is the element's place in the scene; ``text`` what is typed or chosen ("" for a click)."""

    kind: ActKind
    target: int
    text: str = ""


def element(
    *,
    role: str,
    text: str,
    value: str,
    classes: str,
    extents: Sequence[float],
    parent: int,
    options: Iterable[str] = (),
) -> Element:
    """An :class:`Element` from what a page or a file tells; long words are cut, marks of the pointer are left out."""
    left, top, width, height = (float(number) for number in extents)
    return Element(
        role=role.lower().replace("_", "-")[:40],
        text=" ".join(text.split())[:TEXT_LIMIT],
        value=value[:TEXT_LIMIT],
        names=_names(classes),
        left=left,
        top=top,
        width=width,
        height=height,
        parent=parent,
        options=tuple(" ".join(one.split())[:TEXT_LIMIT] for one in options),
    )


def _names(classes: str) -> tuple[str, ...]:
    """The words of class names and ids: ``ui-dialog-titlebar-close`` → ui, dialog, titlebar, close; numbers go."""
    kept = (name for name in classes.split() if not _POINTED.fullmatch(name))
    words = (word.lower() for name in kept for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", name))
    return tuple(sorted(set(words)))[:12]
