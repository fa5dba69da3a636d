"""What is on the screen while a recorder is measured?

A fresh display (1920×1080) each time, with a window manager and terminals: one prints a log and once a long list, one
is typed into, one is scrolled, one lies across the others and is brought to the front.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import xcffib
import xcffib.xproto

from aboveboard.base.errors import Unavailable
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program, wait_for

WIDTH, HEIGHT = 1920, 1080
FONT = ("-fa", "Liberation Mono", "-fs", "11")
PRINTER = str(Path(__file__).with_name("printer.py"))
PLACES = {
    "log": "100x28+20+20",
    "page": "100x28+20+560",
    "notes": "90x30+520+260",
    "editor": "98x28+985+20",
}
"""Where the terminals are: columns × lines + left + top."""
MIDDLES = {"log": (250, 200), "editor": (1500, 200), "page": (250, 850), "notes": (900, 640)}
"""A point of each window that no other covers."""


@dataclass
class Desk:
    """``go`` tells the programs on it that the work begins at a time of ``CLOCK_MONOTONIC``."""

    display: Display
    fifo: Path | None = None

    def go(self, start_ns: int) -> None:
        if self.fifo is not None:
            descriptor = os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.write(descriptor, str(start_ns).encode("ascii"))
            os.close(descriptor)


@contextmanager
def terminals() -> Iterator[Desk]:
    """The desk of the base workload, with all its windows in place."""
    with Display(WIDTH, HEIGHT) as display:
        fifo = display.home / "start"
        os.mkfifo(fifo)
        printer = [sys.executable, "-S", PRINTER]
        _terminal(display, "log", [*printer, str(fifo)])
        _terminal(display, "page", [*printer, "--pages", "1500"])
        _terminal(display, "notes", [*printer, "--pages", "30"])
        _terminal(display, "editor", ["cat"])
        wait_for_windows(display, len(PLACES))
        time.sleep(0.7)
        yield Desk(display, fifo)


@contextmanager
def one_terminal() -> Iterator[Desk]:
    """A single window, typed into: for what asks for many events and few pixels."""
    with Display(WIDTH, HEIGHT) as display:
        _terminal(display, "editor", ["cat"])
        wait_for_windows(display, 1)
        time.sleep(0.7)
        yield Desk(display)


def _terminal(display: Display, name: str, command: list[str]) -> None:
    xterm = program("xterm", "xterm")
    argv = [xterm, *FONT, "-geometry", PLACES[name], "-title", name, "-sl", "2000", "-e", *command]
    display.processes.start(argv, display.env)
    time.sleep(0.15)  # so that they are stacked in the same order each time


def wait_for_windows(display: Display, count: int) -> None:
    """Until the window manager has put ``count`` windows on the screen; raises :class:`Unavailable`."""
    connection = display.connect()
    try:
        if not wait_for(lambda: _managed(connection) >= count, 20.0, every_s=0.05):
            raise Unavailable(
                f"only {_managed(connection)} of {count} windows came up",
                cause=display.processes.log_tail("xterm") or "the machine is very busy",
                fix="run it again on a quieter machine",
            )
    finally:
        connection.disconnect()


def _managed(connection: xcffib.Connection) -> int:
    atom = connection.core.InternAtom(False, len(name := "_NET_CLIENT_LIST"), name).reply().atom
    root = connection.get_setup().roots[0].root
    reply = connection.core.GetProperty(False, root, atom, xcffib.xproto.GetPropertyType.Any, 0, 100).reply()
    return int(reply.value_len)
