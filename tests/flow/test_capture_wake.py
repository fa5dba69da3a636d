"""Does a sleeping recorder wake for everything that a hand does, and only as often as needed?"""

import select
from collections.abc import Iterator

import pytest

from aboveboard.recorder.capture.display import connect
from aboveboard.recorder.capture.wake import InputWake
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest

MOTIONS = 500


@pytest.fixture(scope="module")
def display() -> Iterator[Display]:
    with Display() as started:
        yield started


@pytest.fixture
def hand(display: Display) -> Iterator[Xtest]:
    hand = Xtest(display.name)
    hand.move(5, 5)
    hand.settle()
    yield hand
    hand.close()


@pytest.fixture
def wake(display: Display, hand: Xtest) -> Iterator[InputWake]:
    conn = connect(display.name)
    wake = InputWake(conn)
    conn.core.GetInputFocus().reply()
    wake.drain()
    wake.arm()
    yield wake
    conn.disconnect()


def woken(wake: InputWake) -> bool:
    return bool(select.select([wake], [], [], 0.3)[0])


def test_everything_that_a_hand_does_wakes(wake: InputWake, hand: Xtest) -> None:
    acts = [
        lambda: hand.move(20, 20),
        lambda: hand.press(1),
        lambda: hand.release(1),
        lambda: hand.key_press(ord("a")),
        lambda: hand.key_release(ord("a")),
    ]
    for act in acts:
        assert not woken(wake)
        act()
        assert woken(wake)
        assert wake.drain() == 1
        wake.arm()


def test_a_moving_hand_costs_a_handful_of_events(wake: InputWake, hand: Xtest) -> None:
    hand.move(1, 1)
    assert woken(wake)
    wake.drain()
    assert not wake.armed
    wake.others.clear()
    before = wake.drain()
    for number in range(MOTIONS):
        hand.move(number % 300, number % 200)
    hand.settle()
    assert before + wake.drain() <= 2
    wake.arm()
    hand.move(2, 2)
    assert woken(wake)


def test_presses_are_counted_also_while_motion_is_not_told(wake: InputWake, hand: Xtest) -> None:
    keys, buttons = wake.presses["key"][0], wake.presses["button"][0]
    for number in range(20):
        hand.move(number, number)
        hand.tap(ord("x"))
        hand.press(3)
        hand.release(3)
        hand.settle()
        wake.drain()
    wake._conn.core.GetInputFocus().reply()
    wake.drain()
    assert wake.presses["key"][0] - keys == 20
    assert wake.presses["button"][0] - buttons == 20
    assert wake.presses["button"][1] >= wake.presses["key"][1] > 0


def test_what_is_not_raw_input_is_kept_for_others(wake: InputWake, display: Display) -> None:
    conn = display.connect()
    conn.core.ChangeKeyboardMapping(1, 250, 1, [0x1002192])
    conn.core.GetInputFocus().reply()
    conn.disconnect()
    assert woken(wake)
    assert wake.drain() == 0
    assert [event[0] & 0x7F for event in wake.others] == [34]
