"""Which key is that, in the words of a recording?

``pynput`` tells a key as a character or as one of its names, and no modifiers. The modifiers are those seen going down
and not yet up; Caps Lock and Num Lock are not known, and one that was held when the capture began is not either. Names
and numbers are those of X11, so that recordings of different systems can be read alike; ``keycode`` is the system's own
virtual key code. A dead key types nothing by itself (``portable.dead_keys``).
"""

from typing import Protocol, runtime_checkable

from aboveboard.formats.recording import Key
from aboveboard.recorder.capture.portable.dead_keys import DEAD

UNICODE_BASE = 0x01000000

_NAMED: dict[str, tuple[str, int]] = {
    "alt": ("Alt_L", 0xFFE9),
    "alt_l": ("Alt_L", 0xFFE9),
    "alt_r": ("Alt_R", 0xFFEA),
    "alt_gr": ("ISO_Level3_Shift", 0xFE03),
    "backspace": ("BackSpace", 0xFF08),
    "caps_lock": ("Caps_Lock", 0xFFE5),
    "cmd": ("Super_L", 0xFFEB),
    "cmd_l": ("Super_L", 0xFFEB),
    "cmd_r": ("Super_R", 0xFFEC),
    "ctrl": ("Control_L", 0xFFE3),
    "ctrl_l": ("Control_L", 0xFFE3),
    "ctrl_r": ("Control_R", 0xFFE4),
    "delete": ("Delete", 0xFFFF),
    "down": ("Down", 0xFF54),
    "end": ("End", 0xFF57),
    "enter": ("Return", 0xFF0D),
    "esc": ("Escape", 0xFF1B),
    "home": ("Home", 0xFF50),
    "insert": ("Insert", 0xFF63),
    "left": ("Left", 0xFF51),
    "media_next": ("XF86AudioNext", 0x1008FF17),
    "media_play_pause": ("XF86AudioPlay", 0x1008FF14),
    "media_previous": ("XF86AudioPrev", 0x1008FF16),
    "media_volume_down": ("XF86AudioLowerVolume", 0x1008FF11),
    "media_volume_mute": ("XF86AudioMute", 0x1008FF12),
    "media_volume_up": ("XF86AudioRaiseVolume", 0x1008FF13),
    "menu": ("Menu", 0xFF67),
    "num_lock": ("Num_Lock", 0xFF7F),
    "page_down": ("Next", 0xFF56),
    "page_up": ("Prior", 0xFF55),
    "pause": ("Pause", 0xFF13),
    "print_screen": ("Print", 0xFF61),
    "right": ("Right", 0xFF53),
    "scroll_lock": ("Scroll_Lock", 0xFF14),
    "shift": ("Shift_L", 0xFFE1),
    "shift_l": ("Shift_L", 0xFFE1),
    "shift_r": ("Shift_R", 0xFFE2),
    "space": ("space", 0x20),
    "tab": ("Tab", 0xFF09),
    "up": ("Up", 0xFF52),
} | {f"f{number}": (f"F{number}", 0xFFBD + number) for number in range(1, 21)}

_PUNCTUATION_NAMES = (
    "space exclam quotedbl numbersign dollar percent ampersand apostrophe parenleft parenright asterisk plus comma "
    "minus period slash colon semicolon less equal greater question at bracketleft backslash bracketright asciicircum "
    "underscore grave braceleft bar braceright asciitilde"
)
_PUNCTUATION = dict(zip(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", _PUNCTUATION_NAMES.split(" "), strict=True))

_MODIFIERS = {"Shift": "Shift", "Control": "Control", "Alt": "Alt", "Super": "Super", "ISO_Level3_Shift": "Level3"}
_ORDER = ("Shift", "Control", "Alt", "Super", "Level3")
_SAID = {"Control": "Ctrl", "Alt": "Alt", "Shift": "Shift", "Super": "Super"}
_SAID_KEYS = {
    "BackSpace": "Backspace",
    "Escape": "Esc",
    "Next": "PageDown",
    "Print": "PrintScreen",
    "Prior": "PageUp",
    "Return": "Enter",
    "space": "Space",
}
_FUNCTION_KEYS = frozenset(f"F{number}" for number in range(1, 21))


class Code(Protocol):
    """What is used of ``pynput.keyboard.KeyCode``."""

    vk: int | None
    char: str | None
    is_dead: bool


@runtime_checkable
class Named(Protocol):
    """What is used of a member of ``pynput.keyboard.Key``."""

    @property
    def name(self) -> str: ...

    @property
    def value(self) -> Code: ...


class KeyNames:
    """Follows one keyboard. ``alt_types``: Alt does not make a shortcut of a letter but another letter (macOS)."""

    def __init__(self, *, alt_types: bool = False) -> None:
        self._alt_types = alt_types
        self._down: dict[int, str] = {}

    def forget(self) -> None:
        """Keys may have gone up unseen, as at a screen lock."""
        self._down.clear()

    def key(self, told: Named | Code | None, *, pressed: bool) -> Key:
        """The event as it is recorded; ``None`` is a key that the system could not name."""
        named = _NAMED.get(told.name) if isinstance(told, Named) else None
        code = told.value if isinstance(told, Named) else told
        char = "" if code is None or named is not None else _character(code)
        dead = DEAD.get(char) if code is not None and code.is_dead else None
        name, keysym = named or (dead[:2] if dead is not None else _name(char))
        text = " " if name == "space" else "" if dead is not None else char
        keycode = _keycode(code, char, keysym)
        modifiers = self._modifiers()
        event = Key(
            keycode=keycode,
            keysym=keysym,
            name=name,
            text=text if pressed and self._types(modifiers) else "",
            pressed=pressed,
            modifiers=modifiers,
            shortcut=_shortcut(name, char, modifiers) if pressed else "",
        )
        self._follow(event)
        return event

    def _modifiers(self) -> list[str]:
        return [name for name in _ORDER if name in self._down.values()]

    def _follow(self, event: Key) -> None:
        role = _role(event.name)
        if role is None:
            return
        if event.pressed:
            self._down[event.keysym] = role
        else:
            self._down.pop(event.keysym, None)

    def _types(self, modifiers: list[str]) -> bool:
        """Does a key with a character type it now, or is it a command?"""
        stopping = {"Control", "Super"} if self._alt_types else {"Control", "Alt", "Super"}
        return "Level3" in modifiers or not stopping.intersection(modifiers)


def _role(name: str) -> str | None:
    """Which modifier the key of this name is."""
    return _MODIFIERS.get(name if name == "ISO_Level3_Shift" else name.removesuffix("_L").removesuffix("_R"))


def _shortcut(name: str, char: str, modifiers: list[str]) -> str:
    """As people say it, as ``capture.shortcuts`` does for X11."""
    starting = {"Control", "Alt", "Super"}.intersection(modifiers) and "Level3" not in modifiers
    if not name or _role(name) is not None or not (starting or name in _FUNCTION_KEYS):
        return ""
    label = _SAID_KEYS.get(name) or (char.upper() if len(char.upper()) == 1 else char) or name
    return "+".join([*(said for held, said in _SAID.items() if held in modifiers), label])


def _character(code: Code) -> str:
    """The character; of a control character (some systems tell Ctrl+C as one) the letter that makes it."""
    char = code.char or ""
    return chr(ord(char) + 0x60) if len(char) == 1 and 1 <= ord(char) <= 26 else char


def _name(char: str) -> tuple[str, int]:
    if len(char) != 1:
        return "", 0
    number = ord(char)
    keysym = number if 0x20 <= number <= 0x7E or 0xA0 <= number <= 0xFF else UNICODE_BASE + number
    if char in _PUNCTUATION:
        return _PUNCTUATION[char], keysym
    return (char if char.isascii() and char.isalnum() else f"U+{number:04X}"), keysym


def _keycode(code: Code | None, char: str, keysym: int) -> int:
    """The same for a press and its release, also if Shift went up between them."""
    number = code.vk if code is not None and code.vk is not None else keysym
    if number == keysym and char:
        number = ord(char.lower())  # X11, where pynput tells the symbol and not the key
    return number & 0xFFFF
