"""How does a scripted hand move the pointer and press keys, and when exactly did it?

Through the X server's XTEST extension, so that any other program meets the same events as from a real mouse and
keyboard. Each act returns what was sent and the time just before it was, on the clock that X servers use
(``CLOCK_MONOTONIC``) and as wall time: the truth that a recording is compared with.
"""

import time
from dataclasses import dataclass
from typing import Literal

import xcffib
import xcffib.xproto
import xcffib.xtest

from aboveboard.base.errors import BadInput, Unavailable

_KEY_PRESS, _KEY_RELEASE, _BUTTON_PRESS, _BUTTON_RELEASE, _MOTION = 2, 3, 4, 5, 6
_NOW = 0
SHIFT_KEYSYM = 0xFFE1

NAMED_KEYSYMS = {
    "BackSpace": 0xFF08,
    "Tab": 0xFF09,
    "Return": 0xFF0D,
    "Escape": 0xFF1B,
    "Home": 0xFF50,
    "Left": 0xFF51,
    "Up": 0xFF52,
    "Right": 0xFF53,
    "Down": 0xFF54,
    "End": 0xFF57,
    "Shift_L": SHIFT_KEYSYM,
    "Control_L": 0xFFE3,
    "Alt_L": 0xFFE9,
    "Delete": 0xFFFF,
}
"""X11's numbers for the keys that type no character (from ``keysymdef.h``)."""

SentKind = Literal["move", "button_press", "button_release", "key_press", "key_release"]


@dataclass(frozen=True)
class Sent:
    """One input event as it was sent. ``x``, ``y`` are where the pointer was put last, in screen pixels."""

    kind: SentKind
    monotonic_ns: int
    wall_ns: int
    x: int
    y: int
    button: int = 0
    keycode: int = 0
    keysym: int = 0


class Xtest:
    """A hand on the pointer and keyboard of ``display`` (":7"). Each act is flushed at once.

    Raises :class:`Unavailable` when the display or its XTEST extension cannot be reached.
    """

    def __init__(self, display: str) -> None:
        try:
            self._connection = xcffib.connect(display=display)
            self._xtest = self._connection(xcffib.xtest.key)
            self._xtest.GetVersion(2, 2).reply()
        except xcffib.XcffibException as error:
            raise Unavailable(
                f"no input can be sent to the display {display!r}: {error}",
                cause="the display has ended, or has no XTEST extension",
                fix="start a display first, and check that `xdpyinfo` lists XTEST",
            ) from error
        self._root = self._connection.get_setup().roots[0].root
        self._keys = self._read_keys()
        self.x, self.y = 0, 0
        self.refresh()

    def close(self) -> None:
        """Wait until the server has taken everything, then disconnect."""
        self.settle()
        self._connection.disconnect()

    def settle(self) -> None:
        """Wait until the server has processed everything that was sent."""
        self._connection.core.GetInputFocus().reply()

    def refresh(self) -> None:
        """Ask where the pointer is: another hand may have moved it."""
        pointer = self._connection.core.QueryPointer(self._root).reply()
        self.x, self.y = pointer.root_x, pointer.root_y

    def move(self, x: int, y: int) -> Sent:
        """Move the pointer to the screen pixel (x, y)."""
        self.x, self.y = x, y
        return self._send("move", _MOTION, 0, root=self._root, x=x, y=y)

    def press(self, button: int = 1) -> Sent:
        """Press a pointer button: 1 left, 2 middle, 3 right, 4 to 7 the wheel."""
        return self._send("button_press", _BUTTON_PRESS, button)

    def release(self, button: int = 1) -> Sent:
        """Release a pointer button."""
        return self._send("button_release", _BUTTON_RELEASE, button)

    def key_press(self, keysym: int) -> Sent:
        """Press the key that carries ``keysym``; Shift is the caller's business (see :meth:`needs_shift`)."""
        return self._send("key_press", _KEY_PRESS, self._find(keysym)[0], keysym=keysym)

    def key_release(self, keysym: int) -> Sent:
        """Release the key that carries ``keysym``."""
        return self._send("key_release", _KEY_RELEASE, self._find(keysym)[0], keysym=keysym)

    def keycode(self, keysym: int) -> int:
        """The key that carries ``keysym``."""
        return self._find(keysym)[0]

    def needs_shift(self, keysym: int) -> bool:
        """Whether ``keysym`` is on the shifted level of its key."""
        return self._find(keysym)[1] == 1

    def tap(self, keysym: int) -> list[Sent]:
        """Press and release ``keysym`` at once, with Shift around it where needed."""
        if not self.needs_shift(keysym):
            return [self.key_press(keysym), self.key_release(keysym)]
        return [
            self.key_press(SHIFT_KEYSYM),
            self.key_press(keysym),
            self.key_release(keysym),
            self.key_release(SHIFT_KEYSYM),
        ]

    def type_text(self, text: str, gap_s: float = 0.03) -> list[Sent]:
        """Type ``text`` with ``gap_s`` seconds between two characters."""
        sent = []
        for character in text:
            sent += self.tap(keysym_of(character))
            time.sleep(gap_s)
        return sent

    def _send(
        self, kind: SentKind, number: int, detail: int, *, root: int = 0, x: int = 0, y: int = 0, keysym: int = 0
    ) -> Sent:
        wall_ns, monotonic_ns = time.time_ns(), time.monotonic_ns()
        self._xtest.FakeInput(number, detail, _NOW, root, x, y, 0)
        self._connection.flush()
        is_button = kind in ("button_press", "button_release")
        is_key = kind in ("key_press", "key_release")
        return Sent(
            kind=kind,
            monotonic_ns=monotonic_ns,
            wall_ns=wall_ns,
            x=self.x,
            y=self.y,
            button=detail if is_button else 0,
            keycode=detail if is_key else 0,
            keysym=keysym,
        )

    def _find(self, keysym: int) -> tuple[int, int]:
        try:
            return self._keys[keysym]
        except KeyError as error:
            raise BadInput(
                f"no key of this keyboard carries the keysym {keysym:#x}",
                cause="the character is not on the display's keyboard layout",
                fix="type another character, or give the display another layout (setxkbmap)",
            ) from error

    def _read_keys(self) -> dict[int, tuple[int, int]]:
        """Keysym → (keycode, level): level 0 plain, 1 with Shift. The first key that carries it wins."""
        setup = self._connection.get_setup()
        first, last = setup.min_keycode, setup.max_keycode
        reply = self._connection.core.GetKeyboardMapping(first, last - first + 1).reply()
        width = reply.keysyms_per_keycode
        keys: dict[int, tuple[int, int]] = {}
        for level in (0, 1):
            for index in range(last - first + 1):
                keysym = reply.keysyms[index * width + level]
                if keysym:
                    keys.setdefault(keysym, (first + index, level))
        return keys


def keysym_of(character: str) -> int:
    """X11's keysym of a character: Latin-1 is itself, anything else its code point with bit 24 set."""
    if character == "\n":
        return NAMED_KEYSYMS["Return"]
    if character == "\t":
        return NAMED_KEYSYMS["Tab"]
    code = ord(character)
    return code if 0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFF else 0x01000000 | code
