"""How does one press of keys pause the recording, whatever window is active?

The X server gives us these keys and nobody else (a grab on the root window), with every state of the lock keys. If
another program has them already, that is said and nothing else happens. The keys are named as people write them.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import xcffib
from xcffib import xproto
from xcffib.xproto import ModMask

from aboveboard.recorder.tray.xdesk import XDesk

MODIFIERS: dict[str, tuple[int, ...]] = {
    "shift": (0xFFE1, 0xFFE2),
    "ctrl": (0xFFE3, 0xFFE4),
    "control": (0xFFE3, 0xFFE4),
    "alt": (0xFFE9, 0xFFEA),
    "super": (0xFFEB, 0xFFEC),
}
"""Modifier → the keysyms of its keys."""
NAMED = {"pause": 0xFF13, "scrolllock": 0xFF14, "insert": 0xFF63, "space": 0x20, "escape": 0xFF1B} | {
    f"f{number}": 0xFFBD + number for number in range(1, 25)
}
_LOCKS = (0xFF7F, 0xFF14)
"""Num Lock and Scroll Lock; Caps Lock is always the modifier Lock."""
_PLAIN = {"shift": ModMask.Shift, "ctrl": ModMask.Control, "control": ModMask.Control, "alt": ModMask._1}
_ASYNC = 1


class Hotkey:
    """Calls ``pressed`` when ``keys`` ("Ctrl+Alt+Shift+P"; "" for none) are pressed. ``problem`` says why it cannot."""

    def __init__(self, desk: XDesk, keys: str, pressed: Callable[[], None]) -> None:
        self._desk = desk
        self.keys = keys
        self._pressed = pressed
        self._grabs: set[tuple[int, int]] = set()
        self._down = False
        self.problem = ""
        if keys:
            desk.listen(desk.root, self._event)
            self.grab()

    def grab(self) -> None:
        """Ask for the keys, as the keyboard is laid out now. Those that stay the same are never let go in between."""
        wanted = self._wanted()
        for code, mask in self._grabs - wanted:
            self._desk.conn.core.UngrabKey(code, self._desk.root, mask)
        self._grabs &= wanted
        for code, mask in wanted - self._grabs:
            cookie = self._desk.conn.core.GrabKeyChecked(False, self._desk.root, mask, code, _ASYNC, _ASYNC)
            try:
                cookie.check()
                self._grabs.add((code, mask))
            except xcffib.ConnectionException:
                raise
            except xcffib.XcffibException:
                self.problem = f"{self.keys} belongs to another program: it does not pause"

    def _wanted(self) -> set[tuple[int, int]]:
        """The keycodes and states to ask for; if there are none, :attr:`problem` says why."""
        self.problem = ""
        understood = parse(self.keys)
        if understood is None:
            self.problem = f"The pause keys {self.keys!r} are not understood"
            return set()
        mask, codes = _mask_of(self._desk, understood[0]), self._desk.keycodes(understood[1])
        if not codes or mask is None:
            self.problem = f"This keyboard has no {self.keys}"
            return set()
        return {(code, mask | extra) for code in codes for extra in _any_of(_locks_of(self._desk))}

    def release(self) -> None:
        """Give the keys back."""
        for code, mask in self._grabs:
            self._desk.conn.core.UngrabKey(code, self._desk.root, mask)
        self._grabs.clear()

    def _event(self, event: Any) -> None:
        if isinstance(event, xproto.MappingNotifyEvent):
            self._desk.forget_keys()
            self.grab()
        elif isinstance(event, xproto.KeyPressEvent) and any(code == event.detail for code, _ in self._grabs):
            if not self._down:  # the rest are repeats of a key that is held
                self._down = True
                self._pressed()
        elif isinstance(event, xproto.KeyReleaseEvent):
            self._down = False


def parse(keys: str) -> tuple[list[str], int] | None:
    """The modifiers, lower case, and the keysym; ``None`` if that is no sensible combination.

    A letter alone is none: it could not be typed any more.
    """
    *names, last = [part.strip().lower() for part in keys.split("+")] if keys else [""]
    if any(name not in MODIFIERS for name in names):
        return None
    keysym = NAMED.get(last) or (ord(last) if len(last) == 1 and last.isascii() and last.isprintable() else 0)
    if not keysym or (set(names) <= {"shift"} and last not in NAMED):
        return None
    return names, keysym


def _mask_of(desk: XDesk, names: list[str]) -> int | None:
    mask = 0
    for name in names:
        found = _PLAIN.get(name) or desk.modifier_of(MODIFIERS[name])
        if not found:
            return None
        mask |= found
    return mask


def _locks_of(desk: XDesk) -> list[int]:
    """The modifiers of the lock keys, each once."""
    found = {ModMask.Lock, *(desk.modifier_of((keysym,)) for keysym in _LOCKS)}
    return sorted(found - {0})


def _any_of(masks: list[int]) -> Iterator[int]:
    """Every sum of some of ``masks``, none included."""
    for count in range(len(masks) + 1):
        for some in combinations(masks, count):
            yield sum(some)
