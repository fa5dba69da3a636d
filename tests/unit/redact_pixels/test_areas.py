"""Does what is looked at again hold all that changed, and cut nothing?"""

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.areas import SeenRects, grown

SCREEN = Rect(0, 0, 400, 300)


@st.composite
def _rects(draw: st.DrawFn) -> Rect:
    x, y = draw(st.integers(0, 390)), draw(st.integers(0, 290))
    return Rect(x, y, draw(st.integers(1, 400 - x)), draw(st.integers(1, 300 - y)))


def _touch(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def _inside(inner: Rect, outer: Rect) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


@given(st.lists(_rects(), max_size=5), st.lists(_rects(), max_size=12))
def test_areas_are_disjoint_hold_what_changed_and_cut_no_ink(changed: list[Rect], ink: list[Rect]) -> None:
    seen = SeenRects()
    seen.add(ink)
    areas = grown(changed, seen, SCREEN)
    assert all(_inside(area, SCREEN) for area in areas)
    assert all(any(_inside(one, area) for area in areas) for one in changed)
    assert not any(_touch(one, other) for at, one in enumerate(areas) for other in areas[at + 1 :])
    for one in ink:
        assert all(_inside(one, area) for area in areas if _touch(one, area))


@given(st.lists(_rects(), max_size=12), _rects())
def test_what_is_taken_is_what_is_touched(ink: list[Rect], area: Rect) -> None:
    seen = SeenRects()
    seen.add(ink)
    cells = Rect(area.x - 1, area.y, area.width + 4, area.height)  # with the column in which ink ends
    taken = seen.take(area)
    assert {one for one in ink if _touch(one, area)} <= set(taken) <= {one for one in ink if _touch(one, cells)}
    assert not any(_touch(one, area) for one in seen.take(SCREEN))
