"""A scripted hand that looks at the whole screen just before each press: what a person saw who acted then."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Sent, Xtest, keysym_of
from samples.second_look import Look, kept, look, shown_apps

MOVE_GAP_S, CLICK_HOLD_S, KEY_GAP_S, KEY_HOLD_S, WHEEL_GAP_S = 0.012, 0.08, 0.06, 0.03, 0.033
WHEEL_UP, WHEEL_DOWN = 4, 5


@dataclass(frozen=True)
class Seen:
    """The screen just before something was ``sent`` (``None``: at a moment of no action), and where it is in scope."""

    sent: Sent | None
    screen: Look
    packed_scope: bytes

    @property
    def scope(self) -> NDArray[np.bool_]:
        """Where windows of the applications are in front: (height, width)."""
        rect = self.screen.rect
        bits = np.unpackbits(np.frombuffer(self.packed_scope, np.uint8), count=rect.height * rect.width)
        return bits.astype(np.bool_).reshape(rect.height, rect.width)


class Eye:
    """Looks at the whole screen. ``apps`` are the classes of what is in scope. Used by one thread."""

    def __init__(self, display: Display, apps: Iterable[str]) -> None:
        self._connection: Any = xcffib.connect(display=display.name)
        self._size = display.width, display.height
        self._apps = tuple(apps)

    def see(self, act: Callable[[], Sent | None] = lambda: None) -> Seen:
        """The screen now, and where it is in scope; then ``act`` at once."""
        scope, rect = self._scope(), Rect(0, 0, *self._size)
        sent: list[Sent | None] = []
        before_ns, after_ns, words = look(self._connection, rect, lambda: sent.append(act()))
        return Seen(sent[0], kept(before_ns, after_ns, rect, words), scope)

    def _scope(self) -> bytes:
        while True:
            with suppress(xcffib.xproto.BadWindow, xcffib.xproto.BadDrawable):  # one that went away meanwhile
                return np.packbits(shown_apps(self._connection, self._apps, self._size)).tobytes()

    def close(self) -> None:
        """Hang up."""
        self._connection.disconnect()


class SeenHand:
    """A hand on ``display``; ``seen`` has every press of a button or key, in order."""

    def __init__(self, display: Display, apps: Iterable[str]) -> None:
        self._hand = Xtest(display.name)
        self._eye = Eye(display, apps)
        self.seen: list[Seen] = []

    def close(self) -> None:
        """Wait until all was taken, then hang up."""
        self._hand.close()
        self._eye.close()

    def glide(self, x: int, y: int, moves: int = 25) -> None:
        """Go there as hands do: slow at both ends."""
        from_x, from_y = self._hand.x, self._hand.y
        for number in range(1, moves + 1):
            share = number / moves
            eased = share * share * (3 - 2 * share)
            self._hand.move(round(from_x + (x - from_x) * eased), round(from_y + (y - from_y) * eased))
            time.sleep(MOVE_GAP_S)

    def press(self, button: int = 1) -> None:
        """A button goes down."""
        self.seen.append(self._eye.see(lambda: self._hand.press(button)))
        time.sleep(CLICK_HOLD_S)

    def release(self, button: int = 1) -> None:
        """It comes up."""
        self._hand.release(button)
        time.sleep(CLICK_HOLD_S)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Go there, press, release."""
        self.glide(x, y)
        self.press(button)
        self.release(button)

    def drag(self, x: int, y: int, to_x: int, to_y: int, *, moves: int = 40) -> None:
        """Press at one place, release at another."""
        self.glide(x, y)
        self.press()
        self.glide(to_x, to_y, moves)
        self.release()

    def wheel(self, steps: int) -> None:
        """Turn the wheel: ``steps`` > 0 is down."""
        for _ in range(abs(steps)):
            button = WHEEL_DOWN if steps > 0 else WHEEL_UP
            self._hand.press(button)
            self._hand.release(button)
            time.sleep(WHEEL_GAP_S)

    def key(self, *names: str) -> None:
        """A key by its name ("Return"), the ones before it held meanwhile ("Control_L", "a")."""
        keysyms = [NAMED_KEYSYMS.get(name) or keysym_of(name) for name in names]
        for keysym in keysyms:
            self._key_press(keysym)
        time.sleep(KEY_HOLD_S)
        for keysym in reversed(keysyms):
            self._hand.key_release(keysym)
        time.sleep(KEY_GAP_S - KEY_HOLD_S)

    def type(self, text: str) -> None:
        """One key after the other."""
        for character in text:
            names = ("Shift_L", character) if self._hand.needs_shift(keysym_of(character)) else (character,)
            self.key(*names)

    def _key_press(self, keysym: int) -> None:
        self.seen.append(self._eye.see(lambda: self._hand.key_press(keysym)))
