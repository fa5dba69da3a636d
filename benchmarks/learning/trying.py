"""What a worker of the sweep tries policies with: a browser of its own, and the recorder's rules."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.learning.lowered import sessions

from aboveboard.lab.assess.frames import Frames
from aboveboard.lab.assess.sweep import Tools
from aboveboard.stage.browser import Browser
from aboveboard.stage.display import Display
from aboveboard.stage.tasks import TaskServer


@contextmanager
def tools() -> Iterator[Tools]:
    """Gone when the worker has done its last draw."""
    with Display(width=1280, height=1050) as display, TaskServer() as server, Browser(display, scale=1) as browser:
        yield Tools(Frames(browser.page, server), sessions())
