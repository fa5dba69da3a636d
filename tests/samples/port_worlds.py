"""The same small world for every source: one window in scope that changes all the time, a hand, and a stranger.

Each world has an application in scope that prints (``MINE``), can bring up a window out of scope, all in ``BLUE``, that
lies over it and is active, and can move the pointer.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Pointer
from aboveboard.recorder.capture.port import Rect, Source
from aboveboard.recorder.capture.wayland.source import Compositor, WaylandSource
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import Xtest
from samples.disclosed import app, disclosure
from samples.fake_portal import FakePortal, PrivateBus
from samples.sway import GrimScreen, Hand, Sway, SwayDesktop
from samples.synthetic_source import SyntheticSource
from samples.x_windows import Windows

BLUE = (0xC0, 0x10, 0x20, 0xFF)
"""Blue, green, red, unused."""
STRANGER = Rect(150, 100, 300, 200)
PRINTING = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.1; done"
SIZE = (640, 480)


class World(Protocol):
    """One display with its applications."""

    def source(self) -> Source:
        """A new source of this display, with the one application in scope."""
        ...

    def move(self, x: int, y: int) -> None:
        """The hand moves the pointer."""
        ...

    def stranger_comes(self) -> None: ...

    def stranger_goes(self) -> None: ...

    def dies(self) -> None:
        """The display ends."""
        ...


class XWorld:
    """Xvfb with openbox and xterm."""

    def __init__(self, display: Display, make: Callable[[str, Disclosure], Source]) -> None:
        self._display, self._make = display, make
        argv = ["xterm", "-geometry", "80x30+10+10", "-e", "sh", "-c", PRINTING]
        display.processes.start([_found(argv[0]), *argv[1:]], display.env)
        self._windows, self._hand = Windows(display.name), Xtest(display.name)
        self._stranger = 0
        self._wait_for_window()

    def source(self) -> Source:
        return self._make(self._display.name, disclosure(app("XTerm")))

    def move(self, x: int, y: int) -> None:
        self._hand.move(x, y)

    def stranger_comes(self) -> None:
        self._stranger = self._windows.show(STRANGER, 0x2010C0, "Stranger", title="private matters")
        self._windows.activate(self._stranger)

    def stranger_goes(self) -> None:
        self._windows.close(self._stranger)

    def dies(self) -> None:
        self._display.processes.stop()

    def _wait_for_window(self) -> None:
        end = time.monotonic() + 10
        while not self._windows.active():
            assert time.monotonic() < end, "xterm does not come up"
            time.sleep(0.02)


class WaylandWorld:
    """sway with foot, and a portal that has it shared."""

    def __init__(self, sway: Sway, address: str) -> None:
        self._sway, self._address, self._hand = sway, address, Hand()
        sway.show("Mine", "202020", PRINTING)

    def source(self) -> Source:
        compositor = Compositor(desktop=lambda: SwayDesktop(self._sway), listen=self._hand.listen)
        mine = disclosure(app("Mine"), frames_per_second=5)
        return WaylandSource(
            mine,
            compositor=compositor,
            address=self._address,
            screen=lambda cast, ended: _closing(cast.remote, self._sway),
        )

    def move(self, x: int, y: int) -> None:
        self._hand.does(Pointer(x=x, y=y))

    def stranger_comes(self) -> None:
        self._stranger = self._sway.show("Stranger", "2010c0", "printf '\\033[?25l'; sleep 100")

    def stranger_goes(self) -> None:
        self._sway.close(self._stranger)

    def dies(self) -> None:
        self._sway.stop()


class SyntheticWorld:
    """The synthetic source of the other tests: it must keep the contract that it stands in for."""

    def source(self) -> Source:
        self._made = SyntheticSource()
        return self._made

    def move(self, x: int, y: int) -> None:
        """It moves by itself."""

    def stranger_comes(self) -> None:
        """There are no strangers here."""

    def stranger_goes(self) -> None:
        """There are no strangers here."""

    def dies(self) -> None:
        self._made.broken = ConnectionError("the display ended")


def _closing(remote: int, sway: Sway) -> GrimScreen:
    os.close(remote)
    return GrimScreen(sway)


def _found(program: str) -> str:
    from aboveboard.stage.processes import program as find

    return find(program, program)


@contextmanager
def world(name: str, folder: Path) -> Iterator[World]:
    """The world called ``x11``, ``portable``, ``wayland`` or ``synthetic``."""
    with ExitStack() as held:
        if name == "wayland":
            bus = held.enter_context(PrivateBus(folder))
            held.enter_context(FakePortal(bus.address, SIZE))
            yield WaylandWorld(held.enter_context(Sway(*SIZE)), bus.address)
        elif name == "synthetic":
            yield SyntheticWorld()
        else:
            display = held.enter_context(Display(*SIZE))
            patch = held.enter_context(pytest.MonkeyPatch.context())
            patch.setenv("DISPLAY", display.name)  # the only display that pynput knows
            yield XWorld(display, X11Source if name == "x11" else _portable)


def _portable(display: str, disclosed: Disclosure) -> Source:
    from aboveboard.recorder.capture.portable.parts import x11_parts
    from aboveboard.recorder.capture.portable.source import PortableSource

    return PortableSource(x11_parts(display), disclosed)
