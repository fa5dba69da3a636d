"""Do a device's numbers become steps, places, pressures and tilts?"""

import pytest

from aboveboard.formats.recording import Pen, Scroll, Touch
from aboveboard.recorder.capture.pointing import PointingDevice
from aboveboard.recorder.capture.raw_input import (
    RAW_BUTTON_PRESS,
    RAW_MOTION,
    RAW_TOUCH_BEGIN,
    RAW_TOUCH_END,
    RAW_TOUCH_UPDATE,
)
from aboveboard.recorder.capture.xi2 import SLAVE_POINTER, Axis, Device, Raw, Scrolling

PRESSURE, TILT_X, TILT_Y, PLACE = 101, 102, 103, 104
LABELS = {"pressure": PRESSURE, "tilt_x": TILT_X, "tilt_y": TILT_Y}
SIZE = (1000, 500)
POINTER = (7, 8)
PLACES = {0: Axis(PLACE, 0, 999, 0, absolute=True), 1: Axis(PLACE, 0, 999, 0, absolute=True)}
PEN_AXES = {
    **PLACES,
    2: Axis(PRESSURE, 0, 2000, 0, absolute=True),
    3: Axis(TILT_X, -64, 63, 0, absolute=True),
    4: Axis(TILT_Y, -64, 63, 0, absolute=True),
}
RELATIVE = Axis(0, -1, -1, 0, absolute=False)


def device(
    axes: dict[int, Axis],
    scrolling: dict[int, Scrolling] | None = None,
    *,
    name: str = "a device",
    touch: bool = False,
    direct: bool = False,
    enabled: bool = True,
    use: int = SLAVE_POINTER,
) -> PointingDevice:
    return PointingDevice.of(Device(5, use, name, enabled, axes, scrolling or {}, touch, direct), LABELS)


def raw(kind: int, values: dict[int, float], detail: int = 0) -> Raw:
    return Raw(kind, 5, 1, detail, made_by_server=False, values=values)


def scrolled(turned: PointingDevice, *values: dict[int, float]) -> list[tuple[float, float]]:
    events = [event for one in values for event in turned.hear(raw(RAW_MOTION, one), SIZE, POINTER)]
    assert all(isinstance(event, Scroll) and (event.x, event.y) == POINTER for event in events)
    return [(event.dx, event.dy) for event in events if isinstance(event, Scroll)]


@pytest.mark.parametrize(
    ("increment", "moved", "steps"),
    [(120.0, 30.0, 0.25), (15.0, -15.0, -1.0), (-10.0, 10.0, -1.0), (3.0, 1.0, 0.3333), (1e-9, 1e9, 10_000.0)],
)
def test_a_relative_valuator_scrolls_by_what_it_tells(increment: float, moved: float, steps: float) -> None:
    wheel = device({3: RELATIVE}, {3: Scrolling(vertical=True, increment=increment)})
    assert scrolled(wheel, {3: moved}, {3: moved}) == [(0, steps), (0, steps)]


def test_an_absolute_valuator_scrolls_by_how_far_it_went() -> None:
    axis = Axis(0, 0, 0, 100.0, absolute=True)
    wheel = device({2: axis}, {2: Scrolling(vertical=False, increment=10.0)})
    assert scrolled(wheel, {2: 105.0}, {2: 100.0}, {2: 100.0}) == [(0.5, 0), (-0.5, 0)]


def test_motion_alone_is_not_scrolling_and_both_directions_are_one_event() -> None:
    both = {2: Scrolling(vertical=False, increment=10.0), 3: Scrolling(vertical=True, increment=10.0)}
    wheel = device({0: RELATIVE, 1: RELATIVE, 2: RELATIVE, 3: RELATIVE}, both)
    assert scrolled(wheel, {0: 5.0, 1: 5.0}, {2: 10.0, 3: -10.0}, {2: 0.0}) == [(1, -1)]
    assert not wheel.tells(raw(RAW_MOTION, {0: 1.0}))


def test_a_finger_is_where_it_was_on_the_axes_that_are_not_told() -> None:
    screen = device(PLACES, touch=True, direct=True)
    kinds = [RAW_TOUCH_BEGIN, RAW_TOUCH_UPDATE, RAW_TOUCH_END]
    values: list[dict[int, float]] = [{0: 500, 1: 500}, {1: 999}, {}]
    told = [
        event
        for kind, one in zip(kinds, values, strict=True)
        for event in screen.hear(raw(kind, one, 9), SIZE, POINTER)
    ]
    assert told == [
        Touch(finger=9, phase="begin", x=500, y=250),
        Touch(finger=9, phase="move", x=500, y=499),
        Touch(finger=9, phase="end", x=500, y=499),
    ]
    assert screen.hear(raw(RAW_TOUCH_END, {}, 10), SIZE, POINTER) == []  # never began: nobody knows where


def test_a_pen_with_tilt_and_its_eraser() -> None:
    for name in ("Stylus", "Wacom Intuos Pro Eraser"):
        pen = device(PEN_AXES, name=name)
        [told] = pen.hear(raw(RAW_MOTION, {0: 100, 1: 100, 2: 500, 3: -20.5, 4: 63}), SIZE, POINTER)
        eraser = name != "Stylus"
        assert told == Pen(x=100, y=50, touching=False, pressure=0.25, tilt_x=-20.5, tilt_y=63.0, eraser=eraser)
        [pressed] = pen.hear(raw(RAW_BUTTON_PRESS, {2: 9999}, 1), SIZE, POINTER)
        assert pressed == Pen(x=100, y=50, touching=True, pressure=1.0, tilt_x=-20.5, tilt_y=63.0, eraser=eraser)
        assert pen.hear(raw(RAW_BUTTON_PRESS, {}, 2), SIZE, POINTER) == []


@pytest.mark.parametrize(
    ("found", "matters"),
    [
        (device(PEN_AXES), True),
        (device(PEN_AXES, enabled=False), False),
        (device(PEN_AXES, use=5), False),
        (device(PLACES), False),
        (device(PLACES, touch=True, direct=True), True),
        (device({**PLACES, 2: Axis(PRESSURE, 0, 1, 0, absolute=True)}, touch=True), False),  # a touchpad
        (device({0: RELATIVE, 1: RELATIVE, 2: Axis(PRESSURE, 0, 1, 0, absolute=True)}), False),
        (device({2: Axis(PRESSURE, 0, 1, 0, absolute=True)}), False),
        (device({0: RELATIVE, 1: RELATIVE}), False),
        (device({0: RELATIVE}, {0: Scrolling(vertical=True, increment=1.0)}), True),
    ],
)
def test_which_devices_matter(found: PointingDevice, matters: bool) -> None:
    assert found.matters is matters
