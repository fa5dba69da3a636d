"""Does a sleeping recorder wake for everything that a hand does, and only as often as needed?"""

import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

import pytest

from aboveboard.base.clock import MILLISECOND_NS, SystemClock
from aboveboard.formats.recording import Key, Pointer
from aboveboard.recorder.capture import raw_input
from aboveboard.recorder.capture import wake as wakes
from aboveboard.recorder.capture.display import connect, screen_of
from aboveboard.recorder.capture.input import Heard, InputWatch
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.wake import RECENT_MS, InputWake
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.x_windows import until

MOTIONS = 500
BEFORE = (301, 201)
"""Where the pointer is before it makes its motions, and in none of them."""


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
    rest_and_arm(wake)
    yield wake
    conn.disconnect()


def rest_and_arm(wake: InputWake) -> None:
    """Armed, and so long after anything happened that only what comes now can wake it."""
    time.sleep(2 * RECENT_MS / 1000)
    wake.drain()
    wake.arm()
    wake._conn.core.GetInputFocus().reply()


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
        rest_and_arm(wake)


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
    rest_and_arm(wake)
    hand.move(2, 2)
    assert woken(wake)


def test_what_happened_just_before_it_was_armed_wakes_too(wake: InputWake, hand: Xtest) -> None:
    hand.move(1, 1)
    assert woken(wake)
    wake.drain()
    hand.move(2, 2)
    hand.settle()
    wake.arm()
    assert woken(wake)
    assert wake.drain() == 1


def test_whenever_a_hand_does_something_it_wakes(wake: InputWake, hand: Xtest) -> None:
    """Armed at any time after the last, with anything from nothing to a rest between arming and the next."""
    chance = random.Random(8)
    acts = [
        lambda: hand.move(chance.randrange(300), chance.randrange(200)),
        lambda: hand.tap(ord("a")),
        lambda: (hand.press(4), hand.release(4)),
    ]
    for _ in range(100):
        wake.drain()
        wake.arm()
        time.sleep(chance.choice([0, 0.0005, 0.005, RECENT_MS / 1000, 1.5 * RECENT_MS / 1000]))
        chance.choice(acts)()
        assert woken(wake)


def test_what_is_not_its_alarm_is_kept_for_others(wake: InputWake, display: Display) -> None:
    conn = display.connect()
    conn.core.ChangeKeyboardMapping(1, 250, 1, [0x1002192])
    conn.core.GetInputFocus().reply()
    conn.disconnect()
    assert woken(wake)
    assert wake.drain() == 0
    assert [event[0] & 0x7F for event in wake.others] == [34]


def test_who_is_woken_while_it_asks_asks_again(display: Display, hand: Xtest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking takes in all that has arrived at the connection, and what woke it with the rest."""
    monkeypatch.setattr(wakes, "RECENT_MS", 60_000)  # whenever it arms, it is woken at once
    conn = connect(display.name)
    watch = InputWatch(display.name, ServerClock.measure(conn, SystemClock()), lambda time_ns, event: None)
    watch._stream = watch._start()
    hand.move(30, 30)
    hand.settle()
    while True:
        told = watch._told
        more = watch._listen(False)
        if watch._told == told:
            break
    assert not watch._wake.armed
    assert more
    watch.close()
    conn.disconnect()


def test_a_server_that_does_not_count_its_idle_time_is_asked_by_the_clock(
    display: Display, hand: Xtest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes, "IDLETIME", b"no such count")
    conn = connect(display.name)
    told: list[Heard] = []
    watch = InputWatch(
        display.name, ServerClock.measure(conn, SystemClock()), lambda time_ns, event: told.append(event)
    )
    assert not watch._wake.works
    thread = threading.Thread(target=watch.run)
    thread.start()
    assert watch.listening.wait(5)
    for place in (Pointer(x=10, y=20), Pointer(x=11, y=20), Pointer(x=12, y=20)):
        hand.move(place.x, place.y)
        until(partial(told.__contains__, place), f"{place} is told")
    watch.end()
    thread.join(5)
    watch.close()
    conn.disconnect()


LISTENER = """
import sys, threading
from aboveboard.base.clock import SystemClock
from aboveboard.formats.recording import Key, Pointer
from aboveboard.recorder.capture.display import connect
from aboveboard.recorder.capture.input import InputWatch
from aboveboard.recorder.capture.server_clock import ServerClock

def heard(time_ns, event):
    if isinstance(event, Pointer):
        print(event.x, event.y, flush=True)
    elif isinstance(event, Key):
        print(event.keycode, int(event.pressed), flush=True)

watch = InputWatch(sys.argv[1], ServerClock.measure(connect(sys.argv[1]), SystemClock()), heard)
thread = threading.Thread(target=watch.run)
thread.start()
watch.listening.wait(5)
print("listening", flush=True)
sys.stdin.read()
watch.end()
thread.join()
"""


def test_nothing_is_lost_while_a_recorder_gets_no_processor_time(display: Display) -> None:
    """It sleeps, armed, and is stopped; all that happens then waits in the server, and nothing of it is dropped."""
    hand = Xtest(display.name)
    command = [sys.executable, "-c", LISTENER, display.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as listener:
        assert listener.stdin
        assert listener.stdout
        try:
            assert listener.stdout.readline() == "listening\n"
            time.sleep(0.5)  # it sleeps
            listener.send_signal(signal.SIGSTOP)
            for number in range(MOTIONS):
                hand.move(number % 300, number % 200)
                hand.tap(ord("x"))
            hand.settle()
        finally:
            listener.send_signal(signal.SIGCONT)
        told, _ = listener.communicate("", timeout=20)
    keycode = hand.keycode(ord("x"))
    hand.close()
    acts = [(f"{number % 300} {number % 200}", f"{keycode} 1", f"{keycode} 0") for number in range(MOTIONS)]
    assert told.splitlines() == [line for act in acts for line in act]


@pytest.mark.parametrize("listens", [False, True])
def test_nothing_is_lost_whether_or_not_a_program_listens_to_raw_motion(display: Display, listens: bool) -> None:
    """With one, the server flushes what it tells event by event, and drops what was not read in time."""
    program = connect(display.name)
    told: list[Heard] = []
    watch = InputWatch(
        display.name, ServerClock.measure(program, SystemClock()), lambda time_ns, event: told.append(event)
    )
    if listens:
        raw_input.select(program, screen_of(program).root, {raw_input.ALL_MASTER_DEVICES: (raw_input.RAW_MOTION,)})
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
    hand.move(*BEFORE)
    hand.settle()
    for number in range(MOTIONS):
        hand.move(number % 300, number % 200)
        hand.tap(ord("x"))
    hand.settle()
    hand.close()
    watch.end()
    thread.join(5)
    watch.close()
    conn.disconnect()
    began = next(place for place, (_, event) in enumerate(told) if event == Pointer(x=BEFORE[0], y=BEFORE[1]))
    heard = [(time_ns, event) for time_ns, event in told[began + 1 :] if isinstance(event, Pointer | Key)]
    done = [(event.x, event.y) if isinstance(event, Pointer) else event.pressed for _, event in heard]
    assert done == [act for number in range(MOTIONS) for act in ((number % 300, number % 200), True, False)]
    times = [time_ns for time_ns, _ in heard]
    assert len({time_ns // MILLISECOND_NS for time_ns in times}) < len(times) // 2, "the server dated few alike"
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] - clock.now_ns() < 0
