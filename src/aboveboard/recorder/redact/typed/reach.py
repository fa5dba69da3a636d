"""Which presses are covered for the characters that should not be seen?

1. A press that made a character of a thing.
2. A press that deleted nothing else than such characters.
3. A press that left the caret, or a gap, inside a thing: how many there are tells how long it is.
4. What lies between two presses covered for the same thing, and just before and after them, if it left nothing behind
   but the thing: slips and their corrections.
5. All that a covered press made or deleted is part of the thing, and so again from 1.
6. A modifier if it was used, and only for covered presses.
"""

from collections.abc import Sequence

from aboveboard.recorder.redact.typed.judging import Marks
from aboveboard.recorder.redact.typed.parts import Char, Press, Thing

_ROUNDS = 16
_SLIP = 64
"""A slip before or after a thing is at most so many presses long."""


def reach(presses: Sequence[Press], marks: Marks) -> None:
    """Set ``thing`` on each of ``presses`` that is covered, and on no other; ``marks`` gets what follows."""
    typing = [press for press in presses if press.does != "modifier"]
    for press in presses:
        press.thing = None
    for _ in range(_ROUNDS):
        before = sum(press.thing is not None for press in typing), len(marks.fresh)
        for press in typing:
            if press.thing is None:
                press.thing = _of_characters(press)
        if not any(press.thing for press in typing):
            break
        _fill(typing)
        for press in typing:
            if press.thing is not None:
                marks.mark((char for char in (*press.made, *press.gone) if char.thing is None), press.thing)
        if before == (sum(press.thing is not None for press in typing), len(marks.fresh)):
            break
    for press in presses:
        if press.does == "modifier" and press.uses and all(use.thing is not None for use in press.uses):
            press.thing = press.uses[0].thing


def _root(char: Char | None) -> Thing | None:
    return char.thing.root() if char is not None and char.thing is not None else None


def _of_characters(press: Press) -> Thing | None:
    for char in press.made:
        if char.thing is not None:
            return char.thing.root()
    if press.gone and all(char.thing is not None for char in press.gone):
        return _root(press.gone[0])
    left, right = _root(press.beside[0]), _root(press.beside[1])
    return left if left is not None and left is right else None


def _fill(typing: Sequence[Press]) -> None:
    covered = [place for place, press in enumerate(typing) if press.thing is not None]
    last: dict[Thing, int] = {}
    for place in covered:
        thing = typing[place].thing
        assert thing is not None
        root = thing.root()
        between = typing[last.get(root, place) + 1 : place]
        if between and all(one.thing is not None or _leaves_nothing(one) for one in between) and _closed(between):
            for one in between:
                one.thing = one.thing or root
        last[root] = place
    for place in covered:
        thing = typing[place].thing
        before = typing[max(0, place - _SLIP) : place][::-1]
        _slip(before, thing)
        _slip(typing[place + 1 : place + 1 + _SLIP], thing)


def _leaves_nothing(press: Press) -> bool:
    """As far as this press alone tells."""
    return press.does != "command" and all(not char.alive or char.thing is not None for char in press.made)


def _closed(presses: Sequence[Press]) -> bool:
    """Did they delete all that they made and nothing else, but for what is covered?"""
    made = {id(char) for press in presses for char in press.made if char.thing is None}
    gone = {id(char) for press in presses for char in press.gone if char.thing is None}
    return made == gone


def _slip(near: Sequence[Press], thing: Thing | None) -> None:
    """Cover the longest part of ``near``, from its first on, that typed something and took it back."""
    slip: list[Press] = []
    best = 0
    for press in near:
        if press.thing is not None or not (press.made or press.gone) or not _leaves_nothing(press):
            break
        slip.append(press)
        if _closed(slip):
            best = len(slip)
    for press in slip[:best]:
        press.thing = thing
