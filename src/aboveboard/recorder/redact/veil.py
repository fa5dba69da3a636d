"""What lies over the captured screen, besides secret fields?

The screen is followed as it is captured. Where it may come out ``redacted`` its text is read and checked, and what is
personal, or not read, or not checked yet, is under an opaque box (``layers.Text``); where it may come out as
``structure`` every piece of ink is one flat block (``layers.Flat``); where nothing may be seen it is grey.

1. What changed is looked at before it comes out. Reading takes time that is allowed, and no more: what is not read yet
   is covered, and shown by a later call.
2. If anything goes wrong while reading, checking or flattening, the whole region is black until it has gone well.
3. Reading and flattening see their own region and nothing else, so that no line goes on into another application's.
4. A pixel may be shown more closely than before only if it was captured since (``fidelity``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Marker
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.fidelity import EXACT, Fidelities, Regions
from aboveboard.recorder.redact.layers import OUTSIDE, Flat, Text, area, word
from aboveboard.recorder.redact.pixels.accessible import Given
from aboveboard.recorder.redact.pixels.covering import Finder
from aboveboard.recorder.redact.pixels.ink import Words
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.scope import Stacked, intersect_all, subtract_all
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.recorder.redact.words import Words as KnownWords

OCR_SHARE = 0.4
"""The part of the disclosure's processor time that reading words may take on average."""
KEPT_NS = SECOND_NS
"""For so long a picture may wait until it is looked at."""


@dataclass(frozen=True)
class Sight:
    """What it takes to read a screen: who looks for what is personal, and who reads. ``ocr``: one for each caller."""

    finder: Finder
    ocr: Callable[[], Ocr | None]


def sight_for(
    disclosure: Disclosure, words: KnownWords | None, ocr: Callable[[], Ocr] = Ocr
) -> tuple[Sight | None, tuple[str, ...]]:
    """What reads the screen in a session, and why nothing does although it should, for a person to read.

    ``words``: ``None`` where what is personal cannot be recognised; ``redact.words`` has said why.
    """
    if words is None or not any(app.screen == "redacted" for app in disclosure.apps):
        return None, ()
    try:
        first = [ocr()]
    except Exception as error:  # noqa: BLE001 - whatever is missing, the screen is recorded without its text
        return None, (str(error) or type(error).__name__,)
    return Sight(words.redactor, lambda: first.pop() if first else ocr()), ()


class Veil:
    """Over one screen. ``sight``: ``None`` where text cannot be read or checked. Used by one thread."""

    def __init__(self, disclosure: Disclosure, sight: Sight | None = None, *, before_ns: int = HOLD_NS) -> None:
        """``before_ns``: for so long what is gone from the screen may still be seen on it."""
        self._fidelities = Fidelities(disclosure, reads=sight is not None, before_ns=before_ns)
        share = disclosure.budget.cpu_percent / 100 * OCR_SHARE
        self._text = Text(sight.finder, sight.ocr, share) if sight is not None else None
        self._flat = Flat()
        self._layers = [layer for layer in (self._flat, self._text) if layer is not None]
        self._regions: Regions = EXACT

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        """From ``time_ns`` on the windows lie like this."""
        self._fidelities.layout(time_ns, stack)

    def flatten(self, time_ns: int, rects: Sequence[Rect]) -> None:
        """From ``time_ns`` on these rectangles, and no others, are ``structure`` at most."""
        self._fidelities.flatten(time_ns, rects)

    def typing(self, on: bool) -> None:
        """Is something being typed that is not decided yet?"""
        if self._text is not None:
            self._text.typing = on

    def forget(self, before_ns: int) -> None:
        """Drop what can no longer matter for pictures from ``before_ns`` on; those just before may wait to be seen."""
        self._fidelities.forget(before_ns - KEPT_NS)

    @property
    def plain(self) -> bool:
        """Is all that was captured shown as it is?"""
        regions = self._regions
        return not (regions.redacted or regions.structure or regions.outside)

    @property
    def waiting(self) -> bool:
        """Can more be shown soon, though nothing changes?"""
        return self._regions.passing or any(layer.waiting for layer in self._layers)

    def over(self, rects: Sequence[Rect]) -> bool:
        """Is any of ``rects`` where something has to be looked at before it is shown?"""
        return any(layer.over(rects) for layer in self._layers)

    def look(
        self, captured: Words, changed: Sequence[Rect], start_ns: int, end_ns: int, hidden: Sequence[Rect] = ()
    ) -> list[Rect]:
        """Look at the screen as ``captured``, of which ``changed`` is new; where it is to be painted anew.

        It was taken at ``start_ns`` and is still so at ``end_ns``; what happened in the hold after that is known. What
        is ``hidden``, under a box of somebody else's, is not even read.
        """
        screen = Rect(0, 0, captured.shape[1], captured.shape[0])
        before, self._regions = self._regions, self._fidelities.during(start_ns, end_ns, screen)
        outside = self._regions.outside
        dirty = _differing(before.outside, outside)
        dirty += self._flat.follow(captured, changed, _without(self._regions.structure, hidden), end_ns)
        if self._text is not None:
            self._text.panes, self._text.pictured = self._fidelities.panes(start_ns, end_ns), self._regions.pictured
            dirty += self._text.follow(captured, changed, _without(self._regions.redacted, hidden), end_ns)
        return intersect_all(dirty, [screen])

    def paint(self, pixels: Words, rect: Rect) -> None:
        """Paint over ``pixels``, a copy of what was captured in ``rect``."""
        for part in intersect_all(self._regions.outside, [rect]):
            area(pixels, part, rect)[:] = word(OUTSIDE)
        for layer in self._layers:
            layer.paint(pixels, rect)

    def puzzles(self, time_ns: int, window_id: int) -> tuple[Rect, ...]:
        """Lines of this window that cannot be read, to ask its application about now (``pixels.puzzles``)."""
        return self._text.puzzles(time_ns, window_id) if self._text is not None else ()

    def told(self, time_ns: int, given: Sequence[Given]) -> None:
        """What an application had answered about them at ``time_ns``."""
        if self._text is not None:
            self._text.told(time_ns, given)

    def markers(self) -> list[Marker]:
        """What went wrong since the last call."""
        return [marker for layer in self._layers for marker in layer.take_markers()]


def _without(region: tuple[Rect, ...], hidden: Sequence[Rect]) -> tuple[Rect, ...]:
    return tuple(subtract_all(region, hidden)) if hidden and region else region


def _differing(before: Sequence[Rect], now: Sequence[Rect]) -> list[Rect]:
    return [] if before == now else subtract_all(before, now) + subtract_all(now, before)
