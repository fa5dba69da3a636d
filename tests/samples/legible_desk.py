"""Half a minute of work in a browser, an editor and two terminals, by a hand that looks before each press."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import quote

from benchmarks.recorder import desk

from aboveboard.formats.mcap_file import Item
from aboveboard.recorder.capture.port import Rect
from aboveboard.stage.display import Display
from samples.context_desk import chromium_window
from samples.recorded_desk import APPS, Worker, recorded
from samples.second_look import Look, SecondLook
from samples.seen_hand import Seen, SeenHand
from samples.undisturbed import undisturbed

WIDTH, HEIGHT = 1920, 1080
PLACES = {
    "page": Rect(0, 0, 960, 640),
    "log": Rect(0, 660, 960, 420),
    "editor": Rect(960, 0, 960, 540),
    "list": Rect(960, 540, 960, 540),
}
"""Where the windows lie, borders and all; what a window is not as large as shows the desktop."""
TITLE = 24
SETTLE_S = 1.5
WORDS = "order office list meeting letter window paper answer number morning please thank report table minute".split()  # noqa: SIM905
TEXT = ("the order of the ninth has come in\n", "please send the list to the office\n", "we meet at ten today")


def page() -> str:
    """A long page with a form, as text that a browser opens."""
    random = Random("page")
    lines = (" ".join(random.choice(WORDS) for _ in range(14)) for _ in range(150))
    text = "".join(f"<p>{number}. {line}.</p>" for number, line in enumerate(lines))
    html = f"""<!doctype html><title>Orders</title><body style="font:16px sans-serif;margin:16px">
    <h1>Orders of this week</h1><p><label><input type=checkbox> Answered</label>
    <select><option>New<option>Waiting<option>Closed</select> <input placeholder="Your name"></p>{text}"""
    return f"data:text/html,{quote(html)}"


@dataclass
class Worked:
    """A recording, every look just before a press, and all that the screen showed meanwhile."""

    items: list[Item] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def worked(folder: Path, *, frames_per_second: int = 10) -> Worked:
    """Do the work on a display of its own, recorded by the real recorder."""
    with (
        undisturbed(),
        standing() as (display, fifo),
        SecondLook(display.name) as truth,
        recorded(display, folder, Worker(frames_per_second=frames_per_second)) as recording,
    ):
        time.sleep(SETTLE_S)
        fifo.write_text(str(time.monotonic_ns()), encoding="ascii")
        hand = SeenHand(display, APPS)
        work(hand)
        time.sleep(SETTLE_S)
        hand.close()
    return Worked(recording.items(), hand.seen, truth.looks, recording.said)


@contextmanager
def standing() -> Iterator[tuple[Display, Path]]:
    """The display with its windows in place; the log begins when a time is written to the path."""
    with Display(WIDTH, HEIGHT) as display, chromium_window(display, page()):
        fifo = display.home / "start"
        os.mkfifo(fifo)
        desk.put(display, "Orders", _content("page"))
        desk.terminal(display, "log", [sys.executable, "-S", desk.PRINTER, str(fifo)], place=_content("log"))
        desk.terminal(display, "list", [sys.executable, "-S", desk.PRINTER, "--pages", "1500"], place=_content("list"))
        desk.editor(display, place=_content("editor"))
        time.sleep(SETTLE_S)
        yield display, fifo


def work(hand: SeenHand) -> None:
    """Clicks, keys and the wheel in each of them, some while another window prints or just scrolled."""
    editor, browser, listed, log = (1500, 250), (500, 400), (1500, 800), (500, 850)
    hand.click(*editor)
    hand.type(TEXT[0])
    hand.click(*browser)
    hand.wheel(12)
    hand.click(*browser)
    hand.click(*listed)
    hand.wheel(-25)
    hand.click_here()
    hand.click(*editor)
    hand.type(TEXT[1])
    hand.click(*log)
    hand.click(*browser)
    hand.wheel(-12)
    hand.click_here()
    hand.drag(listed[0] - 300, listed[1], listed[0] + 100, listed[1] + 60)
    hand.wheel(20)
    hand.click(1050, 35)  # the editor's menu, opened and closed
    hand.key("Escape")
    hand.click(*editor)
    hand.type(TEXT[2])
    hand.key("Control_L", "a")
    hand.click(*log)


def _content(name: str) -> tuple[int, int, int, int]:
    """Where a window's content is to be, so that with its title and borders it lies in its place."""
    place = PLACES[name]
    return place.x + 1, place.y + TITLE, place.width - 2, place.height - TITLE - 6
