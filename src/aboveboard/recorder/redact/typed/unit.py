"""How is a unit of keys decided, whole when it is over, or in part while it goes on?

``Judge`` brings together what is judged (``judging``), covered (``reach``), waited for (``settling``) and said
(``writing``). What it could not decide it does not look at again until there is more to see, or time is up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.redact.typed.drafts import Drafts
from aboveboard.recorder.redact.typed.editor import Editor
from aboveboard.recorder.redact.typed.judging import Finder, Marks, judge
from aboveboard.recorder.redact.typed.options import CONTEXT_CHARACTERS
from aboveboard.recorder.redact.typed.parts import Char, Happened, Press, Thing
from aboveboard.recorder.redact.typed.reach import reach
from aboveboard.recorder.redact.typed.settling import before_chars, grave, loose, safe_boundary, uncut, unfinished
from aboveboard.recorder.redact.typed.writing import Told, Writer

AGAIN_NS = SECOND_NS


@dataclass
class Statistics:
    """Counts, for tests and for what the recorder says of itself.

    ``reached_back``: things found when some of their keys had come out. ``unchecked``: what a detector failed on, and
    ends that looked like half a secret.
    """

    kept: int = 0
    covered: int = 0
    things: int = 0
    reached_back: int = 0
    unchecked: int = 0
    judged_characters: int = 0


@dataclass(slots=True, eq=False)
class Unit:
    """Keys to be decided together. ``drafts`` and ``view``, what stood in the field, once it is over."""

    events: list[Happened] = field(default_factory=list)
    edits: int = 0
    last_press_ns: int = 0
    looked: tuple[int, int, bool] | None = None
    """When it was last looked at, how many events were left then, and whether it was idle."""
    drafts: Drafts | None = None
    view: list[Char] = field(default_factory=list)

    @property
    def presses(self) -> list[Press]:
        return [event for event in self.events if isinstance(event, Press)]

    def close(self, editor: Editor, drafts: Drafts) -> None:
        """It is over."""
        self.drafts, self.view = drafts, self.seen(editor)

    def seen(self, editor: Editor) -> list[Char]:
        """What stands in the field, around all characters that wait and around the caret."""
        if not self.edits:
            return []
        items, caret = editor.field.items, editor.field.caret
        held = [caret, *(place for place, char in enumerate(items) if char.authors)]
        return items[max(0, min(held) - CONTEXT_CHARACTERS) : max(held) + CONTEXT_CHARACTERS]


class Judge:
    """Decides on the units of one keyboard. Used by one thread."""

    def __init__(self, finder: Finder) -> None:
        self.statistics = Statistics()
        self._finder = finder
        self._writer = Writer(finder)

    def decide_over(self, unit: Unit) -> list[Told]:
        """All that comes out of a unit that is over."""
        drafts = unit.drafts or Drafts()
        marks = self._marks(unit, unit.view, drafts.texts, drafts.unjudged)
        return self._say(unit, len(unit.events), marks)

    def decide_open(self, unit: Unit, editor: Editor, now_ns: int, *, last: bool) -> list[Told]:
        """What comes out of a unit that may go on; with ``last`` all of it."""
        if not unit.edits and not last:
            marks = Marks()
            reach(unit.presses, marks)
            return self._say(unit, loose(unit.events, len(unit.events), now_ns), marks)
        options, count = editor.options, len(unit.events)
        waited_ns = now_ns - unit.events[0].time_ns
        hard = last or waited_ns >= options.hard_cap_ns or count >= options.hard_cap_events
        idle = now_ns - unit.last_press_ns >= options.idle_ns
        if not (hard or idle or waited_ns >= options.cap_ns or count >= options.cap_events):
            return []
        if not hard and not _worth_a_look(unit, now_ns, options.cap_events // 4, idle=idle):
            return []
        view, drafts = unit.seen(editor), editor.drafts
        texts = [*drafts.texts, drafts.row(editor.field), drafts.deleted_now()]
        marks = self._marks(unit, view, texts, drafts.unjudged)
        end = _end(editor)
        if not last:
            count = before_chars(unit.events, end) if idle or hard else safe_boundary(unit.events, view)
            count = uncut(unit.events, loose(unit.events, count, now_ns))
        stuck = not count or (count < len(unit.events) and now_ns - unit.events[count].time_ns >= options.hard_cap_ns)
        if last or (hard and stuck):
            count = len(unit.events)
            self._cover_half_secret(unit, end, marks)
        out = self._say(unit, count, marks)
        unit.looked = (now_ns, len(unit.events), idle)
        unit.edits = sum(press.does in {"text", "edit"} for press in unit.presses)
        drafts.forget_decided()
        return out

    def _marks(self, unit: Unit, view: list[Char], texts: list[list[Char]], unjudged: list[Char]) -> Marks:
        self.statistics.judged_characters += len(view) + sum(len(text) for text in texts)
        marks = judge(self._finder, [view], texts)
        if unjudged:
            marks.add(unjudged, Thing(None, ""))
        reach(unit.presses, marks)
        return marks

    def _cover_half_secret(self, unit: Unit, end: Sequence[Char], marks: Marks) -> None:
        if grave("".join(char.text for char in end)):
            marks.add([char for char in end if char.authors and char.thing is None], Thing(None, ""))
            reach(unit.presses, marks)

    def _say(self, unit: Unit, count: int, marks: Marks) -> list[Told]:
        decided = unit.events[:count]
        presses = [event for event in decided if isinstance(event, Press)]
        new = {root for press in presses if press.thing is not None and not (root := press.thing.root()).label}
        late = {char.thing.root() for char in marks.fresh if char.thing is not None and char.alive and not char.authors}
        out = self._writer.write(decided)
        marks.settle()
        for press in presses:
            press.let_go()
        del unit.events[:count]
        counts = self.statistics
        counts.things += len(new)
        counts.unchecked += sum(thing.kind is None for thing in new)
        counts.reached_back += len(new & late)
        counts.kept, counts.covered = self._writer.kept, self._writer.covered
        return out


def _worth_a_look(unit: Unit, now_ns: int, many: int, *, idle: bool) -> bool:
    """May more be decided than when it was last looked at?"""
    if unit.looked is None:
        return True
    looked_ns, events, was_idle = unit.looked
    more = len(unit.events) - events
    return more >= many or (more > 0 and now_ns - looked_ns >= AGAIN_NS) or (idle and not was_idle)


def _end(editor: Editor) -> list[Char]:
    """The characters before the caret that may be the beginning of something longer."""
    caret = editor.field.caret
    chars = editor.field.items[max(0, caret - CONTEXT_CHARACTERS) : caret]
    return chars[unfinished("".join(char.text for char in chars)) :]
