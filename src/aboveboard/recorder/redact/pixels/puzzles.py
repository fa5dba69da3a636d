"""Which lines are their application asked about, and when is its answer believed?

A word that OCR cannot read stays covered. What an application says of the line is taken only where the ink agrees
(``accessible``), and only if it can be about this very ink:

1. The pictures are judged a moment after they were taken, and an application may know of a change before it draws it.
   So an answer waits until pictures are judged that are :data:`DRAWN_NS` younger than it.
2. If anything changed meanwhile where the line stands, even if it looks the same again, the answer is dropped.
"""

from collections.abc import Callable, Collection, Sequence

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.scope import contains, intersect

DRAWN_NS = 500 * MILLISECOND_NS
"""How much later than it knows of a change an application draws it, at most."""
EVERY_NS = SECOND_NS
AT_ONCE = 12
"""So many lines are asked about at once, that often."""


class Puzzles:
    """The unreadable lines of one screen. Times are wall time in ns. Used by one thread."""

    def __init__(self) -> None:
        self._open: dict[Rect, bool] = {}
        """Each unreadable line, and whether it was asked about as it is now."""
        self._asked_ns = -EVERY_NS
        self._answers: tuple[int, tuple[Given, ...]] | None = None

    @property
    def waiting(self) -> bool:
        """Is there an answer that may soon be believed?"""
        return self._answers is not None

    def follow(self, changed: Sequence[Rect] | None, unreadable: Collection[Rect]) -> None:
        """``changed`` (``None``: everywhere) may be other ink now, and these lines are unreadable."""
        if changed is None:
            self._open = {}
        here = set(unreadable)
        self._open = {
            rect: asked
            for rect, asked in self._open.items()
            if rect in here and not any(intersect(rect, one) for one in changed or ())
        }
        for rect in unreadable:
            self._open.setdefault(rect, False)

    def take(self, time_ns: int, there: Callable[[int, int], bool]) -> tuple[Rect, ...]:
        """Lines with their middle (x, y) ``there`` to ask about now; each once as long as nothing changes there."""
        if self.waiting or 0 <= time_ns - self._asked_ns < EVERY_NS:
            return ()
        new = [rect for rect, asked in self._open.items() if not asked and there(*_middle(rect))][:AT_ONCE]
        if new:
            self._asked_ns = time_ns
            self._open.update(dict.fromkeys(new, True))
        return tuple(new)

    def told(self, time_ns: int, given: Sequence[Given]) -> None:
        """At ``time_ns`` the application had answered this."""
        if given:
            self._answers = (time_ns, tuple(given))

    def believed(self, time_ns: int) -> tuple[Given, ...]:
        """What was said of lines that have stayed as they were until ``time_ns``; once."""
        if self._answers is None or time_ns < self._answers[0] + DRAWN_NS:
            return ()
        given, self._answers = self._answers[1], None
        return tuple(one for one in given if any(asked and _fits(one, rect) for rect, asked in self._open.items()))


def _fits(given: Given, rect: Rect) -> bool:
    """Is it about the line in ``rect``?"""
    return contains(given.rect, *_middle(rect))


def _middle(rect: Rect) -> tuple[int, int]:
    return rect.x + rect.width // 2, rect.y + rect.height // 2
