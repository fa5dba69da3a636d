"""Is what a replay shows just before an action what was on the screen? Where not, for how long had it been otherwise?

A pixel of the replay is as old as the time since the screen last showed it so: 0 where it is what the screen shows at
the action. What the second look never saw may have stood between two of its looks: then it has to have been
painted about when the recorder drew it, and is as old as that drawing. Everything else is simply wrong.

What is covered because of its page has to be said so by a marker: it is as old as the time since what was said, and the
hold after it, were over. That counts for black pixels of windows that are asked for their page, and for nothing else.

Where something stood at the action before that nobody may record, and the replay still shows the grey of what is left
out, it is as old as the time since the screen was last painted there: that uncovered it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Marker, Session, Timed
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.replay.canvas import Canvas
from aboveboard.replay.pixels import Pixels
from aboveboard.rules.pages import Hidden
from samples.second_look import Look, Words
from samples.seen_hand import Seen

Times = NDArray[np.int64]
"""Wall times in nanoseconds: height × width."""

REACH_NS = 5 * SECOND_NS
SAME_ACT_NS = 500 * MILLISECOND_NS
LATE_NS = 50 * MILLISECOND_NS
"""How long after something was painted the second look may come: what a picture shows may have been looked at after."""
WHEEL = range(4, 8)
COVERED, LEFT_OUT = 0x000000, 0x808080


@dataclass(frozen=True)
class Compared:
    """One action: which, when (wall time), and how the replay before it compares with the screen before it.

    ``age_ns`` is of the oldest pixel, ``None``: one is simply wrong. ``differing`` holds what differs, if anything.
    """

    what: str
    time_ns: int
    equal_share: float
    age_ns: int | None
    differing: Rect | None
    shown: Pixels
    seen: Seen


def pressed(items: Iterable[Item]) -> list[Timed]:
    """Every press of a button or a key that came out; the wheel is told otherwise."""
    return [
        item
        for item in items
        if isinstance(item, Timed) and isinstance(item.event, Button | Key) and item.event.pressed
    ]


def with_seen(presses: Iterable[Timed], seen: Sequence[Seen]) -> list[tuple[Timed, Seen]]:
    """Each press that came out with the look just before it was sent."""
    pairs = []
    for timed in presses:
        event = timed.event
        assert isinstance(event, Button | Key)
        code = event.button if isinstance(event, Button) else event.keycode
        found = [
            one
            for one in seen
            if one.sent is not None
            and code == (one.sent.button or one.sent.keycode)
            and abs(one.sent.wall_ns - timed.time_ns) < SAME_ACT_NS
        ]
        assert found, f"nobody sent {event}"
        pairs.append((timed, min(found, key=lambda one: abs(one.sent.wall_ns - timed.time_ns))))
    return pairs


def before_each(
    items: Iterable[Item], times_ns: Sequence[int], size: tuple[int, int]
) -> Iterator[tuple[Pixels | None, Times]]:
    """``frame_before`` for many times, in order, in one pass; and when each pixel was drawn, until the next."""
    canvas, waiting = Canvas(), list(times_ns)
    drawn = np.zeros((size[1], size[0]), np.int64)
    for item in items:
        while waiting and item.time_ns >= waiting[0]:
            yield canvas.snapshot(), drawn
            waiting.pop(0)
        if isinstance(item, ScreenPatch):
            canvas.apply(item)
            drawn[item.y : item.y + item.height, item.x : item.x + item.width] = item.time_ns
        elif isinstance(item.event, Session):
            canvas.begin(item.event)
    for _ in waiting:
        yield canvas.snapshot(), drawn


def compare(items: Sequence[Item], acts: Sequence[tuple[int, str, Seen]], looks: Sequence[Look]) -> Iterator[Compared]:
    """Each act (wall time, what, the look just before it), in order of time."""
    truth, whole, markers = _Truth(looks), looks[0].rect, _hiding(items)
    scope_before = np.ones((whole.height, whole.width), np.bool_)
    pictures = before_each(items, [act[0] for act in acts], (whole.width, whole.height))
    for (time_ns, what, seen), (shown, drawn) in zip(acts, pictures, strict=True):
        scope = seen.scope
        if shown is None:
            nothing = np.zeros((*scope.shape, 3), np.uint8)
            yield Compared(what, time_ns, 0.0, None, Rect(0, 0, *scope.shape[::-1]), nothing, seen)
            continue
        words = as_words(shown)
        differs = (words != seen.screen.words) & scope
        rect = around(differs)
        age_ns: int | None = 0
        if rect is not None:
            covered_ns = np.where((words == COVERED) & seen.asked, _said_until_ns(markers, time_ns), -1)
            left_out = (words == LEFT_OUT) & ~scope_before
            known = _Known(*(_cut(one, rect) for one in (words, differs, drawn, covered_ns, left_out)))
            age_ns = truth.oldest_ns(rect, known, time_ns)
        share = 1 - float(np.count_nonzero(differs)) / max(1, np.count_nonzero(scope))
        scope_before = scope
        yield Compared(what, time_ns, share, age_ns, rect, shown, seen)


def _hiding(items: Iterable[Item]) -> list[Marker]:
    """What the recording says of windows that are covered because of what they show."""
    events = [item.event for item in items if isinstance(item, Timed)]
    return [event for event in events if isinstance(event, Marker) and event.reason in get_args(Hidden)]


def _said_until_ns(markers: Iterable[Marker], time_ns: int) -> int:
    """Until when, at most ``time_ns``, covers were said to be; the rule widens it by the hold. -1: nothing was said."""
    said = [marker.end_ns + HOLD_NS for marker in markers if marker.start_ns <= time_ns]
    return min(max(said, default=-1), time_ns)


class _Known(NamedTuple):
    """Of one rectangle: what the replay shows, where that differs, when it was drawn, until when its cover was said;
    where it may be grey still."""

    shown: Words
    differs: NDArray[np.bool_]
    drawn: Times
    covered_ns: Times
    left_out: NDArray[np.bool_]


class _Truth:
    """All that the screen showed, played forward."""

    def __init__(self, looks: Sequence[Look]) -> None:
        self._looks = looks
        self._next = 0
        self._canvas: Words = looks[0].words.copy()

    def oldest_ns(self, rect: Rect, known: _Known, time_ns: int) -> int | None:
        """How long before ``time_ns`` the screen last showed what differs in ``rect`` so; see the module."""
        shown, wanted, drawn, covered_ns, left_out = known
        self._play_until(time_ns - REACH_NS)
        state = _cut(self._canvas, rect).copy()
        until: Times = np.where(state == shown, time_ns, -1)
        changing = np.zeros(state.shape, np.bool_)
        painted_ns: Times = np.full(state.shape, -1, np.int64)
        place = self._next
        while place < len(self._looks) and self._looks[place].before_ns <= time_ns + LATE_NS:
            one = self._looks[place]
            if _meet(one.rect, rect):
                before = state.copy()
                _draw(state, rect, one)
                until[(before == shown) & (state != shown)] = min(one.before_ns, time_ns)
                until[state == shown] = time_ns
                painted = _within(rect, one.rect)
                changing[painted] |= abs(one.before_ns - drawn[painted]) <= LATE_NS
                painted_ns[painted] = min(one.before_ns, time_ns)
            place += 1
        until = np.maximum(np.where(changing, np.maximum(until, drawn), until), covered_ns)
        until = np.where(left_out, np.maximum(until, painted_ns), until)
        if (until[wanted] < 0).any():
            return None
        return int((time_ns - until[wanted]).max())

    def _play_until(self, time_ns: int) -> None:
        whole = Rect(0, 0, *self._canvas.shape[::-1])
        while self._next < len(self._looks) and self._looks[self._next].after_ns < time_ns:
            _draw(self._canvas, whole, self._looks[self._next])
            self._next += 1


def as_words(pixels: Pixels) -> Words:
    """(height, width, 3) RGB as numbers, 0xRRGGBB."""
    wide = pixels.astype(np.uint32)
    return wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]


def around(differs: NDArray[np.bool_]) -> Rect | None:
    """The rectangle around what is set; ``None`` if nothing is."""
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not rows.size:
        return None
    left, top = int(columns[0]), int(rows[0])
    return Rect(left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1)


def _cut(canvas: NDArray[Any], rect: Rect) -> NDArray[Any]:
    return canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _meet(a: Rect, b: Rect) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def _draw(canvas: Words, at: Rect, one: Look) -> None:
    """Draw a look on ``canvas``, which shows ``at``."""
    left, top = max(one.rect.x, at.x), max(one.rect.y, at.y)
    right, bottom = (
        min(one.rect.x + one.rect.width, at.x + at.width),
        min(one.rect.y + one.rect.height, at.y + at.height),
    )
    if right > left and bottom > top:
        part = one.words[top - one.rect.y : bottom - one.rect.y, left - one.rect.x : right - one.rect.x]
        canvas[top - at.y : bottom - at.y, left - at.x : right - at.x] = part


def _within(rect: Rect, part: Rect) -> tuple[slice, slice]:
    """Where ``part`` lies on a picture of ``rect``."""
    rows = slice(max(part.y - rect.y, 0), max(part.y + part.height - rect.y, 0))
    return rows, slice(max(part.x - rect.x, 0), max(part.x + part.width - rect.x, 0))
