"""What shows that this display is recorded where there is no tray?

A small window of our own over all others, without the window manager: nobody can close it, minimise it or send it to
another desktop. It can be dragged anywhere on the screen. It comes back up when it is covered or unmapped; while it
stays covered all the same, it does not count as visible.
"""

import time
from collections.abc import Callable
from typing import Any

from PIL import Image, ImageDraw
from xcffib import xproto
from xcffib.xproto import Visibility

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.tray.icon import icon
from aboveboard.recorder.tray.paint import LINE, Sheet
from aboveboard.recorder.tray.view import View
from aboveboard.recorder.tray.xdesk import XDesk

WIDTH, HEIGHT, MARGIN = 138, 34, 14
DRAG_PIXELS = 4
"""A press that moves less is a click."""
RAISE_S = 0.25
"""It does not come back up more often than this: another window may insist as well."""
_LEFT = 1


class Indicator:
    """``clicked(x, y)`` is told where on the screen; ``later(seconds, work)`` runs something then."""

    def __init__(
        self,
        desk: XDesk,
        view: View,
        *,
        clicked: Callable[[int, int], None],
        changed: Callable[[], None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self._desk = desk
        self._view = view
        self._clicked = clicked
        self._changed = changed
        self._later = later
        self._window = 0
        self._place: tuple[int, int] | None = None
        self._pressed: tuple[int, int, int, int] | None = None
        self._dragged = False
        self._raised_s = float("-inf")
        self._raising = False
        self.visible = False
        desk.listen(desk.root, self._root_event)

    @property
    def size(self) -> tuple[int, int]:
        """In pixels."""
        return round(WIDTH * self._desk.scale), round(HEIGHT * self._desk.scale)

    def want(self, wanted: bool) -> None:
        """Be there, or not."""
        if wanted and not self._window:
            self._open()
        elif not wanted and self._window:
            window, self._window = self._window, 0
            self._set_visible(False)  # first: at no moment it counts as seen and is not there
            self._desk.close(window)

    def show(self, view: View) -> None:
        """From now on this is so."""
        before, self._view = self._view, view
        if self._window and (before.shape, before.marked) != (view.shape, view.marked):
            self._draw()

    def _open(self) -> None:
        x, y = self._place or self._corner()
        self._window = self._desk.open(Rect(x, y, *self.size), self._event, title="Aboveboard", bypass=True)
        self._draw()
        self._desk.conn.core.MapWindow(self._window)
        self._desk.conn.flush()

    def _corner(self) -> tuple[int, int]:
        """The lower right of what panels leave free."""
        data = self._desk.property(self._desk.root, self._desk.atom("_NET_WORKAREA"))
        numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(0, min(len(data), 16), 4)]
        area = Rect(*numbers) if len(numbers) == 4 else Rect(0, 0, *self._desk.size())
        margin = round(MARGIN * self._desk.scale)
        return self._inside(area.x + area.width - self.size[0] - margin, area.y + area.height - self.size[1] - margin)

    def _inside(self, x: int, y: int) -> tuple[int, int]:
        width, height = self._desk.size()
        return max(min(x, width - self.size[0]), 0), max(min(y, height - self.size[1]), 0)

    def _draw(self) -> None:
        scale = self._desk.scale
        sheet = Sheet(WIDTH, HEIGHT, scale, paper=LINE)
        sheet.box(0, 0, WIDTH, HEIGHT, fill="#8d949b", radius=HEIGHT / 2)
        sheet.box(1, 1, WIDTH - 2, HEIGHT - 2, fill="#fbfaf7", radius=HEIGHT / 2 - 1)
        sheet.paste(icon(self._view.shape, round(22 * scale), marked=self._view.marked), 7, 6)
        sheet.text(36, HEIGHT / 2, self._view.title, size=13, bold=True, width=WIDTH - 46)
        outline = Image.new("L", sheet.image.size, 0)
        ImageDraw.Draw(outline).rounded_rectangle(
            (0, 0, outline.width - 1, outline.height - 1), outline.height / 2, fill=255
        )
        self._desk.paint(self._window, sheet.image)
        self._desk.cut_out(self._window, outline)

    def _event(self, event: Any) -> None:
        match event:
            case xproto.VisibilityNotifyEvent():
                self._set_visible(event.state != Visibility.FullyObscured)
                if event.state != Visibility.Unobscured:
                    self._raise()
            case xproto.UnmapNotifyEvent():
                self._set_visible(False)
                self._desk.conn.core.MapWindow(self._window)
                self._raise()
            case xproto.DestroyNotifyEvent():
                self._window = 0
                self._set_visible(False)
                self._open()
            case xproto.ReparentNotifyEvent() if event.parent != self._desk.root:
                self._desk.close(self._window)
            case xproto.ConfigureNotifyEvent():
                self._keep_in_sight(event)
            case xproto.ButtonPressEvent() if event.detail == _LEFT:
                place = self._place or (event.root_x - event.event_x, event.root_y - event.event_y)
                self._pressed, self._dragged = (event.root_x, event.root_y, *place), False
            case xproto.MotionNotifyEvent() if self._pressed is not None:
                self._drag(event.root_x, event.root_y)
            case xproto.ButtonReleaseEvent():
                dragged, self._pressed = self._dragged, None
                if not dragged:
                    top, gap = event.root_y - event.event_y, round(4 * self._desk.scale)
                    below = top > self._desk.size()[1] / 2
                    self._clicked(event.root_x, top - gap if below else top + self.size[1] + gap)

    def _drag(self, x: int, y: int) -> None:
        if self._pressed is None:
            return
        from_x, from_y, left, top = self._pressed
        if self._dragged or max(abs(x - from_x), abs(y - from_y)) >= DRAG_PIXELS * self._desk.scale:
            self._dragged = True
            self._place = self._inside(left + x - from_x, top + y - from_y)
            self._desk.conn.core.ConfigureWindow(self._window, 3, list(self._place))

    def _keep_in_sight(self, event: Any) -> None:
        """Somebody else moved or shrank it."""
        wanted = self._inside(event.x, event.y)
        if (event.x, event.y) != wanted or (event.width, event.height) != self.size:
            self._desk.conn.core.ConfigureWindow(self._window, 15, [*wanted, *self.size])
        self._place = wanted

    def _root_event(self, event: Any) -> None:
        """The screen changed its size, or windows their order (where a compositor keeps that from us)."""
        if not self._window:
            return
        if isinstance(event, xproto.ConfigureNotifyEvent) and event.window == self._desk.root:
            self._place = None
            self._desk.conn.core.ConfigureWindow(self._window, 3, list(self._corner()))
            self._raise()
        elif isinstance(event, xproto.PropertyNotifyEvent) and event.atom == self._desk.atom(
            "_NET_CLIENT_LIST_STACKING"
        ):
            self._raise()

    def _raise(self) -> None:
        """Come back up: now, or as soon as it may again."""
        wait_s = self._raised_s + RAISE_S - time.monotonic()
        if wait_s > 0:
            if not self._raising:
                self._raising = True
                self._later(wait_s, self._raise_again)
            return
        self._raised_s = time.monotonic()
        if self._window:
            above = 0
            self._desk.conn.core.ConfigureWindow(self._window, 1 << 6, [above])
            self._desk.conn.flush()

    def _raise_again(self) -> None:
        self._raising = False
        self._raise()

    def _set_visible(self, visible: bool) -> None:
        if visible != self.visible:
            self.visible = visible
            self._changed()
