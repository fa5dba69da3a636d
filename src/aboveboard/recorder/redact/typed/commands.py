"""What does this press mean to a text field: a character, a step of the caret, a deletion, the end of the field?

Pure tables over a key's name, modifiers and shortcut. What no table names and has no text leads elsewhere
(:data:`LEAVE`): another field may have the keyboard after it. A few shortcuts are known to leave the caret alone.
"""

from typing import Literal, NamedTuple

from aboveboard.formats.recording import Key
from aboveboard.recorder.redact.typed.options import Options

Verb = Literal[
    "insert",
    "silent",
    "modifier",
    "nothing",
    "pause",
    "leave",
    "enter",
    "complete",
    "recall",
    "left",
    "right",
    "up",
    "down",
    "page",
    "word_left",
    "word_right",
    "line_start",
    "line_end",
    "text_start",
    "text_end",
    "select_all",
    "backspace",
    "delete",
    "word_backspace",
    "word_delete",
    "rub_word",
    "to_line_start",
    "to_line_end",
    "transpose",
    "copy",
    "cut",
    "paste",
    "yank",
    "undo",
    "redo",
    "overwrite",
]
"""The closed list. ``silent``: part of a character to come; ``nothing``: the text stays as it is; ``pause``: perhaps
not; ``complete``: the program may add to what was typed; ``recall``: it may put another line in its place."""


class Command(NamedTuple):
    """``extend``: the selection grows with the caret."""

    verb: Verb
    extend: bool = False


LEAVE = Command("leave")
_INSERT, _NOTHING, _SILENT, _MODIFIER = Command("insert"), Command("nothing"), Command("silent"), Command("modifier")

_MODIFIERS = frozenset(
    f"{name}_{side}" for name in ("Shift", "Control", "Alt", "Super", "Meta", "Hyper") for side in "LR"
) | {"Caps_Lock", "Num_Lock", "Scroll_Lock", "ISO_Level3_Shift", "ISO_Level5_Shift", "Mode_switch", "Shift_Lock"}

_MOVES: dict[str, Verb] = {
    "Left": "left",
    "Right": "right",
    "Up": "up",
    "Down": "down",
    "Home": "line_start",
    "End": "line_end",
    "Prior": "page",
    "Next": "page",
}
_WORDWISE: dict[str, Verb] = {
    "Left": "word_left",
    "Right": "word_right",
    "Up": "page",
    "Down": "page",
    "Home": "text_start",
    "End": "text_end",
    "BackSpace": "word_backspace",
    "Delete": "word_delete",
    "Insert": "copy",
    "Return": "enter",
}
_PLAIN: dict[str, Verb] = {
    "BackSpace": "backspace",
    "Delete": "delete",
    "Return": "enter",
    "Insert": "overwrite",
    "Escape": "pause",
}
_SHIFTED: dict[str, Verb] = {"Insert": "paste", "Delete": "cut", "BackSpace": "backspace", "Return": "enter"}
_LETTERS: dict[str, Verb] = {
    "A": "select_all",
    "C": "copy",
    "X": "cut",
    "V": "paste",
    "Z": "undo",
    "Y": "redo",
    "S": "nothing",
    "B": "nothing",
    "I": "nothing",
    "U": "nothing",
}
_SHIFTED_LETTERS: dict[str, Verb] = {"Z": "redo", "V": "paste", "C": "copy"}

_EMACS: dict[str, Verb] = {
    "A": "line_start",
    "E": "line_end",
    "B": "left",
    "F": "right",
    "D": "delete",
    "H": "backspace",
    "K": "to_line_end",
    "Y": "yank",
    "T": "transpose",
}
_READLINE: dict[str, Verb] = _EMACS | {
    "U": "to_line_start",
    "W": "rub_word",
    "P": "recall",
    "N": "recall",
    "R": "recall",
    "S": "recall",
    "G": "recall",
    "J": "enter",
    "M": "enter",
    "I": "complete",
    "C": "enter",
    "Z": "enter",
    "L": "nothing",
    "V": "nothing",
    "X": "nothing",
    "_": "undo",
    "/": "undo",
}
_READLINE_ALT: dict[str, Verb] = {
    "B": "word_left",
    "F": "word_right",
    "D": "word_delete",
    "Y": "recall",
    ".": "recall",
}
_MAC_SUPER: dict[str, Verb] = {
    "Left": "line_start",
    "Right": "line_end",
    "Up": "text_start",
    "Down": "text_end",
    "BackSpace": "to_line_start",
}


def command_of(key: Key, options: Options) -> Command:
    """What the press ``key`` means."""
    name = key.name[3:] if key.name.startswith("KP_") and not key.text else key.name
    name = "Return" if name == "Enter" else name
    if name in _MODIFIERS or (name.startswith("ISO_") and not key.text and name != "ISO_Left_Tab"):
        return _MODIFIER
    if key.text and key.text.isprintable():
        return _INSERT
    held = frozenset(key.modifiers) & {"Control", "Alt", "Super"}
    shift = "Shift" in key.modifiers
    verb = _of_mac(name, held, shift, key) if options.editing == "mac" else None
    if verb is None and options.editing == "readline":
        verb = _of_readline(name, held, shift, key)
    if verb is None:
        verb = _of_field(name, held, shift, key)
    if verb == "overwrite" and not options.overwrites:
        return _NOTHING
    if verb is not None:
        return Command(verb, shift and verb in _EXTENDED)
    if not held and not key.shortcut and not key.text and _types(name):
        return _SILENT
    return _NOTHING if name.startswith("XF86") else LEAVE


_EXTENDED = frozenset({*_MOVES.values(), *_WORDWISE.values()}) - {"enter", "copy", "word_backspace", "word_delete"}


def _types(name: str) -> bool:
    """Is it a key that otherwise makes a character: a dead accent, Compose, or one in the midst of a sequence?"""
    return name.startswith(("dead_", "U+")) or name in {"Multi_key", "space"} or len(name) == 1 or name.islower()


def _letter(key: Key) -> str:
    """The "Z" of "Ctrl+Shift+Z"; "" if it is no shortcut."""
    return key.shortcut.rsplit("+", 1)[-1] if key.shortcut else ""


def _of_field(name: str, held: frozenset[str], shift: bool, key: Key) -> Verb | None:
    if not held:
        return (shift and _SHIFTED.get(name)) or _PLAIN.get(name) or _MOVES.get(name)
    if held == {"Control"}:
        letters = _SHIFTED_LETTERS if shift else _LETTERS
        return _WORDWISE.get(name) or letters.get(_letter(key))
    return None


def _of_readline(name: str, held: frozenset[str], shift: bool, key: Key) -> Verb | None:
    if not held and not shift:
        return {"Tab": "complete", "Up": "recall", "Down": "recall", "Insert": "nothing"}.get(name)  # type: ignore[return-value]
    if held == {"Control"} and not shift:
        return None if name in _WORDWISE else _READLINE.get(_letter(key))
    if held == {"Control"} and _letter(key) == "_":
        return "undo"
    if held == {"Alt"}:
        return "word_backspace" if name == "BackSpace" else _READLINE_ALT.get(_letter(key))
    return None


def _of_mac(name: str, held: frozenset[str], shift: bool, key: Key) -> Verb | None:
    if held == {"Super"}:
        letters = _SHIFTED_LETTERS if shift else _LETTERS
        return _MAC_SUPER.get(name) or letters.get(_letter(key))
    if held == {"Alt"}:
        return _WORDWISE.get(name)
    if held == {"Control"}:
        return _EMACS.get(_letter(key))
    return None
