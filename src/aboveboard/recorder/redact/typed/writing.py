"""What comes out of the keys that were decided on?

1. A key that is not covered comes out as it was, a release only if all its presses did.
2. Each stretch of covered keys is replaced by the placeholders of what it is about, all at the time of its first key.
3. Nothing may tell how long the stretch was or in which rhythm it was typed: what else happened within it, the release
   of a key from before, comes out just before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.formats.recording import Key
from aboveboard.recorder.redact.text.redactor import UNCHECKED
from aboveboard.recorder.redact.typed.judging import Finder
from aboveboard.recorder.redact.typed.parts import Happened, Lift, Press, Thing


@dataclass(frozen=True, slots=True)
class Kept:
    """A key that comes out as it was."""

    time_ns: int
    key: Key


@dataclass(frozen=True, slots=True)
class Covered:
    """Keys that do not come out. ``placeholder`` says what they typed, changed or deleted.

    ``remains``: some of it stands in the field when this is said.
    """

    time_ns: int
    placeholder: str
    remains: bool


Told = Kept | Covered


class Writer:
    """Says what comes out. Used by one thread."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self.kept = 0
        self.covered = 0

    def write(self, events: Sequence[Happened]) -> list[Told]:
        """``events`` in order, each press with its ``thing`` if it is covered."""
        out: list[Told] = []
        stretch: list[Press] = []
        within: list[Key] = []
        after: list[Kept] = []
        for event in events:
            if isinstance(event, Press) and event.thing is not None:
                event.hold.covered = True
                self.covered += 1
                if stretch:
                    within += [one.key for one in after]
                else:
                    out += after
                stretch.append(event)
                after = []
            elif isinstance(event, Lift) and event.hold is not None and event.hold.covered:
                continue
            else:
                after.append(Kept(event.time_ns, event.key))
                self.kept += isinstance(event, Press)
                if isinstance(event, Press) and event.does != "modifier":
                    out += [*self._told(stretch, within), *after]
                    stretch, within, after = [], [], []
        return [*out, *self._told(stretch, within), *after]

    def _told(self, stretch: Sequence[Press], within: Sequence[Key]) -> list[Told]:
        if not stretch:
            return []
        time_ns = stretch[0].time_ns
        told: dict[str, bool] = {}
        for press in stretch:
            assert press.thing is not None
            label = self._label(press.thing.root())
            told[label] = told.get(label, False) or any(char.alive for char in press.made)
        return [
            *(Kept(time_ns, key) for key in within),
            *(Covered(time_ns, label, remains) for label, remains in told.items()),
        ]

    def _label(self, thing: Thing) -> str:
        if not thing.label:
            thing.label = UNCHECKED if thing.kind is None else self._finder.placeholder(thing.kind, thing.text)
        return thing.label
