"""Whatever windows do, does each pixel come out at the fidelity of who it belongs to, and no unread ink at all?"""

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aboveboard.recorder.capture.changes import changed_rects
from aboveboard.recorder.capture.port import Frame, Pixels, Rect, WindowFacts
from aboveboard.recorder.redact import layers
from aboveboard.recorder.redact.cover import Canvas
from aboveboard.recorder.redact.fidelity import Fidelities
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.layers import OUTSIDE, word
from aboveboard.recorder.redact.scope import Stacked
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.recorder.redact.veil import Sight, Veil
from samples.disclosed import app, disclosure
from samples.screen_text import Picture

WIDTH, HEIGHT = 360, 220
SCREEN = Rect(0, 0, WIDTH, HEIGHT)
LEVELS = ("structure", "redacted", "pictured", "exact")
"""``pictured``: at ``redacted``, and pictures are shown."""
STRANGER = "stranger"
LEAST = {level: number for number, level in enumerate(LEVELS)}
OUT = 4
PICTURED = {"screen": "redacted", "pictures": "shown"}
MIXED = disclosure(
    *(app(level, window="none", **(PICTURED if level == "pictured" else {"screen": level})) for level in LEVELS)
)
GROUNDS = {
    "structure": 0xFFE0E0FF,
    "redacted": 0xFFF0FFF0,
    "pictured": 0xFFFFFFE8,
    "exact": 0xFFFFE8E0,
    STRANGER: 0xFF102030,
}
INK = 40
"""By so much ink differs from its ground at least, to count."""
EDGE, SLIVER = 16, 40
"""So near an edge, and so many pixels, what is left of a letter that a window cuts off may be taken for a bar."""

rects = st.builds(Rect, st.integers(0, 200), st.integers(0, 120), st.integers(100, 240), st.integers(70, 160))
windows = st.tuples(rects, st.sampled_from((*LEVELS, STRANGER)), st.text("abdegopqxz mnIl", min_size=3, max_size=14))
stacks = st.lists(windows, min_size=1, max_size=4)
_ids = count(1)
AGAIN = Canvas.again
Window = tuple[Rect, str, str]


class Nothing:
    """Finds nothing: what is covered is covered because nobody read it."""

    name = "nothing"

    def find(self, _: str) -> list[object]:
        return []


def stacked(rect: Rect, wm_class: str) -> Stacked:
    return Stacked(rect, (rect,), rect, WindowFacts(next(_ids), wm_class, "", 7, rect))


def owners(stack: list[Window]) -> NDArray[np.int8]:
    """Of each pixel the level of the topmost window; ``OUT`` where there is none in scope."""
    found = np.full((HEIGHT, WIDTH), OUT, np.int8)
    for rect, level, _ in stack:
        cut(found, rect)[:] = LEAST.get(level, OUT)
    return found


def least(layouts: list[list[Window]]) -> NDArray[np.int8]:
    """The least level of each pixel at any of these times, of those at which it was in scope."""
    return np.minimum.reduce([owners(stack) for stack in layouts])


def cut(pixels: NDArray[np.generic], rect: Rect) -> NDArray[np.generic]:
    return pixels[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def drawn(stack: list[Window]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """What is captured of these windows, and where in it is ink."""
    pixels, ink = np.full((HEIGHT, WIDTH), word(OUTSIDE), np.uint32), np.zeros((HEIGHT, WIDTH), np.bool_)
    for rect, level, text in stack:
        ground = GROUNDS[level]
        colour = (ground >> 16 & 255, ground >> 8 & 255, ground & 255)
        picture = Picture(rect.width, rect.height, colour)
        for row in range(6, rect.height - 16, 26):
            picture.write(8, row, f"{text} {row}", colour=(10, 20, 60), size=14)
        content = cut(picture.pixels, Rect(0, 0, WIDTH - rect.x, HEIGHT - rect.y))
        differs = np.abs(channels(content) - channels(np.full_like(content, ground))).max(axis=2) >= INK
        cut(pixels, rect)[:] = content if level != STRANGER else word(OUTSIDE)
        cut(ink, rect)[:] = differs if level != STRANGER else False
    return pixels, ink


def channels(pixels: NDArray[np.uint32]) -> NDArray[np.int16]:
    return np.ascontiguousarray(pixels).view(np.uint8).reshape(*pixels.shape, 4)[..., :3].astype(np.int16)


@given(st.lists(stacks, min_size=1, max_size=4), st.lists(rects, max_size=2))
@settings(max_examples=60, deadline=None)
def test_the_least_counts_of_all_that_were_on_top_within_the_hold(story: list[list[Window]], flat: list[Rect]) -> None:
    fidelities = Fidelities(MIXED, reads=True)
    for number, stack in enumerate(story):
        fidelities.layout((number + 1) * HOLD_NS, tuple(stacked(rect, level) for rect, level, _ in stack))
    fidelities.flatten(2 * HOLD_NS, flat)
    for at in range(1, len(story) + 3):
        now = fidelities.during(at * HOLD_NS, at * HOLD_NS, SCREEN)
        told = np.full((HEIGHT, WIDTH), LEAST["exact"], np.int8)
        for name, places in (("out", now.outside), ("redacted", now.redacted), ("structure", now.structure)):
            for place in places:
                assert (cut(told, place) == LEAST["exact"]).all(), "regions do not overlap"
                cut(told, place)[:] = LEAST.get(name, OUT)
        for place in now.pictured:
            assert (cut(told, place) == LEAST["redacted"]).all(), "pictures are shown at redacted and nowhere else"
            cut(told, place)[:] = LEAST["pictured"]
        expected = least(story[min(max(at - 2, 0), len(story) - 1) : at + 1])
        for rect in flat:
            part = cut(expected, rect)
            part[part != OUT] = LEAST["structure"]
        assert (told == expected).all()


def inside(levels: NDArray[np.int8], level: str) -> NDArray[np.bool_]:
    """Where it holds ``EDGE`` pixels to each side too: slivers of letters that a window's edge cuts off may be seen."""
    there = levels == LEAST[level]
    for by in range(1, EDGE + 1):
        there[:, by:] &= levels[:, :-by] == LEAST[level]
        there[:, :-by] &= levels[:, by:] == LEAST[level]
    return there


class Desk:
    """A screen with windows, what the recorder makes of it, and a replay of what comes out."""

    def __init__(self) -> None:
        self.veil = Veil(MIXED, Sight(Redactor([Nothing()]), lambda: None))
        self.canvas = Canvas(self.veil)
        self.captured = np.zeros((0, 0), np.uint32)
        self.shown = np.zeros((HEIGHT, WIDTH), np.uint32)
        self.time_ns = 10 * HOLD_NS
        self.layouts: list[list[Window]] = [[]]

    def lay(self, stack: list[Window], lasts_ns: int) -> None:
        """The windows lie like this for so long; a picture is taken at once, and looked at once that is known."""
        self.veil.layout(self.time_ns, tuple(stacked(rect, level) for rect, level, _ in stack))
        self.layouts.append(stack)
        now, _ = drawn(stack)
        whole = not self.captured.size
        changed = [SCREEN] if whole else changed_rects(self.captured, now)
        self.captured = now
        patches = tuple(
            Pixels(rect, np.ascontiguousarray(cut(now, rect)).view(np.uint8).reshape(rect.height, rect.width, 4))
            for rect in changed
        )
        self.take(self.canvas.draw(RawFrame(self.time_ns, (WIDTH, HEIGHT), patches, whole), ()) if changed else None)
        self.time_ns += lasts_ns

    def tell(self, story: list[list[Window]]) -> None:
        """All of it, checked at each turn: when it has just changed, and once that is past."""
        for stack in story:
            self.lay(stack, 10 * HOLD_NS)
            self.check(self.layouts[-2:])
            self.later(current=True)
            self.check(self.layouts[-1:])

    def later(self, *, current: bool) -> None:
        self.take(self.canvas.again(self.time_ns, current=current))

    def take(self, frame: Frame | None) -> None:
        for patch in frame.patches if frame is not None else ():
            cut(self.shown, patch.rect)[:] = np.ascontiguousarray(patch.bgrx).view(np.uint32)[..., 0]

    def check(self, layouts: list[list[Window]]) -> None:
        """Is everything shown as it may be, if the windows lay like this within the hold?"""
        levels = least(layouts)
        _, ink = drawn(self.layouts[-1])
        same = self.shown == self.captured
        assert same[levels == LEAST["exact"]].all()
        flat = ink & inside(levels, "structure")
        for level in ("redacted", "pictured"):
            unread = ink & inside(levels, level)
            assert (same & unread).sum() <= 0.05 * unread.sum() + SLIVER, "unread ink"
        assert (same & flat).sum() <= 0.2 * flat.sum() + SLIVER, "ink at structure"
        whole = self.canvas.whole(self.time_ns)
        assert whole is not None
        assert (np.ascontiguousarray(whole.patches[0].bgrx).view(np.uint32)[..., 0] == self.shown).all()


@given(st.lists(stacks, min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_no_unread_ink_of_a_redacted_application_ever_comes_out(story: list[list[Window]]) -> None:
    Desk().tell(story)


def test_without_the_veil_ink_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    story: list[list[Window]] = [[(Rect(20, 20, 200, 120), level, "some words")] for level in LEVELS[:-1]]
    for stack in story:
        Desk().tell([stack])
    monkeypatch.setattr(layers.Layer, "paint", lambda *_: None)
    for stack in story:
        with pytest.raises(AssertionError, match="ink"):
            Desk().tell([stack])


def test_what_was_behind_a_window_is_not_shown_as_that_window_s(monkeypatch: pytest.MonkeyPatch) -> None:
    behind: Window = (Rect(20, 20, 200, 120), "structure", "some words")
    before: Window = (Rect(20, 20, 200, 120), "exact", "other words")

    def mistaken() -> bool:
        """The upper window is there by all accounts, and its picture is not."""
        desk = Desk()
        desk.lay([behind], 4 * HOLD_NS)
        desk.veil.layout(desk.time_ns, tuple(stacked(rect, level) for rect, level, _ in (behind, before)))
        desk.time_ns += HOLD_NS // 2
        desk.later(current=True)
        desk.time_ns += 4 * HOLD_NS
        desk.later(current=False)
        return bool((desk.shown == desk.captured)[drawn([behind])[1]].mean() > 0.5)

    assert not mistaken()
    monkeypatch.setattr(Canvas, "again", lambda self, time_ns, **_: AGAIN(self, time_ns, current=True))
    assert mistaken()
