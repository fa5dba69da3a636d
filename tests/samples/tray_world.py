"""A real display with or without a panel or a tray, and the recorder's tray on it."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xcffib
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from numpy.typing import NDArray

from aboveboard.base.clock import SystemClock, boot_id
from aboveboard.base.ids import Kind, new_id
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.live import LiveFeed
from aboveboard.recorder.status import RecorderStatus, State
from aboveboard.recorder.tray.tray import Tray
from aboveboard.recorder.wishes import HeldNow, Wishes
from aboveboard.stage.display import Display
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest, keysym_of
from samples.x_windows import Windows

HOST = Path(__file__).with_name("panel_host.py")
RECORDING = RecorderStatus("recording", "ok")
PAUSED = RecorderStatus("paused", "pause:by_person")


KEYSYMS = {"Ctrl": 0xFFE3, "Alt": 0xFFE9, "Shift": 0xFFE1, "Caps_Lock": 0xFFE5, "Num_Lock": 0xFF7F, "Up": 0xFF52}


def waiting(reason: str, state: State = "waiting") -> RecorderStatus:
    return RecorderStatus(state, reason)


@dataclass
class Panel:
    """A running panel host, and what it has shown."""

    process: subprocess.Popen[str]
    shown: list[dict[str, Any]] = field(default_factory=list)

    def read(self) -> None:
        for line in self.process.stdout or ():
            self.shown.append(json.loads(line))

    @property
    def title(self) -> str:
        return str(self.shown[-1].get("title", "")) if self.shown else ""


@dataclass
class TrayWorld:
    """One display. ``home`` is the recorder's folder."""

    display: Display
    home: Path
    windows: Windows
    patch: pytest.MonkeyPatch
    _hand: Xtest
    feed: LiveFeed = field(default_factory=LiveFeed)
    stop: threading.Event = field(default_factory=threading.Event)
    held: HeldNow = field(default_factory=lambda: HeldNow(118, 1_240_000, 600.0, 252.0))

    def wishes(self) -> Wishes:
        return Wishes(
            self.home,
            person_id=new_id(Kind.PERSON),
            clock=SystemClock(),
            boot_id=boot_id(),
            stop=self.stop,
            held=lambda: self.held,
        )

    @contextmanager
    def tray(self, pause_keys: str = "", *, status: RecorderStatus = RECORDING) -> Iterator[Tray]:
        tray = Tray(self.display.name, wishes=self.wishes(), feed=self.feed, pause_keys=pause_keys)
        tray.start()
        tray.show(status)
        try:
            yield tray
        finally:
            tray.close()

    @contextmanager
    def panel(self) -> Iterator[Panel]:
        process = subprocess.Popen(
            [sys.executable, str(HOST)],
            env=self.display.env,
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        panel = Panel(process)
        thread = threading.Thread(target=panel.read)
        thread.start()
        try:
            until(lambda: bool(panel.shown), "the panel is there")
            yield panel
        finally:
            process.kill()
            process.wait()
            thread.join()
            if process.stdout is not None:
                process.stdout.close()

    def start_trayer(self) -> subprocess.Popen[bytes]:
        argv = ["/usr/bin/trayer", "--edge", "top", "--align", "right", "--widthtype", "pixel", "--width", "200"]
        process = self.display.processes.start([*argv, "--height", "28", "--SetDockType", "true"], self.display.env)
        until(lambda: self._tray_owner() != 0, "the tray is there")
        return process

    def _tray_owner(self) -> int:
        selection = self.windows.atom("_NET_SYSTEM_TRAY_S0")
        return int(self.windows.conn.core.GetSelectionOwner(selection).reply().owner)

    def shown_by(self, tray: Tray, means: str, *, limit_s: float = 8.0) -> float:
        """Wait until it is ``means`` that shows it; how long that took."""
        try:
            return until(lambda: tray.means == means, means, limit_s=limit_s)
        except AssertionError as error:
            lamp = tray._lamp
            icon = lamp._tray if lamp is not None else None
            facts = {} if icon is None else {key: value for key, value in vars(icon).items() if key[1:2].islower()}
            raise AssertionError(f"{error}; it is {tray.means!r}, with {self.ours()}, {facts}") from None

    def point(self, x: int, y: int) -> None:
        self._hand.move(x, y)
        self._hand.settle()

    def click(self, x: int, y: int) -> None:
        self.drag((x, y))

    def drag(self, *places: tuple[int, int]) -> None:
        """Press at the first place, release at the last."""
        self._hand.move(*places[0])
        self._hand.press()
        for place in places[1:]:
            self._hand.move(*place)
        self._hand.release()
        self._hand.settle()

    def keys(self, *combinations: str) -> None:
        """Each a key with its modifiers ("Ctrl+Alt+Shift+P")."""
        for combination in combinations:
            keysyms = [
                KEYSYMS.get(name) or NAMED_KEYSYMS.get(name) or keysym_of(name) for name in combination.split("+")
            ]
            for keysym in keysyms:
                self._hand.key_press(keysym)
            for keysym in reversed(keysyms):
                self._hand.key_release(keysym)
        self._hand.settle()

    def ours(self) -> list[tuple[int, Rect]]:
        """The viewable windows of the recorder's own class, wherever they are, with their place on the screen."""
        found: list[tuple[int, Rect]] = []
        core = self.windows.conn.core

        def walk(window: int) -> None:
            name = bytes(core.GetProperty(False, window, 67, 31, 0, 64).reply().value.buf())
            if name.endswith(b"\0Aboveboard\0") and core.GetWindowAttributes(window).reply().map_state == 2:
                size = core.GetGeometry(window).reply()
                place = core.TranslateCoordinates(window, self.windows.screen.root, 0, 0).reply()
                found.append((window, Rect(place.dst_x, place.dst_y, size.width, size.height)))
            for child in core.QueryTree(window).reply().children:
                walk(child)

        with suppress(xcffib.XcffibException):  # a window went away meanwhile: whoever waits asks again
            walk(self.windows.screen.root)
        return found

    def image(self, rect: Rect) -> NDArray[np.uint8]:
        return self.windows.image(rect)

    async def call(self, path: str, interface: str, member: str, signature: str = "", body: Any = ()) -> list[Any]:
        """Call the recorder's item as a panel would."""
        bus = await MessageBus(bus_address=self.display.env["DBUS_SESSION_BUS_ADDRESS"]).connect()
        try:
            names = (await self._ask(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "ListNames"))[0]
            (name,) = [each for each in names if each.startswith("org.kde.StatusNotifierItem-")]
            message = Message(
                destination=name, path=path, interface=interface, member=member, signature=signature, body=list(body)
            )
            reply = await bus.call(message)
            assert reply is not None
            assert reply.message_type is MessageType.METHOD_RETURN, reply.body
            return list(reply.body)
        finally:
            bus.disconnect()

    async def _ask(self, bus: MessageBus, owner: str, path: str, member: str) -> list[Any]:
        reply = await bus.call(Message(destination=owner, path=path, interface=owner, member=member))
        assert reply is not None
        return list(reply.body)


@contextmanager
def tray_world(home: Path, *, width: int = 640, height: int = 480) -> Iterator[TrayWorld]:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with Display(width, height) as display, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", display.name)
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", display.env["DBUS_SESSION_BUS_ADDRESS"])
        windows = Windows(display.name)
        try:
            hand = Xtest(display.name)
            yield TrayWorld(display, home, windows, patch, hand)
        finally:
            windows.disconnect()


def until(condition: Callable[[], bool], what: str, *, limit_s: float = 8.0) -> float:
    """Wait until ``condition`` holds; how long that took."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < limit_s, f"waited {limit_s} s in vain: {what}"
        time.sleep(0.01)
    return time.monotonic() - began_s
