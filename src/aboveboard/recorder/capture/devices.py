"""How do touch screens, pens and smooth wheels come beside what RECORD tells?

XInput2's raw events name the device and carry its own numbers (``capture.pointing``), but neither the pointer's place
nor an order among RECORD's events. They are put together like this:

1. *Scrolling.* For a turn of a smooth wheel the server makes presses of the buttons 4 to 7, for older programs; they
   are all that RECORD sees. While a device that scrolls smoothly is there, all scrolling is told from XInput2: a turn
   in fractions of a step, a plain wheel's press as one; and RECORD's presses of those buttons are left out. From when
   on, the first raw event says, so that neither none nor both are told. The place is the last that RECORD told by then.
2. *Touch.* A touch can be selected on the root by one client only, and an application's own selection comes first. Raw
   touches reach everybody.
3. *Pens* are pointers with pressure.

A finger or a pen that acts as the pointer is also told as the pointer, by RECORD. While there is no such device,
nothing is asked of the server but to say if one is plugged in.
"""

from collections.abc import Sequence

import xcffib
import xcffib.xinput

from aboveboard.formats.recording import Button, Key, Pen, Pointer, Scroll, Touch
from aboveboard.recorder.capture.display import atom, connect, screen_of
from aboveboard.recorder.capture.events import GENERIC, GENERIC_HEAD, SHORT_BYTES, event_bytes, reply_bytes
from aboveboard.recorder.capture.pointing import PEN_AXES, WHEEL, PointingDevice
from aboveboard.recorder.capture.raw_input import (
    ALL_MASTER_DEVICES,
    RAW_BUTTON_PRESS,
    RAW_BUTTON_RELEASE,
    RAW_MOTION,
    RAW_TOUCH_BEGIN,
    RAW_TOUCH_END,
    RAW_TOUCH_UPDATE,
    VERSION,
    agree,
    select,
)
from aboveboard.recorder.capture.xi2 import Raw, decode_devices, decode_raw

Recorded = tuple[int, Key | Button | Scroll | Pointer]
Told = tuple[int, Scroll | Touch | Pen]
"""Server time in ms, and what happened."""

ALL_DEVICES = 0
_DEVICE_CHANGED, _HIERARCHY = 1, 11
_REASON_PLACE, _CLASSES_CHANGED = 20, 2
_MOVES = (RAW_MOTION, RAW_BUTTON_PRESS, RAW_BUTTON_RELEASE)
_TOUCHES = (RAW_TOUCH_BEGIN, RAW_TOUCH_UPDATE, RAW_TOUCH_END)
_HALF_OF_TIME = 1 << 31


class DeviceWatch:
    """On a connection of its own, but without a thread: who asks RECORD calls it. Raises :class:`SetupMissing`.

    In this order: :meth:`collect` just before RECORD is asked to tell what it has, :meth:`merge` with what it told,
    then :meth:`settled`, which holds back what was collected last until RECORD has been asked once more.
    """

    def __init__(self, display: str | None) -> None:
        self._conn = connect(display)
        self._root: int = screen_of(self._conn).root
        self._opcode, version = agree(self._conn)
        self._works = version >= VERSION
        self._labels = {use: atom(self._conn, label) for use, label in PEN_AXES.items()}
        self._devices: dict[int, PointingDevice] = {}
        self._scrolls = False
        self._since_ms: int | None = None
        self._collected: list[Raw] = []
        self._due: list[Raw] = []
        self._size = (0, 0)
        self._positions: list[tuple[int, int, int]] = []
        self._last_of_before = 0
        if self._works:
            self._look()

    @property
    def needed(self) -> bool:
        """Is there a device that tells more than RECORD does?"""
        return bool(self._devices)

    def collect(self) -> None:
        """Take in what the devices have sent by now."""
        self._due += self._collected
        self._collected = []
        if self._devices:
            # The answer comes after all that the devices did before.
            self._size = self._desktop()
        changed = False
        for event in event_bytes(self._conn):
            if event[0] & 0x7F != GENERIC or event[1] != self._opcode:
                continue
            *_, kind, _, server_ms = GENERIC_HEAD.unpack_from(event)
            if kind == _HIERARCHY or (kind == _DEVICE_CHANGED and event[_REASON_PLACE] == _CLASSES_CHANGED):
                changed = True
            elif kind in _MOVES or kind in _TOUCHES:
                self._since_ms = server_ms if self._since_ms is None else self._since_ms
                raw = decode_raw(event)
                if raw is not None and self._matters(raw):
                    self._collected.append(raw)
        if changed:
            self._look()

    def merge(self, found: Sequence[Recorded]) -> Sequence[Recorded]:
        """What RECORD told, without what the devices tell better."""
        if not self._devices:
            return found
        kept = []
        for server_ms, event in found:
            if not isinstance(event, Key):
                self._positions.append((server_ms, event.x, event.y))
            if not (isinstance(event, Scroll) and self._scrolls_smoothly(server_ms)):
                kept.append((server_ms, event))
        return kept

    def settled(self) -> list[Told]:
        """What was collected the time before last, in its order."""
        told = [(raw.server_ms, event) for raw in self._due for event in self._tell(raw)]
        self._due = []
        del self._positions[: self._last_of_before]
        self._last_of_before = max(len(self._positions) - 1, 0)
        return told

    def close(self) -> None:
        """Give the connection back."""
        self._conn.disconnect()

    def _matters(self, raw: Raw) -> bool:
        device = self._devices.get(raw.source)
        return (device is not None and device.tells(raw)) or self._is_plain_wheel(raw)

    def _is_plain_wheel(self, raw: Raw) -> bool:
        """A step of a wheel that has no valuator for it."""
        if raw.kind != RAW_BUTTON_PRESS or raw.detail not in WHEEL or raw.made_by_server or not self._scrolls:
            return False
        return raw.source not in self._devices or not self._devices[raw.source].device.scrolling

    def _tell(self, raw: Raw) -> list[Scroll | Touch | Pen]:
        pointer = self._position(raw.server_ms)
        if self._is_plain_wheel(raw):
            dx, dy = WHEEL[raw.detail]
            return [Scroll(dx=dx, dy=dy, x=pointer[0], y=pointer[1])]
        device = self._devices.get(raw.source)
        return device.hear(raw, self._size, pointer) if device is not None else []

    def _position(self, server_ms: int) -> tuple[int, int]:
        for at_ms, x, y in reversed(self._positions):
            if (server_ms - at_ms) % (1 << 32) < _HALF_OF_TIME:
                return x, y
        if self._positions:
            return self._positions[0][1:]
        pointer = self._conn.core.QueryPointer(self._root).reply()
        return pointer.root_x, pointer.root_y

    def _scrolls_smoothly(self, server_ms: int) -> bool:
        since_ms = self._since_ms
        return self._scrolls and since_ms is not None and (server_ms - since_ms) % (1 << 32) < _HALF_OF_TIME

    def _desktop(self) -> tuple[int, int]:
        geometry = self._conn.core.GetGeometry(self._root).reply()
        return geometry.width, geometry.height

    def _look(self) -> None:
        """Which devices are there now? Listen to those that matter, and remember those that were there before."""
        select(self._conn, self._root, {ALL_DEVICES: (_DEVICE_CHANGED, _HIERARCHY)})
        before, self._devices = self._devices, {}
        for device in decode_devices(*self._ask()):
            found = PointingDevice.of(device, self._labels)
            known = before.get(device.number)
            if found.matters:
                same = known is not None and known.device.axes.keys() == device.axes.keys()
                self._devices[device.number] = known if known is not None and same else found
        scrolls = any(device.device.scrolling for device in self._devices.values())
        if scrolls != self._scrolls:
            self._scrolls, self._since_ms = scrolls, None
        moves = scrolls or any(device.axes_of for device in self._devices.values())
        touches = any(device.device.direct_touch for device in self._devices.values())
        kinds = (_MOVES if moves else ()) + (_TOUCHES if touches else ())
        select(self._conn, self._root, {ALL_MASTER_DEVICES: kinds})
        self._size = self._desktop()  # once it is answered, the devices are listened to

    def _ask(self) -> tuple[bytes, int]:
        """The devices' descriptions, undecoded, and how many they are."""
        data = reply_bytes(self._conn, self._conn(xcffib.xinput.key).XIQueryDevice(ALL_DEVICES))
        return data[SHORT_BYTES:], int.from_bytes(data[8:10], "little")
