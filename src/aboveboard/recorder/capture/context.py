"""Which control did the hand act on, which has the focus, and what was chosen?

Nothing is asked unless a hand moved, clicked or pressed a key, or an application told something:

1. When the pointer has rested for a moment, the control under it is asked for, so that a click that makes it vanish
   still finds it. What was known before the click is told of it; else it is asked for at once, and the answer counts
   only if it comes soon, no other window became active meanwhile, and it does not lie below a menu that was open.
2. A control that got the focus is described. A menu item that got it, or that its menu says is the selected one, is
   remembered: a click or Return on it is a choice.
3. A combo box or list that says its selection changed, soon after a hand did something, was chosen from.

What a key or button did is often told later than what came of it: so all is looked up as of the press's own time.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Control, Key, Pointer
from aboveboard.recorder.capture.atspi import Bus
from aboveboard.recorder.capture.atspi_bus import FOCUSED, LOAD_COMPLETE, SELECTION_CHANGED, Field
from aboveboard.recorder.capture.controls import (
    CHOOSERS,
    MENU_ITEMS,
    MENUS,
    OPTION_LIMIT,
    SELECTED,
    SHOWING,
    Cause,
    Controls,
    Known,
    control_of,
)
from aboveboard.recorder.capture.hit_test import HitTest
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.questions import Questions
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.texts import Texts
from aboveboard.recorder.capture.window_context import Scope, Tell, WindowContext
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.scope import contains
from aboveboard.recorder.redact.timeline import Stretches

REST_S, MOVING_S, HOVER_EVERY_S = 0.1, 0.2, 0.3
"""How long the pointer must rest before the control under it is asked for, how often it is looked whether it does, and
how often may be asked."""
SOON_NS = 250 * MILLISECOND_NS
"""An answer asked for later than this after a click is not of the click any more."""
HAND_NS, LAG_S = 1500 * MILLISECOND_NS, 0.15
"""A selection that changes later than this after the last press was not changed by a hand; and how much later than the
selection the press may be told."""
SAME_NS = 500 * MILLISECOND_NS
_ACTIVATING = frozenset({"Return", "KP_Enter", "space", "KP_Space"})


TellTexts = Callable[[int, Sequence[Given]], None]
"""Told when an application had answered, and what."""


@dataclass(frozen=True)
class _Hover:
    """What was under the pointer when it rested at ``point``."""

    point: tuple[int, int]
    asked_ns: int
    known: Known


class ContextWatch:
    """Tells of controls and sites, from the thread of the event loop that it is made in."""

    def __init__(
        self, clock: ServerClock, tell: Tell, tell_texts: TellTexts, is_secret: Callable[[Field], bool]
    ) -> None:
        self._clock = clock
        self._tell, self._tell_texts = tell, tell_texts
        self._is_secret = is_secret
        self._loop = asyncio.get_running_loop()
        self._questions = Questions()
        self._window = WindowContext(clock, tell, self._questions)
        self._bus: Bus | None = None
        self._controls: Controls
        self._hit_test: HitTest
        self._texts: Texts
        self._pointer = (0, 0)
        self._moved_s = self._hovered_s = 0.0
        self._resting = self._held = False
        self._hand_ns = 0
        self._hover: _Hover | None = None
        self._highlights: Stretches[Known | None] = Stretches(None)
        """The menu item under the hand, over time."""
        self._pressed: Known | None = None
        self._said: dict[Cause, tuple[int, Control]] = {}

    async def run(self) -> None:
        """Ask what is to be asked, until cancelled."""
        await self._questions.run()

    def connected(self, bus: Bus | None) -> None:
        """The bus to ask from now on."""
        self._bus = None
        self._forget(self._clock.now_ns())
        if bus is not None:
            self._controls = Controls(bus, self._is_secret, self._questions)
            self._hit_test = HitTest(bus, self._controls)
            self._texts = Texts(bus, self._hit_test, self._is_secret)
        self._bus = bus
        self._window.connected(bus, self._hit_test if bus is not None else None)

    def active(self, time_ns: int, scope: Scope | None) -> None:
        """From ``time_ns`` on this application is active, with this title; ``None``: none in scope."""
        if self._window.active(time_ns, scope):
            self._forget(time_ns)
        else:
            self._hover = None  # it may have been on another page
            if self._bus is not None:
                self._controls.forget()  # the window's title is a part of each path
        self._window.look_soon(time_ns)

    def site_soon(self) -> None:
        """It may be another site now, or one that may be told."""
        self._window.site_soon(loaded=True)

    def hand(self, time_ns: int, event: Key | Button | Pointer) -> None:
        """A hand did this; from any thread, and quick."""
        scope = self._window.now
        if scope is None or scope.rule.control == "none":
            return
        if isinstance(event, Pointer):
            self._pointer, self._moved_s = (event.x, event.y), self._loop.time()
            if not self._resting and not self._held:
                self._resting = True
                self._soon(self._rest)
            return
        self._hand_ns = max(self._hand_ns, time_ns)
        if isinstance(event, Button) or (event.pressed and (event.name in _ACTIVATING or event.name == "Escape")):
            self._soon(lambda: self._did(time_ns, event))

    def read(self, window_id: int, rects: Sequence[Rect]) -> None:
        """Ask what lines of the active window say that nobody could read; from any thread."""
        self._soon(lambda: self._questions.newest("read", lambda: self._read(window_id, rects)))

    async def _read(self, window_id: int, rects: Sequence[Rect]) -> None:
        scope = self._window.at(self._clock.now_ns())
        if self._bus is None or scope is None or scope.window != window_id or scope.rule.screen != "redacted":
            return
        given = await self._texts.lines(scope.pid, rects)
        self._tell_texts(self._clock.now_ns(), given)

    def heard(self, time_ns: int, event: str, pid: int, field: Field) -> None:
        """An application told this."""
        scope = self._window.now
        if scope is None or pid != scope.pid or self._bus is None:
            return
        if event != SELECTION_CHANGED:
            self._window.site_soon(loaded=event == LOAD_COMPLETE)
        if scope.rule.control == "none":
            return
        if event == FOCUSED:
            self._questions.newest("focus", lambda: self._focused(time_ns, pid, field))
        elif event == SELECTION_CHANGED:
            self._questions.newest("selection", lambda: self._selection(time_ns, pid, field))

    def _soon(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            return  # the watch has ended

    def _did(self, time_ns: int, event: Key | Button) -> None:
        """A key or button was pressed, or a button let go."""
        scope = self._window.at(time_ns)
        if isinstance(event, Button):
            self._held = event.pressed
        if scope is None or self._bus is None:
            return
        if isinstance(event, Key):
            item = self._highlights.at(time_ns)
            if event.name in _ACTIVATING and item is not None:
                self._choose(time_ns, scope.pid, item)
            elif event.name == "Escape":
                self._highlights.add(time_ns, None)
            return
        point = self._pointer = (event.x, event.y)
        self._moved_s = -math.inf  # what the pointer rests on has been clicked: no need to ask
        if event.pressed:
            before = self._known_before(time_ns, point)
            self._hover = None
            self._questions.first(lambda: self._clicked(time_ns, scope.pid, point, before))
        elif event.button == 1:
            self._questions.first(lambda: self._released(time_ns, scope.pid, point))

    def _known_before(self, time_ns: int, point: tuple[int, int]) -> Known | None:
        """What was known at ``time_ns`` to be at ``point``."""
        hover = self._hover
        if hover is not None and hover.point == point and hover.asked_ns <= time_ns:
            return hover.known
        return self._item_at(time_ns, point)

    def _item_at(self, time_ns: int, point: tuple[int, int]) -> Known | None:
        item = self._highlights.at(time_ns)
        return item if item is not None and item.role in MENU_ITEMS and contains(item.rect, *point) else None

    async def _clicked(self, time_ns: int, pid: int, point: tuple[int, int], before: Known | None) -> None:
        known = before
        if known is None and self._clock.now_ns() - time_ns <= SOON_NS:
            in_menu = self._highlights.at(time_ns) is not None
            known = await self._at(pid, point)
            if self._window.since_ns > time_ns or known is None or not contains(known.rect, *point):
                known = None  # it is of another window, which became active by the click
            elif in_menu and known.role not in MENU_ITEMS | MENUS:
                known = None  # it lay below the menu, which the click has closed
                self._highlights.add(time_ns, None)
            else:
                known = replace(known, value="")  # the press may have changed it
        self._pressed = known
        if known is not None:
            self._say(time_ns, pid, known, "click", point=point)
        self._window.site_soon()

    async def _released(self, time_ns: int, pid: int, point: tuple[int, int]) -> None:
        item = self._pressed if self._pressed is not None and self._pressed.role in MENU_ITEMS else None
        if item is None or not contains(item.rect, *point):
            item = self._item_at(time_ns, point)
        if item is not None:
            self._choose(time_ns, pid, item)

    def _choose(self, time_ns: int, pid: int, item: Known) -> None:
        """A menu item was chosen, if it can be. What is in a combo box says so itself."""
        self._highlights.add(time_ns, None)
        if item.role in MENU_ITEMS and item.usable and not any(step.startswith("combo box") for step in item.path):
            self._say(time_ns, pid, replace(item, chosen=item.name[:OPTION_LIMIT]), "choice")

    async def _at(self, pid: int, point: tuple[int, int]) -> Known | None:
        highlighted = self._highlights.at(self._clock.now_ns())
        hit = await self._hit_test.at(pid, *point, highlighted)
        return await self._controls.describe(hit.found, facts=hit.facts, point=point) if hit is not None else None

    def _rest(self) -> None:
        """Ask what is under the pointer once it rests."""
        now_s = self._loop.time()
        due_s = max(self._moved_s + REST_S, self._hovered_s + HOVER_EVERY_S)
        if now_s < due_s:
            moving = now_s < self._moved_s + REST_S / 4
            self._loop.call_at(max(due_s, now_s + MOVING_S) if moving else due_s, self._rest)
            return
        self._resting = False
        if not self._held and self._moved_s > 0:
            self._hovered_s = now_s
            self._questions.newest("hover", self._hovered)

    async def _hovered(self) -> None:
        point, asked_ns = self._pointer, self._clock.now_ns()
        scope = self._window.at(asked_ns)
        if scope is None or self._bus is None:
            return
        known = await self._at(scope.pid, point)
        item = self._highlights.at(asked_ns)
        if known is not None and known.role not in MENU_ITEMS | MENUS and item is not None:
            still = await self._controls.look(item.field)
            if still is not None and still.states & SHOWING and still.states & SELECTED:
                return  # it lies below an open menu
            self._highlights.add(asked_ns, None)
        if known is not None and contains(known.rect, *point) and point == self._pointer:
            self._hover = _Hover(point, asked_ns, known)

    async def _focused(self, time_ns: int, pid: int, field: Field) -> None:
        known = await self._controls.describe(field)
        if known is not None:
            self._highlight(time_ns, known)
            self._say(time_ns, pid, known, "focus")

    async def _selection(self, time_ns: int, pid: int, field: Field, *, again: bool = False) -> None:
        """In a menu: which item is under the hand. In a combo box or a list: what was chosen."""
        holder = await self._controls.look(field)
        if holder is None or self._bus is None:
            return
        above = await self._controls.look(holder.parent) if holder.parent is not None else None
        chooser = next((one for one in (holder, above) if one is not None and one.role in CHOOSERS), None)
        if chooser is None:
            if holder.role in MENUS:
                item = await self._bus.selected(field)
                self._highlight(time_ns, await self._controls.describe(item) if item is not None else None)
        elif time_ns - self._hand_ns <= HAND_NS:
            known = await self._controls.describe(chooser.field)
            if known is not None and known.chosen:
                self._say(time_ns, pid, known, "choice")
        elif not again:
            later = lambda: self._selection(time_ns, pid, field, again=True)  # noqa: E731
            self._loop.call_later(LAG_S, lambda: self._questions.newest("selected", later))

    def _highlight(self, time_ns: int, known: Known | None) -> None:
        """From ``time_ns`` on this is under the hand, if it is of a menu."""
        self._highlights.add(time_ns, known if known is not None and known.role in MENU_ITEMS | MENUS else None)
        self._highlights.forget(time_ns - HAND_NS)

    def _say(self, time_ns: int, pid: int, known: Known, cause: Cause, *, point: tuple[int, int] | None = None) -> None:
        control = control_of(known, cause)
        said_ns, said = self._said.get(cause, (0, None))
        if cause != "click" and said == control and time_ns - said_ns < SAME_NS:
            return  # applications tell the same focus or selection several times
        self._said[cause] = (time_ns, control)
        if self._window.at(time_ns) is not None:
            self._tell(time_ns, Context(pid, self._clock.now_ns(), control, secret=known.secret, point=point))

    def _forget(self, time_ns: int) -> None:
        """Another window is active. What was pressed before is still told of the one before."""
        self._hover = None
        self._highlights.add(time_ns, None)
        self._said.clear()
        self._questions.drop()
        if self._bus is not None:
            self._controls.forget()
