"""Which field has the focus, is it secret, and is that still true?

For the active application only, by asking it and by hearing it. The rule is: silence is not consent. A field that said
it got the focus is asked for its role; while a key waits to be judged, the application is asked again and again whether
that field still has the focus. If the bus or the application does not answer, or answers something else, the focus is
unknown from the last time that it was known. While nothing waits, nothing is asked, and this thread sleeps.

A field that was a password field once stays one, whatever its role becomes: pages have buttons that show the password.

The same thread asks about controls and sites (``capture.context``), where somebody wants to be told of them, and about
the pages of browsers (``capture.pages``). A field that asks for a code is as secret as one for a password.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Button, Key, Pointer
from aboveboard.recorder.capture.atspi import ROLE_PASSWORD_TEXT, STATE_FOCUSED, STATE_SHOWING, Bus
from aboveboard.recorder.capture.atspi_bus import FOCUSED, Field
from aboveboard.recorder.capture.atspi_names import roles
from aboveboard.recorder.capture.context import ContextWatch
from aboveboard.recorder.capture.controls import MENU_ITEMS, MENUS, SELECTED, SHOWING
from aboveboard.recorder.capture.pages import PageWatch
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.ticks import LAST_S, until_tick
from aboveboard.recorder.capture.window_context import Scope, Tell
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.timeline import Focus, Stretches
from aboveboard.rules.log_in import asks_for_code

IDLE_S = 2.0
"""How often this thread looks whether the bus is still there, while nothing else happens. While anything waits to be
judged, it shows at every tick that it has heard all, and asks, if need be."""
RETRY_NS = 2000 * MILLISECOND_NS
"""How long to wait before trying to reach the bus again."""
SEARCH_NS = 500 * MILLISECOND_NS
"""How often an application whose focus is unknown is searched for it."""
GRACE_NS = 400 * MILLISECOND_NS
"""How long an application may take after it became active to say what has the focus."""
WRITTEN_IN = roles("entry, text, spin button, autocomplete, editbar")
PAD = 4
"""Pixels around a secret field that are covered with it: its border and rounding."""


T = TypeVar("T")


class FocusTold(Protocol):
    """Who is told, in the thread that asks."""

    def focus(self, time_ns: int, focus: Focus) -> None: ...

    def boxes(self, time_ns: int, boxes: tuple[Rect, ...]) -> None: ...

    def texts(self, time_ns: int, given: Sequence[Given]) -> None: ...

    def confirmed(self) -> None:
        """``progress_ns`` went on."""


class AccessibilityWatch:
    """Tells of the focus and of secret fields from the thread that calls :meth:`run`.

    ``address`` finds the bus: it is awaited before each attempt to connect and gives ``None`` if there is none;
    ``over`` is awaited at the end. ``context`` is told of controls and sites; ``None``: nothing is asked about them.
    """

    def __init__(
        self,
        clock: ServerClock,
        told: FocusTold,
        address: Callable[[], Awaitable[str | None]],
        over: Callable[[], Awaitable[None]],
        context: Tell | None = None,
        pages: PageWatch | None = None,
    ) -> None:
        self._pages = pages
        self._clock = clock
        self._told = told
        self._address = address
        self._over = over
        self._tell_context = context
        self._context: ContextWatch | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken: asyncio.Event
        self._lock = threading.Lock()
        self._unresolved: dict[int, int] = {}
        self._tokens = 0
        self._confirmed_ns = 0
        self._ending = threading.Event()
        self._wanted = False
        self._keys_wait = False
        self._settled_ns = 0
        self._changes: list[tuple[int, int, int, Scope | None]] = []
        self._bus: Bus | None = None
        self._retry_ns = 0
        self._searched_ns = 0
        self._pid = 0
        self._asked_pids: set[int] = set()
        self._last: dict[int, Field] = {}
        self._roles: dict[int, int] = {}
        """The role of each process's last field."""
        self._history: dict[int, Stretches[Focus]] = {}
        self._secret: dict[Field, Rect] = {}
        self._current = Focus.UNKNOWN
        self._told_ns = 0
        """When the active application's last field said that it has the focus."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def progress_ns(self) -> int:
        """All that is to be known of the focus before this wall time has been told."""
        with self._lock:
            confirmed_ns = self._confirmed_ns if self._wanted else max(self._confirmed_ns, self._clock.now_ns())
            known_ns = min([confirmed_ns, *self._unresolved.values()])
        pending_ns = self._pages.pending_ns if self._pages is not None else None
        return known_ns if pending_ns is None else min(known_ns, pending_ns)

    def active(self, time_ns: int, pid: int, window: WindowFacts | None = None, rule: AppRule | None = None) -> None:
        """From ``time_ns`` on the active window is of process ``pid`` (0: none in scope); from any thread.

        With the window and its rule, and again with each change of its title, controls and sites are told of.
        """
        scope = (
            Scope(pid, rule, window.window_id, window.title)
            if pid and window is not None and rule is not None
            else None
        )
        with self._lock:
            self._tokens += 1
            self._unresolved[self._tokens] = time_ns
            self._changes.append((self._tokens, time_ns, pid, scope))
        if self._pages is not None:
            self._pages.window(time_ns, window if rule is not None else None)
        self._wake()

    def layout(self, time_ns: int, windows: Sequence[WindowFacts | None]) -> None:
        """From ``time_ns`` on these are all windows that are shown; from any thread."""
        if self._pages is not None and self._pages.layout(time_ns, windows):
            self._wake()

    def want(self, wanted: bool, *, keys: bool = True, settled_ns: int = 0) -> None:
        """Does anything wait to be judged, and are there keys among it? From any thread.

        Nothing from before ``settled_ns`` does.
        """
        with self._lock:
            began = wanted and (not self._wanted or (keys and not self._keys_wait))
            self._wanted, self._keys_wait, self._settled_ns = wanted, keys, settled_ns
        if began:
            self._wake()

    def hand(self, time_ns: int, event: Key | Button | Pointer) -> None:
        """A hand did this; from any thread. Says what to ask about, and when."""
        if self._context is not None:
            self._context.hand(time_ns, event)

    def read(self, window_id: int, rects: Sequence[Rect]) -> None:
        """Ask the active window what these lines say that nobody could read; from any thread."""
        if self._context is not None:
            self._context.read(window_id, rects)

    def run(self) -> None:
        """Watch until :meth:`end`."""
        asyncio.run(self._main())

    def end(self) -> None:
        """Make :meth:`run` return soon; from any thread."""
        self._ending.set()
        self._wake()

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._woken.set)

    async def _main(self) -> None:
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        asking: asyncio.Task[None] | None = None
        if self._tell_context is not None:
            self._context = ContextWatch(self._clock, self._tell_context, self._told.texts, self._secret.__contains__)
            asking = self._loop.create_task(self._context.run())
        try:
            while not self._ending.is_set():
                await self._connect_if_needed()
                await self._take_changes()
                if self._pages is not None and await self._pages.take(self._bus):
                    self._ask_site()
                await self._confirm()
                await self._sleep()
                if asking is not None and asking.done():
                    asking.result()
        finally:
            if asking is not None:
                asking.cancel()
            if self._bus is not None:
                self._bus.close()
            await self._over()

    async def _sleep(self) -> None:
        """Until something is to be done."""
        with suppress(TimeoutError):
            async with asyncio.timeout(until_tick(LAST_S) if self._wanted else IDLE_S):
                await self._woken.wait()
        self._woken.clear()

    async def _connect_if_needed(self) -> None:
        now_ns = self._clock.now_ns()
        if self._bus is not None and not self._bus.connected:
            self._bus = None
            self._last.clear()
            self._history.clear()
            if self._context is not None:
                self._context.connected(None)
        if self._bus is None and now_ns >= self._retry_ns:
            self._retry_ns = now_ns + RETRY_NS
            address = await self._address()
            if address:
                try:
                    self._bus = await Bus.open(address, self._heard)
                except Unavailable:
                    self._bus = None
                if self._context is not None:
                    self._context.connected(self._bus)

    async def _take_changes(self) -> None:
        """Tell what the focus was since another application became active."""
        with self._lock:
            changes, self._changes = self._changes, []
        for token, time_ns, pid, scope in changes:
            if self._context is not None:
                self._context.active(time_ns, scope)
            if pid != self._pid:
                self._pid = pid
                self._asked_pids |= {pid} - {0}
                known = self._history.get(pid)
                if known is None:
                    await self._search(pid, time_ns)
                else:
                    for since_ns, _, focus in known.spans(time_ns, self._clock.now_ns()):
                        self._tell(max(since_ns, time_ns), focus)
            with self._lock:
                self._unresolved.pop(token, None)

    async def _search(self, pid: int, since_ns: int) -> None:
        """Find what has the focus in ``pid`` since ``since_ns``, give it time to say, and tell."""
        while self._bus is not None and pid:
            field = await self._answer(self._bus.focused_in(pid))
            if field is not None:
                await self._know(field, pid, since_ns)
                return
            if pid in self._history or self._clock.now_ns() > since_ns + GRACE_NS or self._ending.is_set():
                break
            await asyncio.sleep(0.05)
        if pid not in self._history:
            self._tell(since_ns, Focus.UNKNOWN)

    def _heard(self, event: str, field: Field) -> None:
        """A field says that it got the focus, or something that is of use to the context."""
        time_ns = self._clock.now_ns()
        if event != FOCUSED:
            self._run(self._hand_over(time_ns, event, field))
            return
        with self._lock:
            self._tokens += 1
            token = self._tokens
            self._unresolved[token] = time_ns
        self._run(self._resolve(token, field, time_ns))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _resolve(self, token: int, field: Field, time_ns: int) -> None:
        try:
            if self._bus is not None:
                pid = await self._answer(self._bus.pid(field.owner))
                # Applications that never were active in scope are not asked about their fields.
                if pid in self._asked_pids:
                    await self._know(field, pid, time_ns)
        finally:
            with self._lock:
                self._unresolved.pop(token, None)
        await self._hand_over(time_ns, FOCUSED, field)

    async def _hand_over(self, time_ns: int, event: str, field: Field) -> None:
        if self._context is not None and self._bus is not None:
            pid = await self._answer(self._bus.pid(field.owner))
            if pid:
                self._context.heard(time_ns, event, pid, field)

    async def _know(self, field: Field, pid: int, time_ns: int) -> None:
        """``field`` of process ``pid`` has the focus since ``time_ns``: find out what it is and tell."""
        role = await self._answer(self._bus.role(field)) if self._bus is not None else None
        if role == ROLE_PASSWORD_TEXT or field in self._secret or await self._asks_for_code(field, role):
            focus = Focus.SECRET
            await self._place(field, time_ns)
        else:
            focus = Focus.UNKNOWN if role is None else Focus.OPEN
        self._last[pid], self._roles[pid] = field, role or 0
        self._history.setdefault(pid, Stretches(Focus.UNKNOWN)).add(time_ns, focus)
        if pid == self._pid:
            self._told_ns = time_ns
            self._tell(time_ns, focus)

    async def _asks_for_code(self, field: Field, role: int | None) -> bool:
        """Is it a field for a code? One that does not say is taken for one that is not: its role is known."""
        if self._bus is None or role not in WRITTEN_IN:
            return False
        names = await self._answer(self._bus.names([field])) or []
        attributes = await self._answer(self._bus.attributes([field])) or [{}]
        return asks_for_code(names, attributes[0])

    async def _confirm(self) -> None:
        """Is what was told still so? Only then does time go on."""
        sent_ns = self._clock.now_ns()
        asked_ns = max(self._confirmed_ns, self._settled_ns)
        if self._wanted and self._pages is not None and await self._pages.confirm(self._bus, sent_ns, asked_ns):
            self._ask_site()
        if self._wanted and self._pid and self._bus is not None:
            await self._place_all(sent_ns)
            field, pid = self._last.get(self._pid), self._pid
            if not self._keys_wait:
                pass  # only where secret fields are matters for what waits
            elif field is not None and self._current is not Focus.UNKNOWN:
                if not await self._still_focused(field, pid):
                    return
            elif sent_ns >= self._searched_ns + SEARCH_NS:
                self._searched_ns = sent_ns
                found = await self._answer(self._bus.focused_in(pid))
                if found is not None and pid == self._pid and self._current is Focus.UNKNOWN:
                    await self._know(found, pid, sent_ns)
        elif self._bus is None and self._current is not Focus.UNKNOWN:
            self._tell(max(self._confirmed_ns, self._settled_ns), Focus.UNKNOWN)
        with self._lock:
            self._confirmed_ns = max(self._confirmed_ns, sent_ns)
        self._told.confirmed()

    def _ask_site(self) -> None:
        """A page was found out about: what its site is may be told by now."""
        if self._context is not None:
            self._context.site_soon()

    async def _still_focused(self, field: Field, pid: int) -> bool:
        """Yes; or somebody else is by now, and the next tick asks them; else the focus is unknown, and that is told."""
        for pause_s in (0.0, 0.05):
            await asyncio.sleep(pause_s)
            state = await self._answer(self._bus.state(field)) if self._bus is not None else None
            if state is not None and (state >> STATE_FOCUSED & 1 or _is_in_hand(self._roles.get(pid, 0), state)):
                return True
            if self._last.get(pid) != field or self._pid != pid or self._changes:
                return False
        since_ns = max(self._confirmed_ns, self._settled_ns, self._told_ns)
        self._last.pop(pid, None)
        self._history.setdefault(pid, Stretches(Focus.UNKNOWN)).add(since_ns, Focus.UNKNOWN)
        self._tell(since_ns, Focus.UNKNOWN)
        self._searched_ns = 0
        return True

    async def _place_all(self, time_ns: int) -> None:
        for field in list(self._secret):
            await self._place(field, time_ns)

    async def _place(self, field: Field, time_ns: int) -> None:
        """Where the secret field is now; one that is gone or hidden needs no cover."""
        if self._bus is None:
            return
        state = await self._answer(self._bus.state(field))
        rect = (
            await self._answer(self._bus.extents(field)) if state is not None and state >> STATE_SHOWING & 1 else None
        )
        before = dict(self._secret)
        if rect is None or rect.width <= 0 or rect.height <= 0:
            self._secret[field] = Rect(0, 0, 0, 0)
            if state is None:
                del self._secret[field]
        else:
            self._secret[field] = Rect(rect.x - PAD, rect.y - PAD, rect.width + 2 * PAD, rect.height + 2 * PAD)
        if before != self._secret:
            self._told.boxes(time_ns, tuple(box for box in self._secret.values() if box.width > 0))

    def _tell(self, time_ns: int, focus: Focus) -> None:
        self._current = focus
        self._told.focus(time_ns, focus)

    async def _answer(self, call: Awaitable[T]) -> T | None:
        """What was asked, or ``None`` if there is no answer."""
        try:
            return await call
        except (Unavailable, ValueError, TypeError, IndexError):
            return None


def _is_in_hand(role: int, state: int) -> bool:
    """Is it of an open menu? Its items have the keyboard as long as it shows, and in some toolkits never the focus."""
    shows, selected = bool(state & SHOWING), bool(state & SELECTED)
    return shows and (role in MENU_ITEMS or (role in MENUS and selected))
