"""How does everybody at the display see who is in control?

A small bar at its lower edge, above all other windows, from the first act to the last: nobody acts covertly. A click at
it gives control back. It carries the name of our own windows, so that a recording shows neither it nor what is done
to it.
"""

from typing import Any

import xcffib
import xcffib.xproto
from PIL import Image, ImageDraw, ImageFont
from xcffib.xproto import CW, ConfigWindow, EventMask, StackMode

from aboveboard.formats.assisted import Holder
from aboveboard.rules.never import OWN_CLASS

HEIGHT, MARGIN, SIZE = 30, 14, 14
COLOURS: dict[Holder, tuple[str, str]] = {"policy": ("#8a3b12", "#ffffff"), "person": ("#1d5c3a", "#ffffff")}
"""Paper and ink while a policy, and while the person is in control."""
_Z_PIXMAP, _UNOBSCURED = 2, 0


class Bar:
    """On ``display`` (":7") until :meth:`close`. Not for use from several threads."""

    def __init__(self, display: str) -> None:
        self._conn: Any = xcffib.connect(display=display)
        self._screen = self._conn.get_setup().roots[0]
        self._shown: tuple[Holder, str] | None = None
        self.pressed = False
        """Whether somebody clicked at it; who has seen it sets it back."""
        self._window: int = self._conn.generate_id()
        self.width = self._screen.width_in_pixels
        self.top = self._screen.height_in_pixels - HEIGHT
        # Without the press the release would be the window manager's.
        events = EventMask.ButtonPress | EventMask.ButtonRelease | EventMask.VisibilityChange
        self._conn.core.CreateWindow(
            self._screen.root_depth, self._window, self._screen.root, 0, self.top, self.width, HEIGHT, 0, 1,
            self._screen.root_visual, CW.OverrideRedirect | CW.EventMask, [1, events],
        )  # fmt: skip
        name = f"{OWN_CLASS.lower()}\0{OWN_CLASS}\0".encode()
        atom = xcffib.xproto.Atom
        self._conn.core.ChangeProperty(0, self._window, atom.WM_CLASS, atom.STRING, 8, len(name), name)

    def show(self, holder: Holder, words: str) -> None:
        """Say who is in control; the same again costs nothing."""
        if (holder, words) == self._shown:
            return
        self._shown = holder, words
        self._paint(_picture(holder, words, self.width))
        self._conn.core.MapWindow(self._window)
        self._raise()

    def stay(self) -> None:
        """Stay above all else; and take in whether somebody clicked."""
        self._conn.core.GetInputFocus().reply()
        covered = False
        while (event := self._conn.poll_for_event()) is not None:
            if isinstance(event, xcffib.xproto.VisibilityNotifyEvent):
                covered = event.state != _UNOBSCURED
            elif isinstance(event, xcffib.xproto.ButtonReleaseEvent):
                self.pressed = True
        if covered:
            self._raise()

    def close(self) -> None:
        """Take it away."""
        self._conn.disconnect()

    def _raise(self) -> None:
        self._conn.core.ConfigureWindow(self._window, ConfigWindow.StackMode, [StackMode.Above])
        self._conn.flush()

    def _paint(self, image: Image.Image) -> None:
        """As the window's background, which the server repaints by itself."""
        core, data = self._conn.core, image.tobytes("raw", "BGRX")
        pixmap, context = self._conn.generate_id(), self._conn.generate_id()
        depth = self._screen.root_depth
        core.CreatePixmap(depth, pixmap, self._window, *image.size)
        core.CreateGC(context, pixmap, 0, [])
        row = image.width * 4
        for top in range(image.height):
            line = data[top * row : (top + 1) * row]
            core.PutImage(_Z_PIXMAP, pixmap, context, image.width, 1, 0, top, 0, depth, len(line), line)
        core.ChangeWindowAttributes(self._window, CW.BackPixmap, [pixmap])
        core.ClearArea(False, self._window, 0, 0, 0, 0)
        core.FreeGC(context)
        core.FreePixmap(pixmap)


def _picture(holder: Holder, words: str, width: int) -> Image.Image:
    """A line of text, cut where it is too long."""
    paper, ink = COLOURS[holder]
    image = Image.new("RGB", (width, HEIGHT), paper)
    draw, face = ImageDraw.Draw(image), ImageFont.load_default(SIZE)
    shown = words
    while shown and face.getlength(shown) > width - 2 * MARGIN:
        shown = shown[:-2] + "…" if shown.endswith("…") else shown[:-1] + "…"
    draw.text((MARGIN, HEIGHT / 2), shown, font=face, fill=ink, anchor="lm")
    return image
