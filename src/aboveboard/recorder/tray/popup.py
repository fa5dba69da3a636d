"""How does the menu open where no panel shows one: at the indicator, or at an icon in an X11 tray?

A small window over all others that holds the pointer and the keyboard while it is open, as menus do: what is clicked
or typed meanwhile reaches nobody else. An item with a second step shows that step in the menu's place.
"""

from collections.abc import Callable
from typing import Any

from xcffib import xproto

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.tray.menu import Action, Item
from aboveboard.recorder.tray.paint import ACCENT_WASH, INK, LINE, PAPER, SOFT, Sheet, font, plain
from aboveboard.recorder.tray.xdesk import XDesk

ROW, RULE, PAD, SIZE = 28, 9, 6, 13
NARROWEST, WIDEST = 200, 560
BACK = Item(-1, "Back")
_ESCAPE, _RETURN, _UP, _DOWN = 0xFF1B, 0xFF0D, 0xFF52, 0xFF54
_ASYNC, _NOW = 1, 0


class Popup:
    """One menu at a time. ``chosen`` is called with what was chosen, after the menu has gone."""

    def __init__(self, desk: XDesk, chosen: Callable[[Action], None]) -> None:
        self._desk = desk
        self._chosen = chosen
        self._window = 0
        self._all: tuple[Item, ...] = ()
        self._items: tuple[Item, ...] = ()
        self._at = (0, 0)
        self._lit = -1

    @property
    def window(self) -> int:
        """The menu's window, 0 while there is none."""
        return self._window

    def open(self, items: tuple[Item, ...], x: int, y: int) -> None:
        """Show the menu with a corner at (x, y), away from the nearer edge of the screen; a second call closes it."""
        if self._window:
            self.close()
            return
        self._all, self._at = items, (x, y)
        core = self._desk.conn.core
        mask = (1 << 2) | (1 << 3) | (1 << 6)  # press, release, motion
        core.GrabServer()  # nobody sees a menu that does not hold the keys yet
        try:
            self._show(items)
            self._desk.ask(core.GrabPointer(False, self._window, mask, _ASYNC, _ASYNC, 0, 0, _NOW))
            self._desk.ask(core.GrabKeyboard(False, self._window, _NOW, _ASYNC, _ASYNC))
        finally:
            core.UngrabServer()
            self._desk.conn.flush()

    def close(self) -> None:
        """Take it away."""
        if self._window:
            self._desk.conn.core.UngrabPointer(_NOW)
            self._desk.conn.core.UngrabKeyboard(_NOW)
            self._desk.close(self._window)
            self._window = 0

    def _show(self, items: tuple[Item, ...]) -> None:
        self._items, self._lit = items, -1
        scale, (screen_width, screen_height) = self._desk.scale, self._desk.size()
        face = font(SIZE * scale)
        longest = max(face.getlength(plain(item.label) + ("   ›" if item.children else "")) for item in items) / scale
        self._width = min(max(longest + 4 * PAD + 8, NARROWEST), WIDEST)
        width = round(self._width * scale)
        height = round((2 * PAD + sum(_height(item) for item in items)) * scale)
        x, y = self._at
        x = max(min(x, screen_width - width), 0)
        y = y if y < screen_height / 2 else max(y - height, 0)
        if not self._window:
            self._window = self._desk.open(Rect(x, y, width, height), self._event, title="Aboveboard", bypass=True)
        else:
            self._desk.conn.core.ConfigureWindow(self._window, 15, [x, y, width, height])
        self._height = height / scale
        self._draw()
        self._desk.conn.core.MapWindow(self._window)
        self._desk.conn.flush()

    def _draw(self) -> None:
        sheet = Sheet(self._width, self._height, self._desk.scale, paper=PAPER)
        sheet.box(0, 0, self._width, self._height, fill=PAPER, outline="#8d949b")
        y: float = PAD
        for number, item in enumerate(self._items):
            height = _height(item)
            if item.separator:
                sheet.box(PAD, y + height / 2, self._width - 2 * PAD, 1, fill=LINE)
            else:
                if number == self._lit:
                    sheet.box(PAD / 2, y, self._width - PAD, height, fill=ACCENT_WASH, radius=4)
                ink = INK if item.enabled else SOFT
                sheet.text(2 * PAD, y + height / 2, item.label, size=SIZE, fill=ink, width=self._width - 4 * PAD)
                if item.children:
                    sheet.text(self._width - 3 * PAD, y + height / 2, "›", size=SIZE + 2, fill=SOFT)
            y += height
        self._desk.paint(self._window, sheet.image)

    def _event(self, event: Any) -> None:
        match event:
            case xproto.MotionNotifyEvent():
                self._light(self._index_at(event.event_x, event.event_y))
            case xproto.ButtonPressEvent():
                if self._index_at(event.event_x, event.event_y) is None:
                    self.close()
            case xproto.ButtonReleaseEvent():
                number = self._index_at(event.event_x, event.event_y)
                if number is not None:
                    self._choose(self._items[number])
            case xproto.KeyPressEvent():
                self._key(self._desk.keysym(event.detail))

    def _key(self, keysym: int) -> None:
        usable = [number for number, item in enumerate(self._items) if _usable(item)]
        if keysym == _ESCAPE:
            self.close()
        elif keysym == _RETURN and self._lit in usable:
            self._choose(self._items[self._lit])
        elif keysym in {_UP, _DOWN} and usable:
            step = 1 if keysym == _DOWN else -1
            place = usable.index(self._lit) + step if self._lit in usable else (0 if step > 0 else -1)
            self._light(usable[place % len(usable)])

    def _choose(self, item: Item) -> None:
        if item is BACK:
            self._show(self._all)
        elif item.children:
            self._show((*item.children, BACK))
        elif _usable(item) and item.action is not None:
            self.close()
            self._chosen(item.action)

    def _light(self, number: int | None) -> None:
        lit = number if number is not None and _usable(self._items[number]) else -1
        if lit != self._lit and self._window:
            self._lit = lit
            self._draw()

    def _index_at(self, x: int, y: int) -> int | None:
        """The item under a point of the window; ``None`` outside of it."""
        left, top = x / self._desk.scale, y / self._desk.scale - PAD
        if not 0 <= left < self._width or not -PAD <= top < self._height - PAD:
            return None
        for number, item in enumerate(self._items):
            top -= _height(item)
            if top < 0:
                return number
        return len(self._items) - 1


def _height(item: Item) -> int:
    return RULE if item.separator else ROW


def _usable(item: Item) -> bool:
    return item.enabled and not item.separator and (item.action is not None or bool(item.children) or item is BACK)
