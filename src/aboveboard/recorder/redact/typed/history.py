"""What do undo and redo bring back?

Presses of one kind in a row are one step, as in most toolkits; where exactly a step ends differs between them, so what
an undo leaves is a guess. It costs nothing if the guess is wrong: what was typed in a row is judged by itself as well.
"""

from dataclasses import dataclass, field

from aboveboard.recorder.redact.typed.field import Field
from aboveboard.recorder.redact.typed.options import UNDO_STEPS
from aboveboard.recorder.redact.typed.parts import Char


@dataclass(slots=True)
class Change:
    """``chars`` came to ``place``, or were taken from there."""

    came: bool
    place: int
    chars: list[Char]


@dataclass(slots=True)
class Step:
    """What one undo takes back. ``kind``: "text" or "edit"."""

    kind: str
    changes: list[Change] = field(default_factory=list)


class History:
    """The steps of one field; forgotten when places in it changed by anything else."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []
        self._shifted = 0
        self._goes_on = False

    def note(self, field_: Field, kind: str, change: Change) -> None:
        """``change`` was made. It belongs to the step before if that is of the same kind and nothing came between."""
        self._valid(field_)
        self._undone.clear()
        if not (self._goes_on and self._done and self._done[-1].kind == kind):
            self._done.append(Step(kind))
            del self._done[:-UNDO_STEPS]
        self._done[-1].changes.append(change)
        self._goes_on = True

    def interrupt(self) -> None:
        """The next change is a step of its own."""
        self._goes_on = False

    def step_back(self, field_: Field) -> list[Change] | None:
        """What is to be done to undo the last step; ``None`` if no step is known."""
        return self._turn(field_, self._done, self._undone)

    def step_forth(self, field_: Field) -> list[Change] | None:
        """What is to be done to redo what was undone last; ``None`` if there is nothing."""
        return self._turn(field_, self._undone, self._done)

    def _turn(self, field_: Field, source: list[Step], target: list[Step]) -> list[Change] | None:
        self._valid(field_)
        self._goes_on = False
        if not source:
            return None
        step = source.pop()
        turned = [Change(not one.came, one.place, one.chars) for one in reversed(step.changes)]
        target.append(Step(step.kind, turned))
        return turned

    def _valid(self, field_: Field) -> None:
        if field_.shifted != self._shifted:
            self._done.clear()
            self._undone.clear()
            self._shifted, self._goes_on = field_.shifted, False
