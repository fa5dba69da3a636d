"""What does a dead key make of the letter after it, on a system that does not say?

The letter with the accent, if there is such a letter; of a space or of the same dead key again, the accent by itself;
else both, as Windows and macOS type them. Only keys that come out meet here (``redact.composing``).
"""

import unicodedata

from msgspec.structs import replace

from aboveboard.formats.recording import Key

DEAD = {
    "`": ("dead_grave", 0xFE50, "\u0300"),
    "´": ("dead_acute", 0xFE51, "\u0301"),
    "^": ("dead_circumflex", 0xFE52, "\u0302"),
    "~": ("dead_tilde", 0xFE53, "\u0303"),
    "¯": ("dead_macron", 0xFE54, "\u0304"),
    "˘": ("dead_breve", 0xFE55, "\u0306"),
    "˙": ("dead_abovedot", 0xFE56, "\u0307"),
    "¨": ("dead_diaeresis", 0xFE57, "\u0308"),
    "˚": ("dead_abovering", 0xFE58, "\u030a"),
    "˝": ("dead_doubleacute", 0xFE59, "\u030b"),
    "ˇ": ("dead_caron", 0xFE5A, "\u030c"),
    "¸": ("dead_cedilla", 0xFE5B, "\u0327"),
    "˛": ("dead_ogonek", 0xFE5C, "\u0328"),
}
"""The accent by itself: X11's name and number of its dead key, and the character that combines with a letter."""

_BY_KEYSYM = {keysym: (accent, combining) for accent, (_, keysym, combining) in DEAD.items()}


class DeadKeys:
    """``redact.composing.Composer``. Used by one thread."""

    def __init__(self) -> None:
        self._pending = 0

    def press(self, key: Key) -> Key:
        """The press with the text that it makes."""
        if key.name.startswith(("Shift_", "ISO_Level3_", "Caps_")):
            return key
        dead, self._pending = self._pending, 0
        if key.keysym in _BY_KEYSYM:
            self._pending = 0 if dead else key.keysym
            return replace(key, text=_BY_KEYSYM[dead][0] + _again(dead, key.keysym)) if dead else key
        if not dead or not key.text:
            return key
        accent, combining = _BY_KEYSYM[dead]
        letter = unicodedata.normalize("NFC", key.text + combining)
        return replace(key, text=accent if key.text == " " else letter if len(letter) == 1 else accent + key.text)

    def reset(self) -> None:
        """Forget a dead key."""
        self._pending = 0


def _again(dead: int, keysym: int) -> str:
    return "" if keysym == dead else _BY_KEYSYM[keysym][0]
