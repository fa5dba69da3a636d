"""Plain windows of one colour on an X display, and a sink that keeps what a capture delivers."""

import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
from numpy.typing import NDArray

from aboveboard.formats.recording import Covered, Key, KeyCount, Timed
from aboveboard.recorder.capture.port import Frame, Rect


class Windows:
    """One X client. Colours are 0xRRGGBB."""

    def __init__(self, display: str) -> None:
        opener: Any = xcffib.connect
        self.conn = opener(display)
        self.screen = self.conn.get_setup().roots[0]

    def show(
        self, rect: Rect, colour: int, wm_class: str, *, bypass: bool = False, title: str = "", kind: str = ""
    ) -> int:
        """Map a window; ``bypass``: without the window manager, as menus do; ``kind`` as in ``_NET_WM_WINDOW_TYPE``."""
        window: int = self.conn.generate_id()
        core = self.conn.core
        values = [colour, int(bypass)]
        core.CreateWindow(
            24, window, self.screen.root, rect.x, rect.y, rect.width, rect.height, 0, 1, 0, (1 << 1) | (1 << 9), values
        )
        if wm_class:
            name = f"{wm_class.lower()}\0{wm_class}\0".encode()
            core.ChangeProperty(0, window, xcffib.xproto.Atom.WM_CLASS, 31, 8, len(name), name)
        core.ChangeProperty(0, window, xcffib.xproto.Atom.WM_NAME, 31, 8, len(title), title.encode())
        if kind:
            types = [self.atom(f"_NET_WM_WINDOW_TYPE_{kind}"), self.atom("_NET_WM_WINDOW_TYPE_NORMAL")]
            core.ChangeProperty(0, window, self.atom("_NET_WM_WINDOW_TYPE"), xcffib.xproto.Atom.ATOM, 32, 2, types)
        # Ask the window manager to put it exactly there, without decorations.
        hints = [0x1 | 0x4, rect.x, rect.y, *([0] * 15)]
        core.ChangeProperty(0, window, xcffib.xproto.Atom.WM_NORMAL_HINTS, 41, 32, len(hints), hints)
        motif = self.atom("_MOTIF_WM_HINTS")
        core.ChangeProperty(0, window, motif, motif, 32, 5, [2, 0, 0, 0, 0])
        core.MapWindow(window)
        self.sync()
        return window

    def activate(self, window: int) -> None:
        """Have the window manager make the window the active one, as a task bar does."""

        def ask() -> bool:
            if self.active() == window:
                return True
            pager, root_masks = 2, 0x180000
            message = struct.pack("=BBHIIIIIII", 33, 32, 0, window, self.atom("_NET_ACTIVE_WINDOW"), pager, 0, 0, 0, 0)
            self.conn.core.SendEvent(False, self.screen.root, root_masks, message)
            self.sync()
            return False

        until(ask, "the window is active")

    def move(self, window: int, x: int, y: int) -> None:
        self.conn.core.ConfigureWindow(window, 3, [x, y])
        self.conn.flush()

    def paint(self, window: int, colour: int) -> None:
        self.conn.core.ChangeWindowAttributes(window, 1 << 1, [colour])
        self.conn.core.ClearArea(False, window, 0, 0, 0, 0)
        self.sync()

    def close(self, window: int) -> None:
        self.conn.core.DestroyWindow(window)
        self.sync()

    def grab_keyboard(self, window: int) -> None:
        assert self.conn.core.GrabKeyboard(False, window, 0, 1, 1).reply().status == 0

    def release_keyboard(self) -> None:
        self.conn.core.UngrabKeyboard(0)
        self.sync()

    def active(self) -> int:
        reply = self.conn.core.GetProperty(False, self.screen.root, self.atom("_NET_ACTIVE_WINDOW"), 0, 0, 1).reply()
        return int.from_bytes(bytes(reply.value.buf()), "little")

    def title(self, window: int) -> str:
        """As the window manager shows it; empty if there is no such window."""
        names = self.atom("_NET_WM_NAME"), self.atom("UTF8_STRING")
        try:
            reply = self.conn.core.GetProperty(False, window, *names, 0, 1000).reply()
        except xcffib.XcffibException:
            return ""
        return bytes(reply.value.buf()).decode("utf-8", "replace")

    def image(self, rect: Rect) -> NDArray[np.uint8]:
        """What the server shows: uint8 (height, width, 3) in the order blue, green, red."""
        reply = self.conn.core.GetImage(
            2, self.screen.root, rect.x, rect.y, rect.width, rect.height, 0xFFFFFFFF
        ).reply()
        pixels = np.frombuffer(bytes(reply.data.buf()), np.uint8).reshape(rect.height, rect.width, 4)
        return pixels[:, :, :3]

    def atom(self, name: str) -> int:
        number: int = self.conn.core.InternAtom(False, len(name), name).reply().atom
        return number

    def sync(self) -> None:
        self.conn.core.GetInputFocus().reply()

    def disconnect(self) -> None:
        self.conn.disconnect()


class Collected:
    """Keeps everything; checks that it comes in order and from one thread."""

    def __init__(self) -> None:
        self.events: list[Timed] = []
        self.frames: list[Frame] = []
        self.complaints: list[str] = []
        self._last_ns = 0
        self._thread: int | None = None
        self.shown: NDArray[np.uint8] = np.zeros((0, 0, 4), np.uint8)

    def event(self, timed: Timed) -> None:
        if not isinstance(timed.event, Key | KeyCount | Covered):  # what was typed may be told late
            self._check(timed.time_ns)
        self.events.append(timed)

    def frame(self, frame: Frame) -> None:
        self._check(frame.time_ns)
        self.frames.append(frame)
        if frame.whole:
            self.shown = frame.patches[0].bgrx.copy()
        for patch in frame.patches:
            rect = patch.rect
            self.shown[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = patch.bgrx

    def of(self, *kinds: type[Any]) -> list[Any]:
        return [timed.event for timed in self.events if isinstance(timed.event, kinds)]

    def _check(self, time_ns: int) -> None:
        if self._thread not in {None, threading.get_ident()}:
            self.complaints.append("delivered from two threads")
        self._thread = threading.get_ident()
        if time_ns < self._last_ns:
            self.complaints.append(f"delivered out of order by {self._last_ns - time_ns} ns")
        self._last_ns = time_ns


def until(condition: Callable[[], bool], what: str, *, limit_s: float = 8.0) -> None:
    """Wait until ``condition`` holds."""
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, f"waited {limit_s} s in vain: {what}"
        time.sleep(0.02)
