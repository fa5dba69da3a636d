"""When are terminals looked at, and what counts as known meanwhile?"""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from aboveboard.recorder.capture import prompt_watch
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.prompt_watch import PromptWatch
from aboveboard.recorder.redact.prompts import Prompt
from samples.x_windows import until

XTERM = WindowFacts(1, "XTerm", "shell", 7, Rect(0, 0, 10, 10))


class Clock:
    def now_ns(self) -> int:
        return time.time_ns()


class Watched:
    """A watch on its thread, and what it told."""

    def __init__(self) -> None:
        clock: Any = Clock()
        self.looks: list[tuple[int, int, Prompt]] = []
        self.watch = PromptWatch(clock, lambda *look: self.looks.append(look))
        self.thread = threading.Thread(target=self.watch.run)


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    made.thread.start()
    yield made
    made.watch.end()
    made.thread.join(10)
    assert not made.thread.is_alive()


def test_where_nothing_is_typed_nothing_is_looked_at_and_all_is_known(watched: Watched) -> None:
    before_ns = time.time_ns()
    assert before_ns <= watched.watch.progress_ns <= time.time_ns()
    watched.watch.want(None, often=True)
    watched.watch.look()
    assert watched.watch.progress_ns >= before_ns
    assert not watched.looks


def test_while_keys_wait_it_is_looked_at_once_and_again_and_known_up_to_the_last_look(watched: Watched) -> None:
    begun_ns = time.time_ns()
    watched.watch.want(XTERM, often=True)
    until(lambda: len(watched.looks) > 3, "it is looked at again and again")
    watched.watch.want(XTERM, often=True)
    known_ns = watched.watch.progress_ns
    times = [time_ns for time_ns, _, _ in watched.looks]
    assert times == sorted(times)
    assert times[0] >= begun_ns
    assert known_ns in times
    assert {pid for _, pid, _ in watched.looks} == {XTERM.pid}


def test_a_terminal_is_looked_at_now_and_then_and_at_once_when_a_key_comes(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prompt_watch, "NEW_NS", 0)
    monkeypatch.setattr(prompt_watch, "IDLE_S", 1000.0)
    watched.watch.want(XTERM, often=False)
    until(lambda: len(watched.looks) == 1, "another window is looked at")
    assert watched.watch.progress_ns > watched.looks[0][0]
    watched.watch.want(XTERM, often=True)
    until(lambda: len(watched.looks) >= 2, "a key came")
