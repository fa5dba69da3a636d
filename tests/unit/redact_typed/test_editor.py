"""Is the text that is rebuilt from keys the one that stands in the field?"""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aboveboard.recorder.redact.typed.commands import command_of
from aboveboard.recorder.redact.typed.editor import Editor
from aboveboard.recorder.redact.typed.options import FIELD_CHARACTERS, UNDO_STEPS, Options
from aboveboard.recorder.redact.typed.parts import ONE, SOME, Hold, Press
from samples.text_buffer import Buffer
from samples.typed_keys import key

CHARACTERS = ["a", "b", "Z", "7", " ", " ", ".", "_", "é"]
MOVES = [
    f"{modifiers}{name}"
    for modifiers in ("", "Shift+", "Control+", "Control+Shift+")
    for name in ("Left", "Right", "Home", "End")
] + ["Up", "Down", "Shift+Up", "Shift+Down"]
EDITS = ["BackSpace", "BackSpace", "Delete", "Control+BackSpace", "Control+Delete", "Return", "Insert"]
CLIPBOARD = ["Control+c", "Control+x", "Control+v"]
UNDO = ["Control+z", "Control+Shift+z", "Control+y"]
WHOLE = ["Control+a", *UNDO]
NEAR = [f"{shift}{name}" for shift in ("", "Shift+") for name in ("Left", "Right", "BackSpace")] + [
    "Delete",
    "Insert",
]
HIDDEN = "one two  three. four_5 six  seven " * 12

chords = st.sampled_from([*CHARACTERS, *CHARACTERS, *MOVES, *EDITS, *CLIPBOARD])


def press(editor: Editor, chord: str) -> Press:
    pressed = Press(0, key(chord), Hold())
    editor.press(pressed)
    return pressed


@settings(max_examples=400)
@given(st.lists(st.one_of(chords, st.sampled_from(WHOLE)), max_size=60))
@example(["a", "Control+a", "Return", "Control+z"])
@example(["a", "Return", "b", "b", "Up", "Down", "Down", "Control+z", "Control+z", "Control+y"])
def test_a_field_emptied_first_is_known_to_the_last_character(script: list[str]) -> None:
    editor, buffer = Editor(Options()), Buffer()
    press(editor, "Control+a")
    press(editor, "Delete")
    editor._history._done.clear()  # what was before is not known to the buffer
    for chord in script:
        press(editor, chord)
        buffer.press(key(chord))
        if SOME in editor.text:
            return  # a paste of what was copied elsewhere
        assert editor.text == buffer.text
        if chord in UNDO:  # where it leaves the caret differs between toolkits
            buffer.caret = editor.field.caret
        assert (editor.field.caret, editor.field.selection) == (buffer.caret, buffer.selected)


def matches(pattern: str, text: str) -> bool:
    """Does ``text`` look like ``pattern``, where SOME is anything and ONE any character?"""
    parts = [{SOME: ".*", ONE: "."}.get(one, re.escape(one)) for one in pattern]
    return re.fullmatch(re.sub(r"(\.\*)+", ".*", "".join(parts)), text, re.DOTALL) is not None


@settings(max_examples=400)
@given(st.lists(st.sampled_from([*CHARACTERS, *NEAR]), max_size=40), st.integers(0, 30))
@example(["a", "Left", "Left", "Shift+Left", "Insert", "a"], 0)
@example(["a", "Left", "Left", "b", "Right", "c"], 0)
def test_nothing_wrong_is_claimed_of_a_line_that_the_caret_was_set_into(script: list[str], off: int) -> None:
    editor, buffer = Editor(Options()), Buffer(HIDDEN, len(HIDDEN) // 2 + off)
    for chord in script:
        press(editor, chord)
        buffer.press(key(chord))
        caret = editor.field.caret
        assert matches(editor.text[:caret], buffer.text[: buffer.caret]), (editor.text, buffer.text)
        assert matches(editor.text[caret:], buffer.text[buffer.caret :]), (editor.text, buffer.text)


@pytest.mark.parametrize(
    "script", [["a", "Home", "b", "End", "c"], ["a", "Home", "Left", "b", "End", "Home", "End", "c"]]
)
def test_the_ends_of_a_line_are_found_again(script: list[str]) -> None:
    editor, buffer = Editor(Options()), Buffer(HIDDEN, 20)
    for chord in script:
        press(editor, chord)
        buffer.press(key(chord))
    assert matches(editor.text, buffer.text)
    assert [one for one in editor.text if one not in (SOME, ONE)] == ["b", "a", "c"]


@given(st.lists(chords, max_size=40))
def test_every_character_knows_the_press_that_made_it(script: list[str]) -> None:
    editor = Editor(Options())
    presses = [press(editor, chord) for chord in script]
    for char in editor.field.items:
        assert char.authors or not char.known
        assert all(char in author.made and author in presses for author in char.authors)
    for one in presses:
        assert all(char.known and not char.alive for char in one.gone if char not in editor.field.items)


def typed(script: list[str], editing: str = "readline") -> str:
    editor = Editor(Options(editing=editing))  # type: ignore[arg-type]
    press(editor, "Control+a" if editing == "field" else "Return")
    for chord in script:
        press(editor, chord)
    return editor.text.rsplit("\n", 1)[-1].strip(SOME)


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ([*"git psh", "Alt+b", "Control+d", *"xx", "Control+e", "!"], "git xxsh!"),
        ([*"one two", "Control+w", *"three"], "one three"),
        ([*"one two", "Control+u", *"x ", "Control+y"], "x one two"),
        ([*"one two", "Control+a", "Alt+f", "Control+k", "!", "Control+y"], "one! two"),
        ([*"one two", "Alt+BackSpace", "Control+b", "x"], "onex "),
        ([*"ab", "Control+t"], "ba"),
        ([*"ls", "Return", "BackSpace", "Left", "Home", *"x"], "x"),
        ([*"cd my", "Tab", *"/x"], f"cd my{SOME}/x"),
        ([*"ls", "Up", *" -l"], f"{SOME} -l".strip(SOME)),
        ([*"abc", "Control+a", "Alt+d", "Control+y"], "abc"),
    ],
)
def test_a_shell_edits_as_readline_does(script: list[str], text: str) -> None:
    assert typed(script) == text


def test_a_paste_of_what_was_copied_elsewhere_is_unknown_and_joins() -> None:
    assert typed([*"a", "Control+v", *"b"], "field") == f"a{SOME}b"


def test_a_composed_character_is_made_by_all_its_keys() -> None:
    editor = Editor(Options())
    dead = press(editor, "dead_acute")
    letter = Press(0, key("e", text="é"), Hold())
    editor.press(letter)
    assert [char.authors for char in editor.field.items if char.known] == [(dead, letter)]
    assert dead.made == letter.made


def test_an_escape_ends_a_composed_character() -> None:
    editor = Editor(Options())
    dead = press(editor, "dead_acute")
    press(editor, "Escape")
    press(editor, "e")
    assert not dead.made


def test_where_insert_does_nothing_it_does_nothing() -> None:
    editor = Editor(Options(overwrites=False))
    for chord in [*"abc", "Control+Home", "Insert", "x"]:
        press(editor, chord)
    assert editor.text.strip(SOME) in ("xabc", f"x{SOME}abc")


def test_what_is_remembered_has_an_end() -> None:
    editor = Editor(Options())
    for place in range(3 * FIELD_CHARACTERS):
        press(editor, "x")
        if place % 7 == 0:
            press(editor, "Home" if place % 2 else "Left")
    press(editor, "Control+a")
    press(editor, "Control+c")
    for _ in range(5):
        press(editor, "Control+v")
        press(editor, "End")
    press(editor, "x")
    assert len(editor.field.items) <= 3 * FIELD_CHARACTERS
    assert len(editor._history._done) <= UNDO_STEPS


@pytest.mark.parametrize("chord", ["Tab", "F5", "Control+Tab", "Alt+x", "Control+l", "Control+Return"])
def test_a_key_that_may_lead_elsewhere_ends_the_field(chord: str) -> None:
    named = key(chord) if chord != "F5" else key("Tab", text="")
    assert command_of(named, Options()).verb in {"leave", "enter"}
