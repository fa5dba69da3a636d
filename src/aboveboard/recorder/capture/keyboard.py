"""Which key is that, and what does it type?

From the server's whole keymap (``capture.xkbcommon``) and the modifiers and group that the server sent with the event.
Where the library is missing, from the core mapping, which lists for each key code: group 1 levels 1 and 2, group 2
levels 1 and 2, then levels 3 and 4 of group 1 (those with AltGr).

``text`` is here what the key types by itself; dead keys type nothing. What a sequence of keys composes is added to the
keys that come out (``redact.composing``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aboveboard.formats.recording import Key
from aboveboard.recorder.capture.display import setup_of
from aboveboard.recorder.capture.keysyms import name_of, text_of, upper
from aboveboard.recorder.capture.shortcuts import shortcut_of
from aboveboard.recorder.capture.xkbcommon import Keymap

SHIFT, LOCK, CONTROL = 1, 2, 4
_GROUP_SHIFT = 13
_MODIFIER_BITS = 0xFF

_ROLES = {
    "Alt": {0xFFE9, 0xFFEA, 0xFFE7, 0xFFE8},
    "Super": {0xFFEB, 0xFFEC},
    "NumLock": {0xFF7F},
    "Level3": {0xFE03, 0xFF7E},
}
"""Which symbols make a modifier mean this: Alt and Meta, Super, Num_Lock, ISO_Level3_Shift and Mode_switch."""

_NOT_TYPING = {"Control", "Alt", "Super"}
_SHIFT_TAB = 0xFE20
_KEYPAD = range(0xFF80, 0xFFBE)


@dataclass(frozen=True)
class Keyboard:
    """One mapping. ``rows[keycode - first]`` are its symbols; ``masks`` the modifier bits of each role."""

    first: int
    rows: tuple[tuple[int, ...], ...]
    masks: dict[str, int]
    keymap: Keymap | None = None

    @classmethod
    def read(cls, conn: Any) -> "Keyboard":
        """Ask the server for the core mapping."""
        setup = setup_of(conn)
        count = setup.max_keycode - setup.min_keycode + 1
        mapping_cookie = conn.core.GetKeyboardMapping(setup.min_keycode, count)
        modifiers_cookie = conn.core.GetModifierMapping()
        mapping, modifiers = mapping_cookie.reply(), modifiers_cookie.reply()
        return cls.build(
            setup.min_keycode,
            list(mapping.keysyms),
            mapping.keysyms_per_keycode,
            list(modifiers.keycodes),
        )

    @classmethod
    def read_whole(cls, conn: Any) -> "Keyboard":
        """Ask the server for all that it knows. XKB is in use on ``conn`` from then on (``capture.keyboard_watch``)."""
        return replace(cls.read(conn), keymap=Keymap.read(conn))

    @classmethod
    def build(cls, first: int, symbols: Sequence[int], width: int, modifier_codes: Sequence[int]) -> "Keyboard":
        """``symbols``: ``width`` for each key code from ``first``; ``modifier_codes``: as many for each of 8 bits."""
        rows = tuple(tuple(symbols[place : place + width]) for place in range(0, len(symbols), width))
        masks = dict.fromkeys(_ROLES, 0)
        per_bit = len(modifier_codes) // 8
        for place, code in enumerate(modifier_codes):
            row = rows[code - first] if first <= code < first + len(rows) else ()
            for role, wanted in _ROLES.items():
                if wanted.intersection(row):
                    masks[role] |= 1 << (place // per_bit)
        return cls(first, rows, masks)

    def at(self, server_ms: int) -> "Keyboard":
        """The mapping at this server time: this one."""
        return self

    def modifiers(self, state: int) -> list[str]:
        """The modifiers in ``state``, in a fixed order."""
        fixed = {"Shift": SHIFT, "Control": CONTROL, "CapsLock": LOCK}
        names = ("Shift", "Control", "Alt", "Super", "CapsLock", "NumLock", "Level3")
        return [name for name in names if state & (fixed.get(name) or self.masks.get(name, 0))]

    def keysym(self, keycode: int, state: int) -> int:
        """The symbol that this key gives in this state; 0 if none."""
        if self.keymap is not None:
            return self.keymap.keysym(keycode, state & _MODIFIER_BITS, group_of(state))
        place = keycode - self.first
        row = self.rows[place] if 0 <= place < len(self.rows) else ()
        modifiers = self.modifiers(state)
        group = group_of(state)
        level1, level2 = _pair(row, 2 if group == 1 else 0)
        if "Level3" in modifiers and (len(row) > 4 or group == 1):
            third = _pair(row, 4 if group == 0 else 6)
            if third != (0, 0):
                level1, level2 = third
        shifted = "Shift" in modifiers
        if level2 in _KEYPAD and "NumLock" in modifiers:
            return level1 if shifted else level2
        if "CapsLock" in modifiers and upper(level1) != level1 and level2 in {level1, upper(level1)}:
            return level1 if shifted else upper(level1)
        if shifted:
            return upper(level1) if level2 == level1 else level2
        return level1

    def plain(self, keycode: int, state: int) -> list[int]:
        """What the key gives without any modifier: in the group of this state, then in the others."""
        if self.keymap is not None:
            return self.keymap.plain(keycode, group_of(state))
        place = keycode - self.first
        row = self.rows[place] if 0 <= place < len(self.rows) else ()
        groups = (2, 0) if group_of(state) == 1 else (0, 2)
        return [_pair(row, group)[0] for group in groups]

    def key(self, keycode: int, state: int, *, pressed: bool) -> Key:
        """The event as it is recorded; ``state`` is the modifier state just before it."""
        keysym = self.keysym(keycode, state)
        modifiers = self.modifiers(state)
        typing = pressed and not _NOT_TYPING.intersection(modifiers)
        return Key(
            keycode=keycode,
            keysym=keysym,
            name="ISO_Left_Tab" if keysym == _SHIFT_TAB else name_of(keysym) if keysym else "",
            text=text_of(keysym) if typing else "",
            pressed=pressed,
            modifiers=modifiers,
            shortcut=shortcut_of(modifiers, keysym, self.plain(keycode, state)) if pressed else "",
        )


def group_of(state: int) -> int:
    """The active layout, from 0, in the state of a core event."""
    return (state >> _GROUP_SHIFT) & 3


def _pair(row: Sequence[int], place: int) -> tuple[int, int]:
    """Levels 1 and 2 at ``place``; a missing second is the first, a missing group is group 1."""
    first = row[place] if place < len(row) else 0
    if not first:
        return (0, 0) if place >= 4 or not place else _pair(row, 0)
    second = row[place + 1] if place + 1 < len(row) else 0
    return first, second or first
