"""Which words are asked for next?

Only words that have stayed on the screen for a moment: one that is being typed is another with each key. First those
that teach most (``glyphs``): most of the others can be spelt then, and need not be asked for at all.
"""

from collections.abc import Collection
from dataclasses import dataclass

from aboveboard.recorder.redact.pixels.glyphs import Glyphs
from aboveboard.recorder.redact.pixels.ocr import Shape
from aboveboard.recorder.redact.pixels.strips import Strip, WordInk

Key = tuple[int, ...]

BATCH = 8
"""Words that are asked for at one go."""
ALIKE = 3
"""Rows by which the heights of their lines may differ."""
RIPE_CALLS, LATE_CALLS = 2, 5
"""A word is asked for once it is still there so many calls later; alone only if no others came meanwhile."""
SLOW_CALLS = 6
"""So many calls later where somebody types."""
ENOUGH = 5
"""Words that are worth a call: one word takes half as long as five."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """``since``: the call at which it was first seen."""

    height: int
    shape: Shape
    since: int


class Wanted:
    """Words that nobody knows yet, in the order in which they were seen."""

    def __init__(self) -> None:
        self._words: dict[Key, _Wanted] = {}
        self._calls = 0

    def __len__(self) -> int:
        return len(self._words)

    def __contains__(self, key: Key) -> bool:
        return key in self._words

    def add(self, word: WordInk, strip: Strip) -> None:
        """Ask for ``word`` some time."""
        if word.glyphs not in self._words:
            levels = strip.levels[:, word.left : word.right].copy()
            self._words[word.glyphs] = _Wanted(strip.rect.height, Shape(levels, strip.foot, strip.clear), self._calls)

    def drop(self, key: Key) -> None:
        """It is known now."""
        self._words.pop(key, None)

    def only(self, keys: set[Key]) -> None:
        """Keep what is still on the screen."""
        for key in [key for key in self._words if key not in keys]:
            del self._words[key]

    def later(self) -> None:
        """A call has passed."""
        self._calls += 1

    def keys(self) -> list[Key]:
        """All of them."""
        return list(self._words)

    def next(self, glyphs: Glyphs, slow: Collection[Key] = ()) -> list[tuple[Key, Shape]]:
        """The words to ask for now, of one height roughly; none: there is nothing to ask for yet.

        ``slow``: these may be other words the next moment.
        """
        ripe = [
            (key, one)
            for key, one in self._words.items()
            if self._calls - one.since >= (SLOW_CALLS if key in slow else RIPE_CALLS)
        ]
        if len(ripe) < ENOUGH and not any(self._calls - one.since >= LATE_CALLS for _, one in ripe):
            return []
        if len(ripe) > BATCH:
            worth = glyphs.worth([key for key, _ in ripe])
            ripe = [ripe[at] for at in sorted(range(len(ripe)), key=lambda at: -worth[at])]
        return [(key, one.shape) for key, one in ripe if abs(one.height - ripe[0][1].height) <= ALIKE][:BATCH]
