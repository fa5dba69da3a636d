"""Are keys of pynput told as those of X11 are?"""

from typing import Any

import pytest

from aboveboard.recorder.capture.portable.dead_keys import DeadKeys
from aboveboard.recorder.capture.portable.keys import KeyNames


class Code:
    """As ``pynput.keyboard.KeyCode``, which cannot be imported without a display."""

    def __init__(self, vk: int | None = None, char: str | None = None, *, dead: bool = False) -> None:
        self.vk, self.char, self.is_dead = vk, char, dead


class Named:
    def __init__(self, name: str, vk: int = 0) -> None:
        self.name, self.value = name, Code(vk)


def test_letters_names_and_text() -> None:
    names = KeyNames()
    key = names.key(Code(0x41, "a"), pressed=True)
    assert (key.name, key.keysym, key.keycode, key.text, key.modifiers) == ("a", 0x61, 0x41, "a", [])
    assert names.key(Code(0x41, "a"), pressed=False).text == ""
    euro = names.key(Code(0x45, "€"), pressed=True)
    assert (euro.name, euro.keysym, euro.text) == ("U+20AC", 0x010020AC, "€")
    assert names.key(Code(0xC0, "~"), pressed=True).name == "asciitilde"
    space = names.key(Named("space", 0x20), pressed=True)
    assert (space.name, space.keysym, space.text) == ("space", 0x20, " ")
    enter = names.key(Named("enter", 0x0D), pressed=True)
    assert (enter.name, enter.keysym, enter.text, enter.keycode) == ("Return", 0xFF0D, "", 0x0D)


def test_a_key_without_a_name_is_told_without() -> None:
    nameless = KeyNames().key(Code(0xE8), pressed=True)
    assert (nameless.name, nameless.keysym, nameless.text, nameless.keycode) == ("", 0, "", 0xE8)
    assert KeyNames().key(None, pressed=True).keycode == 0


def test_modifiers_are_those_held_before() -> None:
    names = KeyNames()
    assert names.key(Named("ctrl_l", 0xA2), pressed=True).modifiers == []
    assert names.key(Named("shift", 0xA0), pressed=True).modifiers == ["Control"]
    copy = names.key(Code(0x43, "\x03"), pressed=True)
    assert (copy.name, copy.text, copy.modifiers, copy.shortcut) == ("c", "", ["Shift", "Control"], "Ctrl+Shift+C")
    names.key(Named("ctrl_l", 0xA2), pressed=False)
    assert names.key(Code(0x43, "C"), pressed=True).text == "C"
    names.forget()
    assert names.key(Code(0x43, "c"), pressed=True).modifiers == []


@pytest.mark.parametrize(("alt_types", "text", "shortcut"), [(False, "", "Alt+@"), (True, "@", "Alt+@")])
def test_what_alt_does_depends_on_the_system(alt_types: bool, text: str, shortcut: str) -> None:
    names = KeyNames(alt_types=alt_types)
    names.key(Named("alt"), pressed=True)
    key = names.key(Code(0x25, "@"), pressed=True)
    assert (key.text, key.shortcut) == (text, shortcut)


def test_altgr_types_and_makes_no_shortcut() -> None:
    """Windows tells AltGr as Ctrl and AltGr."""
    names = KeyNames()
    names.key(Named("ctrl_l"), pressed=True)
    names.key(Named("alt_gr"), pressed=True)
    key = names.key(Code(0x51, "@"), pressed=True)
    assert (key.text, key.shortcut) == ("@", "")


def test_function_keys_are_shortcuts_of_their_own() -> None:
    assert KeyNames().key(Named("f5"), pressed=True).shortcut == "F5"
    names = KeyNames()
    names.key(Named("alt"), pressed=True)
    assert names.key(Named("f4"), pressed=True).shortcut == "Alt+F4"


def typed(*keys: Any) -> list[str]:
    names, composer = KeyNames(), DeadKeys()
    return [composer.press(names.key(key, pressed=True)).text for key in keys]


ACUTE, TILDE = Code(0xDD, "´", dead=True), Code(0xC0, "~", dead=True)


def test_a_dead_key_comes_with_the_next() -> None:
    key = KeyNames().key(ACUTE, pressed=True)
    assert (key.name, key.keysym, key.text) == ("dead_acute", 0xFE51, "")
    assert typed(ACUTE, Code(0x45, "e"), Code(0x45, "e")) == ["", "é", "e"]
    assert typed(ACUTE, Named("shift"), Code(0x45, "E")) == ["", "", "É"]
    assert typed(ACUTE, Named("space")) == ["", "´"]
    assert typed(ACUTE, Code(0x51, "q")) == ["", "´q"]
    assert typed(ACUTE, ACUTE, Code(0x45, "e")) == ["", "´", "e"]
    assert typed(ACUTE, TILDE, Code(0x45, "e")) == ["", "´~", "e"]
    assert typed(ACUTE, Named("left"), Code(0x45, "e")) == ["", "", "e"]


def test_a_dead_key_is_forgotten_when_it_is_told_to() -> None:
    names, composer = KeyNames(), DeadKeys()
    composer.press(names.key(ACUTE, pressed=True))
    composer.reset()
    assert composer.press(names.key(Code(0x45, "e"), pressed=True)).text == "e"
