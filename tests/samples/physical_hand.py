"""Somebody at the mouse and keyboard that a display has of its own, not at those that XTEST keeps for programs.

XTEST can also speak for any other device: what it sends then is told as from the mouse itself.
"""

import time
from types import TracebackType
from typing import Any

import xcffib
import xcffib.xinput
import xcffib.xtest

KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE = 1, 2, 3, 4
NAME = "XInputExtension"


class PhysicalHand:
    """At the first keyboard and the first pointer of ``display`` that are no program's. Each act is with the server
    when it returns, and tells the monotonic time just before it was sent."""

    def __init__(self, display: str) -> None:
        self._conn: Any = xcffib.connect(display=display)
        self._first: int = self._conn.core.QueryExtension(len(NAME), NAME).reply().first_event
        self._xtest = self._conn(xcffib.xtest.key)
        self._mouse, self._keyboard = self._devices()
        setup = self._conn.get_setup()
        first, last = setup.min_keycode, setup.max_keycode
        mapping = self._conn.core.GetKeyboardMapping(first, last - first + 1).reply()
        width = mapping.keysyms_per_keycode
        self._codes = {
            keysym: first + place // width
            for place, keysym in reversed(list(enumerate(mapping.keysyms)))
            if keysym and place % width == 0
        }

    def __enter__(self) -> "PhysicalHand":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._conn.disconnect()

    def press(self, button: int = 1) -> int:
        return self._send(BUTTON_PRESS, button, self._mouse)

    def release(self, button: int = 1) -> int:
        return self._send(BUTTON_RELEASE, button, self._mouse)

    def move(self, x: int, y: int) -> None:
        """Jump there."""
        root = self._conn.get_setup().roots[0].root
        self._conn.core.WarpPointer(0, root, 0, 0, 0, 0, x, y)
        self._conn.flush()

    def click(self, x: int, y: int, hold_s: float = 0.05) -> int:
        """Jump there, press and release; the time of the press."""
        self.move(x, y)
        at_ns = self.press()
        time.sleep(hold_s)
        self.release()
        return at_ns

    def key_press(self, keysym: int) -> int:
        return self._send(KEY_PRESS, self._codes[keysym], self._keyboard)

    def key_release(self, keysym: int) -> int:
        return self._send(KEY_RELEASE, self._codes[keysym], self._keyboard)

    def tap(self, *keysyms: int) -> int:
        """Press them all, the last one last, and let go; the time of the first."""
        times = [self.key_press(keysym) for keysym in keysyms]
        for keysym in reversed(keysyms):
            self.key_release(keysym)
        return times[0]

    def _send(self, kind: int, detail: int, device: int) -> int:
        at_ns = time.monotonic_ns()
        self._xtest.FakeInputChecked(self._first + kind, detail, 0, 0, 0, 0, device).check()
        return at_ns

    def _devices(self) -> tuple[int, int]:
        """Numbers of the devices that are neither a master (2, 3) nor a program's (they carry its mark)."""
        requests = self._conn(xcffib.xinput.key)
        name = "XTEST Device"
        mark = self._conn.core.InternAtom(False, len(name), name).reply().atom
        own = []
        for number in range(4, 32):
            try:
                if requests.XIGetProperty(number, False, mark, 0, 0, 1).reply().num_items == 0:
                    own.append(number)
            except xcffib.XcffibException:
                break
        # Xvfb makes the pointer first, then the keyboard.
        return own[0], own[1]
