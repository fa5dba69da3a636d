"""Does a key code with a modifier state become the right symbol, name and text?"""

import pytest

from aboveboard.recorder.capture.keyboard import Keyboard
from aboveboard.recorder.capture.keysyms import name_of, text_of, upper

SHIFT, LOCK, CONTROL, MOD1, MOD2, MOD4, MOD5 = 1, 2, 4, 8, 16, 64, 128
GROUP2 = 1 << 13
EURO, CYRILLIC_A, CYRILLIC_A_CAPITAL = 0x20AC, 0x6C1, 0x6E1

ROWS = [
    # group 1: two levels, group 2: two levels, then levels 3 and 4 of group 1
    [0x61, 0x41, CYRILLIC_A, CYRILLIC_A_CAPITAL, 0xE6, 0xC6],  # 8: a
    [0x31, 0x21, 0x31, 0x21, 0xB9, 0xA1],  # 9: 1 !
    [0x65, 0x45, 0, 0, EURO, EURO],  # 10: e
    [0xFF9F, 0xFFAE, 0, 0, 0, 0],  # 11: KP_Delete, KP_Decimal
    [0xFF0D, 0, 0, 0, 0, 0],  # 12: Return
    [0xFF09, 0xFE20, 0, 0, 0, 0],  # 13: Tab
    [0xFFE1, 0, 0, 0, 0, 0],  # 14: Shift_L
    [0xFFE9, 0, 0, 0, 0, 0],  # 15: Alt_L
    [0xFF7F, 0, 0, 0, 0, 0],  # 16: Num_Lock
    [0xFFEB, 0, 0, 0, 0, 0],  # 17: Super_L
    [0xFE03, 0, 0, 0, 0, 0],  # 18: ISO_Level3_Shift
    [0x7A, 0, 0, 0, 0, 0],  # 19: z, one symbol only
]
MODIFIER_CODES = [14, 0, 0, 15, 16, 0, 17, 18]


@pytest.fixture
def keyboard() -> Keyboard:
    symbols = [symbol for row in ROWS for symbol in row]
    return Keyboard.build(8, symbols, 6, MODIFIER_CODES)


@pytest.mark.parametrize(
    ("code", "state", "name", "text"),
    [
        (8, 0, "a", "a"),
        (8, SHIFT, "A", "A"),
        (8, LOCK, "A", "A"),
        (8, SHIFT | LOCK, "a", "a"),
        (9, LOCK, "1", "1"),
        (9, SHIFT, "exclam", "!"),
        (8, MOD5, "ae", "æ"),
        (8, MOD5 | SHIFT, "AE", "Æ"),
        (10, MOD5, "EuroSign", "€"),
        (8, GROUP2, "Cyrillic_a", "а"),
        (8, GROUP2 | SHIFT, "Cyrillic_A", "А"),
        (8, GROUP2 | LOCK, "Cyrillic_A", "А"),
        (11, 0, "KP_Delete", ""),
        (11, MOD2, "KP_Decimal", "."),
        (11, MOD2 | SHIFT, "KP_Delete", ""),
        (12, 0, "Return", ""),
        (13, SHIFT, "ISO_Left_Tab", ""),
        (19, SHIFT, "Z", "Z"),
        (8, CONTROL, "a", ""),
        (8, MOD1, "a", ""),
        (8, MOD4, "a", ""),
        (200, 0, "", ""),
    ],
)
def test_symbol_and_text(keyboard: Keyboard, code: int, state: int, name: str, text: str) -> None:
    key = keyboard.key(code, state, pressed=True)
    assert (key.name, key.text, key.pressed) == (name, text, True)
    assert keyboard.key(code, state, pressed=False).text == ""


def test_modifiers_are_named_from_the_mapping(keyboard: Keyboard) -> None:
    everything = SHIFT | LOCK | CONTROL | MOD1 | MOD2 | MOD4 | MOD5
    assert keyboard.modifiers(everything) == ["Shift", "Control", "Alt", "Super", "CapsLock", "NumLock", "Level3"]
    assert keyboard.modifiers(1 << 5) == []


@pytest.mark.parametrize(
    ("keysym", "name", "text"),
    [
        (0x1000000 + 0x1F600, "U+1F600", "😀"),
        (0xFFFFFF, "VoidSymbol", ""),
        (0x7E1, "Greek_alpha", "α"),
        (0x1B1, "aogonek", "ą"),
        (0xFE51, "dead_acute", ""),
        (0xFFB7, "KP_7", "7"),
        (0x12345678, "U+11345678", ""),
    ],
)
def test_names_and_texts_of_symbols(keysym: int, name: str, text: str) -> None:
    assert (name_of(keysym), text_of(keysym)) == (name, text)


def test_no_symbol_has_a_text_of_more_than_one_character_or_fails() -> None:
    for keysym in [*range(0x10000), *range(0x1000000, 0x1011000)]:
        assert len(text_of(keysym)) <= 1
        assert upper(upper(keysym)) == upper(keysym)
        assert len(name_of(keysym)) <= 64
