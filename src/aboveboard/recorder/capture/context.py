"""Which control did the hand act on, which has the focus, what was chosen, and which site is it?

One question at a time, each with a time limit, so that the watch of the focus, which protects passwords, is never kept
waiting for long. Nothing is asked unless a hand moved, clicked or pressed a key, or an application told something:

1. When the pointer has rested for a moment, the control under it is asked for, so that a click that makes it vanish
   still finds it. What was known before the click is told of it; else it is asked for at once, and the answer counts
   only if it comes soon and no other window became active meanwhile.
2. A control that got the focus is described. A menu item that got it, or that its menu says is the selected one, is
   remembered: a click or Return on it is a choice.
3. A combo box or list that says its selection changed, soon after a hand did something, was chosen from.
4. The site is asked for when the window or its title changes, a page was loaded, or something got the focus.

Of a window that says it is private nothing is told.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Button, Control, Key, Pointer
from aboveboard.recorder.capture.atspi import FOCUSED, LOAD_COMPLETE, SELECTION_CHANGED, STATE_ACTIVE, Bus, Field
from aboveboard.recorder.capture.atspi_names import role_name
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
    clean,
    control_of,
)
from aboveboard.recorder.capture.hit_test import HitTest
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.sites import NO_SITE, Sites, is_private
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.scope import contains
from aboveboard.recorder.redact.timeline import Stretches

QUESTION_S = 0.15
"""How long one question may take in all; then what is known so far is told."""
TELL_S = 0.01
LOOKED_UP_S, LAG_S = 0.015, 0.15
REST_S, HOVER_EVERY_S = 0.08, 0.2
"""How long the pointer must rest before the control under it is asked for, and how often that may be."""
SOON_NS = 250 * MILLISECOND_NS
"""An answer asked for later than this after a click is not of the click any more."""
HAND_NS = 1500 * MILLISECOND_NS
"""A selection that changes later than this after the last press was not changed by a hand."""
SAME_NS = 500 * MILLISECOND_NS
SITE_EVERY_S, SITE_AFTER_S = 0.3, 0.1
TRY_S, TRIES, RETRY_S = 0.1, 5, 0.5
WAITING_LIMIT = 16
_ACTIVATING = frozenset({"Return", "KP_Enter", "space", "KP_Space"})

Tell = Callable[[int, Context], None]
Question = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Scope:
    """The active application in scope: its process and rule, its window's number and title."""

    pid: int
    rule: AppRule
    window: int
    title: str

    def same_window(self, other: "Scope | None") -> bool:
        """Is it the same window, whatever its title?"""
        return other is not None and (self.pid, self.window) == (other.pid, other.window)


@dataclass(frozen=True)
class _Hover:
    """What was under the pointer when it rested at ``point``."""

    point: tuple[int, int]
    asked_ns: int
    known: Known


class ContextWatch:
    """Tells of controls and sites, from the thread of the event loop that it is made in."""

    def __init__(self, clock: ServerClock, tell: Tell, is_secret: Callable[[Field], bool]) -> None:
        self._clock = clock
        self._tell = tell
        self._is_secret = is_secret
        self._loop = asyncio.get_running_loop()
        self._bus: Bus | None = None
        self._controls: Controls
        self._hit_test: HitTest
        self._sites: Sites
        self._scope: Scope | None = None
        self._scopes: Stretches[Scope | None] = Stretches(None)
        self._private: Stretches[bool] = Stretches(True)
        """Is the active window private, as far as is known? What is not known yet counts as private."""
        self._presses: deque[Question] = deque(maxlen=WAITING_LIMIT)
        self._newest: dict[str, Question] = {}
        self._waiting = asyncio.Event()
        self._since_ns = 0
        self._pointer = (0, 0)
        self._moved_s = self._hovered_s = 0.0
        self._resting = False
        self._held = False
        self._hand_ns = 0
        self._hover: _Hover | None = None
        self._highlights: Stretches[Known | None] = Stretches(None)
        """The menu item under the hand, over time: what a key did is often told later than what came of it."""
        self._pressed: Known | None = None
        self._said: dict[Cause, tuple[int, Control]] = {}
        self._site_due = False
        self._site_asked_s = 0.0

    def connected(self, bus: Bus | None) -> None:
        """The bus to ask from now on."""
        self._bus = None
        self._forget(self._clock.now_ns())
        if bus is not None:
            self._controls = Controls(bus, self._is_secret)
            self._hit_test = HitTest(bus, self._controls)
            self._sites = Sites(bus)
        self._bus = bus
        self._window_soon(self._clock.now_ns())

    def active(self, time_ns: int, scope: Scope | None) -> None:
        """From ``time_ns`` on this application is active, with this title; ``None``: none in scope."""
        before, self._scope = self._scope, scope
        if scope is None or not scope.same_window(before):
            self._forget(time_ns)
            self._since_ns = time_ns
            self._scopes.add(time_ns, scope)
            self._scopes.forget(time_ns - HAND_NS)
            self._private.add(time_ns, True)
            self._private.forget(time_ns - HAND_NS)
        if scope is None or self._bus is None:
            return
        self._controls.forget()  # the window's title is a part of each path
        if is_private(scope.title):
            self._private.add(time_ns, True)
        self._window_soon(time_ns)

    def hand(self, time_ns: int, event: Key | Button | Pointer) -> None:
        """A hand did this; from any thread, and quick."""
        scope = self._scope
        if scope is None or scope.rule.control == "none":
            return
        if isinstance(event, Pointer):
            self._pointer, self._moved_s = (event.x, event.y), self._loop.time()
            if not self._resting and not self._held:
                self._resting = True
                self._soon(self._rest)
        elif isinstance(event, Button) or event.pressed:
            self._soon(lambda: self._pressed_something(time_ns, event))

    def heard(self, time_ns: int, event: str, pid: int, field: Field) -> None:
        """An application told this."""
        scope = self._scope
        if scope is None or pid != scope.pid:
            return
        if event != SELECTION_CHANGED and scope.rule.site != "none":
            self._site_soon()
        if scope.rule.control == "none":
            return
        if event == FOCUSED:
            self._ask("focus", lambda: self._focused(time_ns, pid, field))
        elif event == SELECTION_CHANGED:
            self._ask("selection", lambda: self._selection(time_ns, pid, field))

    async def run(self) -> None:
        """Ask what is to be asked, until cancelled: first what the hand pressed, then the newest of each other kind."""
        while True:
            await self._waiting.wait()
            self._waiting.clear()
            while self._presses or self._newest:
                kind = "" if self._presses else next(iter(self._newest))
                question = self._newest.pop(kind) if kind else self._presses.popleft()
                until_s = self._loop.time() + QUESTION_S
                if self._bus is not None:
                    self._controls.deadline_s = until_s - TELL_S
                try:
                    async with asyncio.timeout_at(until_s):
                        await question()
                except (TimeoutError, Unavailable, ValueError, TypeError, IndexError, KeyError):
                    # An application that answers late or badly is one about which nothing is told; but whether its
                    # window is a private one must be known before anything is.
                    if kind == "window":
                        self._loop.call_later(RETRY_S, self._window_soon, self._since_ns)

    def _soon(self, call: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:
            return  # the watch has ended

    def _window_soon(self, time_ns: int) -> None:
        if self._scope is not None and self._bus is not None:
            self._ask("window", lambda: self._window(time_ns))

    def _ask(self, kind: str, question: Question) -> None:
        """Ask this next, instead of an older question of its kind that still waits."""
        self._newest[kind] = question
        self._waiting.set()

    def _pressed_something(self, time_ns: int, event: Key | Button) -> None:
        scope = self._scopes.at(time_ns)
        if scope is None:
            return
        self._hand_ns = max(self._hand_ns, time_ns)
        if isinstance(event, Key):
            item = self._highlights.at(time_ns)
            if event.name in _ACTIVATING and item is not None:
                self._choose(time_ns, scope.pid, item)
            elif event.name == "Escape":
                self._highlights.add(time_ns, None)
            return
        self._held = event.pressed
        self._pointer = x, y = event.x, event.y
        if event.pressed:
            before = self._known_before(time_ns, (x, y))
            self._hover = None
            self._presses.append(lambda: self._clicked(time_ns, scope.pid, (x, y), before))
        elif event.button == 1:
            self._presses.append(lambda: self._released(time_ns, scope.pid, (x, y)))
        self._waiting.set()

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
            known = await self._at(*point)
            if self._since_ns > time_ns or known is None or not contains(known.rect, *point):
                known = None  # it is of another window, which became active by the click
            elif in_menu and known.role not in MENU_ITEMS | MENUS:
                known = None  # it lay below the menu, which the click has closed
                self._highlights.add(time_ns, None)
            else:
                known = replace(known, value="")  # the press may have changed it
        self._pressed = known
        if known is not None:
            self._say(time_ns, pid, known, "click", point=point)
        if self._scope is not None and self._scope.rule.site != "none":
            self._site_soon()

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

    async def _at(self, x: int, y: int) -> Known | None:
        scope = self._scope
        if scope is None or self._bus is None:
            return None
        found = await self._hit_test.at(scope.pid, x, y, self._highlights.at(self._clock.now_ns()))
        if found is None:
            return None
        known = await self._controls.describe(found, point=(x, y))
        if known is not None and any(step.startswith("document") for step in (role_name(known.role), *known.path)):
            # Browsers answer for the inside of a page by a guess, and look it up for the next time.
            await asyncio.sleep(LOOKED_UP_S)
            again = await self._hit_test.at(scope.pid, x, y, self._highlights.at(self._clock.now_ns()))
            if again is not None and again != found:
                known = await self._controls.describe(again, point=(x, y))
        return known

    def _rest(self) -> None:
        """Ask what is under the pointer once it rests."""
        now_s = self._loop.time()
        due_s = max(self._moved_s + REST_S, self._hovered_s + HOVER_EVERY_S)
        if now_s < due_s:
            self._loop.call_at(due_s, self._rest)
            return
        self._resting = False
        if not self._held:
            self._hovered_s = now_s
            self._ask("hover", self._hovered)

    async def _hovered(self) -> None:
        point, asked_ns = self._pointer, self._clock.now_ns()
        known = await self._at(*point)
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
        if known is None:
            return
        self._highlight(time_ns, known)
        self._say(time_ns, pid, known, "focus")

    async def _selection(self, time_ns: int, pid: int, field: Field, *, again: bool = False) -> None:
        """In a menu: which item is under the hand. In a combo box or a list: what was chosen."""
        holder = await self._controls.look(field)
        if holder is None or self._bus is None:
            return
        _, parent, _ = await self._bus.name_and_parent(field)
        above = await self._controls.look(parent) if parent is not None else None
        chooser = next((one for one in (holder, above) if one is not None and one.role in CHOOSERS), None)
        if chooser is not None:
            if time_ns - self._hand_ns > HAND_NS:
                if not again:  # what the hand did may be told a little later than what came of it
                    self._loop.call_later(
                        LAG_S, lambda: self._ask("selected", lambda: self._selection(time_ns, pid, field, again=True))
                    )
            else:
                known = await self._controls.describe(chooser.field)
                if known is not None and known.chosen:
                    self._say(time_ns, pid, known, "choice")
        elif holder.role in MENUS:
            item = await self._bus.selected(field)
            known = await self._controls.describe(item) if item is not None else None
            self._highlight(time_ns, known)

    def _highlight(self, time_ns: int, known: Known | None) -> None:
        """From ``time_ns`` on this is under the hand, if it is of a menu."""
        self._highlights.add(time_ns, known if known is not None and known.role in MENU_ITEMS | MENUS else None)
        self._highlights.forget(time_ns - HAND_NS)

    async def _window(self, time_ns: int, tries: int = 0) -> None:
        scope = self._scope
        if scope is None or self._bus is None:
            return
        if scope.rule.control != "none":
            await self._bus.listen(SELECTION_CHANGED)
        if scope.rule.site != "none":
            await self._bus.listen(LOAD_COMPLETE)
        private = is_private(scope.title) or await self._says_private(scope, last=tries >= TRIES)
        if not scope.same_window(self._scope):
            return
        if private is None:
            self._loop.call_later(TRY_S, lambda: self._ask("window", lambda: self._window(time_ns, tries + 1)))
            return
        self._private.add(time_ns, private)
        if scope.rule.site != "none":
            self._ask("site", lambda: self._site(time_ns))

    async def _says_private(self, scope: Scope, *, last: bool) -> bool | None:
        """Does the window's accessible name say that it is private? ``None``: that window is not to be found yet.

        Some browsers say so only there. An application may tell of its new window later than the display server: so it
        must be one that is active and has the same title; if none is at ``last``, any that is private speaks for all.
        """
        if self._bus is None:
            return None
        named: list[str] = []
        try:
            for window in await self._hit_test.windows(scope.pid):
                name, _, _ = await self._bus.name_and_parent(window)
                named.append(name)
                if clean(scope.title) in clean(name) and await self._bus.state(window) >> STATE_ACTIVE & 1:
                    return is_private(name)
        except Unavailable:
            return None
        return any(is_private(name) for name in named) if last else None

    def _site_soon(self) -> None:
        """Ask for the site in a moment: a page that was just left is still there."""
        if not self._site_due:
            self._site_due = True
            due_s = max(self._loop.time() + SITE_AFTER_S, self._site_asked_s + SITE_EVERY_S)
            self._loop.call_at(due_s, self._site_again)

    def _site_again(self) -> None:
        self._site_due = False
        self._ask("site", lambda: self._site(self._clock.now_ns()))

    async def _site(self, time_ns: int, tries: int = 0) -> None:
        scope, site = self._scope, NO_SITE
        if scope is None or self._bus is None:
            return
        self._site_asked_s = self._loop.time()
        if not self._private.at(time_ns):
            window = await self._hit_test.active_window(scope.pid)
            if window is None or not (await self._bus.name_and_parent(window))[0]:
                return  # a menu lies over it
            site = await self._sites.of(window)
            if site == NO_SITE and tries < TRIES:  # a page that is being loaded has none yet
                self._loop.call_later(TRY_S, lambda: self._ask("site", lambda: self._site(time_ns, tries + 1)))
                return
        if scope.same_window(self._scope):
            self._tell(time_ns, Context(scope.pid, self._clock.now_ns(), site))

    def _say(self, time_ns: int, pid: int, known: Known, cause: Cause, *, point: tuple[int, int] | None = None) -> None:
        control = control_of(known, cause)
        said_ns, said = self._said.get(cause, (0, None))
        if cause != "click" and said == control and time_ns - said_ns < SAME_NS:
            return  # applications tell the same focus or selection several times
        self._said[cause] = (time_ns, control)
        if not self._private.at(time_ns):
            self._tell(time_ns, Context(pid, self._clock.now_ns(), control, secret=known.secret, point=point))

    def _forget(self, time_ns: int) -> None:
        """Another window is active. What was pressed before is still told of the one before."""
        self._hover = None
        self._highlights.add(time_ns, None)
        self._said.clear()
        self._newest.clear()
        if self._bus is not None:
            self._controls.forget()
