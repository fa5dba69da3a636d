"""What happens on an X display, seen on a path that shares nothing with the capture?

A connection of its own, used by the watchdog's thread: XInput2 sends each press at once, where the capture is told by
RECORD; XDamage says where was painted; and a few pixels are read as they are. Of a press only its kind and its time
are looked at, never which key it was. The pixels are those of places that the capture says are in scope; they are
compared, as a hash, and forgotten.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import xcffib
import xcffib.xproto
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing, Unavailable
from aboveboard.recorder.capture.display import connect, extension, screen_of
from aboveboard.recorder.capture.events import GENERIC, GENERIC_HEAD, event_bytes
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.raw_input import (
    ALL_MASTER_DEVICES,
    RAW_BUTTON_PRESS,
    RAW_KEY_PRESS,
    VERSION,
    agree,
    select,
)
from aboveboard.recorder.capture.server_clock import WRAP_MS

RECTS_LIMIT = 64
"""More painted rectangles than this are told as the one around them."""
PRESSES_KEPT = 4096
"""So many presses are remembered with their times: more than a hand makes in a minute."""
_DETAIL = slice(GENERIC_HEAD.size, GENERIC_HEAD.size + 4)
_WHEEL = range(4, 8)
_NON_EMPTY = 3
_Z_PIXMAP, _ALL_PLANES = 2, 0xFFFFFFFF
_REPLY_HEAD_BYTES = 32
_UNUSED = np.uint8(255)


class X11Pulse:
    """See ``capture.port.Pulse``; raises :class:`SetupMissing` if the display cannot be looked at a second time."""

    def __init__(self, display: str | None) -> None:
        self._conn = connect(display)
        self._opcode, version = agree(self._conn)
        if version < VERSION:
            self._conn.disconnect()
            raise SetupMissing(
                "this display cannot tell its input on a second path",
                cause="its X server has no XInput 2.2, so nobody could notice if input were lost",
                fix="use an X server of 2012 or later; check that 'xdpyinfo' lists XInputExtension",
            )
        self._root: int = screen_of(self._conn).root
        self._presses = 0
        self._pressed_ms: deque[int] = deque(maxlen=PRESSES_KEPT)
        self._notified = False
        select(self._conn, self._root, {ALL_MASTER_DEVICES: (RAW_KEY_PRESS, RAW_BUTTON_PRESS)})
        self._watch_damage()

    def presses(self) -> int:
        self._take_events()
        return self._presses

    def presses_by(self, display_ms: int) -> tuple[int, int]:
        self._take_events()
        later = 0
        for pressed_ms in reversed(self._pressed_ms):
            if (display_ms - pressed_ms) % WRAP_MS < WRAP_MS // 2:
                break
            later += 1
        return self._presses, self._presses - later

    def painted(self) -> tuple[Rect, ...]:
        if not self._notified:
            return ()
        self._notified = False
        self._damage_requests.Subtract(self._damage, 0, self._region)
        region: Any = self._answer(self._fixes.FetchRegion(self._region).reply)
        if region is None:
            return ()
        rects = region.rectangles if len(region.rectangles) <= RECTS_LIMIT else [region.extents]
        return tuple(Rect(one.x, one.y, one.width, one.height) for one in rects)

    def pixels(self, rect: Rect) -> NDArray[np.uint8] | None:
        core = self._conn.core
        asked = core.GetImage(_Z_PIXMAP, self._root, rect.x, rect.y, rect.width, rect.height, _ALL_PLANES)
        # The library's own reply makes a Python number of every byte; this takes them as they lie.
        reply: Any = self._answer(lambda: self._conn.wait_for_reply(asked.sequence))
        if reply is None:
            return None
        reply.unpack(f"={_REPLY_HEAD_BYTES}x")
        (data,) = reply.unpack(f"={rect.width * rect.height * 4}s")
        pixels = np.frombuffer(data, np.uint8).reshape(rect.height, rect.width, 4).copy()
        pixels[..., 3] = _UNUSED
        return pixels

    def close(self) -> None:
        self._conn.disconnect()

    def _watch_damage(self) -> None:
        self._damage_requests = extension(self._conn, "DAMAGE")
        self._fixes = extension(self._conn, "XFIXES")
        self._damage: int = self._conn.generate_id()
        self._region: int = self._conn.generate_id()
        self._fixes.CreateRegion(self._region, 0, [])
        self._damage_requests.CreateChecked(self._damage, self._root, _NON_EMPTY).check()

    def _take_events(self) -> None:
        try:
            for event in event_bytes(self._conn):
                if event[0] & 0x7F == GENERIC and event[1] == self._opcode:
                    self._count(event)
                else:  # nothing but damage was asked for beside it
                    self._notified = True
        except xcffib.ConnectionException as error:
            raise _gone() from error

    def _count(self, event: bytes) -> None:
        *_, kind, _, server_ms = GENERIC_HEAD.unpack_from(event)
        if kind == RAW_BUTTON_PRESS and int.from_bytes(event[_DETAIL], "little") in _WHEEL:
            return
        self._presses += 1
        self._pressed_ms.append(server_ms)

    def _answer(self, reply: Callable[[], Any]) -> Any:
        """The reply; ``None`` if the server refused, for the screen became smaller meanwhile."""
        try:
            return reply()
        except xcffib.ConnectionException as error:
            raise _gone() from error
        except xcffib.XcffibException:
            return None


def _gone() -> Unavailable:
    return Unavailable(
        "the display went away", cause="the X server ended", fix="start recording again in the new session"
    )
