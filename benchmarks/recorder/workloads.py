"""Which work is there to measure, on which desk?"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

from benchmarks.recorder import day, script
from benchmarks.recorder.desk import (
    HEIGHT,
    MIDDLES,
    PRINTER,
    WIDTH,
    Desk,
    editor,
    editor_only,
    fresh_display,
    office,
    terminal,
)
from benchmarks.recorder.measure import Workload
from benchmarks.recorder.page import VIDEO_MIDDLE, open_page, write_page

IDLE_S = 60.0
FULL = (0, 0, WIDTH, HEIGHT)
DAY_PLACES = {"page": (0, 0, 1200, 1080), "editor": (1200, 0, 720, 540), "terminal": (1200, 540, 720, 540)}
DAY_MIDDLES = {"page": (900, 800), "editor": (1560, 250), "terminal": (1560, 850)}

WHAT = {
    "base": "half a minute of work: motion, clicks, scrolling, typing, a terminal that prints",
    "idle": "the same windows, nothing happens for a minute",
    "scroll": "a long web page is skimmed in a browser",
    "video": "a video plays in a browser",
    "burst": "1,000 events a second for a minute",
    "day": "twelve minutes that are one fortieth of an office day",
}


@contextmanager
def browser(pages: Path) -> Iterator[Desk]:
    """The long page over the whole screen."""
    with fresh_display() as display:
        open_page(display, pages, FULL)
        time.sleep(3.0)
        yield Desk(display)


@contextmanager
def office_day(pages: Path) -> Iterator[Desk]:
    """A browser, an editor and a terminal side by side."""
    with fresh_display() as display:
        terminal(display, "terminal", [sys.executable, "-S", PRINTER, "--slow"], place=DAY_PLACES["terminal"])
        editor(display, place=DAY_PLACES["editor"])
        open_page(display, pages, DAY_PLACES["page"])
        time.sleep(3.0)
        yield Desk(display)


def make(name: str, folder: Path) -> Workload:
    """The workload called ``name``; what it shows is written into ``folder``."""
    if name == "base":
        acts = script.base(MIDDLES["log"], MIDDLES["editor"], MIDDLES["page"], MIDDLES["notes"])
        return Workload(name, office, acts, script.BASE_S)
    if name == "idle":
        return Workload(name, office, [], IDLE_S)
    if name == "burst":
        return Workload(name, editor_only, script.burst((960, 600)), script.BURST_S)
    folder.mkdir(parents=True, exist_ok=True)
    pages = write_page(folder)
    if name == "scroll":
        return Workload(name, _desk(browser, pages), script.scrolling((960, 600)), 30.0)
    if name == "video":
        return Workload(name, _desk(browser, pages), script.watching(VIDEO_MIDDLE), 30.0)
    acts, began = day.play(DAY_MIDDLES["page"], VIDEO_MIDDLE, DAY_MIDDLES["editor"], DAY_MIDDLES["terminal"])
    return Workload(name, _desk(office_day, pages), acts, day.PLAYED_S, parts=began)


def _desk(
    make_desk: Callable[[Path], AbstractContextManager[Desk]], pages: Path
) -> Callable[[], AbstractContextManager[Desk]]:
    return partial(make_desk, pages)
