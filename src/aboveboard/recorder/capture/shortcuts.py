"""What do people call this press of keys: "Ctrl+Shift+T", "Alt+F4", "F5"?

A pure rule. A press is a shortcut if Control, Alt or Super is held, or if it is a function key; never a modifier by
itself. Level3 (AltGr) types characters and makes no shortcut. The name is the modifiers in a fixed order, then the
key's own label: what it gives without any modifier, a letter as a capital.

Applications look for the Latin letter even while a Cyrillic or Greek layout is active: :func:`label` takes it from the
first other layout that has one on that key.
"""

from collections.abc import Sequence

from aboveboard.recorder.capture.keysyms import name_of, text_of

_ORDER = {"Control": "Ctrl", "Alt": "Alt", "Shift": "Shift", "Super": "Super"}
_STARTING = frozenset({"Control", "Alt", "Super"})
_FUNCTION_KEYS = range(0xFFBE, 0xFFE1)
_KEYPAD = range(0xFF80, 0xFFBE)
_MODIFIERS = frozenset({*range(0xFFE1, 0xFFEF), *range(0xFE01, 0xFE14), 0xFF7F, 0xFF7E, 0xFF14, 0xFF20})
"""Shift to Hyper, the ISO locks, latches and groups, Num_Lock, Mode_switch, Scroll_Lock, Multi_key."""
_SAID = {
    0x20: "Space",
    0xFF0D: "Enter",
    0xFF1B: "Esc",
    0xFF08: "Backspace",
    0xFF55: "PageUp",
    0xFF56: "PageDown",
    0xFE20: "Tab",
    0xFF61: "PrintScreen",
}


def shortcut_of(modifiers: Sequence[str], keysym: int, plain: Sequence[int]) -> str:
    """The name, "" if it is no shortcut.

    ``keysym`` is what the press gave, ``plain`` what the key gives at its first level, in the active layout and then
    in the others. ``modifiers`` are those held before the press.
    """
    own = keysym if keysym in _KEYPAD else label(plain) or keysym
    if not own or own in _MODIFIERS or keysym in _MODIFIERS:
        return ""
    if own not in _FUNCTION_KEYS and not _STARTING.intersection(modifiers):
        return ""
    held = [said for name, said in _ORDER.items() if name in modifiers]
    return "+".join([*held, _said(own)])[:64]


def label(plain: Sequence[int]) -> int:
    """The symbol to name the key by: the active layout's, but a Latin letter rather than one of another script."""
    own = plain[0] if plain else 0
    if not text_of(own).isalpha() or ord(text_of(own)) < 0x250:
        return own
    return next((symbol for symbol in plain if text_of(symbol).isalpha() and text_of(symbol).isascii()), own)


def _said(keysym: int) -> str:
    if keysym in _SAID:
        return _SAID[keysym]
    text = "" if keysym in _KEYPAD else text_of(keysym)
    return (text.upper() if len(text.upper()) == 1 else text) if text else name_of(keysym)
