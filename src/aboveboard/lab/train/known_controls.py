"""Which controls did anybody act on in these recordings, and which of them may have stood around an action?

What stood beside the control that was met is not recorded. It is taken to be what others met in the same window with
the same menus open; and beside that things with the names of such as were met elsewhere, or with words that nobody
wrote, so that a policy learns to pass over what it is not asked for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from aboveboard.formats.recording import Control as Recorded
from aboveboard.formats.trajectory import Step
from aboveboard.lab.model.as_recorded import COMBO_BOX, Kind, Met, Named, met, title_words
from aboveboard.lab.model.words import read, words_of
from aboveboard.stage.desktop.accessible import (
    CHECKED,
    FOCUSED,
    SELECTED,
    SENSITIVE,
    SHOWING,
    SINGLE_LINE,
    Control,
    Ref,
)

STATES = {
    "checked": CHECKED,
    "focused": FOCUSED,
    "selected": SELECTED,
    "sensitive": SENSITIVE,
    "enabled": SENSITIVE,
    "showing": SHOWING,
    "single line": SINGLE_LINE,
}
PRESSED = frozenset(("push button", "toggle button", "check box", "radio button", "page tab"))
"""What stands where it stands, and often goes when it is pressed, before it was told."""
DECOYS, DECOYS_EACH, STRANGE = 20, 2, 6
"""So many things that nobody met there stand in a scene, at most; beside each with a name; and from other windows."""
AWAY_PX = 60
TABS = "page tab list"


def as_met(told: Recorded) -> Met:
    """A control that a recording tells. What a drop-down has for a name is what was chosen in it."""
    states = 0
    for name in told.states:
        states |= STATES.get(name, 0)
    one = Control(
        Ref("", ""), told.role, told.name, states, told.x, told.y, told.width, told.height, -1,
        text=told.name if told.role == COMBO_BOX else "", entries=tuple(told.options),
    )  # fmt: skip
    return met((_named(step) for step in told.path), one)


def tab_of(step: Step, tabs: Met) -> Met:
    """The tab that this step chose: of it only the name is told, and where it was pressed."""
    left, top = (step.x or 0) - 1, (step.y or 0) - 1
    name = step.element.chosen if step.element is not None else ""
    tab = replace(tabs.control, role="page tab", name=name, left=left, top=top, width=2, height=2, entries=(), text="")
    return Met((*tabs.path, (TABS, tabs.control.name)), tab)


class Known:
    """All controls that were met, by application."""

    def __init__(self) -> None:
        self._met: dict[str, dict[tuple[Named, ...], Met]] = {}
        self._windows: dict[tuple[str, str], Counter[tuple[Named, ...]]] = {}

    def learn(self, steps: Iterable[Step]) -> None:
        """Whatever these steps met, or had the focus."""
        for step in steps:
            if step.element is not None and step.element.path:
                one = as_met(step.element)
                is_tab = step.element.cause == "choice" and one.control.role == TABS
                self.add(step.app, tab_of(step, one) if is_tab else one)
                self._windows.setdefault((step.app, _title(step)), Counter())[one.path[:1]] += 1

    def add(self, app: str, one: Met) -> None:
        """One more."""
        self._met.setdefault(app, {}).setdefault(one.own, one)

    def elsewhere(self, app: str, window: tuple[Named, ...]) -> list[Met]:
        """What was met in other windows of the same role, of whatever application, while no menu was open; in order."""
        every = [(other, one) for other, own in sorted(self._met.items()) for _, one in sorted(own.items())]
        return [
            one
            for other, one in every
            if (other, one.path[:1]) != (app, window) and one.path[0][0] == window[0][0] and not one.menus
        ]

    @property
    def kinds(self) -> list[Kind]:
        """Of what kinds they are, each once, sorted."""
        return sorted({one.kind for own in self._met.values() for one in own.values()})

    def window(self, step: Step) -> tuple[Named, ...] | None:
        """The window in which a step was done that met nothing; ``None`` where no step tells."""
        found = self._windows.get((step.app, _title(step)))
        return found.most_common(1)[0][0] if found else None

    def at(self, step: Step) -> Met | None:
        """The smallest known control under a press in this window; ``None`` where none is known."""
        window = self.window(step)
        holding = [
            one
            for one in self._met.get(step.app, {}).values()
            if one.path[:1] == window and one.control.role in PRESSED and one.holds(step.x or 0, step.y or 0)
        ]
        return min(holding, key=lambda one: one.control.width * one.control.height, default=None)

    def around(self, app: str, window: tuple[Named, ...], menus: frozenset[tuple[Named, ...]]) -> list[Met]:
        """What shows in a window while these menus are open, as far as it was ever met."""
        return [one for one in self._met.get(app, {}).values() if one.path[:1] == window and one.menus <= menus]


def decoys(found: Sequence[Met], strange: Sequence[Met], instruction: str, random: Random) -> list[Met]:
    """Some of what is ``strange`` here, met in another window; and things like all of these that have a name, with
    words that nobody wrote, some with one of the instruction's among them or alone. Never what it has in quotes."""
    quoted = {one.text.lower() for one in read(instruction).quoted}
    there = {one.own[1:] for one in found}
    named = {one.control.name.lower() for one in found if one.control.name}
    made = [replace(one, path=(*found[0].path[:1], *one.path[1:])) for one in strange if one.own[1:] not in there]
    made = [one for one in made if one.control.name.lower() not in quoted | named]
    made = random.sample(made, min(len(made), STRANGE))
    for one in [*found, *made]:
        for _ in range(DECOYS_EACH if one.control.name else 0):
            name = made_up(instruction, random)
            if name.lower() not in quoted | named:
                control = one.control
                left = max(0, control.left + random.choice((0, random.randint(-AWAY_PX, AWAY_PX))))
                top = max(0, control.top + random.randint(-AWAY_PX, AWAY_PX))
                made.append(replace(one, control=replace(control, name=name, left=left, top=top)))
    random.shuffle(made)
    return made[:DECOYS]


def made_up(instruction: str, random: Random) -> str:
    asked = words_of(instruction)
    words = [_word(random) for _ in range(random.choice((1, 1, 2, 3)))]
    if asked and random.random() < 0.4:
        words[random.randrange(len(words))] = random.choice(asked)
    return " ".join(words).capitalize()


def _word(random: Random) -> str:
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=random.randrange(3, 9)))


def _named(step: str) -> Named:
    role, _, name = step.partition(": ")
    return role, name


def _title(step: Step) -> str:
    """The plain words of a window's title: two problems differ in numbers and in the names of files."""
    return title_words("dialog", step.title)
