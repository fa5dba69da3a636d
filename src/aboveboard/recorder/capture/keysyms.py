"""What is this X11 key symbol called, and what does it type?

Pure tables. Unicode key symbols carry their character; the older ones are the bytes of older character sets, which
Python's codecs know. A symbol that types nothing (Return, a dead accent) has the empty text: what it does is its name.
"""

from functools import cache

from xcffib import keysymdef

UNICODE_BASE = 0x01000000

_CODECS = {0x01: "iso8859_2", 0x02: "iso8859_3", 0x03: "iso8859_4", 0x05: "iso8859_6", 0x0C: "iso8859_8"}
"""The high byte of an older symbol, and whose byte the low one is."""

_KEYPAD_DIGITS = range(0xFFB0, 0xFFBA)
_KEYPAD = {0xFFAA: "*", 0xFFAB: "+", 0xFFAC: ",", 0xFFAD: "-", 0xFFAE: ".", 0xFFAF: "/", 0xFFBD: "=", 0xFF80: " "}


@cache
def _names() -> dict[int, str]:
    """The name of each symbol; of several, the shortest that is not a duplicate spelling in capitals."""
    found: dict[int, str] = {}
    for attribute, number in vars(keysymdef).items():
        if attribute.startswith("XK_") and isinstance(number, int):
            name = attribute[3:]
            if number not in found or (len(name), name) < (len(found[number]), found[number]):
                found[number] = name
    return found | {0xFF55: "Prior", 0xFF56: "Next", 0xFF7E: "Mode_switch", 0xFF0D: "Return", 0xFFE5: "Caps_Lock"}


def name_of(keysym: int) -> str:
    """``Return``, ``a``, ``eacute``; ``U+1F600`` for a Unicode symbol without a name, else ``0x…``."""
    known = _names().get(keysym)
    if known is not None:
        return known
    if keysym >= UNICODE_BASE:
        return f"U+{keysym - UNICODE_BASE:04X}"
    return f"0x{keysym:x}"


def text_of(keysym: int) -> str:
    """The one character that the symbol types, or the empty string."""
    if 0x20 <= keysym <= 0x7E or 0xA0 <= keysym <= 0xFF:
        return chr(keysym)
    if UNICODE_BASE + 0x100 <= keysym <= UNICODE_BASE + 0x10FFFF:
        return _printable(chr(keysym - UNICODE_BASE))
    if keysym in _KEYPAD_DIGITS:
        return str(keysym - 0xFFB0)
    if keysym in _KEYPAD:
        return _KEYPAD[keysym]
    if keysym == 0x20AC:
        return "€"
    high, low = keysym >> 8, keysym & 0xFF
    if high == 0x06 and low >= 0xC0:
        return bytes([low]).decode("koi8_r")
    if high == 0x07 and low >= 0xC1:
        return bytes([low]).decode("iso8859_7", errors="ignore")
    if high in _CODECS and low >= 0xA0:
        return bytes([low]).decode(_CODECS[high], errors="ignore")
    return ""


def upper(keysym: int) -> int:
    """The symbol that Caps Lock makes of it: the capital of a letter, else the same."""
    text = text_of(keysym)
    capital = text.upper()
    if len(capital) != 1 or capital == text:
        return keysym
    if ord(capital) <= 0xFF:
        return ord(capital)
    if keysym < UNICODE_BASE and keysym >> 8 == 0x06:
        return 0x0600 | capital.encode("koi8_r")[0]
    if keysym < UNICODE_BASE and keysym >> 8 == 0x07:
        return 0x0700 | capital.encode("iso8859_7")[0]
    return UNICODE_BASE + ord(capital)


def _printable(text: str) -> str:
    return text if text.isprintable() and text.isascii() is False else ""
