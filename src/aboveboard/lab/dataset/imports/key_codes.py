"""What are the keys of other recorders called?

Codes of DOM level 2 (``keyCode``), which are mostly those of Windows, a US keyboard's, → X11's names.
"""

MODIFIERS = {16: "Shift", 17: "Control", 18: "Alt", 91: "Super", 92: "Super", 93: "Super", 224: "Super"}
"""Key code → the modifier that it is."""

NAMES = {
    8: "BackSpace",
    9: "Tab",
    13: "Return",
    16: "Shift_L",
    17: "Control_L",
    18: "Alt_L",
    19: "Pause",
    20: "Caps_Lock",
    27: "Escape",
    32: "space",
    33: "Prior",
    34: "Next",
    35: "End",
    36: "Home",
    37: "Left",
    38: "Up",
    39: "Right",
    40: "Down",
    44: "Print",
    45: "Insert",
    46: "Delete",
    91: "Super_L",
    92: "Super_R",
    93: "Super_R",
    144: "Num_Lock",
    145: "Scroll_Lock",
    186: "semicolon",
    187: "equal",
    188: "comma",
    189: "minus",
    190: "period",
    191: "slash",
    192: "grave",
    219: "bracketleft",
    220: "backslash",
    221: "bracketright",
    222: "apostrophe",
    224: "Super_L",
    229: "Multi_key",
}
NAMES |= {code: chr(code) for code in range(ord("0"), ord("9") + 1)}
NAMES |= {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
NAMES |= {96 + digit: f"KP_{digit}" for digit in range(10)}
NAMES |= {106: "KP_Multiply", 107: "KP_Add", 109: "KP_Subtract", 110: "KP_Decimal", 111: "KP_Divide"}
NAMES |= {160: "Shift_L", 161: "Shift_R", 162: "Control_L", 163: "Control_R", 164: "Alt_L", 165: "Alt_R"}
NAMES |= {111 + number: f"F{number}" for number in range(1, 25)}


def name_of_code(code: int) -> str:
    """X11's name of the key, "VoidSymbol" where the code is of none."""
    return NAMES.get(code, "VoidSymbol")


def text_of_code(code: int, *, shift: bool) -> str:
    """What a key types on a US keyboard; "" for none. Caps Lock is not known."""
    if ord("A") <= code <= ord("Z"):
        return chr(code) if shift else chr(code).lower()
    pair = _SIGNS.get(code, "")
    return pair[shift : shift + 1] or pair


def name_of_pynput(name: str) -> str:
    """X11's name of a key as pynput names it; a single character is its own name."""
    return _PYNPUT.get(name) or (name.upper() if name[:1] == "f" and name[1:].isdigit() else name)


_SIGNS = {32: "  "}
_SIGNS |= {48 + digit: f"{digit}{sign}" for digit, sign in enumerate(")!@#$%^&*(")}
_SIGNS |= {186: ";:", 187: "=+", 188: ",<", 189: "-_", 190: ".>", 191: "/?", 192: "`~", 219: "[{", 220: "\\|"}
_SIGNS |= {221: "]}", 222: "'\""}
_SIGNS |= {96 + digit: f"{digit}" for digit in range(10)}
_SIGNS |= {106: "*", 107: "+", 109: "-", 110: ".", 111: "/"}
"""Key code → what it types, and what with Shift."""

_PYNPUT = {
    "alt": "Alt_L",
    "alt_l": "Alt_L",
    "alt_r": "Alt_R",
    "alt_gr": "ISO_Level3_Shift",
    "backspace": "BackSpace",
    "caps_lock": "Caps_Lock",
    "cmd": "Super_L",
    "cmd_l": "Super_L",
    "cmd_r": "Super_R",
    "ctrl": "Control_L",
    "ctrl_l": "Control_L",
    "ctrl_r": "Control_R",
    "delete": "Delete",
    "down": "Down",
    "end": "End",
    "enter": "Return",
    "esc": "Escape",
    "home": "Home",
    "insert": "Insert",
    "left": "Left",
    "menu": "Menu",
    "num_lock": "Num_Lock",
    "page_down": "Next",
    "page_up": "Prior",
    "pause": "Pause",
    "print_screen": "Print",
    "right": "Right",
    "scroll_lock": "Scroll_Lock",
    "shift": "Shift_L",
    "shift_l": "Shift_L",
    "shift_r": "Shift_R",
    "space": "space",
    "tab": "Tab",
    "up": "Up",
    " ": "space",
}
"""What pynput calls a key → X11's name."""


def name_of_pyautogui(name: str) -> str:
    """X11's name of a key as PyAutoGUI names it."""
    return _PYAUTOGUI.get(name.lower()) or name_of_pynput(name.lower() if len(name) > 1 else name)


_PYAUTOGUI = {
    "altleft": "Alt_L",
    "altright": "Alt_R",
    "capslock": "Caps_Lock",
    "command": "Super_L",
    "ctrlleft": "Control_L",
    "ctrlright": "Control_R",
    "del": "Delete",
    "escape": "Escape",
    "numlock": "Num_Lock",
    "option": "Alt_L",
    "pagedown": "Next",
    "pageup": "Prior",
    "pgdn": "Next",
    "pgup": "Prior",
    "printscreen": "Print",
    "return": "Return",
    "scrolllock": "Scroll_Lock",
    "shiftleft": "Shift_L",
    "shiftright": "Shift_R",
    "win": "Super_L",
    "winleft": "Super_L",
    "winright": "Super_R",
}
"""What PyAutoGUI calls a key, where pynput says something else → X11's name."""


def code_of_name(name: str) -> int | None:
    """The code of the key that X11 calls so, or that types this character on a US keyboard; ``None`` for none."""
    return _CODES.get(name) or _CODES.get(name.lower() if len(name) == 1 else name)


_CODES = {name: code for code, name in reversed(NAMES.items())}
_CODES |= {sign: code for code, pair in _SIGNS.items() if code < 96 or code > 111 for sign in pair if sign.strip()}
_CODES |= {"exclam": 49, "at": 50, "numbersign": 51, "dollar": 52, "percent": 53, "asciicircum": 54, "ampersand": 55}
_CODES |= {"asterisk": 56, "parenleft": 57, "parenright": 48, "underscore": 189, "plus": 187, "colon": 186}
_CODES |= {"quotedbl": 222, "less": 188, "greater": 190, "question": 191, "bar": 220, "braceleft": 219}
_CODES |= {"braceright": 221, "asciitilde": 192, "KP_Enter": 13, "Menu": 93}
