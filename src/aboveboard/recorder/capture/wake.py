"""Has a hand done anything?

RECORD tells exactly what happened, but only when the server is asked to (``capture.input``); asking without end costs
a quiet machine its sleep. XInput2's raw events are sent at once. Here they say just that something happened:

1. While *armed*, every kind of raw event of every keyboard and pointer makes :meth:`InputWake.fileno` readable.
2. The first that :meth:`InputWake.drain` finds disarms: a busy hand costs one event, not one for each step.
3. Who finds that RECORD has gone quiet calls :meth:`InputWake.arm` and then asks RECORD once more. On the same
   connection the server does both in that order, so nothing can happen between them unseen.
"""

from collections import deque
from typing import Any

import xcffib.xinput

from aboveboard.recorder.capture.display import screen_of
from aboveboard.recorder.capture.events import GENERIC, event_bytes

NAME = "XInputExtension"
VERSION = (2, 2)
"""Raw events come in spite of other clients' grabs since 2.1, and touches are told since 2.2."""

ALL_MASTER_DEVICES = 1
RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION = 13, 14, 15, 16, 17
RAW_TOUCH_BEGIN, RAW_TOUCH_UPDATE, RAW_TOUCH_END = 22, 23, 24

_ALL = (
    *(RAW_KEY_PRESS, RAW_KEY_RELEASE, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE, RAW_MOTION),
    *(RAW_TOUCH_BEGIN, RAW_TOUCH_UPDATE, RAW_TOUCH_END),
)


class InputWake:
    """Listens on ``conn``; used by one thread. Events of ``conn`` that are not raw input go to ``others``."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._opcode, version = agree(conn)
        self._root: int = screen_of(conn).root
        self.works = version >= VERSION
        """Without XInput 2.2 on the server nothing wakes, and who waits must look by the clock."""
        self.armed = False
        self.others: deque[bytes] = deque()
        self.arm()

    def fileno(self) -> int:
        """Readable when something arrived. A reply awaited on ``conn`` may have taken it in: drain before sleeping."""
        descriptor: int = self._conn.get_file_descriptor()
        return descriptor

    def arm(self) -> None:
        """Be woken by the next thing of any kind; costs nothing if armed already."""
        if self.works and not self.armed:
            select(self._conn, self._root, {ALL_MASTER_DEVICES: _ALL})
            self.armed = True

    def drain(self) -> int:
        """Take what has arrived; returns how many raw events that were. If any, it is disarmed from now on."""
        count = 0
        for event in event_bytes(self._conn):
            if event[0] & 0x7F == GENERIC and event[1] == self._opcode:
                count += 1
            else:
                self.others.append(event)
        if count and self.armed:
            select(self._conn, self._root, {ALL_MASTER_DEVICES: ()})
            self.armed = False
        return count


def agree(conn: Any) -> tuple[int, tuple[int, int]]:
    """XInput's major opcode and the version agreed on; (0, (0, 0)) if the server does not have it."""
    found = conn.core.QueryExtension(len(NAME), NAME).reply()
    if not found.present:
        return 0, (0, 0)
    version = conn(xcffib.xinput.key).XIQueryVersion(*VERSION).reply()
    return found.major_opcode, (version.major_version, version.minor_version)


def select(conn: Any, window: int, kinds_by_device: dict[int, tuple[int, ...]]) -> None:
    """Have the server send these event kinds from now on, and no others, of each device named."""
    masks = [
        xcffib.xinput.EventMask.synthetic(device, 1, [sum(1 << kind for kind in kinds)])
        for device, kinds in kinds_by_device.items()
    ]
    conn(xcffib.xinput.key).XISelectEvents(window, len(masks), masks)
    conn.flush()
