"""Which text may a key carry that was composed with keys before it?

The "é" of a dead accent and an e tells two keys. So texts are composed from the keys that come out, after each of them
was judged, and never from what was pressed:

1. A press that comes out goes to the composer, and carries the text that it answers.
2. A press that does not come out makes the composer forget: what follows is not composed with what was before.
3. So does what may take the keyboard elsewhere: a press of a button, another window.

Therefore no text can contain a key that was withheld.
"""

from typing import Protocol

from aboveboard.formats.recording import Key


class Composer(Protocol):
    """Remembers the keys of a sequence that is not finished."""

    def press(self, key: Key) -> Key:
        """The press with the text that it makes; "" while a sequence is not finished."""
        ...

    def reset(self) -> None:
        """Forget the sequence."""
        ...


class NoComposer:
    """Composes nothing: each key has its own text."""

    def press(self, key: Key) -> Key:
        return key

    def reset(self) -> None:
        pass


def composed(composer: Composer, key: Key, *, told: bool) -> Key:
    """The key as it comes out if it does (``told``); the composer follows."""
    if not key.pressed:
        return key
    if told:
        return composer.press(key)
    composer.reset()
    return key
