"""An X server with a touch screen, a mouse whose wheel turns smoothly, and a pen: Xorg with its own test driver.

The driver (``inputtest``, part of Xorg) takes events over a socket for each device; see ``inputtest(4)``. The screen
is Xorg's dummy driver, so neither hardware nor a console is needed.
"""

import io
import os
import shutil
import socket
import struct
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xcffib
import xcffib.xinput

from aboveboard.recorder.capture.display import atom, connect
from aboveboard.recorder.capture.xi2 import decode_devices
from aboveboard.stage.processes import Processes, program, wait_for

TOUCH_BEGIN, TOUCH_UPDATE, TOUCH_END = 18, 19, 20
STEP = 120.0
"""The driver's scroll valuators: this much is a step."""
AXIS_END = 65536
PRESSURE_END = 1000

_VERSION, _SYNC, _MOTION, _BUTTON, _TOUCH = 0, 1, 2, 4, 6
_AXES = 64
_DEVICES = {
    "finger": {"DeviceType": "Touch", "TouchCount": "5"},
    "mouse": {"DeviceType": "Pointer"},
    "pen": {"DeviceType": "PointerAbsoluteProximity", "PointerHasPressure": "true"},
}


class TestDevice:
    """One device. Each act returns after the server has handled it; ``values`` are by the number of the axis."""

    __test__ = False

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._send(_VERSION, struct.pack("=HH", 1, 1))
        assert len(self._socket.recv(64)) == 12

    def move(self, values: dict[int, float], *, absolute: bool = False) -> None:
        self._act(_MOTION, struct.pack("=I4x", absolute), values)

    def button(self, number: int, *, pressed: bool, values: dict[int, float] | None = None) -> None:
        self._act(_BUTTON, struct.pack("=iiI4x", 1, number, pressed), values or {})

    def touch(self, finger: int, phase: int, values: dict[int, float]) -> None:
        self._act(_TOUCH, struct.pack("=II", finger, phase), values)

    def close(self) -> None:
        self._socket.close()

    def _act(self, kind: int, head: bytes, values: dict[int, float]) -> None:
        mask = sum(1 << axis for axis in values).to_bytes(8, "little")
        numbers = [values.get(axis, 0.0) for axis in range(_AXES)]
        self._send(kind, head + struct.pack(f"=I8s4x{2 * _AXES}d", 0, mask, *numbers, *[0.0] * _AXES))
        self._send(_SYNC, b"")
        assert len(self._socket.recv(64)) == 8

    def _send(self, kind: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", 8 + len(body), kind) + body)


class XorgDisplay:
    """A running server: ``name`` goes into ``DISPLAY``."""

    def __init__(self, home: Path, processes: Processes, names: tuple[str, ...]) -> None:
        configuration = home / "xorg.conf"
        configuration.write_text(_configuration(home, names), encoding="ascii")
        reader, writer = os.pipe()
        argv = [program("Xorg", "xserver-xorg-core"), "-displayfd", str(writer), "-config", str(configuration)]
        argv += ["-logfile", str(home / "xorg.log"), "-noreset", "-nolisten", "tcp", "-novtswitch"]
        processes.start(argv, {"PATH": os.environ.get("PATH", os.defpath)}, pass_fds=[writer])
        os.close(writer)
        os.set_blocking(reader, False)
        number = b""

        def told() -> bool:
            nonlocal number
            try:
                number += os.read(reader, 16)
            except BlockingIOError:
                return False
            return number.endswith(b"\n")

        assert wait_for(told, 20.0), (home / "xorg.log").read_text(encoding="utf-8", errors="replace")[-2000:]
        os.close(reader)
        self.name = f":{number.decode().strip()}"
        self._home = home

    def device(self, name: str) -> TestDevice:
        """A hand on one of the devices that the server has: "finger", "mouse" or "pen"."""
        return TestDevice(self._home / name)


@contextmanager
def xorg(*names: str) -> Iterator[XorgDisplay]:
    """A server with these devices."""
    home = Path(tempfile.mkdtemp(prefix="aboveboard-xorg-"))
    processes = Processes(home)
    try:
        yield XorgDisplay(home, processes, names)
    finally:
        processes.stop()
        shutil.rmtree(home, ignore_errors=True)


def switch(display: str, name: str, *, on: bool) -> None:
    """Switch a device on or off: the server then tells that it came or went."""
    conn = connect(display)
    memory: Any = xcffib.ffi
    requests = conn(xcffib.xinput.key)
    reply = conn.wait_for_reply(requests.XIQueryDevice(0).sequence)
    data = bytes(memory.buffer(reply.cdata, reply.known_max))
    devices = decode_devices(data[32:], int.from_bytes(data[8:10], "little"))
    number = next(device.number for device in devices if device.name == name)
    change_property, integer, enabled = 57, 19, atom(conn, "Device Enabled")
    body = struct.pack("=xx2xHBBIIIB3x", number, 0, 8, enabled, integer, 1, on)
    requests.send_request(change_property, io.BytesIO(body), is_checked=True).check()
    conn.disconnect()


def _configuration(home: Path, names: tuple[str, ...]) -> str:
    def section(kind: str, *lines: str) -> str:
        return "\n".join([f'Section "{kind}"', *lines, "EndSection", ""])

    devices = [
        section(
            "InputDevice",
            f'Identifier "{name}"',
            'Driver "inputtest"',
            f'Option "SocketPath" "{home / name}"',
            *(f'Option "{option}" "{value}"' for option, value in _DEVICES[name].items()),
        )
        for name in names
    ]
    return "".join(
        [
            section("ServerFlags", 'Option "AutoAddDevices" "false"', 'Option "AllowMouseOpenFail" "true"'),
            section("Device", 'Identifier "card"', 'Driver "dummy"', "VideoRam 16384"),
            section("Screen", 'Identifier "screen"', 'Device "card"', "DefaultDepth 24"),
            *devices,
            section(
                "ServerLayout", 'Identifier "all"', 'Screen "screen"', *(f'InputDevice "{name}"' for name in names)
            ),
        ]
    )
