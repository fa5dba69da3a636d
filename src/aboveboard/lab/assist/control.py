"""Who is in control, and when does a person give it back?

1. Any touch makes it theirs.
2. It stays theirs while anything is held down: a button, a key, a finger.
3. They give it back with the keys for it, with a click at the bar, or by doing nothing for ``idle_s``.

Pure: what was heard and the time come in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aboveboard.formats.assisted import Holder
from aboveboard.stage.touch import DOWN, Heard

_UP = {up: down for down, up in DOWN.items()}


@dataclass
class Control:
    """Times are seconds of any clock that never goes back."""

    idle_s: float
    holder: Holder = "policy"
    _touched_s: float = 0.0
    _down: set[tuple[int, int, int]] = field(default_factory=set)

    def touched(self, heard: Iterable[Heard], now_s: float) -> None:
        """A person did these just now: control is theirs."""
        for one in heard:
            self.holder, self._touched_s = "person", now_s
            if one.kind in DOWN:
                self._down.add((one.kind, one.source, one.detail))
            elif one.kind in _UP:
                self._down.discard((_UP[one.kind], one.source, one.detail))

    def left_s(self, now_s: float) -> float:
        """How much longer nothing must be done before control goes back; ``idle_s`` while something is held."""
        return self.idle_s if self._down else max(0.0, self._touched_s + self.idle_s - now_s)

    def give_back(self, now_s: float, *, asked: bool) -> bool:
        """Give it back if the person ``asked`` for it, or did nothing for so long. Never while something is held."""
        if self.holder == "person" and not self._down and (asked or self.left_s(now_s) <= 0):
            self.holder = "policy"
            return True
        return False
