"""Are exactly the changed pixels told, and is what is covered covered in every one of them?"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.changes import TILE, changed_rects
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.redact.cover import Boxes, Canvas
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.layers import COVER, OUTSIDE
from aboveboard.recorder.redact.scope import intersect
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.recorder.redact.veil import Veil
from samples.disclosed import app, disclosure

WIDTH, HEIGHT = 300, 200
SCREEN = Rect(0, 0, WIDTH, HEIGHT)
inside = st.builds(
    Rect, st.integers(0, WIDTH - 60), st.integers(0, HEIGHT - 60), st.integers(1, 60), st.integers(1, 60)
)


def cut(rect: Rect) -> tuple[slice, slice]:
    return slice(rect.y, rect.y + rect.height), slice(rect.x, rect.x + rect.width)


@given(st.lists(inside, max_size=6))
@settings(max_examples=100, deadline=None)
def test_every_changed_pixel_is_in_one_rectangle(rects: list[Rect]) -> None:
    before = np.zeros((HEIGHT, WIDTH), np.uint32)
    after = before.copy()
    for number, rect in enumerate(rects, start=1):
        after[cut(rect)] = number
    told = np.zeros((HEIGHT, WIDTH), int)
    for rect in changed_rects(before, after):
        told[cut(rect)] += 1
        assert (before[cut(rect)] != after[cut(rect)]).any()
    assert told.max(initial=0) <= 1
    assert (told[before != after] == 1).all()


def test_a_small_change_makes_a_small_rectangle() -> None:
    before = np.zeros((HEIGHT, WIDTH), np.uint32)
    after = before.copy()
    after[TILE + 3, 2 * TILE + 5] = 1
    assert changed_rects(before, after) == [Rect(2 * TILE + 5, TILE + 3, 1, 1)]
    assert changed_rects(before, before) == []


class Screen:
    """A screen that changes, the canvas that covers it, and a replay of what comes out."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.captured = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        self.canvas = Canvas(Veil(disclosure(app("Any"))))
        self.replayed = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
        self.time_ns = 0

    def change(self, rects: list[Rect], boxes: list[Rect]) -> Frame | None:
        self.time_ns += 1
        whole = self.time_ns == 1
        for rect in [SCREEN] if whole else rects:
            self.captured[cut(rect)] = self.random.integers(1, 255, (rect.height, rect.width, 4), np.uint8)
        patches = tuple(Pixels(rect, self.captured[cut(rect)].copy()) for rect in ([SCREEN] if whole else rects))
        frame = self.canvas.draw(RawFrame(self.time_ns, (WIDTH, HEIGHT), patches, whole), boxes)
        for patch in frame.patches if frame else ():
            self.replayed[cut(patch.rect)] = patch.bgrx
        return frame


steps = st.lists(st.tuples(st.lists(inside, max_size=3), st.lists(inside, max_size=3)), min_size=1, max_size=6)


@given(steps)
@settings(max_examples=60, deadline=None)
def test_the_replay_is_what_was_captured_with_the_boxes_over_it(story: list[tuple[list[Rect], list[Rect]]]) -> None:
    screen = Screen()
    for rects, boxes in story:
        frame = screen.change(rects, boxes)
        expected = screen.captured.copy()
        for box in boxes:
            expected[cut(box)] = COVER
        assert (screen.replayed == expected).all()
        for patch in frame.patches if frame else ():
            for box in boxes:
                part = intersect(box, patch.rect)
                if part is not None:
                    shifted = Rect(part.x - patch.rect.x, part.y - patch.rect.y, part.width, part.height)
                    assert (patch.bgrx[cut(shifted)] == COVER).all()
    whole = screen.canvas.whole(99)
    assert whole is not None
    assert (whole.patches[0].bgrx == screen.replayed).all()


def test_the_first_frame_and_one_of_another_size_are_whole() -> None:
    canvas = Canvas(Veil(disclosure(app("Any"))))
    assert canvas.whole(1) is None
    patch = Pixels(Rect(0, 0, 2, 2), np.full((2, 2, 4), 9, np.uint8))
    first = canvas.draw(RawFrame(1, (10, 8), (patch,), False), ())
    assert first is not None
    assert first.whole
    assert first.patches[0].bgrx.shape == (8, 10, 4)
    assert tuple(first.patches[0].bgrx[5, 5]) == OUTSIDE
    again = canvas.draw(RawFrame(2, (12, 8), (patch,), False), ())
    assert again is not None
    assert again.whole


def test_a_box_covers_the_hold_before_and_after_it_was_seen() -> None:
    boxes, box = Boxes(), Rect(1, 2, 3, 4)
    seen_ns, gone_ns = 10 * HOLD_NS, 20 * HOLD_NS
    boxes.seen(seen_ns, (box,))
    boxes.seen(gone_ns, ())
    assert boxes.at(seen_ns - HOLD_NS - 1) == ()
    assert boxes.at(seen_ns - HOLD_NS) == (box,)
    assert boxes.at(gone_ns + HOLD_NS - 1) == (box,)
    assert boxes.at(gone_ns + HOLD_NS) == ()
