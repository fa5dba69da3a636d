"""What does the display itself show of being locked?

Not every locker speaks on a bus, and none hides from its own X server. What counts as locked:

1. the server's own screen saver is on (MIT-SCREEN-SAVER): whoever was here is away;
2. xscreensaver says that it blanked or locked the screen (``_SCREENSAVER_STATUS`` on the root window);
3. windows that bypass the window manager cover every monitor and take the input: i3lock, slock, xsecurelock, the
   screen savers of desktops. The layer that compositors draw on is the server's own and does not count;
4. any window of a program that does nothing but lock (:data:`LOCKERS`): one of them, xtrlock, shows none that covers;
5. the server has lost its virtual terminal: another session is in front.

What lies above such windows does not matter: a locker may be late to raise itself.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import xcffib
import xcffib.res
import xcffib.screensaver
import xcffib.shape
from xcffib import xproto
from xcffib.screensaver import Kind, State
from xcffib.xproto import EventMask, MapState, WindowClass

from aboveboard.recorder.capture.display import atom, connect, extension, pending_events, screen_of
from aboveboard.recorder.capture.monitors import MonitorWatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.machine.lock import Locks
from aboveboard.recorder.redact.scope import intersect_all, subtract_all

LOCKERS = {"alock", "i3lock", "slock", "sxlock", "xlock", "xsecurelock", "xtrlock"}
_SAVER, _XSCREENSAVER = "the X server's screen saver", "xscreensaver"
_WINDOWS, _TERMINAL, _DISPLAY = "a window over the screen", "the X server", "the display"
_WATCHED = EventMask.SubstructureNotify | EventMask.StructureNotify | EventMask.PropertyChange
_INPUT = 2
_ANY = 0


class DisplayLock:
    """Speaks to ``locks`` about ``display``, from the event loop that :meth:`attach` is given."""

    def __init__(self, display: str | None, locks: Locks) -> None:
        self._conn = connect(display)
        self._descriptor: int = self._conn.get_file_descriptor()
        self._locks = locks
        self._root: int = screen_of(self._conn).root
        self._id_mask: int = self._conn.get_setup().resource_id_mask
        self._atoms = {name: atom(self._conn, name) for name in ("_SCREENSAVER_STATUS", "XFree86_VT", "XFree86_has_VT")}
        self._names = {number: name for name, number in self._atoms.items()}
        self._shape = extension(self._conn, "SHAPE")
        self._resources = self._optional("X-Resource", xcffib.res.key, (1, 2))
        self._saver = self._optional("MIT-SCREEN-SAVER", xcffib.screensaver.key, (1, 0))
        self._monitors = MonitorWatch(self._conn)
        self._covers: dict[int, tuple[Rect, ...]] = {}
        self._lockers: set[int] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def terminal(self) -> int:
        """The virtual terminal of the display's server; 0 if it has none."""
        return self._numbers("XFree86_VT")[0]

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look how things stand, and follow them from now on."""
        self._conn.core.ChangeWindowAttributes(self._root, xproto.CW.EventMask, [_WATCHED])
        if self._saver is not None:
            self._saver.SelectInput(self._root, xcffib.screensaver.Event.NotifyMask)
            state = self._saver.QueryInfo(self._root).reply().state
            self._locks.says(_SAVER, state in {State.On, State.Cycle})
        for name in self._atoms:
            self._told(name)
        for window in self._conn.core.QueryTree(self._root).reply().children:
            self._look_at(window)
        self._judge()
        self._loop = loop
        loop.add_reader(self._descriptor, self._take)
        self._take()

    def close(self) -> None:
        """Stop, in the thread of the loop."""
        if self._loop is not None:
            self._loop.remove_reader(self._descriptor)
        self._conn.disconnect()

    def _take(self) -> None:
        try:
            for event in pending_events(self._conn):
                self._event(event)
            self._conn.flush()
        except xcffib.ConnectionException:
            if self._loop is not None:
                self._loop.remove_reader(self._descriptor)
            self._locks.silent(_DISPLAY)

    def _event(self, event: Any) -> None:
        if isinstance(event, xcffib.screensaver.NotifyEvent):
            self._locks.says(_SAVER, event.state in {State.On, State.Cycle}, _saver_kind(event.kind))
        elif isinstance(event, xproto.PropertyNotifyEvent):
            self._told(self._names.get(event.atom, ""))
        elif isinstance(event, xproto.MapNotifyEvent):
            if event.override_redirect:
                self._look_at(event.window)
                self._judge()
        elif isinstance(event, xproto.UnmapNotifyEvent | xproto.DestroyNotifyEvent | xproto.ReparentNotifyEvent):
            self._covers.pop(event.window, None)
            self._lockers.discard(event.window)
            self._judge()
        elif isinstance(event, xproto.ConfigureNotifyEvent) and event.window != self._root:
            if event.window in self._covers:
                self._look_at(event.window)
                self._judge()
        elif self._monitors.changed(event):
            self._judge()

    def _told(self, name: str) -> None:
        """A property of the root window says something."""
        if name == "_SCREENSAVER_STATUS":
            self._locks.says(_XSCREENSAVER, self._numbers(name)[0] != 0)
        elif name == "XFree86_has_VT":
            away = self._numbers(name, missing=1)[0] == 0
            self._locks.says(_TERMINAL, away, "another session is in front of this one")

    def _look_at(self, window: int) -> None:
        """Does this child of the root window bypass the window manager, and where does it take the input?"""
        self._covers.pop(window, None)
        if window & ~self._id_mask == self._root & ~self._id_mask:
            return
        core = self._conn.core
        cookies = core.GetWindowAttributes(window), core.GetGeometry(window), self._shape.GetRectangles(window, _INPUT)
        replies = [_reply(cookie) for cookie in cookies]
        if any(reply is None for reply in replies):
            return
        attributes, place, shape = replies
        if not attributes.override_redirect or attributes.map_state != MapState.Viewable:
            return
        if self._program(window) in LOCKERS:
            self._lockers.add(window)
        if attributes._class != WindowClass.InputOutput:
            return
        inside = [Rect(place.x + one.x, place.y + one.y, one.width, one.height) for one in shape.rectangles]
        border = 2 * place.border_width
        self._covers[window] = tuple(
            intersect_all([Rect(place.x, place.y, place.width + border, place.height + border)], inside)
        )

    def _judge(self) -> None:
        """Do the windows that were found lock the screen?"""
        taken = [rect for rects in self._covers.values() for rect in rects]
        covered = False
        if taken:
            screen = [Rect(one.x, one.y, one.width, one.height) for one in self._monitors.read().monitors]
            covered = not subtract_all(screen, taken)
        why = "it covers every monitor" if covered else "it is a locker's"
        self._locks.says(_WINDOWS, covered or bool(self._lockers), why)

    def _program(self, window: int) -> str:
        """The name of the program whose window this is; "" where the server does not know."""
        if self._resources is None:
            return ""
        spec = xcffib.res.ClientIdSpec.synthetic(window, xcffib.res.ClientIdMask.LocalClientPID)
        reply = _reply(self._resources.QueryClientIds(1, [spec]))
        with suppress(OSError, IndexError):
            if reply is not None:
                return Path(f"/proc/{int(reply.ids[0].value[0])}/comm").read_text("utf-8", "replace").strip()
        return ""

    def _numbers(self, name: str, *, missing: int = 0) -> list[int]:
        """The whole numbers of a property of the root window; ``[missing]`` if it has none."""
        reply = self._conn.core.GetProperty(False, self._root, self._atoms[name], _ANY, 0, 8).reply()
        if reply.format != 32 or not reply.value_len:
            return [missing]
        data = bytes(reply.value.buf())
        return [int.from_bytes(data[place : place + 4], "little") for place in range(0, len(data), 4)]

    def _optional(self, name: str, key: Any, version: tuple[int, int]) -> Any:
        """The requests of an extension, ``None`` if the server has not got it."""
        if not self._conn.core.QueryExtension(len(name), name).reply().present:
            return None
        requests = self._conn(key)
        requests.QueryVersion(*version).reply()
        return requests


def _saver_kind(kind: int) -> str:
    return "it blanked the screen" if kind == Kind.Blanked else "it is on"


def _reply(cookie: Any) -> Any:
    """A reply; ``None`` if the window is gone."""
    try:
        return cookie.reply()
    except xcffib.ConnectionException:
        raise
    except xcffib.XcffibException:
        return None
