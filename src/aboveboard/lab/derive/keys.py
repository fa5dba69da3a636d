"""Is this key typed text, a modifier, or a key of its own, and what is it called?

Rules 5 to 7 of ``docs/spec/trajectory.md``. A name is built from X11's keysym names in a fixed order, "Control+Alt+s",
so that one shortcut has one name.
"""

from aboveboard.formats.recording import Key

ORDER = ("Control", "Alt", "Shift", "Super")
"""The modifiers of a name, in this order."""

COMMANDING = frozenset({"Control", "Alt", "Super"})
"""Held, these make a shortcut of what would otherwise be text."""

MODIFIER_KEYS = {
    f"{name}_{side}": meaning
    for name, meaning in (
        ("Shift", "Shift"),
        ("Control", "Control"),
        ("Alt", "Alt"),
        ("Meta", "Alt"),
        ("Super", "Super"),
        ("Hyper", "Super"),
    )
    for side in "LR"
} | {"ISO_Level3_Shift": "Level3", "Mode_switch": "Level3"}
"""Keysym name → the modifier it is. The locks are no modifiers: pressing one does something by itself."""


def is_modifier(key: Key) -> bool:
    """Does this key only change what others mean?"""
    return key.name in MODIFIER_KEYS


def is_text(key: Key) -> bool:
    """Does the press of this key type printable characters?"""
    return bool(key.text) and key.text.isprintable() and COMMANDING.isdisjoint(key.modifiers)


def is_erasing(key: Key) -> bool:
    """Is it a plain BackSpace, which takes back the last character?"""
    return key.name == "BackSpace" and COMMANDING.isdisjoint(key.modifiers)


def held(modifiers: list[str]) -> str:
    """The modifiers as the beginning of a name: "Control+Shift", or "" for none that count."""
    return "+".join(name for name in ORDER if name in modifiers)


def name_of(key: Key) -> str:
    """The name of a ``key`` step: "Control+s", "Shift+Tab", "Return".

    A single letter is written small, whatever Shift or CapsLock made of it: Shift is in the name.
    """
    base = key.name.lower() if len(key.name) == 1 else key.name
    prefix = held(key.modifiers)
    return f"{prefix}+{base}" if prefix else base
