"""What is told later of the active window holds from then on, whatever millisecond its event carries.

The server's times are cut to whole milliseconds, ours are not: the window that takes over from "none" may carry a time
before it. Told in that order, "none" would hold until the next switch, and everything in the window would be lost.
"""

from itertools import count
from types import SimpleNamespace
from typing import Any

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.windows import WindowWatch
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Stretches

PAGE = WindowFacts(7, "Chromium", "Page", 1, Rect(0, 0, 10, 10))


class Server:
    """Which window it says is active, and since when it says so."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)

    def active(self) -> int:
        return self.answers.pop(0)

    def facts(self, window: int) -> WindowFacts:
        return PAGE

    def read(self) -> tuple[Stacked, ...]:
        return (Stacked(PAGE.rect, (PAGE.rect,), PAGE.rect, PAGE),)


def told_by(server: Server, *since_ms: int) -> Stretches[Active]:
    watch: Any = WindowWatch.__new__(WindowWatch)
    told: Stretches[Active] = Stretches(Active(None))
    watch._tree, watch.changed, watch._elsewhere = server, False, False
    watch._last_told, watch._told_ns = Active(PAGE), 0
    watch._told = SimpleNamespace(active=told.add)
    for since in since_ms:
        watch._active_since_ns = since * MILLISECOND_NS
        watch.settle()
    return told


def test_a_window_that_follows_none_within_the_millisecond_is_active() -> None:
    told = told_by(Server(0, 7), 3, 2)
    assert told.at(10 * MILLISECOND_NS) == Active(PAGE)


def test_none_that_follows_a_window_within_the_millisecond_is_none() -> None:
    told = told_by(Server(0, 7, 0), 1, 3, 2)
    assert told.at(10 * MILLISECOND_NS) == Active(None)


def test_a_title_is_known_of_the_active_window_as_soon_as_of_those_that_lie_there() -> None:
    """Else there would be a moment at which the page is known to be the new one, and the title is the last one's."""
    watch: Any = WindowWatch.__new__(WindowWatch)
    moments, told = count(1), []
    watch._tree, watch._elsewhere, watch.stack = Server(7), False, ()
    watch._last_told, watch._told_ns, watch._active_since_ns, watch.changed = None, 0, None, True
    watch._clock = SimpleNamespace(now_ns=lambda: next(moments))
    watch._told = SimpleNamespace(
        layout=lambda time_ns, stack: told.append(("layout", time_ns)),
        active=lambda time_ns, active: told.append(("active", time_ns)),
    )
    watch.settle()
    assert told == [("layout", 1), ("active", 1)]
