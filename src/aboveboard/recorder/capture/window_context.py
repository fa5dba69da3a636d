"""Which window is active, is it a private one, and which site does it show?

A window is taken for a private one until it is known that it is not. Browsers say it in the title of the window or in
its accessible name alone; and an application may tell of its new window later than the display server does. So what is
believed is a window that says it is active and has the same title; if there is none after a while, any private window
of that process speaks for all of them.

The site is asked for when the window or its title changes, when a page was loaded, and a moment after something was
clicked or got the focus, but then only now and then.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import AppRule
from aboveboard.recorder.capture.atspi import STATE_ACTIVE, Bus
from aboveboard.recorder.capture.atspi_bus import LOAD_COMPLETE, SELECTION_CHANGED, Field
from aboveboard.recorder.capture.controls import clean
from aboveboard.recorder.capture.hit_test import HitTest
from aboveboard.recorder.capture.questions import Questions
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.sites import NO_SITE, Sites
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.timeline import Stretches
from aboveboard.rules.pages import says_private

REMEMBERED_NS = 1500 * MILLISECOND_NS
"""How long it is remembered what was active: a press may be told this much later."""
TRY_S, TRIES, RETRY_S = 0.1, 5, 0.5
LOADED_S, EVERY_S = 0.1, 2.0
"""How soon after a page was loaded the site is asked for, and how often otherwise."""

Tell = Callable[[int, Context], None]


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


class WindowContext:
    """Follows the active window in scope, and tells of its site."""

    def __init__(self, clock: ServerClock, tell: Tell, questions: Questions) -> None:
        self._clock = clock
        self._tell = tell
        self._questions = questions
        self._loop = asyncio.get_running_loop()
        self._bus: Bus | None = None
        self._hit_test: HitTest
        self._sites: Sites
        self._shown: Field | None = None
        """The window itself, once it is known."""
        self._scopes: Stretches[Scope | None] = Stretches(None)
        self._private: Stretches[bool] = Stretches(True)
        self.now: Scope | None = None
        self.since_ns = 0
        self._site_due = False
        self._asked_s = 0.0

    def connected(self, bus: Bus | None, hit_test: HitTest | None) -> None:
        """What to ask from now on."""
        self._bus, self._shown = bus, None
        if bus is not None and hit_test is not None:
            self._hit_test, self._sites = hit_test, Sites(bus)
            self.look_soon(self._clock.now_ns())

    def active(self, time_ns: int, scope: Scope | None) -> bool:
        """From ``time_ns`` on this application is active, with this title (``None``: none in scope). Another window?"""
        before, self.now = self.now, scope
        other = scope is None or not scope.same_window(before)
        if other:
            self._shown, self.since_ns = None, time_ns
            self._scopes.add(time_ns, scope)
            self._scopes.forget(time_ns - REMEMBERED_NS)
            self._private.add(time_ns, True)
            self._private.forget(time_ns - REMEMBERED_NS)
        elif scope is not None and says_private(scope.title):
            self._private.add(time_ns, True)
        return other

    def look_soon(self, time_ns: int, tries: int = 0) -> None:
        """Find out about the window, as it is since ``time_ns``."""
        if self.now is not None and self._bus is not None:
            self._questions.newest("window", lambda: self._look(time_ns, tries), failed=self._look_again)

    def at(self, time_ns: int) -> Scope | None:
        """What was active at ``time_ns``; ``None`` too if it was, or may have been, a private window."""
        return None if self._private.at(time_ns) else self._scopes.at(time_ns)

    def site_soon(self, *, loaded: bool = False) -> None:
        """It may be another site now; for certain if a page was ``loaded``."""
        if self.now is None or self.now.rule.site == "none" or self._site_due:
            return
        self._site_due = True
        now_s = self._loop.time()
        self._loop.call_at(now_s + LOADED_S if loaded else max(now_s + TRY_S, self._asked_s + EVERY_S), self._ask_site)

    def _ask_site(self) -> None:
        self._site_due = False
        self._questions.newest("site", lambda: self._site(self._clock.now_ns()))

    def _look_again(self) -> None:
        self._loop.call_later(RETRY_S, self.look_soon, self.since_ns)

    async def _look(self, time_ns: int, tries: int) -> None:
        scope = self.now
        if scope is None or self._bus is None:
            return
        if scope.rule.control != "none":
            await self._bus.listen(SELECTION_CHANGED)
        if scope.rule.site != "none":
            await self._bus.listen(LOAD_COMPLETE)
        private = await self._says_private(self._bus, scope, last=tries >= TRIES)
        if not scope.same_window(self.now):
            return
        if private is None:
            self._loop.call_later(TRY_S, self.look_soon, time_ns, tries + 1)
            return
        self._private.add(time_ns, private or says_private(scope.title))
        if scope.rule.site != "none":
            self._questions.newest("site", lambda: self._site(time_ns))

    async def _says_private(self, bus: Bus, scope: Scope, *, last: bool) -> bool | None:
        """Does the window's accessible name say that it is private? ``None``: that window is not to be found yet."""
        try:
            windows = await self._hit_test.windows(scope.pid)
            names = [clean(name) for name in await bus.names(windows)]
            for window, name, states in zip(windows, names, await bus.states(windows), strict=True):
                if clean(scope.title) in name and states >> STATE_ACTIVE & 1:
                    self._shown = window
                    return says_private(name)
        except Unavailable:
            return None
        return any(map(says_private, names)) if last else None

    async def _site(self, time_ns: int, tries: int = 0) -> None:
        scope, site = self.now, NO_SITE
        if scope is None or self._bus is None:
            return
        self._asked_s = self._loop.time()
        if self._shown is not None and not self._private.at(time_ns):
            site = await self._sites.of(self._shown)
            if site == NO_SITE and tries < TRIES:  # a page that is being loaded has none yet
                again = lambda: self._questions.newest("site", lambda: self._site(time_ns, tries + 1))  # noqa: E731
                self._loop.call_later(TRY_S, again)
                return
        if scope.same_window(self.now):
            self._tell(time_ns, Context(scope.pid, self._clock.now_ns(), site))
