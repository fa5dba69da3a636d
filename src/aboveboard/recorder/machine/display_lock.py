"""What does the display itself show of being locked?

Not every locker speaks on a bus, and none hides from its own X server. What counts as locked:

1. the server's own screen saver is on (MIT-SCREEN-SAVER): whoever was here is away;
2. xscreensaver says that it blanked or locked the screen (``_SCREENSAVER_STATUS`` on the root window);
3. windows lock it (``machine.lock_windows``);
4. the server has lost its virtual terminal: another session is in front;
5. the display does not answer any more.
"""

import asyncio
from typing import Any

import xcffib
import xcffib.screensaver
from xcffib import xproto
from xcffib.screensaver import Kind, State
from xcffib.xproto import EventMask

from aboveboard.recorder.capture.display import atom, connect, pending_events, screen_of
from aboveboard.recorder.machine.lock import Locks
from aboveboard.recorder.machine.lock_windows import LockWindows

_SAVER, _XSCREENSAVER = "the X server's screen saver", "xscreensaver"
_WINDOWS, _TERMINAL, _DISPLAY = "a window over the screen", "the X server", "the display"
_WATCHED = EventMask.SubstructureNotify | EventMask.StructureNotify | EventMask.PropertyChange
_ANY = 0


class DisplayLock:
    """Speaks to ``locks`` about ``display``, from the event loop that :meth:`attach` is given."""

    def __init__(self, display: str | None, locks: Locks) -> None:
        self._conn = connect(display)
        self._descriptor: int = self._conn.get_file_descriptor()
        self._locks = locks
        self._root: int = screen_of(self._conn).root
        self._atoms = {name: atom(self._conn, name) for name in ("_SCREENSAVER_STATUS", "XFree86_VT", "XFree86_has_VT")}
        self._names = {number: name for name, number in self._atoms.items()}
        self._windows = LockWindows(self._conn)
        self._loop: asyncio.AbstractEventLoop | None = None

    def terminal(self) -> int:
        """The virtual terminal of the display's server; 0 if it has none."""
        return self._number("XFree86_VT")

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look how things stand, and follow them from now on."""
        self._conn.core.ChangeWindowAttributes(self._root, xproto.CW.EventMask, [_WATCHED])
        self._follow_saver()
        for name in self._atoms:
            self._told(name)
        self._windows.look()
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
            why = "it blanked the screen" if event.kind == Kind.Blanked else "it is on"
            self._locks.says(_SAVER, event.state in {State.On, State.Cycle}, why)
        elif isinstance(event, xproto.PropertyNotifyEvent):
            self._told(self._names.get(event.atom, ""))
        elif self._windows.changed(event):
            self._judge()

    def _judge(self) -> None:
        why = self._windows.locked()
        self._locks.says(_WINDOWS, bool(why), why)

    def _told(self, name: str) -> None:
        """A property of the root window says something."""
        if name == "_SCREENSAVER_STATUS":
            self._locks.says(_XSCREENSAVER, self._number(name) != 0)
        elif name == "XFree86_has_VT":
            away = self._number(name, missing=1) == 0
            self._locks.says(_TERMINAL, away, "another session is in front of this one")

    def _follow_saver(self) -> None:
        name = "MIT-SCREEN-SAVER"
        if not self._conn.core.QueryExtension(len(name), name).reply().present:
            return
        saver = self._conn(xcffib.screensaver.key)
        saver.QueryVersion(1, 0).reply()
        saver.SelectInput(self._root, xcffib.screensaver.Event.NotifyMask)
        state = saver.QueryInfo(self._root).reply().state
        self._locks.says(_SAVER, state in {State.On, State.Cycle}, "it is on")

    def _number(self, name: str, *, missing: int = 0) -> int:
        """The first number of a property of the root window, ``missing`` if it has none."""
        reply = self._conn.core.GetProperty(False, self._root, self._atoms[name], _ANY, 0, 1).reply()
        if reply.format != 32 or not reply.value_len:
            return missing
        return int.from_bytes(bytes(reply.value.buf())[:4], "little")
