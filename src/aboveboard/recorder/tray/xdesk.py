"""How are a few small windows shown on an X display without a toolkit?

One connection, used by one thread. A window's picture is its background: the server repaints it by itself, so a window
that does not change costs nothing. Every window carries the class :data:`OWN_CLASS`, which no disclosure can name.
"""

import os
from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.shape
from PIL import Image
from xcffib import xproto
from xcffib.xproto import CW, Atom, EventMask

from aboveboard.recorder.capture.display import atom, connect, pending_events, screen_of, setup_of
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.scale import scale_of
from aboveboard.rules.never import OWN_CLASS

Handler = Callable[[Any], None]

_INPUT = (
    xproto.ButtonPressEvent,
    xproto.ButtonReleaseEvent,
    xproto.MotionNotifyEvent,
    xproto.KeyPressEvent,
    xproto.KeyReleaseEvent,
    xproto.EnterNotifyEvent,
    xproto.LeaveNotifyEvent,
)
_COPY, _Z_PIXMAP, _REPLACE, _SET, _BOUNDING = 0, 2, 0, 0, 0


class XDesk:
    """A connection to ``display`` (``None``: the one in ``DISPLAY``); raises :class:`SetupMissing`."""

    def __init__(self, display: str | None) -> None:
        self.conn: Any = connect(display)
        self._screen = screen_of(self.conn)
        self.root: int = self._screen.root
        self.number: int = self.conn.pref_screen
        self._handlers: dict[int, list[Handler]] = {}
        self._atoms: dict[str, int] = {}
        self._keysyms: dict[int, tuple[int, ...]] = {}
        self._shape = self.conn(xcffib.shape.key)
        resources = self.property(self.root, Atom.RESOURCE_MANAGER, 16_384)
        self.scale = scale_of(b"", resources, (0, 0), (0, 0))
        self._change(self.root, EventMask.PropertyChange | EventMask.StructureNotify)

    def fileno(self) -> int:
        """Readable when :meth:`pump` should be called."""
        descriptor: int = self.conn.get_file_descriptor()
        return descriptor

    def pump(self) -> None:
        """Hand out the events that arrived; call it also after asking, since answers bring events with them."""
        for event in pending_events(self.conn):
            window = event.event if isinstance(event, _INPUT) else getattr(event, "window", self.root)
            for handler in list(self._handlers.get(window, ())):
                handler(event)
        self.conn.flush()

    def listen(self, window: int, handler: Handler) -> None:
        """Have ``handler`` called with the events of ``window``."""
        self._handlers.setdefault(window, []).append(handler)

    def unlisten(self, window: int, handler: Handler) -> None:
        """No more."""
        if handler in self._handlers.get(window, ()):
            self._handlers[window].remove(handler)

    def watch(self, window: int, mask: int) -> None:
        """Ask for events of a window, one's own or another's."""
        self._change(window, mask)

    def size(self) -> tuple[int, int]:
        """Of the whole desktop, now."""
        geometry = self.conn.core.GetGeometry(self.root).reply()
        return geometry.width, geometry.height

    def open(self, rect: Rect, handler: Handler, *, title: str, bypass: bool, visual: int = 0, depth: int = 0) -> int:
        """Make a window; whoever shows it maps it. ``bypass``: the window manager has no say in it."""
        window: int = self.conn.generate_id()
        events = (
            EventMask.ButtonPress
            | EventMask.ButtonRelease
            | EventMask.ButtonMotion
            | EventMask.PointerMotion
            | EventMask.KeyPress
            | EventMask.StructureNotify
            | EventMask.VisibilityChange
        )
        values = [0, 0, int(bypass), events]
        mask = CW.BackPixel | CW.BorderPixel | CW.OverrideRedirect | CW.EventMask
        if visual:
            colours: int = self.conn.generate_id()
            self.conn.core.CreateColormap(0, colours, self.root, visual)
            mask |= CW.Colormap
            values.append(colours)
        size = (max(rect.width, 1), max(rect.height, 1))
        self.conn.core.CreateWindow(
            depth or self._screen.root_depth,
            window,
            self.root,
            rect.x,
            rect.y,
            *size,
            0,
            1,
            visual or self._screen.root_visual,
            mask,
            values,
        )
        self.listen(window, handler)
        self._describe(window, title)
        return window

    def paint(self, window: int, image: Image.Image, *, depth: int = 0) -> None:
        """Make ``image`` what the window shows; RGBA needs a window of depth 32."""
        depth = depth or self._screen.root_depth
        if image.mode == "RGBA":
            premultiplied = Image.frombytes("RGBA", image.size, image.convert("RGBa").tobytes())
            data = premultiplied.tobytes("raw", "BGRA")
        else:
            data = image.tobytes("raw", "BGRX")
        pixmap, context = self.conn.generate_id(), self.conn.generate_id()
        core = self.conn.core
        core.CreatePixmap(depth, pixmap, window, *image.size)
        core.CreateGC(context, pixmap, 0, [])
        row = image.width * 4
        rows = max((setup_of(self.conn).maximum_request_length * 4 - 64) // row, 1)
        for top in range(0, image.height, rows):
            part = data[top * row : (top + rows) * row]
            core.PutImage(_Z_PIXMAP, pixmap, context, image.width, len(part) // row, 0, top, 0, depth, len(part), part)
        core.ChangeWindowAttributes(window, CW.BackPixmap, [pixmap])
        core.ClearArea(False, window, 0, 0, 0, 0)
        core.FreeGC(context)
        core.FreePixmap(pixmap)
        self.conn.flush()

    def cut_out(self, window: int, mask: Image.Image) -> None:
        """Leave of the window only where ``mask`` (mode L) is at least half."""
        rects = []
        width, data = mask.width, mask.tobytes()
        for y in range(mask.height):
            row = data[y * width : (y + 1) * width]
            x = 0
            while x < width:
                start = x
                inside = row[x] >= 128
                while x < width and (row[x] >= 128) == inside:
                    x += 1
                if inside:
                    rects.append(xproto.RECTANGLE.synthetic(start, y, x - start, 1))
        self._shape.Rectangles(_SET, _BOUNDING, 0, window, 0, 0, len(rects), rects)

    def pixel(self, window: int) -> tuple[int, int, int] | None:
        """The colour on the screen at a window's left upper corner; ``None`` if it cannot be read."""
        place = self.ask(self.conn.core.TranslateCoordinates(window, self.root, 0, 0))
        if place is None:
            return None
        reply = self.ask(self.conn.core.GetImage(_Z_PIXMAP, self.root, place.dst_x, place.dst_y, 1, 1, 0xFFFFFFFF))
        blue, green, red, *_ = bytes(reply.data.buf()) if reply is not None else b"\xff\xff\xff"
        return red, green, blue

    def close(self, window: int) -> None:
        """Take a window away."""
        self._handlers.pop(window, None)
        self.conn.core.DestroyWindow(window)
        self.conn.flush()

    def atom(self, name: str) -> int:
        """The number of an atom."""
        if name not in self._atoms:
            self._atoms[name] = atom(self.conn, name)
        return self._atoms[name]

    def property(self, window: int, number: int, limit_bytes: int = 1024) -> bytes:
        """The bytes of a property; empty if it or the window is not there."""
        try:
            reply = self.conn.core.GetProperty(False, window, number, 0, 0, limit_bytes // 4).reply()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return b""
        return bytes(reply.value.buf())

    def ask(self, cookie: Any) -> Any:
        """The answer, or ``None`` if what was asked about is gone."""
        try:
            return cookie.reply()
        except xcffib.ConnectionException:
            raise
        except xcffib.XcffibException:
            return None

    def set_numbers(self, window: int, name: str, kind: str, numbers: list[int]) -> None:
        """Set a property of 32-bit numbers."""
        self.conn.core.ChangeProperty(_REPLACE, window, self.atom(name), self.atom(kind), 32, len(numbers), numbers)

    def keysym(self, keycode: int) -> int:
        """What a key types without modifiers, as X11's number; 0 if it is not known."""
        return next(iter(self._keys().get(keycode, ())), 0)

    def keycodes(self, keysym: int) -> list[int]:
        """The keys that type this without or with Shift."""
        return [code for code, keysyms in self._keys().items() if keysym in keysyms[:2]]

    def modifier_of(self, keysyms: tuple[int, ...]) -> int:
        """The modifier, as a mask, that a key with one of ``keysyms`` sets; 0 if none does."""
        reply = self.conn.core.GetModifierMapping().reply()
        codes, per = list(reply.keycodes), reply.keycodes_per_modifier
        for number in range(8):
            for code in codes[number * per : (number + 1) * per]:
                if code and set(self._keys().get(code, ())) & set(keysyms):
                    return 1 << number
        return 0

    def forget_keys(self) -> None:
        """The keyboard is laid out anew."""
        self._keysyms = {}

    def disconnect(self) -> None:
        """Close the connection, and with it every window."""
        self.conn.disconnect()

    def _keys(self) -> dict[int, tuple[int, ...]]:
        if not self._keysyms:
            setup = setup_of(self.conn)
            count = setup.max_keycode - setup.min_keycode + 1
            reply = self.conn.core.GetKeyboardMapping(setup.min_keycode, count).reply()
            per, symbols = reply.keysyms_per_keycode, list(reply.keysyms)
            self._keysyms = {
                setup.min_keycode + number: tuple(symbols[number * per : (number + 1) * per]) for number in range(count)
            }
        return self._keysyms

    def _describe(self, window: int, title: str) -> None:
        core = self.conn.core
        name = f"{OWN_CLASS.lower()}\0{OWN_CLASS}\0".encode()
        core.ChangeProperty(_REPLACE, window, Atom.WM_CLASS, Atom.STRING, 8, len(name), name)
        words = title.encode("utf-8")
        core.ChangeProperty(_REPLACE, window, self.atom("_NET_WM_NAME"), self.atom("UTF8_STRING"), 8, len(words), words)
        core.ChangeProperty(_REPLACE, window, Atom.WM_NAME, Atom.STRING, 8, len(words), words)
        self.set_numbers(window, "_NET_WM_PID", "CARDINAL", [os.getpid()])

    def _change(self, window: int, mask: int) -> None:
        self.conn.core.ChangeWindowAttributes(window, CW.EventMask, [mask])
        self.conn.flush()
