"""Is the text that the recorder tells the text that an application gets?

xterm writes what is typed into a file, with dead keys and compose sequences handled by libX11, as in any program. The
same key events reach the recorder's code, and both texts are compared.
"""

import subprocess
import time
from collections.abc import Iterator

import pytest
import xcffib.xtest

from aboveboard.formats import recording
from aboveboard.formats.recording import Key
from aboveboard.recorder.capture.compose import TableComposer
from aboveboard.recorder.capture.display import connect
from aboveboard.recorder.capture.events import event_bytes
from aboveboard.recorder.capture.input import parse
from aboveboard.recorder.capture.keyboard_watch import KeyboardWatch
from aboveboard.stage.display import Display
from aboveboard.stage.processes import wait_for

KEY_PRESS, KEY_RELEASE = 2, 3
KEYS_MASK = 0b11
MARK = (38, "a")

# Key codes of a PC keyboard.
ACUTE, GRAVE, SPACE, SHIFT, ALTGR, ALT, COMPOSE, CAPS, CONTROL = 48, 49, 65, 50, 108, 64, 134, 66, 37
A, E, LETTER_O, X, Y, Z, SIX, BACKSPACE, LEFT, ESCAPE, KEYPAD_7, NUM_LOCK = (
    38,
    26,
    32,
    53,
    29,
    52,
    15,
    22,
    113,
    9,
    79,
    77,
)


class Typing:
    """A hand on the keyboard of a display with an xterm, and a recorder beside it."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.file = display.home / "typed"
        self.file.touch()
        env = {**display.env, "LANG": "C.UTF-8"}
        display.processes.start(["xterm", "-u8", "-e", f"stty raw -echo; exec cat > {self.file}"], env)
        self.conn = connect(display.name)
        self.watch = KeyboardWatch(self.conn)
        self.composer = TableComposer(env)
        self._test = self.conn(xcffib.xtest.key)
        assert wait_for(self._listen, 10.0), "xterm does not listen for keys"
        assert wait_for(self._answers, 10.0), "xterm does not write what is typed"

    def layouts(self, *arguments: str) -> None:
        subprocess.run(["setxkbmap", "-display", self.display.name, *arguments], check=True)
        self.changes()

    def type(self, *chords: tuple[int, ...]) -> tuple[str, list[Key], list[str]]:
        """The text that xterm got, the presses that are told, and the layouts told meanwhile."""
        before = self.file.stat().st_size
        list(event_bytes(self.conn))
        for chord in chords:
            for code in chord:
                self._key(code, pressed=True)
            for code in reversed(chord):
                self._key(code, pressed=False)
        time.sleep(0.25)
        told, layouts = self._told()
        return self.file.read_bytes()[before:].decode(), told, layouts

    def changes(self) -> list[str]:
        time.sleep(0.25)
        return self._told()[1]

    def _told(self) -> tuple[list[Key], list[str]]:
        events = list(event_bytes(self.conn))
        keys = b"".join(event for event in events if event[0] & 0x7F in {KEY_PRESS, KEY_RELEASE})
        layouts = [event.layout for _, event in self.watch.follow(events)]
        told = [event for _, event in parse(keys, self.watch) if isinstance(event, Key) and event.pressed]
        return [self.composer.press(key) for key in told], layouts

    def _key(self, code: int, *, pressed: bool) -> None:
        self._test.FakeInput(KEY_PRESS if pressed else KEY_RELEASE, code, 0, 0, 0, 0, 0)
        self.conn.core.GetInputFocus().reply()

    def _listen(self) -> bool:
        """Ask for the key events of every window that asks for them itself."""
        found = False
        windows = [self.conn.get_setup().roots[0].root]
        while windows:
            window = windows.pop()
            attributes = self.conn.core.GetWindowAttributes(window).reply()
            windows += list(self.conn.core.QueryTree(window).reply().children)
            if attributes.all_event_masks & 1 and attributes.map_state == 2:
                mine = attributes.your_event_mask | KEYS_MASK
                self.conn.core.ChangeWindowAttributes(window, 1 << 11, [mine])
                found = True
        return found

    def _answers(self) -> bool:
        text, told, _ = self.type((MARK[0],))
        return text == MARK[1] and len(told) == 1


@pytest.fixture(scope="module")
def typing() -> Iterator[Typing]:
    with Display() as display:
        typing = Typing(display)
        yield typing
        typing.conn.disconnect()


@pytest.fixture(scope="module")
def international(typing: Typing) -> Typing:
    typing.layouts("us,de", "-variant", "intl,", "-option", "grp:alt_shift_toggle", "-option", "compose:rwin")
    return typing


@pytest.mark.parametrize(
    ("chords", "text"),
    [
        ([(A,)], "a"),
        ([(ACUTE,), (E,)], "é"),
        ([(ACUTE,), (SHIFT, E)], "É"),
        ([(SHIFT, SIX), (E,)], "ê"),
        ([(ACUTE,), (SPACE,)], "'"),
        ([(ACUTE,), (ACUTE,)], "´"),
        ([(COMPOSE,), (LETTER_O,), (E,)], "œ"),
        ([(COMPOSE,), (LETTER_O,), (X,), (E,)], "¤e"),
        # sequences that are broken off
        ([(ACUTE,), (X,), (E,)], "e"),
        ([(ACUTE,), (BACKSPACE,), (E,)], "e"),
        ([(ACUTE,), (LEFT,), (E,)], "e"),
        ([(ACUTE,), (ESCAPE,), (E,)], "e"),
        ([(COMPOSE,), (ACUTE,), (E,)], "e"),
        # modifiers
        ([(SHIFT, A)], "A"),
        ([(CAPS,), (A,), (SHIFT, A), (CAPS,)], "Aa"),
        ([(CAPS,), (ACUTE,), (E,), (CAPS,)], "É"),
        ([(ALTGR, E)], "é"),
        ([(ALTGR, SHIFT, E)], "É"),
        ([(NUM_LOCK,), (KEYPAD_7,), (NUM_LOCK,)], "7"),
    ],
)
def test_the_text_is_what_the_application_gets(international: Typing, chords: list[tuple[int, ...]], text: str) -> None:
    got, told, _ = international.type(*chords)
    assert "".join(key.text for key in told) == got == text


def test_a_shortcut_in_a_sequence_ends_it_and_is_named(international: Typing) -> None:
    got, told, _ = international.type((ACUTE,), (CONTROL, X), (E,))
    assert [key.shortcut for key in told] == ["", "", "Ctrl+X", ""]
    assert "".join(key.text for key in told) == got == "e"


def test_the_text_follows_the_layout_that_is_switched_to(international: Typing) -> None:
    got, told, layouts = international.type((Y,), (ALT, SHIFT), (Y,), (ALTGR, 24), (ALT, SHIFT), (Y,))
    assert got == "".join(key.text for key in told) == "yz@y"
    assert layouts == ["de", "us(intl)"]


@pytest.mark.parametrize(
    ("layouts", "names", "text"),
    [
        (["us,ru,gr,de", "-variant", ",,,nodeadkeys"], ["us", "ru", "gr", "de(nodeadkeys)"], "zяζy"),
        (["fr"], ["fr"], "w"),
        (["us", "-variant", "dvorak"], ["us(dvorak)"], ";"),
    ],
)
def test_a_layout_loaded_while_recording(typing: Typing, layouts: list[str], names: list[str], text: str) -> None:
    typing.layouts("us")
    typing.layouts("-option", "", "-option", "grp:alt_shift_toggle", *layouts)
    told_text, all_names = "", [typing.watch.event().layout]
    for _ in names:
        got, told, _ = typing.type((Z,))
        assert got == "".join(key.text for key in told)
        told_text += got
        if len(names) > 1:
            all_names += typing.type((ALT, SHIFT))[2]
    assert all_names[: len(names)] == names
    assert told_text == text


def test_a_shortcut_keeps_its_latin_letter_in_another_script(typing: Typing) -> None:
    typing.layouts("us,ru", "-option", "", "-option", "grp:alt_shift_toggle")
    _, told, _ = typing.type((ALT, SHIFT), (CONTROL, A), (CONTROL, SHIFT, Z), (ALT, SHIFT))
    assert [key.shortcut for key in told if key.shortcut] == ["Ctrl+A", "Ctrl+Shift+Z"]


def test_a_key_is_named_by_the_mapping_of_when_it_was_pressed(typing: Typing) -> None:
    typing.layouts("us")
    for pressed in (True, False):
        typing._key(Y, pressed=pressed)
    time.sleep(0.05)
    subprocess.run(["setxkbmap", "-display", typing.display.name, "de"], check=True)
    for pressed in (True, False):
        typing._key(Y, pressed=pressed)
    time.sleep(0.25)
    told, layouts = typing._told()  # both keys and the change between them are seen only now
    assert ([key.text for key in told], layouts) == (["y", "z"], ["de"])
    assert typing.watch.event() == recording.Keyboard(layout="de")
