"""What is left of keys at the fidelity ``shape``?

1. A letter becomes "a", or "A" if it is a capital; a letter of any script, with its accents. A digit becomes "9".
2. Number, name and key code of the key are then those of an "a", "A" or "9" everywhere: they tell the letter too. So do
   dead keys, which become one and the same.
3. Other characters, shortcuts, and keys that type nothing stay as they are.
4. A release is told as its press was.

What remains tells the length of words and their punctuation: enough to guess a few, so it is no redaction. Give the
result to ``rhythm`` too.
"""

import unicodedata

from msgspec.structs import replace

from aboveboard.formats.recording import Key

SMALL, CAPITAL, DIGIT = "a", "A", "9"
DEAD = ("dead_acute", 0xFE51)
NEUTRAL_KEYCODE = 0
_UNICODE_BASE = 0x01000000
_DOWN_LIMIT = 256
_KEYPAD_DIGITS = range(0xFFB0, 0xFFBA)
_FUNCTIONS = 0xFD00
_UNKNOWN = "x"


def shape_of(text: str) -> str:
    """``text`` without its letters and digits. As long as it, but for accents that are characters of their own."""
    return "".join(_shape(one) for one in unicodedata.normalize("NFC", text))


def _shape(character: str) -> str:
    category = unicodedata.category(character)
    if category[0] == "L":
        return CAPITAL if category in ("Lu", "Lt") else SMALL
    if category[0] == "M":
        return ""
    return DIGIT if category[0] == "N" else character


class Shape:
    """One keyboard. Remembers how each key that is down was told. Used by one thread."""

    def __init__(self) -> None:
        self._down: dict[int, Key] = {}

    def key(self, key: Key) -> Key:
        """``key`` with its shape instead of what it types."""
        if not key.pressed:
            pressed = self._down.pop(key.keycode, None)
            told = shaped(key) if pressed is None else pressed
            return replace(told, text="", pressed=False, modifiers=key.modifiers, shortcut="")
        told = shaped(key)
        if key.keycode not in self._down and len(self._down) >= _DOWN_LIMIT:
            self._down.clear()  # releases were lost
        self._down[key.keycode] = told
        return told


def shaped(key: Key) -> Key:
    """One event by itself: a shortcut stays, all else is told by its shape."""
    if key.shortcut:
        return key
    text = shape_of(key.text)
    if key.name.startswith("dead_"):
        return replace(key, keycode=NEUTRAL_KEYCODE, keysym=DEAD[1], name=DEAD[0], text=text)
    types = _typed_by(key)
    shape = shape_of(types)
    if shape == types and text == key.text and shape not in (SMALL, CAPITAL, DIGIT):
        return key
    name = shape if shape in (CAPITAL, DIGIT) else SMALL
    return replace(key, keycode=NEUTRAL_KEYCODE, keysym=ord(name), name=name, text=text)


def _typed_by(key: Key) -> str:
    """The character on the key, also where it types none just now: at a release, or within a sequence of keys.

    "" for a key that never types. One of an older character set, or unknown, is taken for a letter.
    """
    keysym = key.keysym
    if 0x20 <= keysym <= 0xFF or _UNICODE_BASE <= keysym <= _UNICODE_BASE + 0x10FFFF:
        return chr(keysym % _UNICODE_BASE)
    if keysym in _KEYPAD_DIGITS:
        return str(keysym - _KEYPAD_DIGITS.start)
    if keysym >= _FUNCTIONS:
        return ""
    return key.text[:1] or _UNKNOWN
