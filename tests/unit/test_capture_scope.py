"""Which pixels are visible, computed on rectangles and on a raster: do both agree?"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.scope import Stacked, client_at, intersect, subtract, visible
from samples.disclosed import app, disclosure

SIDE = 40
SCREEN = Rect(0, 0, SIDE, SIDE)
DISCLOSURE = disclosure(app("editor"), app("framed", window="none"), app("blind", screen="none"))

sides = st.integers(1, SIDE)
places = st.integers(-10, SIDE)
rects = st.builds(Rect, places, places, sides, sides)


def facts(wm_class: str) -> WindowFacts:
    return WindowFacts(window_id=1, wm_class=wm_class, title="", pid=1, rect=SCREEN)


@st.composite
def stacked(draw: st.DrawFn) -> Stacked:
    outer = draw(rects)
    inner = draw(rects)
    hole = draw(st.one_of(st.none(), rects))
    client = draw(st.sampled_from(["editor", "framed", "blind", "stranger", None]))
    shape = (outer,) if hole is None else subtract(outer, hole)
    return Stacked(outer, shape, intersect(outer, inner) or Rect(0, 0, 0, 0), facts(client) if client else None)


def raster(stack: tuple[Stacked, ...]) -> np.ndarray:
    """The same by painting: from the bottom to the top, each window over what was there."""
    seen = np.zeros((SIDE, SIDE), bool)

    def paint(rect: Rect, value: bool) -> None:
        part = intersect(rect, SCREEN)
        if part is not None:
            seen[part.y : part.y + part.height, part.x : part.x + part.width] = value

    for window in stack:
        kind = window.client.wm_class if window.client else None
        known = kind in {"editor", "framed", "blind"}
        for part in window.shape if known else (window.outer,):
            paint(part, False)
            if kind == "editor":
                paint(part, True)
            if kind == "framed":
                paint(intersect(part, window.content) or Rect(0, 0, 0, 0), True)
    return seen


@given(st.lists(stacked(), max_size=6).map(tuple))
@settings(max_examples=200, deadline=None)
def test_the_visible_region_is_what_painting_shows(stack: tuple[Stacked, ...]) -> None:
    counted = np.zeros((SIDE, SIDE), int)
    for rect in visible(stack, SCREEN, DISCLOSURE):
        assert intersect(rect, SCREEN) == rect
        counted[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] += 1
    assert counted.max(initial=0) <= 1, "the rectangles are disjoint"
    assert ((counted == 1) == raster(stack)).all()


@given(rects, rects)
def test_subtracting_leaves_disjoint_rectangles_outside_the_hole(rect: Rect, hole: Rect) -> None:
    pieces = subtract(rect, hole)
    assert all(intersect(piece, hole) is None for piece in pieces)
    cut = intersect(rect, hole)
    area = sum(piece.width * piece.height for piece in pieces)
    assert area == rect.width * rect.height - (cut.width * cut.height if cut else 0)


def test_an_empty_desktop_shows_nothing() -> None:
    assert visible((), SCREEN, DISCLOSURE) == ()


def test_the_topmost_window_is_the_one_under_the_pointer() -> None:
    low = Stacked(SCREEN, (SCREEN,), SCREEN, facts("editor"))
    high = Stacked(Rect(0, 0, 10, 10), (Rect(0, 0, 10, 5),), Rect(0, 0, 10, 10), None)
    assert client_at((low, high), 3, 3) is None
    assert client_at((low, high), 3, 7) == facts("editor")
    assert client_at((low, high), 100, 7) is None
