"""How is the icon shown by an X11 system tray? (freedesktop System Tray protocol, XEmbed)

The tray owns a selection; the icon's window is handed to it. It counts as visible while the tray has taken it in and
it and everything around it is mapped, at a size at which it can be told apart. A tray that ends, unmaps it or makes it
tiny has stopped showing it.
"""

import struct
from collections.abc import Callable
from typing import Any

from PIL import Image
from xcffib import xproto
from xcffib.xproto import EventMask, MapState

from aboveboard.recorder.capture.display import setup_of
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.tray.icon import icon
from aboveboard.recorder.tray.view import View
from aboveboard.recorder.tray.xdesk import XDesk

SMALLEST = 8
"""Pixels: below this nobody can tell one icon from another."""
_DOCK = 0
_MAPPED = 1
_DEPTH_LIMIT = 8


class XEmbedIcon:
    """``clicked(x, y)`` is told where on the screen; ``changed`` is called when :attr:`visible` may have changed."""

    def __init__(
        self, desk: XDesk, view: View, *, clicked: Callable[[int, int], None], changed: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._view = view
        self._clicked = clicked
        self._changed = changed
        self._wanted = False
        self._tray = 0
        self._window = 0
        self._depth = 0
        self._size = 0
        self._around: list[int] = []
        self.visible = False
        desk.listen(desk.root, self._root_event)

    def want(self, wanted: bool) -> None:
        """Be in the tray, or not."""
        if wanted != self._wanted:
            self._wanted = wanted
            if wanted:
                self._dock()
            else:
                self._leave()

    def show(self, view: View) -> None:
        """From now on this is so."""
        before, self._view = self._view, view
        if self._window and (before.shape, before.marked) != (view.shape, view.marked):
            self._draw()

    def _dock(self) -> None:
        """Ask the tray, if there is one, to take the icon in."""
        desk = self._desk
        selection = desk.atom(f"_NET_SYSTEM_TRAY_S{desk.number}")
        self._tray = desk.conn.core.GetSelectionOwner(selection).reply().owner
        if not self._tray:
            return
        desk.watch(self._tray, EventMask.StructureNotify)
        desk.listen(self._tray, self._tray_event)
        visual = int.from_bytes(desk.property(self._tray, desk.atom("_NET_SYSTEM_TRAY_VISUAL"))[:4], "little")
        self._depth = _depth_of(desk, visual)
        visual = visual if self._depth == 32 else 0
        side = round(24 * desk.scale)
        self._window = desk.open(
            Rect(0, 0, side, side),
            self._event,
            title="Aboveboard",
            bypass=False,
            visual=visual,
            depth=self._depth if visual else 0,
        )
        self._depth = self._depth if visual else 0
        self._size = side
        self._draw()
        least = [side, side]
        desk.set_numbers(self._window, "WM_NORMAL_HINTS", "WM_SIZE_HINTS", [1 << 4, 0, 0, 0, 0, *least, *([0] * 11)])
        desk.set_numbers(self._window, "_XEMBED_INFO", "_XEMBED_INFO", [0, _MAPPED])
        opcode = desk.atom("_NET_SYSTEM_TRAY_OPCODE")
        message = struct.pack("=BBHIIIIIII", 33, 32, 0, self._tray, opcode, 0, _DOCK, self._window, 0, 0)
        desk.conn.core.SendEvent(False, self._tray, EventMask.NoEvent, message)
        desk.conn.flush()

    def _leave(self) -> None:
        self._desk.unlisten(self._tray, self._tray_event)
        for window in self._around:
            self._desk.unlisten(window, self._around_event)
        window, self._tray, self._window, self._around = self._window, 0, 0, []
        self._set_visible(False)  # first, as with the indicator
        if window:
            self._desk.close(window)

    def _draw(self) -> None:
        picture = icon(self._view.shape, max(self._size, SMALLEST), marked=self._view.marked)
        if self._depth:
            self._desk.paint(self._window, picture, depth=self._depth)
            return
        # Without transparency the edge is blended with what the tray shows beside it, once that can be seen.
        under = self._desk.pixel(self._window) if self.visible else None
        solid = Image.new("RGB", picture.size, under or "#ffffff")
        solid.paste(picture, (0, 0), picture)
        shown = picture.getchannel("A").point([0 if alpha < (8 if under else 128) else 255 for alpha in range(256)])
        self._desk.paint(self._window, solid)
        self._desk.cut_out(self._window, shown)

    def _root_event(self, event: Any) -> None:
        """A tray has come."""
        desk = self._desk
        if (
            isinstance(event, xproto.ClientMessageEvent)
            and event.type == desk.atom("MANAGER")
            and event.data.data32[1] == desk.atom(f"_NET_SYSTEM_TRAY_S{desk.number}")
            and event.data.data32[2] != self._tray  # one that we asked a moment ago says only now that it is there
            and self._wanted
        ):
            self._leave()
            self._dock()

    def _tray_event(self, event: Any) -> None:
        if isinstance(event, xproto.DestroyNotifyEvent) and event.window == self._tray:
            self._leave()

    def _event(self, event: Any) -> None:
        match event:
            case xproto.ButtonReleaseEvent():
                self._clicked(event.root_x, event.root_y)
            case xproto.ConfigureNotifyEvent():
                side = min(event.width, event.height)
                if side != self._size:
                    self._size = side
                    self._draw()
                self._look()
            case xproto.ReparentNotifyEvent() | xproto.MapNotifyEvent() | xproto.UnmapNotifyEvent():
                if isinstance(event, xproto.ReparentNotifyEvent):
                    self._watch_around()
                self._look()
            case xproto.VisibilityNotifyEvent():
                self._look()
            case xproto.DestroyNotifyEvent():
                self._window = 0
                self._leave()

    def _around_event(self, event: Any) -> None:
        if isinstance(event, xproto.ReparentNotifyEvent):  # a window manager puts its frame around the panel
            self._watch_around()
        if not isinstance(event, xproto.ConfigureNotifyEvent):
            self._look()

    def _watch_around(self) -> None:
        """A panel that is hidden hides the icon without a word to it: its windows are watched too."""
        for window in self._around:
            self._desk.unlisten(window, self._around_event)
        self._around = []
        window = self._parent(self._window)
        while window not in {0, self._desk.root} and len(self._around) < _DEPTH_LIMIT:
            self._desk.watch(window, EventMask.StructureNotify)
            self._desk.listen(window, self._around_event)
            self._around.append(window)
            window = self._parent(window)

    def _parent(self, window: int) -> int:
        reply = self._desk.ask(self._desk.conn.core.QueryTree(window))
        return 0 if reply is None else int(reply.parent)

    def _look(self) -> None:
        if not self._window:
            return
        attributes = self._desk.ask(self._desk.conn.core.GetWindowAttributes(self._window))
        mapped = attributes is not None and attributes.map_state == MapState.Viewable
        inside = self._parent(self._window) not in {0, self._desk.root}
        self._set_visible(mapped and inside and self._size >= SMALLEST)

    def _set_visible(self, visible: bool) -> None:
        if visible != self.visible:
            self.visible = visible
            if visible:
                self._draw()
            self._changed()


def _depth_of(desk: XDesk, visual: int) -> int:
    """The depth of a visual; 0 if there is no such."""
    for depth in setup_of(desk.conn).roots[desk.number].allowed_depths:
        if any(each.visual_id == visual for each in depth.visuals):
            return int(depth.depth)
    return 0
