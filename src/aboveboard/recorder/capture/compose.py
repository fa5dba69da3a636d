"""What text does a sequence of keys make: a dead accent and a letter, or the Compose key and what follows it?

From the compose tables of the person's locale and ``~/.XCompose``, as libX11 and the toolkits read them. As in X, the
text comes with the key that ends the sequence; the keys before it make none, and neither does one that breaks a
sequence off. A shortcut in the middle ends it. Whose keys may come together here is decided in ``redact.composing``.
"""

import ctypes
import os
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from aboveboard.formats.recording import Key
from aboveboard.recorder.capture.keysyms import text_of
from aboveboard.recorder.capture.xkbcommon import context, open_library

TEXT_LIMIT = 16
"""A longer text, which a person's own table may make, is cut."""

FALLBACK = "en_US.UTF-8"
_COMPOSING, _COMPOSED, _CANCELLED = 1, 2, 3
_ACCEPTED = 1
_COMMANDS = frozenset({"Control", "Alt", "Super"})
_UTF8_BYTES = 256


class TableComposer:
    """One recording's state; see ``redact.composing.Composer``. Used by one thread. The table is read when first used.

    Where there is no library or no table, each key keeps its own text.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._locale = locale_of(os.environ if environment is None else environment)
        self._library: Any = open_library("libxkbcommon.so.0")
        self._state: Any = None
        self._read = False

    def press(self, key: Key) -> Key:
        """The press with the text that it makes."""
        if not self._ready():
            return key
        if _COMMANDS.intersection(key.modifiers):
            self.reset()
            return key
        if self._library.xkb_compose_state_feed(self._state, key.keysym) != _ACCEPTED:
            return key  # a modifier: what was begun goes on
        status = self._library.xkb_compose_state_get_status(self._state)
        if status not in {_COMPOSING, _COMPOSED, _CANCELLED}:
            return key
        text = self._text() if status == _COMPOSED else ""
        if status != _COMPOSING:
            self.reset()
        return replace(key, text=text)

    def reset(self) -> None:
        """Forget what was begun."""
        if self._state:
            self._library.xkb_compose_state_reset(self._state)

    def _text(self) -> str:
        buffer = ctypes.create_string_buffer(_UTF8_BYTES)
        self._library.xkb_compose_state_get_utf8(self._state, buffer, _UTF8_BYTES)
        text = buffer.value.decode("utf-8", "ignore") or text_of(
            self._library.xkb_compose_state_get_one_sym(self._state)
        )
        return text[:TEXT_LIMIT]

    def _ready(self) -> bool:
        if not self._read and self._library is not None and context():
            for locale in (self._locale, FALLBACK):
                table = self._library.xkb_compose_table_new_from_locale(context(), os.fsencode(locale), 0)
                if table:
                    self._state = self._library.xkb_compose_state_new(table, 0)
                    break
        self._read = True
        return bool(self._state)


def locale_of(environment: Mapping[str, str]) -> str:
    """The locale whose tables hold, as ``setlocale`` reads the environment; "C" if nothing is set."""
    return next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "C")
