"""Do dead keys and compose sequences become the text that X makes of them, and is a missing library no accident?"""

import ctypes
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.formats.recording import Key
from aboveboard.recorder.capture import xkbcommon
from aboveboard.recorder.capture.compose import TEXT_LIMIT, TableComposer, locale_of
from aboveboard.recorder.capture.keysyms import name_of, text_of

ACUTE, CIRCUMFLEX, MULTI, SHIFT_L, BACKSPACE, RETURN = 0xFE51, 0xFE52, 0xFF20, 0xFFE1, 0xFF08, 0xFF0D


def press(keysym: int, *modifiers: str) -> Key:
    return Key(
        keycode=keysym % 200,
        keysym=keysym,
        name=name_of(keysym),
        text="" if modifiers else text_of(keysym),
        pressed=True,
        modifiers=list(modifiers),
    )


def typed(composer: TableComposer, *keys: int | Key) -> list[str]:
    return [composer.press(key if isinstance(key, Key) else press(key)).text for key in keys]


@pytest.fixture
def composer() -> TableComposer:
    return TableComposer({"LANG": "en_US.UTF-8"})


@pytest.mark.parametrize(
    ("keys", "texts"),
    [
        ([ord("a")], ["a"]),
        ([ACUTE, ord("e")], ["", "é"]),
        ([ACUTE, SHIFT_L, ord("E")], ["", "", "É"]),
        ([ACUTE, ACUTE], ["", "´"]),
        ([ACUTE, 0x20, ord("e")], ["", "'", "e"]),
        ([MULTI, ord("o"), ord("e"), ord("e")], ["", "", "œ", "e"]),
        ([MULTI, ord("-"), ord("-"), ord("-")], ["", "", "", "—"]),
        # what no table knows breaks the sequence off, and makes no text itself
        ([ACUTE, ord("x"), ord("e")], ["", "", "e"]),
        ([ACUTE, BACKSPACE, ord("e")], ["", "", "e"]),
        ([ACUTE, RETURN, ord("e")], ["", "", "e"]),
        ([MULTI, ord("o"), ord("%"), ord("e")], ["", "", "", "e"]),
    ],
)
def test_sequences(composer: TableComposer, keys: list[int], texts: list[str]) -> None:
    assert typed(composer, *keys) == texts


def test_a_shortcut_breaks_a_sequence_off(composer: TableComposer) -> None:
    assert typed(composer, ACUTE, press(ord("x"), "Control"), ord("e")) == ["", "", "e"]


def test_what_was_begun_is_forgotten_on_reset(composer: TableComposer) -> None:
    assert typed(composer, ACUTE) == [""]
    composer.reset()
    assert typed(composer, ord("e")) == ["e"]


def test_each_recording_has_its_own_state() -> None:
    one, other = TableComposer({"LANG": "en_US.UTF-8"}), TableComposer({"LANG": "en_US.UTF-8"})
    assert typed(one, ACUTE) == [""]
    assert typed(other, ord("e")) == ["e"]
    assert typed(one, ord("e")) == ["é"]


@pytest.mark.parametrize("locale", ["C", "xx_YY.UTF-8", "C.UTF-8", "de_DE.UTF-8", "\udcff"])
def test_whatever_the_locale_accents_are_composed(locale: str) -> None:
    assert typed(TableComposer({"LANG": locale}), ACUTE, ord("e")) == ["", "é"]


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({}, "C"),
        ({"LANG": "de_DE.UTF-8"}, "de_DE.UTF-8"),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "fr_FR.UTF-8"}, "fr_FR.UTF-8"),
        ({"LANG": "de_DE.UTF-8", "LC_CTYPE": "fr_FR.UTF-8", "LC_ALL": "C"}, "C"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "de_DE.UTF-8"),
    ],
)
def test_locale(environment: dict[str, str], locale: str) -> None:
    assert locale_of(environment) == locale


def test_a_long_text_of_a_persons_own_table_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "compose"
    table.write_text(f'<dead_acute> <q> : "{"ü" * 40}"\n<dead_acute> <w> : "{"ü" * 200}"\n', encoding="utf-8")
    monkeypatch.setenv("XCOMPOSEFILE", str(table))
    composer = TableComposer({"LANG": "en_US.UTF-8"})
    texts = typed(composer, ACUTE, ord("q"), ACUTE, ord("w"))
    assert texts[1] == "ü" * TEXT_LIMIT
    assert set(texts[3]) <= {"ü"}
    assert len(texts[3]) <= TEXT_LIMIT


@pytest.fixture
def no_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def missing(name: str) -> ctypes.CDLL:
        raise OSError(name)

    xkbcommon.open_library.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", missing)
    yield
    xkbcommon.open_library.cache_clear()


@pytest.mark.usefixtures("no_library")
def test_without_the_library_keys_keep_their_own_text_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert typed(TableComposer({"LANG": "en_US.UTF-8"}), ACUTE, ord("e")) == ["", "e"]
    assert [record.message for record in caplog.records] == [
        "libxkbcommon.so.0 is missing or too old: the text of dead keys and compose sequences is not recorded"
    ]
