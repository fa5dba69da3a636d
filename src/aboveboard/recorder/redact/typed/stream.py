"""Which of the keys that were pressed come out, and what stands for those that do not?

Keys go in in order of time, with what ends a field: a click, another window, another focus. They wait until what they
typed can be judged with what came after, and come out in order. A text is rebuilt from them (``editor``); a unit of
keys is decided (``settling``) once it is over or has waited long enough:

1. All texts that stood in the field while it was typed are judged, with what stands around them (``judging``).
2. The presses that made, changed or deleted what was found are covered (``reach``).
3. The others come out as they were; for those covered a placeholder does (``writing``).

If a detector fails, all that was typed in the unit is covered. What was found too late, after some of its keys had come
out, covers those that still wait, and is counted.

A focus that moves by itself (the boxes of a form for a card's number) begins another field, but not another unit.
"""

from collections import deque

from aboveboard.formats.recording import Control, Key, Session, Window
from aboveboard.recorder.redact.typed.editor import Editor
from aboveboard.recorder.redact.typed.endings import Ending, Endings
from aboveboard.recorder.redact.typed.judging import Finder
from aboveboard.recorder.redact.typed.options import Options
from aboveboard.recorder.redact.typed.parts import Hold, Lift, Press
from aboveboard.recorder.redact.typed.unit import Judge, Statistics, Unit
from aboveboard.recorder.redact.typed.writing import Told


class Typing:
    """One keyboard. Used by one thread; reads no clock."""

    def __init__(self, finder: Finder, options: Options | None = None) -> None:
        self._options = options or Options()
        self._editor = Editor(self._options)
        self._endings = Endings()
        self._judge = Judge(finder)
        self._over: deque[Unit] = deque()
        self._unit = Unit()
        self._down: dict[int, Hold] = {}
        self._modifiers: dict[int, Press] = {}
        self._application = ""

    @property
    def statistics(self) -> Statistics:
        """Counts since the beginning."""
        return self._judge.statistics

    @property
    def waits_since_ns(self) -> int | None:
        """The time of the first key that is not decided; ``None`` if all are."""
        unit = self._over[0] if self._over else self._unit
        return unit.events[0].time_ns if unit.events else None

    @property
    def text(self) -> str:
        """What stands in the field, as far as it is known."""
        return self._editor.text

    def offer(self, time_ns: int, item: object) -> None:
        """Something happened, not before what was offered before. What is neither a key nor an ending is ignored."""
        if isinstance(item, Key):
            (self._press if item.pressed else self._lift)(time_ns, item)
        elif isinstance(item, Ending) and self._endings.ends(time_ns, item):
            if isinstance(item, Control):
                self._editor.leave(by_itself=True)
            else:
                self._leave(clipboard=not isinstance(item, Window | Session))

    def use(self, options: Options, application: str = "") -> None:
        """From now on this application has the keyboard, and edits by these ``options``."""
        if (options, application) == (self._options, self._application):
            return
        self._leave(clipboard=False)
        if options != self._options:
            self._editor = Editor(options)
        self._options, self._application = options, application

    def release(self, now_ns: int, *, last: bool = False) -> list[Told]:
        """What is decided by ``now_ns``, in order of time. ``last``: everything is.

        ``now_ns`` is the time up to which everything was offered (``Gate.settled_ns``), not that of a clock.
        """
        out: list[Told] = []
        while self._over:
            out += self._judge.decide_over(self._over.popleft())
        if self._unit.events:
            out += self._judge.decide_open(self._unit, self._editor, now_ns, last=last)
        return out

    def _press(self, time_ns: int, key: Key) -> None:
        press = Press(time_ns, key, self._down.setdefault(key.keycode, Hold()))
        unit = self._unit
        unit.events.append(press)
        command = self._editor.press(press)
        if press.does == "modifier":
            before = self._modifiers.get(key.keycode)
            if before is not None:
                press.uses = before.uses
            self._modifiers[key.keycode] = press
            return
        for modifier in self._modifiers.values():
            modifier.uses.append(press)
        unit.last_press_ns = time_ns
        unit.edits += bool(press.made or press.gone or press.does in {"text", "edit"})
        if command.verb in {"enter", "leave"}:
            self._endings.moved(time_ns)
            if command.verb == "leave":
                self._editor.leave()
            self._end_unit()

    def _lift(self, time_ns: int, key: Key) -> None:
        self._modifiers.pop(key.keycode, None)
        self._unit.events.append(Lift(time_ns, key, self._down.pop(key.keycode, None)))

    def _leave(self, *, clipboard: bool) -> None:
        self._editor.leave(clipboard=clipboard)
        self._end_unit()

    def _end_unit(self) -> None:
        drafts = self._editor.take_drafts()
        if self._unit.events:
            self._unit.close(self._editor, drafts)
            self._over.append(self._unit)
            self._unit = Unit()
