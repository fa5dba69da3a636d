"""What do the recorder's own rules leave of a demonstration's words and keys, at ``redacted``?

Words go through what titles and controls go through (``redact.words``); typing becomes key presses and goes through
what keys go through (``redact.typed``), with the same detectors and the same placeholders. A demonstration is a session
of its own.
"""

from collections.abc import Callable

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Key
from aboveboard.recorder.redact.keys import FIELD
from aboveboard.recorder.redact.text.detectors import Options, load
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.typed.stream import Typing
from aboveboard.recorder.redact.typed.writing import Kept
from aboveboard.recorder.redact.words import Words

STEP_NS = 120 * MILLISECOND_NS


class OneSession:
    """One session's words and keys. ``Words`` covers by the text, ``Typing`` by the presses that made it."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._typed: dict[str, str] = {}
        self._now_ns = SECOND_NS

    def words(self, text: str, about: str) -> str:
        """What is left of words on the screen."""
        return self._words.text(text, about=about)

    def typed(self, text: str) -> str:
        """What is left of what was typed into one field."""
        if text not in self._typed:
            typing = Typing(self._words.redactor)
            typing.use(FIELD, "chromium")
            for one in text:
                self._now_ns += STEP_NS
                typing.offer(self._now_ns, _key(one, pressed=True))
                typing.offer(self._now_ns + STEP_NS // 2, _key(one, pressed=False))
            self._now_ns += 60 * SECOND_NS
            told = typing.release(self._now_ns, last=True)
            self._typed[text] = "".join(one.key.text if isinstance(one, Kept) else one.placeholder for one in told)
        return self._typed[text]


def sessions() -> Callable[[], OneSession]:
    """One :class:`OneSession` after the other; raises where a detector for any kind is missing."""
    loaded = load(Options())
    if loaded.missing:
        raise SystemExit(f"redaction cannot be tried: {loaded.missing[0].name} is missing ({loaded.missing[0].why})")
    return lambda: OneSession(Words(Redactor(loaded.detectors)))


def _key(character: str, *, pressed: bool) -> Key:
    keysym = ord(character) if ord(character) < 0x100 else 0x01000000 + ord(character)
    text = character if pressed else ""
    return Key(keycode=8 + keysym % 240, keysym=keysym, name=character, text=text, pressed=pressed, modifiers=[])
