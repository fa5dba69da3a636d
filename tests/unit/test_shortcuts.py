"""Is a press named as people name it, and only where it is a shortcut?"""

import pytest

from aboveboard.recorder.capture.keysyms import UNICODE_BASE
from aboveboard.recorder.capture.shortcuts import label, shortcut_of

CONTROL, ALT, SHIFT, SUPER, LEVEL3 = "Control", "Alt", "Shift", "Super", "Level3"
CYRILLIC_EF, CYRILLIC_EF_CAPITAL, GREEK_ALPHA = 0x6C6, 0x6E6, 0x7E1
F1, F4, F5, F35 = 0xFFBE, 0xFFC1, 0xFFC2, 0xFFE0
KP_HOME, KP_7, KP_ADD = 0xFF95, 0xFFB7, 0xFFAB
VT_1 = 0x1008FE01


@pytest.mark.parametrize(
    ("modifiers", "keysym", "plain", "name"),
    [
        ([CONTROL], ord("c"), [ord("c")], "Ctrl+C"),
        ([SHIFT, CONTROL], ord("T"), [ord("t")], "Ctrl+Shift+T"),
        ([SHIFT, CONTROL, ALT, SUPER], ord("T"), [ord("t")], "Ctrl+Alt+Shift+Super+T"),
        ([ALT], F4, [F4], "Alt+F4"),
        ([SUPER], ord("d"), [ord("d")], "Super+D"),
        ([], F5, [F5], "F5"),
        ([LEVEL3], F5, [F5], "F5"),
        ([SHIFT], F35, [F35], "Shift+F35"),
        ([CONTROL, ALT], VT_1, [F1], "Ctrl+Alt+F1"),
        ([CONTROL, ALT], 0xFFFF, [0xFFFF], "Ctrl+Alt+Delete"),
        ([CONTROL, SHIFT], 0xFE20, [0xFF09], "Ctrl+Shift+Tab"),
        ([ALT], 0xFF09, [0xFF09], "Alt+Tab"),
        ([CONTROL], 0xFF0D, [0xFF0D], "Ctrl+Enter"),
        ([CONTROL], 0x20, [0x20], "Ctrl+Space"),
        ([CONTROL], 0xFF56, [0xFF56], "Ctrl+PageDown"),
        ([CONTROL], 0xFF51, [0xFF51], "Ctrl+Left"),
        ([CONTROL, SHIFT], ord("+"), [ord("=")], "Ctrl+Shift+="),
        ([CONTROL], ord("/"), [ord("/")], "Ctrl+/"),
        ([CONTROL, SHIFT], ord("!"), [ord("1")], "Ctrl+Shift+1"),
        ([CONTROL, "CapsLock"], ord("A"), [ord("a")], "Ctrl+A"),
        ([CONTROL, "NumLock"], KP_7, [KP_HOME], "Ctrl+KP_7"),
        ([CONTROL], KP_HOME, [KP_HOME], "Ctrl+KP_Home"),
        ([CONTROL], KP_ADD, [KP_ADD], "Ctrl+KP_Add"),
        ([CONTROL], 0xF6, [0xF6], "Ctrl+Ö"),
        ([CONTROL], 0xDF, [0xDF], "Ctrl+ß"),
        ([CONTROL, LEVEL3], 0x20AC, [ord("e")], "Ctrl+E"),
        # another script is active: the Latin letter, where another layout has one
        ([CONTROL], CYRILLIC_EF, [CYRILLIC_EF, ord("a")], "Ctrl+A"),
        ([CONTROL, SHIFT], CYRILLIC_EF_CAPITAL, [CYRILLIC_EF, 0, ord("a")], "Ctrl+Shift+A"),
        ([CONTROL], GREEK_ALPHA, [GREEK_ALPHA, CYRILLIC_EF, ord("a")], "Ctrl+A"),
        ([CONTROL], CYRILLIC_EF, [CYRILLIC_EF], "Ctrl+Ф"),
        ([CONTROL], UNICODE_BASE + 0x5D0, [UNICODE_BASE + 0x5D0, ord("t")], "Ctrl+T"),
        ([CONTROL], 0x3B, [0x3B, ord("q")], "Ctrl+;"),
        # none
        ([], ord("a"), [ord("a")], ""),
        ([SHIFT], ord("A"), [ord("a")], ""),
        ([LEVEL3], 0x20AC, [ord("e")], ""),
        (["CapsLock", "NumLock"], ord("A"), [ord("a")], ""),
        ([], 0xFF0D, [0xFF0D], ""),
        ([CONTROL], 0xFFE1, [0xFFE1], ""),
        ([SHIFT, CONTROL], 0xFFE7, [0xFFE9], ""),
        ([ALT], 0xFE08, [0xFFE1], ""),
        ([CONTROL], 0xFE03, [0xFE03], ""),
        ([ALT], 0xFF7F, [0xFF7F], ""),
        ([CONTROL], 0, [], ""),
    ],
)
def test_a_press_is_named(modifiers: list[str], keysym: int, plain: list[int], name: str) -> None:
    assert shortcut_of(modifiers, keysym, plain) == name


def test_no_name_is_longer_than_the_format_allows() -> None:
    everything = [SHIFT, CONTROL, ALT, SUPER, LEVEL3]
    for keysym in [*range(1, 0x10000, 7), *range(0xFF00, 0x10000), *range(0x1008FF00, 0x10090000)]:
        assert len(shortcut_of(everything, keysym, [keysym])) <= 64
    assert label([]) == 0
