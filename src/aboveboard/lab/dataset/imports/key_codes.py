"""What are a browser's key codes called?

Codes of DOM level 2 (``keyCode``), a US keyboard's, → X11's names.
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
NAMES |= {111 + number: f"F{number}" for number in range(1, 25)}


def name_of_code(code: int) -> str:
    """X11's name of the key, "VoidSymbol" where the code is of none."""
    return NAMES.get(code, "VoidSymbol")
