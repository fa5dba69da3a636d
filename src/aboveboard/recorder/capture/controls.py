"""What is this control: its role, name, place, states, path, value and options?

Asked of the application, in this order, so that what is known when time runs out is the more important part:

1. Role, states, place and name. Of a field for passwords the name is not kept, and nothing else is asked for.
2. What stands for it: what is hidden or only a piece of text stands for the button, link or field around it; a piece of
   what is being edited stands for the whole field. So no text that somebody typed is ever a name.
3. Its path, its value where that is a number on a scale, its options and the chosen one.

The content of a text field is never asked for.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from aboveboard.base.errors import Unavailable
from aboveboard.formats.recording import Control
from aboveboard.recorder.capture.atspi import ROLE_PASSWORD_TEXT, Bus, Facts
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.atspi_names import role, role_name, roles, state, state_names
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.questions import Questions
from aboveboard.recorder.redact.context import STEP_LIMIT
from aboveboard.recorder.redact.scope import contains

NAME_LIMIT, OPTION_LIMIT = 200, 100
OPTIONS_LIMIT, STEPS_LIMIT, DEPTH_LIMIT = 60, 24, 60
CLIMB_LIMIT = 8
REMEMBERED, REMEMBERED_S = 500, 10.0
"""How many steps of paths are remembered, and for how long: controls asked about in a row share most of theirs."""

MENU_ITEMS = roles("menu item, check menu item, radio menu item")
MENUS = roles("menu, popup menu, menu bar")
CHOOSERS = roles("combo box, list box, page tab list")
"""What holds options, one of which is chosen."""
WINDOWS = roles("frame, window, dialog, alert, file chooser, color chooser, font chooser, application")
_LISTS = roles("list, list box, tree, tree table, menu, popup menu")
_SCALES = roles("slider, spin button, scroll bar, progress bar, level bar, dial, rating")
_GROUPS = roles("filler, panel, section, redundant object, unknown, grouping, scroll pane, viewport")
_PIECES = _GROUPS | roles("static, label, image, icon, text, paragraph, mark, heading")
_ACTORS = MENU_ITEMS | roles(
    "push button, toggle button, check box, radio button, link, menu, list item, page tab, combo box, slider,"
    "spin button, entry, password text, tree item, table cell, column header, table column header, push button menu"
)
_FIELDS = roles("entry, text, spin button, combo box, terminal, editbar, autocomplete")
_APPLICATION, _COMBO_BOX = role("application"), role("combo box")
SHOWING, EDITABLE, FOCUSABLE = state("showing"), state("editable"), state("focusable")
SENSITIVE, ENABLED, SELECTED = state("sensitive"), state("enabled"), state("selected")
PAGE_TAB_LIST = role("page tab list")

Cause = Literal["click", "focus", "choice"]


@dataclass(frozen=True)
class Known:
    """What is known of one control so far."""

    field: Field
    role: int
    states: int
    rect: Rect
    secret: bool = False
    name: str = ""
    parent: Field | None = None
    children: int = 0
    path: tuple[str, ...] = ()
    value: str = ""
    options: tuple[str, ...] = ()
    chosen: str = ""

    @property
    def usable(self) -> bool:
        """Would a click on it do something?"""
        return bool(self.states & (SENSITIVE | ENABLED))


@dataclass(frozen=True)
class _Step:
    role: int
    name: str
    parent: Field | None
    until_s: float = 0.0


class Controls:
    """Asks one bus about controls. ``is_secret`` knows the fields that hold, or once held, a password.

    ``questions`` knows how long may be asked.
    """

    def __init__(self, bus: Bus, is_secret: Callable[[Field], bool], questions: Questions) -> None:
        self._bus = bus
        self._is_secret = is_secret
        self._steps: dict[Field, _Step] = {}
        self._questions = questions
        self._so_far: Known | None = None
        self._forgotten = 0

    async def describe(
        self, asked: Field, *, facts: Facts | None = None, point: tuple[int, int] | None = None
    ) -> Known | None:
        """All about the control that ``asked`` stands for, as far as it is answered in time.

        ``facts`` is what is known of ``asked`` already. ``None`` if it does not even say what and where it is.
        """
        self._so_far = None
        try:
            async with asyncio.timeout_at(self._questions.deadline_s):
                await self._describe(asked, facts, point)
        except (TimeoutError, Unavailable, ValueError, TypeError, IndexError, KeyError):
            pass  # what is known so far is all that is known
        return self._so_far

    async def _describe(self, asked: Field, facts: Facts | None, point: tuple[int, int] | None) -> None:
        known = await self._stand_in(await self.look(asked, facts), point)
        if known is None or known.secret:
            self._so_far = known
            return
        if known.states & EDITABLE and known.role not in _FIELDS:
            known = replace(known, name="")  # it may be what somebody wrote there
        self._so_far = known
        self._so_far = known = replace(known, path=await self.path(known.parent))
        if known.role in _SCALES:
            self._so_far = replace(known, value=f"{await self._bus.value(known.field):g}")
        elif known.role in CHOOSERS:
            options, chosen = await self.options(known)
            self._so_far = replace(known, options=options, chosen=chosen)

    async def look(self, asked: Field, facts: Facts | None = None) -> Known | None:
        """What it is, where, and in what; ``None`` if it does not say. Of a field for passwords no name is kept."""
        forgotten = self._forgotten
        try:
            facts = facts or await self._bus.facts(asked)
        except Unavailable:
            return None
        if facts.rect is None:
            return None
        secret = facts.role == ROLE_PASSWORD_TEXT or self._is_secret(asked)
        name = "" if secret else clean(facts.name)
        self._remember(asked, _Step(facts.role, name, facts.parent), forgotten)
        return Known(asked, facts.role, facts.states, facts.rect, secret, name, facts.parent, facts.children)

    async def path(self, parent: Field | None) -> tuple[str, ...]:
        """The steps from the window down to ``parent``; what only groups others and has no name is left out."""
        steps: list[str] = []
        for _ in range(DEPTH_LIMIT):
            if parent is None:
                break
            step = await self._step(parent)
            if step.role == _APPLICATION:
                break
            if step.name or step.role not in _GROUPS:
                steps.insert(0, words(step.role, step.name))
            parent = step.parent
        return tuple(steps[:1] + steps[1:][-(STEPS_LIMIT - 1) :])

    async def options(self, known: Known) -> tuple[tuple[str, ...], str]:
        """The names of what can be chosen in ``known``, and of what is."""
        holder, count = known.field, known.children
        if known.role == _COMBO_BOX:
            for child in await self._bus.first_children(holder, min(count, 4)):
                inside = await self._bus.facts(child)
                if inside.role in _LISTS:
                    holder, count = child, inside.children
                    break
        children = await self._bus.first_children(holder, min(count, OPTIONS_LIMIT))
        names = [clean(name)[:OPTION_LIMIT] for name in await self._bus.names(children)]
        return tuple(name for name in names if name), await self._chosen(holder) or await self._chosen(known.field)

    async def _chosen(self, holder: Field) -> str:
        try:
            child = await self._bus.selected(holder)
        except Unavailable:
            return ""
        return "" if child is None else clean((await self._bus.names([child]))[0])[:OPTION_LIMIT]

    def forget(self) -> None:
        """Remember no more."""
        self._steps.clear()
        self._forgotten += 1

    async def _stand_in(self, asked: Known | None, point: tuple[int, int] | None) -> Known | None:
        """What stands for ``asked``: rule 2."""
        best = above = asked
        for _ in range(CLIMB_LIMIT):
            if best is None or above is None or best.secret:
                break
            hidden, editing = not best.states & SHOWING, bool(above.states & EDITABLE)
            piece = best.role in _PIECES and not best.states & FOCUSABLE
            if not (hidden or editing or piece or (best.role in MENUS and not best.name)):
                break
            below, above = above, await self.look(above.parent) if above.parent is not None else None
            if above is None or above.role in WINDOWS:
                break
            covers = point is None or contains(above.rect, *point)
            acts = covers and (hidden or (above.role in _ACTORS and not editing))
            if acts or above.secret or (editing and above.states & EDITABLE):
                best = above
            elif below.states & EDITABLE:
                break
        if best is None or not best.states & SHOWING or best.rect.width <= 0 or best.rect.height <= 0:
            return None
        return best

    async def _step(self, asked: Field) -> _Step:
        known = self._steps.get(asked)
        if known is None or known.until_s < time.monotonic():
            forgotten = self._forgotten
            number, name, parent = await self._bus.step(asked)
            known = _Step(number, clean(name), parent)
            self._remember(asked, known, forgotten)
        return known

    def _remember(self, asked: Field, step: _Step, forgotten: int) -> None:
        """Unless all was forgotten since it was asked for (``forgotten`` times by then): it may be an old answer."""
        if forgotten != self._forgotten:
            return
        if len(self._steps) >= REMEMBERED:
            self._steps.clear()
        self._steps[asked] = replace(step, until_s=time.monotonic() + REMEMBERED_S)


def clean(name: str) -> str:
    """A name on one line, without blanks at its ends."""
    return " ".join(name.split())[:NAME_LIMIT]


def words(number: int, name: str) -> str:
    """A step of a path."""
    return f"{role_name(number)}: {name}"[:STEP_LIMIT] if name else role_name(number)


def control_of(known: Known, cause: Cause) -> Control:
    """What is told of ``known``."""
    rect = known.rect
    return Control(
        cause=cause,
        role=role_name(known.role),
        x=min(max(rect.x, -65536), 65536),
        y=min(max(rect.y, -65536), 65536),
        width=rect.width,
        height=rect.height,
        states=state_names(known.states),
        path=list(known.path),
        name=known.name,
        value=known.value,
        options=list(known.options),
        chosen=known.chosen,
    )
