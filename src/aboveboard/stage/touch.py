"""Was that our own hand, or somebody else's?

What a keyboard, a pointer or a finger does is told at once by XInput2's raw events, whichever window is active and
whoever has grabbed the device, and each names the device that it came from. What is sent through XTEST comes from
devices that the server keeps for that. So an event is our own only if it comes from one of those **and** is one that we
sent (:meth:`Ear.expect`). Everything else is a person: a mouse, a keyboard, a touch screen; and also a keyboard on the
screen, or somebody who helps from afar, whose programs use XTEST as we do. What cannot be told apart is a person's.

Only that something happened is told, never more: which key it was is used to know when it is let go, and not kept.
"""

import select
import struct
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xinput
import xcffib.xproto

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.base.errors import SetupMissing, Unavailable

NAME, VERSION = "XInputExtension", (2, 2)
"""Raw events come in spite of grabs since 2.1, and touches are told since 2.2."""
KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION = 13, 14, 15, 16, 17
TOUCH_BEGIN, TOUCH_UPDATE, TOUCH_END = 22, 23, 24
DOWN = {KEY_PRESS: KEY_RELEASE, BUTTON_PRESS: BUTTON_RELEASE, TOUCH_BEGIN: TOUCH_END}
"""What presses, and what lets go again."""
FORGET_S = 2.0
"""An event of our own that was not told by then will not be: the server had nothing to do for it."""

_ALL = (*DOWN, *DOWN.values(), MOTION, TOUCH_UPDATE)
_GENERIC, _CORE_KEY_PRESS = 35, 2
_ALL_MASTERS = 1
_HEAD_BYTES = 32
_RAW = struct.Struct("=BB6xHHIIHHI4x")
"""Type, extension, event type, device, server time in ms, detail, source, length of a mask, flags."""
_AGE_LIMIT_MS = 10_000


@dataclass(frozen=True)
class Heard:
    """A raw event: its kind, the device that it came from, which key or button, and the server's time in ms."""

    kind: int
    source: int
    detail: int
    server_ms: int

    def wall_ns(self) -> int:
        """When it happened. The server reads ``CLOCK_MONOTONIC``, as this machine does; another's is taken as now."""
        age_ms = (time.monotonic_ns() // MILLISECOND_NS - self.server_ms) % (1 << 32)
        return time.time_ns() - (age_ms * MILLISECOND_NS if age_ms < _AGE_LIMIT_MS else 0)


class Ear:
    """Listens to every hand on ``display`` (":7"). Not for use from several threads.

    Raises :class:`Unavailable` where there is no such display, :class:`SetupMissing` where it has no XInput 2.2.
    """

    def __init__(self, display: str) -> None:
        try:
            self._conn: Any = xcffib.connect(display=display)
        except xcffib.XcffibException as error:
            raise Unavailable(f"the display {display!r} cannot be reached", fix="start a display first") from error
        self._root: int = self._conn.get_setup().roots[0].root
        found = self._conn.core.QueryExtension(len(NAME), NAME).reply()
        self._opcode: int = found.major_opcode
        version = (0, 0)
        if found.present:
            self._input: Any = self._conn(xcffib.xinput.key)
            told = self._input.XIQueryVersion(*VERSION).reply()
            version = (told.major_version, told.minor_version)
        if version < VERSION:
            raise SetupMissing(
                f"the display {display!r} does not tell one hand from another",
                cause="it has no XInput 2.2, which X.Org has since 2012",
                fix="use another X server",
            )
        name = "XTEST Device"
        self._mark: int = self._conn.core.InternAtom(False, len(name), name).reply().atom
        self._made_by_programs: dict[int, bool] = {}
        self._expected: deque[tuple[int, int, float]] = deque()
        self._grabbed: set[int] = set()
        self.keys_pressed = False
        """Whether the keys of :meth:`grab` were pressed; who has seen it sets it back."""
        mask = xcffib.xinput.EventMask.synthetic(_ALL_MASTERS, 1, [sum(1 << kind for kind in _ALL)])
        self._input.XISelectEvents(self._root, 1, [mask])
        self._conn.core.GetInputFocus().reply()

    def close(self) -> None:
        """Hang up."""
        self._conn.disconnect()

    def expect(self, kind: int, detail: int) -> None:
        """This was just sent through XTEST by ourselves."""
        self._expected.append((kind, detail, time.monotonic()))

    def others(self) -> list[Heard]:
        """What somebody else has done by now: the server is asked, so that nothing before this moment is missed."""
        self._conn.core.GetInputFocus().reply()
        return self.arrived()

    def arrived(self) -> list[Heard]:
        """As :meth:`others`, of what has arrived, without asking."""
        return [heard for heard in self._take() if not self._own(heard)]

    def wait(self, seconds: float) -> None:
        """Until something arrives, or the time is over. What has arrived must have been taken before."""
        select.select([self._conn.get_file_descriptor()], [], [], max(seconds, 0.0))

    def grab(self, keycode: int, modifiers: int) -> None:
        """From now on this key with these modifiers is for us alone, whatever Caps Lock and Num Lock say."""
        mode, lock, num_lock = xcffib.xproto.GrabMode.Async, 1 << 1, 1 << 4
        for locks in (0, lock, num_lock, lock | num_lock):
            self._conn.core.GrabKey(False, self._root, modifiers | locks, keycode, mode, mode)
        self._grabbed.add(keycode)
        self._conn.flush()

    def _own(self, heard: Heard) -> bool:
        if not self._is_made_by_program(heard.source):
            return False
        now = time.monotonic()
        while self._expected and now - self._expected[0][2] > FORGET_S:
            self._expected.popleft()
        for place, (kind, detail, _) in enumerate(self._expected):
            if (kind, detail) == (heard.kind, heard.detail):
                del self._expected[place]
                return True
        return False

    def _is_made_by_program(self, source: int) -> bool:
        """Whether XTEST sends through this device. Where the server does not say, it is a person's."""
        if source not in self._made_by_programs:
            try:
                found = self._input.XIGetProperty(source, False, self._mark, 0, 0, 1).reply()
                self._made_by_programs[source] = found.num_items > 0
            except xcffib.ConnectionException:
                raise
            except xcffib.XcffibException:
                return False
        return self._made_by_programs[source]

    def _take(self) -> list[Heard]:
        """Every raw event that has arrived. The library reads them wrongly, so they are taken as bytes."""
        library: Any = xcffib.lib
        memory: Any = xcffib.ffi
        found = []
        while (event := library.xcb_poll_for_event(self._conn._conn)) != memory.NULL:
            try:
                head = bytes(memory.buffer(event, _HEAD_BYTES))
            finally:
                library.free(event)
            if head[0] & 0x7F == _GENERIC and head[1] == self._opcode:
                _, _, kind, _, server_ms, detail, source, _, _ = _RAW.unpack(head)
                found.append(Heard(kind, source, detail, server_ms))
            elif head[0] & 0x7F == _CORE_KEY_PRESS and head[1] in self._grabbed:
                self.keys_pressed = True
        self._conn.invalid()
        return found
