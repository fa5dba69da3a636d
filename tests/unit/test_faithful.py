"""What the comparison with the screen lets pass: a cover that is said, where it may be, for as long as it may be."""

import numpy as np
import pytest

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Marker, Session, Timed
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.redact.timeline import HOLD_NS
from samples.faithful import compare
from samples.second_look import kept
from samples.seen_hand import Seen

SCREEN = Rect(0, 0, 64, 48)
WHITE, BLACK = 0xFFFFFF, 0x000000
BEGAN_NS, LOOKED_NS = 100 * SECOND_NS, 110 * SECOND_NS


def recording(*, colour: int, said_until_ns: int | None, reason: str = "not_decided") -> list[Item]:
    """A screen of one colour, and what was said of it from its beginning on."""
    head = Session(
        session_id="",
        sequence=0,
        screen_width=SCREEN.width,
        screen_height=SCREEN.height,
        platform="linux x11",
        recorder="made up",
        clock_error_ns=0,
    )
    canvas = Canvas()
    canvas.begin()
    shown = np.full((SCREEN.height, SCREEN.width, 4), colour & 0xFF, np.uint8)
    items: list[Item] = [Timed(BEGAN_NS, head)]
    items += canvas.draw(Frame(BEGAN_NS, (Pixels(SCREEN, shown),), whole=True))
    if said_until_ns is not None:
        marker = Marker(kind="suppressed", reason=reason, start_ns=BEGAN_NS, end_ns=said_until_ns)
        items.append(Timed(said_until_ns, marker))
    return items


def age_ns(items: list[Item], *, app: str = "Chromium") -> int | None:
    """Of the replay beside a screen that was white all the time, with a window of ``app`` over all of it."""
    white = np.full((SCREEN.height, SCREEN.width), WHITE, np.uint32)
    look = kept(BEGAN_NS, BEGAN_NS, SCREEN, white)
    seen = Seen.of(None, kept(LOOKED_NS, LOOKED_NS, SCREEN, white), (app,), np.ones(white.shape, np.uint8))
    (found,) = compare(items, [(LOOKED_NS, "a glance", seen)], [look])
    return found.age_ns


def test_a_cover_that_is_said_is_not_outdated() -> None:
    assert age_ns(recording(colour=BLACK, said_until_ns=LOOKED_NS + SECOND_NS)) == 0
    assert age_ns(recording(colour=BLACK, said_until_ns=LOOKED_NS - HOLD_NS)) == 0


def test_a_cover_that_stays_after_it_was_said_is_as_old_as_the_time_since() -> None:
    late_ns = 300 * MILLISECOND_NS
    assert age_ns(recording(colour=BLACK, said_until_ns=LOOKED_NS - HOLD_NS - late_ns)) == late_ns


@pytest.mark.parametrize(
    ("items", "app"),
    [
        (recording(colour=BLACK, said_until_ns=None), "Chromium"),
        (recording(colour=BLACK, said_until_ns=LOOKED_NS, reason="focus_unknown"), "Chromium"),
        (recording(colour=BLACK, said_until_ns=LOOKED_NS), "Gnumeric"),
        (recording(colour=0x909090, said_until_ns=LOOKED_NS), "Chromium"),
    ],
    ids=["nothing said", "something else said", "a window that is not asked", "not covered"],
)
def test_anything_else_that_the_screen_never_showed_is_wrong(items: list[Item], app: str) -> None:
    assert age_ns(items, app=app) is None


def test_what_is_equal_is_not_old() -> None:
    assert age_ns(recording(colour=WHITE, said_until_ns=None)) == 0


@pytest.mark.parametrize(("stood_there", "age_ms"), [(True, 40), (False, None)])
def test_grey_where_a_stranger_stood_is_as_old_as_what_uncovered_it(stood_there: bool, age_ms: int | None) -> None:
    white = np.full((SCREEN.height, SCREEN.width), WHITE, np.uint32)
    uncovered_ns, before_ns = LOOKED_NS - 40 * MILLISECOND_NS, LOOKED_NS - SECOND_NS
    looks = [kept(BEGAN_NS, BEGAN_NS, SCREEN, white * 0 + 0xAA3311), kept(uncovered_ns, uncovered_ns, SCREEN, white)]
    whole, nothing = np.ones(white.shape, np.uint8), np.zeros(white.shape, np.uint8)
    before = Seen.of(None, looks[0], ("Chromium",), nothing if stood_there else whole)
    seen = Seen.of(None, kept(LOOKED_NS, LOOKED_NS, SCREEN, white), ("Chromium",), whole)
    acts = [(before_ns, "a glance", before), (LOOKED_NS, "a glance", seen)]
    _, found = compare(recording(colour=0x808080, said_until_ns=None), acts, looks)
    assert found.age_ns == (None if age_ms is None else age_ms * MILLISECOND_NS)
