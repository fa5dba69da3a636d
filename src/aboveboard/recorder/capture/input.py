"""What did the hands do?

The RECORD extension sends each event of the keyboard and the pointer as the server itself handled it: with the server's
time, the exact position after acceleration and clipping, and the modifiers in force just before. XInput2's raw events
carry neither position nor modifiers, and asking for the position afterwards is wrong for all but the last of a batch.

The server keeps what it has to tell in a buffer until it has something to send to anybody. So a second connection asks
for a trifle now and then: its answer pushes the buffer out. Two such answers later all that had happened before the
first was asked for has been told; until then it does not count as known. On a quiet display the server says that there
is something to ask for (``capture.wake``), and while nobody waits, once a second is enough: times are the server's, so
hearing late changes nothing. The same connections tell of changes of the layout and of devices that say more than the
core events do: smooth wheels, fingers, pens (``capture.devices``).
"""

import struct
import threading
from collections.abc import Callable
from typing import Any

import xcffib
import xcffib.record

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.recording import Button, Key, Keyboard, Pen, Pointer, Scroll, Touch
from aboveboard.recorder.capture import keyboard as keyboards
from aboveboard.recorder.capture.devices import DeviceWatch, Recorded
from aboveboard.recorder.capture.display import connect, extension, wait_readable
from aboveboard.recorder.capture.keyboard_watch import KeyboardWatch
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.ticks import until_tick
from aboveboard.recorder.capture.wake import InputWake
from aboveboard.recorder.capture.waker import Waker

KEY_PRESS, KEY_RELEASE, BUTTON_PRESS, BUTTON_RELEASE, MOTION = 2, 3, 4, 5, 6
ALL_CLIENTS = 3
EVENT_BYTES = 32
IDLE_S = 1.0
"""How often the server is asked to tell what it has while nobody waits for it; while somebody does, at every tick."""

_EVENT = struct.Struct("=BBHIIIIhhhhHBx")
_FROM_SERVER, _START_OF_DATA = 0, 4
_WHEEL = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}
"""Buttons that are steps of the wheel: (dx, dy) of one press. Their releases say nothing."""

Heard = Key | Button | Scroll | Pointer | Touch | Pen | Keyboard


def parse(data: bytes, keyboard: keyboards.Keyboard | KeyboardWatch) -> list[Recorded]:
    """The events in the data of one RECORD reply, each with its server time in ms."""
    found: list[Recorded] = []
    for place in range(0, len(data) - EVENT_BYTES + 1, EVENT_BYTES):
        kind, detail, _, server_ms, _, _, _, x, y, _, _, state, _ = _EVENT.unpack_from(data, place)
        match kind & 0x7F:
            case 2 | 3 as key_kind:
                found.append((server_ms, keyboard.at(server_ms).key(detail, state, pressed=key_kind == KEY_PRESS)))
            case 4 | 5 as button_kind if detail in _WHEEL:
                if button_kind == BUTTON_PRESS:
                    dx, dy = _WHEEL[detail]
                    found.append((server_ms, Scroll(dx=dx, dy=dy, x=x, y=y)))
            case 4 | 5 as button_kind if detail:
                found.append((server_ms, Button(button=detail, pressed=button_kind == BUTTON_PRESS, x=x, y=y)))
            case 6:
                found.append((server_ms, Pointer(x=x, y=y)))
    return found


class InputWatch:
    """Tells ``heard(wall_ns, event)`` of every input event, from the thread that calls :meth:`run`."""

    def __init__(self, display: str | None, clock: ServerClock, heard: Callable[[int, Heard], None]) -> None:
        self._control = connect(display)
        self._data = connect(display)
        self._clock = clock
        self._heard = heard
        self._ending = threading.Event()
        self._waker = Waker()
        self._wanted = False
        self.listening = threading.Event()
        """Set once the server tells events: what happens from then on is not missed."""
        self.presses = 0
        """How many presses of keys and buttons were told, the wheel aside; a key that repeats while held is one."""
        self.pressed_ms = 0
        """The server time of the last of them."""
        self._down: set[int] = set()
        self._progress_ns = 0
        self._pushed_ns = 0
        self._latest_ns = 0
        self._stream = 0
        self._wake = InputWake(self._control)
        self._keyboard = KeyboardWatch(self._control)
        self._devices = DeviceWatch(display)
        self._told = 0
        self._answer: Any = (xcffib.ffi.new("void **"), xcffib.ffi.new("xcb_generic_error_t **"))
        self._context = self._create_context()

    @property
    def progress_ns(self) -> int:
        """Everything that the server had sent by this wall time has been told."""
        return self._progress_ns

    def run(self) -> None:
        """Listen until :meth:`end`; raises :class:`Unavailable` if the server goes away."""
        self._stream = self._start()
        self._tell(self._clock.now_ns(), self._keyboard.event())
        try:
            arrived = False
            while not self._ending.is_set():
                self._waker.clear()
                arrived = self._sleep(self._listen(arrived) or self._wanted)
            for _ in range(2):
                self._push()
        except xcffib.ConnectionException as error:
            raise Unavailable(
                "the display went away", cause="the X server ended", fix="start recording again in the new session"
            ) from error

    def _listen(self, arrived: bool) -> bool:
        """Ask for what there is, if there is a reason to; is more to be expected?"""
        self._wake.drain()
        awake = not self._wake.armed
        if not (awake or arrived or self._wanted) and self._quiet_s() < IDLE_S:
            return False
        before = self._told
        self._push()
        if self._wanted:
            self._push()  # what the first made the server tell has arrived: all is known until just now
        if self._told != before or not awake:
            return self._told != before
        # Armed first, then asked: what happens from here on wakes again.
        self._wake.arm()
        self._push()
        self._push()
        return self._told != before or not self._wake.armed

    def _sleep(self, soon: bool) -> bool:
        """Until there is a reason to ask; has RECORD told something without being asked?"""
        if soon:
            wait_readable([self._waker.fileno()], until_tick())
            return False
        data = self._data.get_file_descriptor()
        descriptors = [data, self._wake.fileno(), self._waker.fileno()]
        return data in wait_readable(descriptors, IDLE_S - self._quiet_s())

    def _quiet_s(self) -> float:
        return (self._clock.now_ns() - self._pushed_ns) / SECOND_NS

    def want(self, wanted: bool) -> None:
        """Does somebody wait for :attr:`progress_ns`? From any thread."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._waker.wake()

    def end(self) -> None:
        """Make :meth:`run` return once all that was sent has been told; from any thread."""
        self._ending.set()
        self._waker.wake()

    def close(self) -> None:
        """Give the connections back, after :meth:`run` returned."""
        for conn in (self._control, self._data):
            conn.disconnect()
        self._devices.close()
        self._waker.close()

    def _create_context(self) -> int:
        requests = extension(self._control, "RECORD")
        record: Any = xcffib.record
        none8 = record.Range8.synthetic(0, 0)
        none_extension = record.ExtRange.synthetic(none8, record.Range16.synthetic(0, 0))
        devices = record.Range8.synthetic(KEY_PRESS, MOTION)
        wanted = record.Range.synthetic(
            none8, none8, none_extension, none_extension, none8, devices, none8, False, False
        )
        context: int = self._control.generate_id()
        requests.CreateContextChecked(context, 0, 1, 1, [ALL_CLIENTS], [wanted]).check()
        return context

    def _push(self) -> None:
        """Have the server tell what it has; what it had the last time has been told by now."""
        asked_ns = self._clock.now_ns()
        self._devices.collect()
        self._control.core.GetInputFocus().reply()
        self._wake.drain()
        self._hear()
        for server_ms, event in self._devices.settled():
            self._tell(self._clock.wall_ns(server_ms), event)
        self._progress_ns, self._pushed_ns = self._pushed_ns, asked_ns

    def _hear(self) -> None:
        """Take all that has arrived."""
        self._follow_keyboard()
        while True:
            reply = self._poll(self._stream)
            if reply is None:
                return
            if reply[1] == _START_OF_DATA:
                self.listening.set()
            elif reply[1] == _FROM_SERVER:
                for server_ms, event in self._devices.merge(parse(reply[EVENT_BYTES:], self._keyboard)):
                    if isinstance(event, Key | Button):
                        self._count(server_ms, event)
                    self._tell(self._in_turn(self._clock.wall_ns(server_ms)), event)

    def _in_turn(self, time_ns: int) -> int:
        """A nanosecond after the one before, where the server dates both alike: keys are let out later than the rest,
        and only their times say between which motions they came."""
        if 0 <= self._latest_ns - time_ns < MILLISECOND_NS:
            time_ns = self._latest_ns + 1
        self._latest_ns = time_ns
        return time_ns

    def _tell(self, time_ns: int, event: Heard) -> None:
        self._told += 1
        self._heard(time_ns, event)

    def _count(self, server_ms: int, event: Key | Button) -> None:
        name = event.keycode if isinstance(event, Key) else -event.button
        if not event.pressed:
            self._down.discard(name)
        elif name not in self._down:
            self._down.add(name)
            self.presses += 1
            self.pressed_ms = server_ms

    def _start(self) -> int:
        cookie = extension(self._data, "RECORD").EnableContext(self._context)
        self._data.flush()
        sequence: int = cookie.sequence
        return sequence

    def _poll(self, sequence: int) -> bytes | None:
        """One more reply to the one request that has many; ``None`` if none has arrived."""
        library: Any = xcffib.lib
        memory: Any = xcffib.ffi
        reply, error = self._answer
        if not library.xcb_poll_for_reply(self._data._conn, sequence, reply, error):
            self._data.invalid()
            return None
        if reply[0] == memory.NULL:
            self._data.invalid()
            raise Unavailable("the display stopped telling events", cause="the X server refused", fix="record again")
        try:
            length = memory.cast("xcb_generic_reply_t *", reply[0]).length
            return bytes(memory.buffer(reply[0], EVENT_BYTES + 4 * length))
        finally:
            library.free(reply[0])

    def _follow_keyboard(self) -> None:
        if self._wake.others:
            for server_ms, layout in self._keyboard.follow(self._wake.others):
                self._tell(self._clock.wall_ns(server_ms), layout)
            self._wake.others.clear()
