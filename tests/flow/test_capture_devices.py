"""Are smooth scrolling, fingers and pens told, once each, on a real X server with such devices?

The pointer's and the wheel's own events, which RECORD would tell, are those that the server sends a window that covers
the screen: the same bytes.
"""

import time
from collections.abc import Iterator

import pytest

from aboveboard.formats.recording import Button, Pen, Pointer, Scroll, Touch
from aboveboard.recorder.capture.devices import DeviceWatch, Recorded
from aboveboard.recorder.capture.display import connect, screen_of
from aboveboard.recorder.capture.events import event_bytes
from aboveboard.recorder.capture.input import parse
from aboveboard.recorder.capture.keyboard import Keyboard
from aboveboard.stage.xtest import Xtest
from samples.xorg_devices import (
    AXIS_END,
    PRESSURE_END,
    STEP,
    TOUCH_BEGIN,
    TOUCH_END,
    TOUCH_UPDATE,
    TestDevice,
    XorgDisplay,
    switch,
    xorg,
)

Event = Button | Pointer | Scroll | Touch | Pen
_BUTTONS_AND_MOTION = 0x4C


class Watched:
    """The recorder's part for devices, beside what a window gets."""

    def __init__(self, display: str) -> None:
        self.conn = connect(display)
        screen = screen_of(self.conn)
        self.size = (screen.width_in_pixels, screen.height_in_pixels)
        window = self.conn.generate_id()
        values = [1, _BUTTONS_AND_MOTION]  # without a window manager
        self.conn.core.CreateWindow(0, window, screen.root, 0, 0, *self.size, 0, 2, 0, 1 << 9 | 1 << 11, values)
        self.conn.core.MapWindow(window)
        self.conn.core.GetInputFocus().reply()
        self._keyboard = Keyboard.read(self.conn)
        self.devices = DeviceWatch(display)

    def told(self) -> list[Event]:
        """All that happened since the last time, by time."""
        found: list[tuple[int, Event]] = []
        for _ in range(2):
            self.devices.collect()
            found += [(at, event) for at, event in self.devices.merge(self._window()) if not _is_key(event)]
            found += self.devices.settled()
        return [event for _, event in sorted(found, key=lambda one: one[0])]

    def _window(self) -> list[Recorded]:
        self.conn.core.GetInputFocus().reply()
        return parse(b"".join(event for event in event_bytes(self.conn) if 4 <= event[0] & 0x7F <= 6), self._keyboard)

    def close(self) -> None:
        self.devices.close()
        self.conn.disconnect()


def _is_key(event: object) -> bool:
    return not isinstance(event, Button | Pointer | Scroll)


def scrolls(events: list[Event]) -> list[tuple[float, float]]:
    return [(event.dx, event.dy) for event in events if isinstance(event, Scroll)]


@pytest.fixture(scope="module")
def display() -> Iterator[XorgDisplay]:
    with xorg("finger", "mouse", "pen") as started:
        yield started


@pytest.fixture(scope="module")
def mouse(display: XorgDisplay) -> Iterator[TestDevice]:
    device = display.device("mouse")
    yield device
    device.close()


@pytest.fixture
def watched(display: XorgDisplay) -> Iterator[Watched]:
    watched = Watched(display.name)
    yield watched
    watched.close()


def test_a_turn_of_a_smooth_wheel_is_told_in_fractions_and_once(watched: Watched, mouse: TestDevice) -> None:
    for turn in (0.25, 0.5, 0.75, -2.5):
        mouse.move({3: turn * STEP})
    mouse.move({2: 1.5 * STEP})
    assert scrolls(watched.told()) == [(0, 0.25), (0, 0.5), (0, 0.75), (0, -2.5), (1.5, 0)]


def test_the_server_does_make_presses_of_such_turns_for_record(watched: Watched, mouse: TestDevice) -> None:
    """Else the test above would show nothing: what a window gets without the recorder's part."""
    watched.told()
    mouse.move({3: 2 * STEP})
    assert [(event.dx, event.dy) for _, event in watched._window() if isinstance(event, Scroll)] == [(0, 1), (0, 1)]
    assert scrolls(watched.told()) == [(0, 2)]


def test_a_plain_wheel_is_told_once_too(watched: Watched, mouse: TestDevice, display: XorgDisplay) -> None:
    mouse.button(5, pressed=True)
    mouse.button(5, pressed=False)
    hand = Xtest(display.name)
    hand.press(4)
    hand.release(4)
    hand.close()
    assert scrolls(watched.told()) == [(0, 1), (0, -1)]


def test_scrolling_has_the_place_where_the_pointer_was(
    watched: Watched, display: XorgDisplay, mouse: TestDevice
) -> None:
    hand = Xtest(display.name)
    for x in (100, 200, 300):
        hand.move(x, 2 * x)
        hand.settle()
        time.sleep(0.003)
        mouse.move({3: STEP})
        time.sleep(0.003)
    hand.move(5, 5)
    hand.close()
    events = watched.told()
    assert [(event.x, event.y) for event in events if isinstance(event, Scroll)] == [(100, 200), (200, 400), (300, 600)]
    assert [event.x for event in events if isinstance(event, Pointer)] == [100, 200, 300, 5]


def test_buttons_and_motion_stay_as_they_are(watched: Watched, mouse: TestDevice, display: XorgDisplay) -> None:
    hand = Xtest(display.name)
    hand.move(50, 60)
    hand.close()
    mouse.button(1, pressed=True)
    mouse.button(1, pressed=False)
    pressed = Button(button=1, pressed=True, x=50, y=60)
    assert watched.told() == [Pointer(x=50, y=60), pressed, Button(button=1, pressed=False, x=50, y=60)]


def test_fingers_are_told_apart_and_lie_on_the_desktop(watched: Watched, display: XorgDisplay) -> None:
    screen = display.device("finger")
    screen.touch(1, TOUCH_BEGIN, {0: AXIS_END / 4, 1: AXIS_END / 2})
    screen.touch(2, TOUCH_BEGIN, {0: AXIS_END / 2, 1: 0})
    screen.touch(1, TOUCH_UPDATE, {0: AXIS_END / 8})
    screen.touch(2, TOUCH_END, {})
    screen.touch(1, TOUCH_END, {})
    screen.close()
    width, height = watched.size
    touches = [event for event in watched.told() if isinstance(event, Touch)]
    first, second = touches[0].finger, touches[1].finger
    assert first != second
    assert [(touch.finger, touch.phase, touch.x, touch.y) for touch in touches] == [
        (first, "begin", width // 4, height // 2),
        (second, "begin", width // 2, 0),
        (first, "move", width // 8, height // 2),
        (second, "end", width // 2, 0),
        (first, "end", width // 8, height // 2),
    ]


def test_a_pen_tells_its_pressure_and_whether_it_touches(watched: Watched, display: XorgDisplay) -> None:
    pen = display.device("pen")
    middle = {0: AXIS_END / 2, 1: AXIS_END / 2}
    pen.move({**middle, 4: 0}, absolute=True)
    pen.button(1, pressed=True, values={**middle, 4: PRESSURE_END / 2})
    pen.move({4: PRESSURE_END}, absolute=True)
    pen.move({0: AXIS_END / 4}, absolute=True)
    pen.button(1, pressed=False, values={4: 0})
    pen.close()
    events = watched.told()
    x, y = watched.size[0] // 2, watched.size[1] // 2
    assert [event for event in events if isinstance(event, Pen)] == [
        Pen(x=x, y=y, touching=False, pressure=0.0),
        Pen(x=x, y=y, touching=True, pressure=0.5),
        Pen(x=x, y=y, touching=True, pressure=1.0),
        Pen(x=x // 2, y=y, touching=True, pressure=1.0),
        Pen(x=x // 2, y=y, touching=False, pressure=0.0),
    ]
    assert [event.pressed for event in events if isinstance(event, Button)] == [True, False]


def test_without_such_devices_nothing_is_needed_and_all_is_as_recorded() -> None:
    with xorg() as display:
        watched = Watched(display.name)
        assert not watched.devices.needed
        hand = Xtest(display.name)
        hand.move(10, 10)
        hand.press(5)
        hand.release(5)
        hand.close()
        assert watched.told() == [Pointer(x=10, y=10), Scroll(dx=0, dy=1, x=10, y=10)]
        watched.close()


def test_a_device_that_goes_and_comes_is_followed() -> None:
    with xorg("mouse") as display:
        watched, hand = Watched(display.name), Xtest(display.name)

        def turned(*, smoothly: bool) -> list[tuple[float, float]]:
            if smoothly:
                mouse = display.device("mouse")
                mouse.move({3: STEP / 2})
                mouse.close()
            hand.press(4)
            hand.release(4)
            hand.settle()
            return scrolls(watched.told())

        assert turned(smoothly=True) == [(0, 0.5), (0, -1)]
        switch(display.name, "mouse", on=False)
        watched.told()
        assert not watched.devices.needed
        assert turned(smoothly=False) == [(0, -1)]
        switch(display.name, "mouse", on=True)
        watched.told()
        assert watched.devices.needed
        assert turned(smoothly=True) == [(0, 0.5), (0, -1)]
        hand.close()
        watched.close()
