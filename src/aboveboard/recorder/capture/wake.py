"""Has a hand done anything?

RECORD tells exactly what happened, but only when the server is asked to (``capture.input``); asking without end costs
a quiet machine its sleep. The server counts for how long nobody has touched anything (``IDLETIME``, of the SYNC
extension), and an alarm on that count tells at once that somebody has:

1. While *armed*, whatever any keyboard or pointer does makes :meth:`InputWake.fileno` readable, once.
2. So does what happened within the :data:`RECENT_MS` before it was armed: nothing falls between looking and arming.
3. Who finds that RECORD has gone quiet calls :meth:`InputWake.arm` and then asks RECORD once more.

XInput2's raw events would tell as much, but the server flushes for each of them, RECORD's data too, in pieces of one
event; 277 such pieces fill the connection of a recorder that gets no processor time, and Xorg 21.1 drops what follows.
"""

import struct
from collections import deque
from collections.abc import Iterator
from typing import Any

import xcffib.sync

from aboveboard.recorder.capture.events import SHORT_BYTES, event_bytes, reply_bytes

NAME = "SYNC"
VERSION = (3, 1)
IDLETIME = b"IDLETIME"
RECENT_MS = 80
"""More than the server takes from an event to the next look at its alarms, less than a tick of who asks RECORD."""
COUNTER_LIMIT = 1024
"""More counters than this (servers have a few, and one for each device) are not read."""

_COUNTER = struct.Struct("=I8xH")
"""Of a counter's description: its number, and how long its name is; name and padding to four bytes follow."""
_ALARM_NOTIFY = 1


class InputWake:
    """Listens on ``conn``; used by one thread. Events of ``conn`` that are not its alarm's go to ``others``."""

    def __init__(self, conn: Any) -> None:
        self._conn = conn
        self._first_event = 0
        self._counter = self._idle_counter()
        self._alarm: int | None = None
        self.works = self._counter != 0
        """Without that count on the server nothing wakes, and who waits must look by the clock."""
        self.armed = False
        self.others: deque[bytes] = deque()
        self.arm()

    def fileno(self) -> int:
        """Readable when something arrived. A reply awaited on ``conn`` may have taken it in: drain before sleeping."""
        descriptor: int = self._conn.get_file_descriptor()
        return descriptor

    def arm(self) -> None:
        """Be woken by the next thing of any kind, or a recent one; costs nothing if armed already."""
        if not self.works or self.armed:
            return
        of, amount = xcffib.sync.CA, xcffib.sync.INT64.synthetic
        wanted = of.Counter | of.ValueType | of.Value | of.TestType | of.Delta | of.Events
        at_most, never_again = xcffib.sync.TESTTYPE.NegativeComparison, amount(0, 0)
        values = [self._counter, xcffib.sync.VALUETYPE.Absolute, amount(0, RECENT_MS), at_most, never_again, 1]
        requests = self._conn(xcffib.sync.key)
        if self._alarm is None:
            self._alarm = self._conn.generate_id()
            requests.CreateAlarm(self._alarm, wanted, values)
        else:
            requests.ChangeAlarm(self._alarm, wanted, values)
        self._conn.flush()
        self.armed = True

    def drain(self) -> int:
        """Take what has arrived; returns how often it was woken: 0, or 1 and it is disarmed from now on."""
        count = 0
        for event in event_bytes(self._conn):
            if self.works and event[0] & 0x7F == self._first_event + _ALARM_NOTIFY:
                count += 1
            else:
                self.others.append(event)
        if count:
            self.armed = False
        return count

    def _idle_counter(self) -> int:
        """The server's number for the count; 0 if it has none."""
        found = self._conn.core.QueryExtension(len(NAME), NAME).reply()
        if not found.present:
            return 0
        self._first_event = found.first_event
        requests = self._conn(xcffib.sync.key)
        requests.Initialize(*VERSION).reply()
        # xcffib takes the padding between two descriptions for the next one: read from the bytes instead.
        listed = counters(reply_bytes(self._conn, requests.ListSystemCounters()))
        return next((number for number, name in listed if name == IDLETIME), 0)


def counters(reply: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and name of each counter in SYNC's answer to ListSystemCounters; what is cut short is left out."""
    place = SHORT_BYTES
    for _ in range(min(int.from_bytes(reply[8:12], "little"), COUNTER_LIMIT)):
        if len(reply) < place + _COUNTER.size:
            return
        number, length = _COUNTER.unpack_from(reply, place)
        name = reply[place + _COUNTER.size : place + _COUNTER.size + length]
        if len(name) < length:
            return
        yield number, name
        place += (_COUNTER.size + length + 3) & ~3
