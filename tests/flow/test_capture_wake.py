"""Does a sleeping recorder wake for everything that a hand does, and only as often as needed?"""

import select
import threading
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest

from aboveboard.base.clock import MILLISECOND_NS, SystemClock
from aboveboard.formats.recording import Key, Pointer
from aboveboard.recorder.capture import wake as wakes
from aboveboard.recorder.capture.display import connect, screen_of
from aboveboard.recorder.capture.input import Heard, InputWatch
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.wake import InputWake
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.x_windows import until

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
        until(lambda: woken(wake) and wake.drain() == 1, "it wakes, once")
        wake.arm()


def test_a_busy_hand_costs_one_event(wake: InputWake, hand: Xtest) -> None:
    hand.move(1, 1)
    assert woken(wake)
    assert wake.drain() == 1
    wake._conn.core.GetInputFocus().reply()
    for number in range(MOTIONS):
        hand.move(number % 300, number % 200)
        hand.tap(ord("x"))
    hand.settle()
    assert wake.drain() == 0
    assert not woken(wake)
    wake.arm()
    wake._conn.core.GetInputFocus().reply()
    hand.move(2, 2)
    assert woken(wake)


def test_what_is_not_raw_input_is_kept_for_others(wake: InputWake, display: Display) -> None:
    conn = display.connect()
    conn.core.ChangeKeyboardMapping(1, 250, 1, [0x1002192])
    conn.core.GetInputFocus().reply()
    conn.disconnect()
    assert woken(wake)
    assert wake.drain() == 0
    assert [event[0] & 0x7F for event in wake.others] == [34]


@pytest.mark.parametrize("listens", [False, True])
def test_nothing_is_lost_whether_or_not_a_program_listens_to_raw_motion(display: Display, listens: bool) -> None:
    """With one, the server flushes what it tells event by event, and drops what was not read in time."""
    program = connect(display.name)
    told: list[Heard] = []
    watch = InputWatch(
        display.name, ServerClock.measure(program, SystemClock()), lambda time_ns, event: told.append(event)
    )
    if listens:
        wakes.select(program, screen_of(program).root, {wakes.ALL_MASTER_DEVICES: (wakes.RAW_MOTION,)})
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert watch.listening.wait(5)
    hand = Xtest(display.name)
    hand.settle()
    before = len(told)
    for number in range(2 * MOTIONS):
        hand.move(number % 300, number % 200)
        hand.settle()
        time.sleep(0.0005)
    hand.close()
    watch.end()
    thread.join(5)
    watch.close()
    program.disconnect()
    places = [(event.x, event.y) for event in told[before:] if isinstance(event, Pointer)]
    assert places[-2 * MOTIONS :] == [(number % 300, number % 200) for number in range(2 * MOTIONS)]


def test_what_the_server_dates_alike_is_told_at_times_that_keep_its_order(display: Display) -> None:
    """Keys come out later than motions: between which of them they came, only their times say."""
    conn = connect(display.name)
    told: list[tuple[int, Heard]] = []
    clock = ServerClock.measure(conn, SystemClock())
    watch = InputWatch(display.name, clock, lambda time_ns, event: told.append((time_ns, event)))
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert watch.listening.wait(5)
    hand = Xtest(display.name)
    hand.settle()
    began_ns = clock.now_ns()
    time.sleep(0.003)  # the server's times are cut to milliseconds: what comes within this one is dated before it
    for number in range(MOTIONS):
        hand.move(number % 300, number % 200)
        hand.tap(ord("x"))
    hand.settle()
    hand.close()
    watch.end()
    thread.join(5)
    watch.close()
    conn.disconnect()
    times = [time_ns for time_ns, event in told if isinstance(event, Pointer | Key) and time_ns > began_ns]
    assert len(times) >= 3 * MOTIONS - 10
    assert len({time_ns // MILLISECOND_NS for time_ns in times}) < len(times) // 2, "the server dated few alike"
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] - clock.now_ns() < 0
