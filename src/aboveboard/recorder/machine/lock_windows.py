"""Do windows on this display lock it?

1. Windows that bypass the window manager lock if together they cover every monitor and take the input there: i3lock,
   slock, xsecurelock, the screen savers of desktops. What lies above them does not matter: a locker may be late to
   raise itself.
2. Not counted are the layer that compositors draw on, which is the server's own, and the frame that a window manager
   put around an application (the frames of some bypass their own window manager).
3. Any window of a program that does nothing but lock counts (:data:`LOCKERS`): one of them, xtrlock, covers nothing.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import xcffib
import xcffib.res
from xcffib import xproto
from xcffib.xproto import MapState, WindowClass

from aboveboard.recorder.capture.display import atom, extension, screen_of, setup_of
from aboveboard.recorder.capture.monitors import MonitorWatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.scope import intersect_all, subtract_all

LOCKERS = {"alock", "i3lock", "slock", "sxlock", "xlock", "xsecurelock", "xtrlock"}
FRAME_DEPTH, FRAME_CHILDREN = 3, 20
"""How deep inside a window, and among how many at each step, an application's is looked for."""
_INPUT = 2
_ANY = 0


class LockWindows:
    """Follows the children of the root window on ``conn``, which gets their events. Used by one thread."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._root: int = screen_of(conn).root
        self._id_mask: int = setup_of(conn).resource_id_mask
        self._wm_state = atom(conn, "WM_STATE")
        self._shape = extension(conn, "SHAPE")
        self._clients = _client_ids(conn)
        self._monitors = MonitorWatch(conn)
        self._covers: dict[int, tuple[Rect, ...]] = {}
        self._lockers: set[int] = set()

    def look(self) -> None:
        """Look at every window that is there."""
        for window in self._conn.core.QueryTree(self._root).reply().children:
            self._look_at(window)

    def changed(self, event: Any) -> bool:
        """Take in an event; could :meth:`locked` have a new answer after it?"""
        if isinstance(event, xproto.MapNotifyEvent):
            if event.override_redirect:
                self._look_at(event.window)
            return bool(event.override_redirect)
        if isinstance(event, xproto.UnmapNotifyEvent | xproto.DestroyNotifyEvent | xproto.ReparentNotifyEvent):
            known = event.window in self._covers or event.window in self._lockers
            self._covers.pop(event.window, None)
            self._lockers.discard(event.window)
            if isinstance(event, xproto.ReparentNotifyEvent) and event.parent in self._covers:
                known = True
                self._look_at(event.parent)
            return known
        if isinstance(event, xproto.ConfigureNotifyEvent) and event.window != self._root:
            if event.window in self._covers:
                self._look_at(event.window)
                return True
            return False
        return self._monitors.changed(event)

    def locked(self) -> str:
        """What locks the display, in words; "" if nothing does."""
        if self._lockers:
            return "it is a locker's"
        taken = [rect for rects in self._covers.values() for rect in rects]
        if not taken:
            return ""
        screen = [Rect(one.x, one.y, one.width, one.height) for one in self._monitors.read().monitors]
        return "" if subtract_all(screen, taken) else "it covers every monitor"

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
        if attributes._class != WindowClass.InputOutput or self._holds_client(window, FRAME_DEPTH):
            return
        inside = [Rect(place.x + one.x, place.y + one.y, one.width, one.height) for one in shape.rectangles]
        border = 2 * place.border_width
        outer = Rect(place.x, place.y, place.width + border, place.height + border)
        self._covers[window] = tuple(intersect_all([outer], inside))

    def _holds_client(self, window: int, depth: int) -> bool:
        """Is a window inside this one that a window manager manages (it has ``WM_STATE``)?"""
        tree = _reply(self._conn.core.QueryTree(window))
        children = list(tree.children)[:FRAME_CHILDREN] if tree is not None else []
        cookies = [self._conn.core.GetProperty(False, child, self._wm_state, _ANY, 0, 0) for child in children]
        replies = [_reply(cookie) for cookie in cookies]
        if any(reply is not None and reply.format for reply in replies):
            return True
        return depth > 1 and any(self._holds_client(child, depth - 1) for child in children)

    def _program(self, window: int) -> str:
        """The name of the program whose window this is; "" where the server does not know."""
        if self._clients is None:
            return ""
        spec = xcffib.res.ClientIdSpec.synthetic(window, xcffib.res.ClientIdMask.LocalClientPID)
        reply = _reply(self._clients.QueryClientIds(1, [spec]))
        with suppress(OSError, IndexError):
            if reply is not None:
                return Path(f"/proc/{int(reply.ids[0].value[0])}/comm").read_text("utf-8", "replace").strip()
        return ""


def _client_ids(conn: Any) -> Any:
    """The requests that tell which process a window belongs to; ``None`` if the server has not got them."""
    name = "X-Resource"
    if not conn.core.QueryExtension(len(name), name).reply().present:
        return None
    requests = conn(xcffib.res.key)
    version = requests.QueryVersion(1, 2).reply()
    return requests if (version.server_major, version.server_minor) >= (1, 2) else None


def _reply(cookie: Any) -> Any:
    """A reply; ``None`` if the window is gone."""
    try:
        return cookie.reply()
    except xcffib.ConnectionException:
        raise
    except xcffib.XcffibException:
        return None
