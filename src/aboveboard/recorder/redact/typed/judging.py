"""Which characters of the texts that stood in the field are part of something that should not be seen?

1. Each text is judged as it is, and once more without its unknown stretches if it has any: they may be empty.
2. A text that could not be checked is one thing, whole.
3. Findings that share a character are one thing.
4. A piece of a thing that was typed elsewhere, :data:`PIECE` characters or more, is part of it: of any thing in what
   was deleted, and of a number or a secret everywhere.

Characters are marked with their thing. Which presses that concerns is said in ``reach``.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from aboveboard.recorder.redact.text.finding import SECRET, Finding, Kind
from aboveboard.recorder.redact.typed.parts import Char, Thing

PIECE = 4
TELLING: frozenset[Kind | None] = SECRET | {
    "phone",
    "card",
    "account",
    "national_number",
    "licence",
    "tax",
    "health",
    "customer",
    "birth_date",
}
"""Kinds of which a piece tells something anywhere. (A piece of a name or an address is often a word of its own.)"""


class Finder(Protocol):
    """What is used of ``redact.text.redactor.Redactor``."""

    def find(self, text: str) -> list[Finding] | None:
        """Disjoint findings, in order; ``None`` if the text could not be checked."""
        ...

    def placeholder(self, kind: Kind, text: str) -> str:
        """What stands for ``text``."""
        ...


class Marks:
    """Who has been marked in this judgement."""

    def __init__(self) -> None:
        self.fresh: list[Char] = []
        self.things: list[Thing] = []

    def mark(self, chars: Iterable[Char], thing: Thing) -> None:
        """All of ``chars`` are part of ``thing``; what already has its placeholder keeps it."""
        for char in chars:
            if not char.known:
                continue
            if char.thing is None:
                char.thing = thing
                self.fresh.append(char)
            elif not char.thing.root().label:
                char.thing.join(thing)

    def add(self, chars: Sequence[Char], thing: Thing) -> None:
        """A new thing."""
        self.things.append(thing)
        self.mark(chars, thing)

    def settle(self) -> None:
        """What was said keeps its mark; the rest is judged again when it is decided."""
        for char in self.fresh:
            root = char.thing.root() if char.thing is not None else None
            char.thing = root if root is not None and root.label else None


def judge(finder: Finder, final: Sequence[Sequence[Char]], drafts: Sequence[Sequence[Char]]) -> Marks:
    """Mark the characters of all texts; ``final`` are those that stand there at last."""
    marks = Marks()
    for last, texts in ((True, final), (False, drafts)):
        for text in texts:
            for chars in _readings(text):
                _look(finder, marks, chars, last=last)
    _pieces(marks, [*final, *drafts])
    return marks


def _readings(text: Sequence[Char]) -> Iterator[Sequence[Char]]:
    yield text
    known = [char for char in text if char.known]
    first = next((place for place, char in enumerate(text) if char.known), 0)
    if len(known) < len(text) and any(not char.known for char in text[first : first + len(known)]):
        yield known


def _look(finder: Finder, marks: Marks, chars: Sequence[Char], *, last: bool) -> None:
    whole = "".join(char.text for char in chars)
    found = finder.find(whole)
    if found is None:
        marks.add([char for char in chars if char.text != "\n"], Thing(None, "", last))
        return
    for one in found:
        marks.add(chars[one.start : one.end], Thing(one.kind, whole[one.start : one.end], last))


def _pieces(marks: Marks, texts: Sequence[Sequence[Char]]) -> None:
    grams: dict[str, Thing] = {}
    for thing in marks.things:
        plain = "".join(one for one in thing.text.casefold() if one.isalnum())
        for place in range(len(plain) - PIECE + 1):
            grams.setdefault(plain[place : place + PIECE], thing)
    if not grams:
        return
    for text in texts:
        # The first letter of a folded character keeps places equal ("ß" folds to two).
        found = [(char, folded[0]) for char in text if (folded := char.text.casefold()).isalnum()]
        letters = "".join(letter for _, letter in found)
        for place in range(len(letters) - PIECE + 1):
            piece_of = grams.get(letters[place : place + PIECE])
            if piece_of is not None:
                chars = [char for char, _ in found[place : place + PIECE]]
                telling = piece_of.root().kind in TELLING
                marks.mark((char for char in chars if char.thing is None and (telling or not char.alive)), piece_of)
