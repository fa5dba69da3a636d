"""What is a typed text made of: characters, the presses that made them, and things that should not be seen.

Each character knows the presses that made it, and each press the characters that it made and deleted. So what is found
in a text leads to keys, and the keys to whatever else they did.
"""

from dataclasses import dataclass, field
from typing import Literal

from aboveboard.formats.recording import Key
from aboveboard.recorder.redact.text.finding import Kind

SOME = "\ufffc"
"""Stands for a stretch of which not even the length is known: what was pasted, what lies around a caret just set."""
ONE = "\ufffd"
"""Stands for one character of which only the place is known."""

Does = Literal["text", "edit", "move", "modifier", "command"]
"""What a press does: makes characters; deletes or brings back; moves caret or selection; nothing to the text."""


@dataclass(slots=True, eq=False)
class Thing:
    """Something that should not be seen. ``kind`` is ``None`` for what could not be checked.

    Findings that share a character are one thing: ``into`` leads to the one that stands for them. ``label`` is its
    placeholder once it was said.
    """

    kind: Kind | None
    text: str
    final: bool = False
    label: str = ""
    into: "Thing | None" = None

    def root(self) -> "Thing":
        """The thing that stands for this one."""
        thing = self
        while thing.into is not None:
            thing = thing.into
        return thing

    def join(self, other: "Thing") -> None:
        """Both are one. What was found in the text as it is at last counts before what was found on the way."""
        first, second = self.root(), other.root()
        if first is not second:
            best, rest = sorted((first, second), key=lambda one: (one.kind is None, one.final, len(one.text)))[::-1]
            rest.into = best


@dataclass(slots=True, eq=False)
class Char:
    """One character, or SOME or ONE. ``alive``: it is in the text now. ``authors``: presses that are not decided."""

    text: str
    authors: "tuple[Press, ...]" = ()
    alive: bool = True
    thing: Thing | None = None

    @property
    def known(self) -> bool:
        return self.text not in (SOME, ONE)


@dataclass(slots=True, eq=False)
class Hold:
    """A key held down: from its press, with those that the system repeats, to its release."""

    covered: bool = False
    """One of the presses did not come out."""


@dataclass(slots=True, eq=False)
class Press:
    """A key went down. ``beside``: the characters left and right of the caret after a move.

    ``uses``: for a modifier, the presses while it was down. ``thing``: what it is covered for.
    """

    time_ns: int
    key: Key
    hold: Hold
    does: Does = "command"
    made: list[Char] = field(default_factory=list)
    gone: list[Char] = field(default_factory=list)
    beside: tuple[Char | None, Char | None] = (None, None)
    uses: "list[Press]" = field(default_factory=list)
    thing: Thing | None = None

    def let_go(self) -> None:
        """It was decided: no character leads to it any more, so that it can be forgotten."""
        for char in self.made:
            char.authors = tuple(one for one in char.authors if one is not self)
        self.made, self.gone, self.uses, self.beside = [], [], [], (None, None)


@dataclass(slots=True, eq=False)
class Lift:
    """A key went up."""

    time_ns: int
    key: Key
    hold: Hold | None


Happened = Press | Lift
