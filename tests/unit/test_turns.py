"""Writers of one process go in the order in which they came, however eager one of them is."""

import threading
import time

import pytest

from aboveboard.vault.storage.sql.turns import Turns


def test_who_came_first_goes_first() -> None:
    turns, order = Turns(), []
    threads = []

    def work(number: int) -> None:
        with turns.turn(wait_s=30):
            order.append(number)

    with turns.turn(wait_s=1):
        for number in range(8):
            threads.append(threading.Thread(target=work, args=(number,)))
            threads[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(30)
    assert order == list(range(8))


def test_one_that_writes_all_the_time_holds_nobody_up() -> None:
    turns, ended = Turns(), threading.Event()

    def bookkeeping() -> None:
        while not ended.is_set():
            with turns.turn(wait_s=30):
                time.sleep(0.002)

    eager = [threading.Thread(target=bookkeeping) for _ in range(3)]
    for thread in eager:
        thread.start()
    for _ in range(20):
        with turns.turn(wait_s=10):
            pass
    ended.set()
    for thread in eager:
        thread.join(30)


def test_whoever_waits_too_long_gives_up_and_is_in_nobodys_way() -> None:
    turns = Turns()
    with turns.turn(wait_s=1):
        with pytest.raises(TimeoutError), turns.turn(wait_s=0.02):
            pass
        assert not turns._waiting
    with turns.turn(wait_s=1):
        pass


def test_a_turn_ends_whatever_happens_in_it() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="x"), turns.turn(wait_s=1):
        raise ValueError("x")
    with turns.turn(wait_s=0.1):
        pass
