"""Which window has the person's attention, and what lies where, over time?

Nothing is asked of the server unless an event said that something changed. Told are: the windows from the bottom to
the top, whenever they changed; and the active one (``_NET_ACTIVE_WINDOW``), with whether another client has grabbed the
keyboard, as a screen lock or a password prompt does while the active window stays what it was.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import xcffib
import xcffib.shape
from xcffib import xproto
from xcffib.xproto import NotifyDetail, NotifyMode

from aboveboard.formats.recording import Marker
from aboveboard.recorder.capture.display import pending_events, screen_of, setup_of
from aboveboard.recorder.capture.layout import TYPE, WindowTree
from aboveboard.recorder.capture.port import WindowFacts
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.rules.pages import BROWSERS

_STRUCTURE = (
    xproto.MapNotifyEvent,
    xproto.UnmapNotifyEvent,
    xproto.ReparentNotifyEvent,
    xproto.ConfigureNotifyEvent,
    xproto.GravityNotifyEvent,
    xproto.CirculateNotifyEvent,
    xproto.DestroyNotifyEvent,
    xproto.CreateNotifyEvent,
    xcffib.shape.NotifyEvent,
)
_PLACE = (
    xproto.ConfigureNotifyEvent,
    xproto.GravityNotifyEvent,
    xproto.CirculateNotifyEvent,
    xcffib.shape.NotifyEvent,
)
"""Those after which every window is still whose it was."""
_OWNERSHIP = ("WM_CLASS", "WM_STATE", "WM_TRANSIENT_FOR", "_NET_WM_PID", TYPE)
_TITLE = ("_NET_WM_NAME", "WM_NAME")
_INSIDE = {NotifyDetail.Inferior, NotifyDetail.Pointer, NotifyDetail.PointerRoot, NotifyDetail._None}


def _is_browser(window: WindowFacts | None, number: int) -> bool:
    return window is not None and window.window_id == number and window.wm_class.casefold() in BROWSERS


class Told(Protocol):
    """Who is told, in the thread that asks."""

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None: ...

    def active(self, time_ns: int, active: Active) -> None: ...

    def marker(self, time_ns: int, marker: Marker) -> None: ...


class WindowWatch:
    """Follows windows on ``conn``. :meth:`events` takes what arrived, :meth:`settle` asks what is new and tells it."""

    def __init__(self, conn: Any, clock: ServerClock, told: Told) -> None:
        self._conn = conn
        self._clock = clock
        self._told = told
        screen = screen_of(conn)
        self._root: int = screen.root
        self._id_mask: int = setup_of(conn).resource_id_mask
        self._tree = WindowTree(conn)
        self._names = {number: name for name, number in self._tree.atoms.items()}
        self.stack: tuple[Stacked, ...] = ()
        geometry = conn.core.GetGeometry(self._root).reply()
        self.size: tuple[int, int] = (geometry.width, geometry.height)
        self.changed = True
        """Something about windows changed since :meth:`settle`: what is known of them is not to be relied on."""
        self._active_since_ns: int | None = clock.now_ns()
        self._active: WindowFacts | None = None
        self._elsewhere = self._grabbed_already()
        self._last_told: Active | None = None
        self._told_ns = 0

    def events(self) -> Iterator[Any]:
        """Take in the events that arrived; those that are not about windows, or also about monitors, are passed on."""
        for event in pending_events(self._conn):
            if isinstance(event, _STRUCTURE):
                self._structure(event)
                if isinstance(event, xproto.ConfigureNotifyEvent) and event.window == self._root:
                    yield event
            elif isinstance(event, xproto.PropertyNotifyEvent) and event.atom in self._names:
                self._property(event)
            elif isinstance(event, xproto.FocusInEvent | xproto.FocusOutEvent):
                self._focus(event)
            else:
                yield event

    def settle(self) -> None:
        """Ask about what changed and tell it."""
        if self.changed:
            # Cleared before asking: what changes while asking must be asked again.
            self.changed = False
            stack = self._tree.read()
            # One moment for both: a window of the stack may have a new title already. If its page were known from a
            # moment on at which the active window had the old one, that title would be taken for one of this page.
            now_ns = max(self._clock.now_ns(), self._told_ns)
            if stack != self.stack:
                self.stack = stack
                self._told.layout(now_ns, stack)
            self._active_soon(now_ns)
        if self._active_since_ns is not None:
            since_ns, self._active_since_ns = self._active_since_ns, None
            window = self._tree.active()
            self._active = self._tree.facts(window) if window else None
            active = Active(self._active, keys_elsewhere=self._elsewhere)
            if active != self._last_told:
                self._last_told = active
                # Server times are cut to milliseconds: what is told later must not seem to have been before.
                self._told_ns = max(self._told_ns, since_ns)
                self._told.active(self._told_ns, active)

    def _active_soon(self, since_ns: int) -> None:
        """The active window is to be asked for; it may have changed at ``since_ns``."""
        self._active_since_ns = since_ns if self._active_since_ns is None else min(self._active_since_ns, since_ns)

    def _structure(self, event: Any) -> None:
        self.changed = True
        if isinstance(event, xproto.DestroyNotifyEvent):
            self._tree.forget(event.window)
        if not isinstance(event, _PLACE):
            # A child of the root: only what is inside it. Deeper down it is not told inside which.
            above = event.parent if isinstance(event, xproto.CreateNotifyEvent) else event.event
            self._tree.search_again(event.window if above == self._root else None)
        if isinstance(event, xproto.ConfigureNotifyEvent) and event.window == self._root:
            self.size = (event.width, event.height)

    def _property(self, event: Any) -> None:
        name = self._names.get(event.atom, "")
        if name == "_NET_ACTIVE_WINDOW" and event.window == self._root:
            self._active_soon(self._clock.wall_ns(event.time))
        elif name in _OWNERSHIP:
            self.changed = True
            self._tree.search_again()
        elif name in _TITLE and self._active is not None and event.window == self._active.window_id:
            self._active_soon(self._clock.wall_ns(event.time))
        elif name in _TITLE and any(_is_browser(one.client, event.window) for one in self.stack):
            self.changed = True  # another page is shown, though nobody types into it

    def _focus(self, event: Any) -> None:
        """Grabs of the keyboard move the focus events with them, though not the focus."""
        active = self._active
        if active is None or event.detail in _INSIDE:
            return
        mine = event.event == active.window_id
        incoming = isinstance(event, xproto.FocusInEvent)
        same_client = (event.event ^ active.window_id) & ~self._id_mask == 0
        before = self._elsewhere
        if mine and event.mode == NotifyMode.Grab and not incoming:
            self._elsewhere = True
        elif incoming and same_client and event.mode == NotifyMode.Grab:
            self._elsewhere = False
        elif mine and event.mode == NotifyMode.WhileGrabbed:
            self._elsewhere = True
        elif mine and incoming and event.mode in {NotifyMode.Ungrab, NotifyMode.Normal}:
            self._elsewhere = False
        if before != self._elsewhere:
            self._active_soon(self._clock.now_ns())

    def _grabbed_already(self) -> bool:
        """Has somebody grabbed the keyboard before this began? Found by grabbing it for a moment."""
        current_time, asynchronous, success = 0, 1, 0
        reply = self._conn.core.GrabKeyboard(False, self._root, current_time, asynchronous, asynchronous).reply()
        if reply.status != success:
            return True
        self._conn.core.UngrabKeyboard(current_time)
        self._conn.flush()
        return False
