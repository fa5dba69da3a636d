"""What is on the screen while a recorder is measured?

A fresh display (1920×1080) each time, with a window manager and windows that leave no desktop bare: a terminal that
prints a log and once a long list, an editor that is typed into, a terminal that is scrolled, one that only stands
there, and one across all of them that is brought to the front.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import xcffib
import xcffib.xproto

from aboveboard.base.errors import Unavailable
from aboveboard.stage.display import Display
from aboveboard.stage.processes import MARK, marked, program, wait_for

WIDTH, HEIGHT = 1920, 1080
FONT = ("-fa", "Liberation Mono", "-fs", "11")
PRINTER = str(Path(__file__).with_name("printer.py"))
WINDOWS_S = 30.0
SERVER_NICE = -15
PLACES = {
    "log": (0, 0, 960, 540),
    "page": (0, 540, 960, 540),
    "files": (960, 540, 960, 540),
    "notes": (500, 300, 900, 460),
    "editor": (960, 0, 960, 540),
}
"""Where the windows are, in the order in which they are opened: left, top, width and height of the content."""
MIDDLES = {"log": (250, 200), "editor": (1650, 200), "page": (250, 850), "notes": (1000, 640)}
"""A point of each window that no other covers."""


@dataclass
class Desk:
    """``go`` tells the programs on it that the work begins at a time of ``CLOCK_MONOTONIC``."""

    display: Display
    fifo: Path | None = None

    @property
    def env(self) -> dict[str, str]:
        """For a recorder: with the display's mark, so that none of its processes outlives the desk."""
        return self.display.env | {MARK: self.display.processes.mark}

    def go(self, start_ns: int) -> None:
        if self.fifo is not None:
            descriptor = os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.write(descriptor, str(start_ns).encode("ascii"))
            os.close(descriptor)


@contextmanager
def fresh_display() -> Iterator[Display]:
    """A display of its own. Its server goes first where that is allowed: what is late is then not the server."""
    with Display(WIDTH, HEIGHT) as display:
        for pid in marked(display.processes.mark):
            if Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "Xvfb":
                with suppress(PermissionError):
                    os.setpriority(os.PRIO_PROCESS, pid, SERVER_NICE)
        yield display


@contextmanager
def office() -> Iterator[Desk]:
    """The desk of the base workload, with all its windows in place."""
    with fresh_display() as display:
        fifo = display.home / "start"
        os.mkfifo(fifo)
        printer = [sys.executable, "-S", PRINTER]
        terminal(display, "log", [*printer, str(fifo)])
        terminal(display, "page", [*printer, "--pages", "1500"])
        terminal(display, "files", [*printer, "--pages", "60"])
        terminal(display, "notes", [*printer, "--pages", "30"])
        editor(display)
        time.sleep(1.0)
        yield Desk(display, fifo)


@contextmanager
def editor_only() -> Iterator[Desk]:
    """An editor over the whole screen: for what asks for many events and few pixels."""
    with fresh_display() as display:
        editor(display, place=(0, 0, WIDTH, HEIGHT))
        time.sleep(1.0)
        yield Desk(display)


def terminal(
    display: Display, name: str, command: list[str], *, place: tuple[int, int, int, int] | None = None
) -> None:
    """A terminal that runs ``command``, at the place of that name."""
    argv = [program("xterm", "xterm"), *FONT, "-title", name, "-sl", "2000", "-e", *command]
    display.processes.start(argv, display.env)
    put(display, name, place or PLACES[name])


def editor(display: Display, *, place: tuple[int, int, int, int] = PLACES["editor"]) -> None:
    """A text editor that tells the accessibility bus which of its fields has the focus, as most programs do."""
    display.processes.start([program("mousepad", "mousepad"), "--disable-server"], display.env)
    put(display, "Mousepad", place)


def put(display: Display, title: str, place: tuple[int, int, int, int]) -> None:
    """Wait for the window whose title holds ``title`` and put it there; raises :class:`Unavailable`."""
    connection = display.connect()
    found: list[int] = []

    def seen() -> bool:
        found[:] = [window for window in managed(connection) if title in _title(connection, window)]
        return bool(found)

    try:
        if not wait_for(seen, WINDOWS_S, every_s=0.02):
            raise Unavailable(
                f"the window {title!r} did not come up",
                cause=display.processes.log_tail(title.lower()) or "the machine is very busy",
                fix="run it again on a quieter machine",
            )
        fields = xcffib.xproto.ConfigWindow
        mask = fields.X | fields.Y | fields.Width | fields.Height
        connection.core.ConfigureWindow(found[0], mask, list(place))
        connection.core.GetInputFocus().reply()
    finally:
        connection.disconnect()


def managed(connection: xcffib.Connection) -> list[int]:
    """The windows that the window manager shows."""
    root = connection.get_setup().roots[0].root
    return [int(window) for window in _property(connection, root, "_NET_CLIENT_LIST", 100).to_atoms()]


def _title(connection: xcffib.Connection, window: int) -> str:
    names = (bytes(_property(connection, window, name, 256).buf()) for name in ("_NET_WM_NAME", "WM_NAME"))
    return next(filter(None, names), b"").decode("utf-8", errors="replace")


def _property(connection: xcffib.Connection, window: int, name: str, words: int) -> xcffib.List:
    atom = connection.core.InternAtom(False, len(name), name).reply().atom
    any_type = xcffib.xproto.GetPropertyType.Any
    return connection.core.GetProperty(False, window, atom, any_type, 0, words).reply().value
