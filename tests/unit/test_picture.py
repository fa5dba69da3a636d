"""When is a whole picture told again?"""

import numpy as np
import pytest

from aboveboard.base.clock import SECOND_NS
from aboveboard.recorder.capture.port import Frame, Pixels, Rect
from aboveboard.recorder.encode.picture import WHOLE_AT_MOST_NS, WHOLE_BYTES_PER_S, WHOLE_EVERY_NS, Picture


def _frame(bgrx: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Frame:
    height, width = bgrx.shape[:2]
    return Frame(1, (Pixels(Rect(0, 0, width, height), bgrx),), whole=True)


def _plain() -> Frame:
    return _frame(np.full((200, 300, 4), 255, np.uint8))


def _noise(height: int) -> Frame:
    bgrx = np.random.default_rng(1).integers(0, 256, (height, 300, 4), dtype=np.uint8)
    bgrx[..., 3] = 255
    return _frame(bgrx)


@pytest.mark.parametrize("frame", [_plain(), _noise(100), _noise(700)])
def test_the_larger_a_whole_picture_was_the_longer_until_the_next(frame: Frame) -> None:
    picture = Picture()
    (whole,) = picture.draw(frame, 10 * SECOND_NS)
    wait_ns = min(max(len(whole.data) * SECOND_NS // WHOLE_BYTES_PER_S, WHOLE_EVERY_NS), WHOLE_AT_MOST_NS)
    assert not picture.due(10 * SECOND_NS + wait_ns - 1)
    assert picture.due(10 * SECOND_NS + wait_ns)
    _, told = picture.open(2, 10 * SECOND_NS + wait_ns)
    assert told is not None
    assert not picture.due(10 * SECOND_NS + wait_ns + WHOLE_EVERY_NS - 1)


def test_the_three_are_told_apart() -> None:
    sizes = [len(Picture().draw(frame, 0)[0].data) for frame in (_plain(), _noise(100), _noise(700))]
    waits = [size / WHOLE_BYTES_PER_S for size in sizes]
    assert waits[0] < WHOLE_EVERY_NS / SECOND_NS < waits[1] < WHOLE_AT_MOST_NS / SECOND_NS < waits[2]


def test_what_was_not_stored_is_told_at_once() -> None:
    picture = Picture()
    picture.draw(_noise(700), 0)
    picture.restart()
    assert picture.due(1)
