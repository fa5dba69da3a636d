"""What does an X11 desktop say when it is asked again and again?

X11 has a source of its own (``capture.x11``) that is told of changes; this one is for running the portable source on
the same display and comparing. Windows are read by ``capture.windows``, the focus by ``capture.atspi``, at each look.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

import xcffib

from aboveboard.base.clock import SystemClock
from aboveboard.base.errors import Unavailable
from aboveboard.formats.recording import Marker, Monitor
from aboveboard.recorder.capture.atspi import ROLE_PASSWORD_TEXT, STATE_FOCUSED, STATE_SHOWING, Bus
from aboveboard.recorder.capture.atspi_bus import Field
from aboveboard.recorder.capture.display import atom, check_extensions, connect, screen_of
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable.desktop import Windows
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.windows import WindowWatch
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus

PAD = 4
"""Pixels around a secret field that are covered with it: its border and rounding."""
ANSWER_S = 0.1
"""An application that has not answered after this long has not answered this look."""

T = TypeVar("T")


class X11Desktop:
    """The facts of ``display`` (``None``: the one in ``DISPLAY``)."""

    def __init__(self, display: str | None) -> None:
        self._conn = connect(display)
        check_extensions(self._conn)
        self._active = Active(None)
        self._windows = WindowWatch(self._conn, ServerClock.measure(self._conn, SystemClock()), self)
        self._loop = asyncio.new_event_loop()
        self._bus: Bus | None = self._open_bus()
        self._last: Field | None = None
        self._secret: set[Field] = set()

    def monitors(self) -> tuple[Monitor, ...]:
        """The desktop as one: what a test's server has."""
        width, height = self._windows.size
        return (Monitor(name="X11", x=0, y=0, width=width, height=height, primary=True),)

    def windows(self) -> Windows:
        try:
            # The answer also pushes out what the server has to tell to others of the input.
            self._conn.core.GetInputFocus().reply()
            for _ in self._windows.events():
                pass
            self._windows.settle()
        except xcffib.ConnectionException as error:
            raise Unavailable(
                "the display went away", cause="the X server ended", fix="start recording again in the new session"
            ) from error
        return Windows(self._windows.stack, self._active)

    def focus(self, window: WindowFacts) -> Focus:
        return self._ask(self._focus(window.pid)) or Focus.UNKNOWN

    def secret_fields(self) -> tuple[Rect, ...]:
        found = (self._ask(self._place(field)) for field in tuple(self._secret))
        return tuple(rect for rect in found if rect is not None)

    def close(self) -> None:
        if self._bus is not None:
            self._bus.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        self._conn.disconnect()

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        """Told by the watch, which keeps the stack itself."""

    def active(self, time_ns: int, active: Active) -> None:
        """Told by the watch."""
        self._active = active

    def marker(self, time_ns: int, marker: Marker) -> None:
        """Told by the watch: nothing that a look is about."""

    async def _focus(self, pid: int) -> Focus:
        if self._bus is None:
            return Focus.UNKNOWN
        field = self._last
        if (
            field is None
            or await self._bus.pid(field.owner) != pid
            or not await self._bus.state(field) >> STATE_FOCUSED & 1
        ):
            field = self._last = await self._bus.focused_in(pid)
        if field is None:
            return Focus.UNKNOWN
        if field in self._secret or await self._bus.role(field) == ROLE_PASSWORD_TEXT:
            self._secret.add(field)
            return Focus.SECRET
        return Focus.OPEN

    async def _place(self, field: Field) -> Rect | None:
        if self._bus is None or not await self._bus.state(field) >> STATE_SHOWING & 1:
            return None
        rect = await self._bus.extents(field)
        return Rect(rect.x - PAD, rect.y - PAD, rect.width + 2 * PAD, rect.height + 2 * PAD) if rect.width > 0 else None

    def _ask(self, question: Awaitable[T]) -> T | None:
        """The answer, or ``None``."""
        try:
            return self._loop.run_until_complete(asyncio.wait_for(question, ANSWER_S))
        except (Unavailable, TimeoutError, ValueError, TypeError, IndexError):
            self._last = None
            return None

    def _open_bus(self) -> Bus | None:
        """The accessibility bus of this display, where it names one."""
        reply: Any = self._conn.core.GetProperty(
            False, screen_of(self._conn).root, atom(self._conn, "AT_SPI_BUS"), 0, 0, 1024
        ).reply()
        address = bytes(reply.value.buf()).split(b"\0")[0].decode("ascii", "replace")
        try:
            return self._loop.run_until_complete(Bus.open(address, _ignore)) if address else None
        except Unavailable:
            return None


def _ignore(*_: object) -> None:
    """What is heard between looks is asked for at the next one."""
