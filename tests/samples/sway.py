"""A real Wayland compositor without a monitor: sway, with windows of foot, its own account of them, and its pixels.

What sway tells of itself over its socket is more than any compositor tells a program through the portals, so it stands
here for one that would. Its hands are the test's.
"""

import json
import os
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import Unavailable
from aboveboard.formats.recording import Monitor
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.capture.portable.desktop import Heard, Input, Unread, Windows
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus
from samples.x_windows import until

NOBODY = 65534
_CONFIG = """output HEADLESS-1 resolution {width}x{height} position 0 0
default_border none
workspace_layout stacking
for_window [app_id="Stranger"] floating enable, resize set 300 200, move position 150 100
"""


class Sway:
    """The compositor, from entering the block to leaving it. sway refuses to run as root, so there it is nobody's."""

    def __init__(self, width: int = 640, height: int = 480) -> None:
        self.size = (width, height)
        self._windows: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Sway":
        self.home = Path(tempfile.mkdtemp(prefix="aboveboard-sway-"))
        config = self.home / "config"
        config.write_text(_CONFIG.format(width=self.size[0], height=self.size[1]), encoding="utf-8")
        self.env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.home),
            "WLR_BACKENDS": "headless",
            "WLR_RENDERER": "pixman",
            "WLR_LIBINPUT_NO_DEVICES": "1",
        }
        argv = ["sway", "-c", str(config)]
        if os.geteuid() == 0:
            os.chown(self.home, NOBODY, NOBODY)
            argv = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *argv]
        with (self.home / "log").open("wb") as log:
            self._process = subprocess.Popen(argv, env=self.env, stdout=log, stderr=log, cwd=self.home)
        until(lambda: bool(list(self.home.glob("sway-ipc.*")) and list(self.home.glob("wayland-?"))), "sway answers")
        self.env["WAYLAND_DISPLAY"] = next(self.home.glob("wayland-?")).name
        self.socket = str(next(self.home.glob("sway-ipc.*")))
        return self

    def __exit__(self, *_: object) -> None:
        for window in self._windows:
            self.close(window)
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def stop(self) -> None:
        """The compositor ends."""
        self._process.kill()
        self._process.wait()

    def show(self, app_id: str, colour: str, command: str) -> subprocess.Popen[bytes]:
        """A terminal that runs ``command``; ``colour`` as RRGGBB."""
        argv = ["foot", "--app-id", app_id, "-o", f"colors.background={colour}", "sh", "-c", command]
        window = subprocess.Popen(argv, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._windows.append(window)
        desktop = SwayDesktop(self)
        until(lambda: any(one.client.wm_class == app_id for one in desktop.windows().stack), f"{app_id} shows")
        desktop.close()
        return window

    def close(self, window: subprocess.Popen[bytes]) -> None:
        window.terminate()
        window.wait()


class SwayDesktop:
    """``portable.desktop.Desktop``, by sway's socket."""

    def __init__(self, sway: Sway) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(2.0)
        self._socket.connect(sway.socket)

    def monitors(self) -> tuple[Monitor, ...]:
        get_outputs = 3
        return tuple(Monitor(name=one["name"], **one["rect"]) for one in self._ask(get_outputs))

    def windows(self) -> Windows:
        get_tree = 4
        found: list[Stacked] = []
        active: list[WindowFacts] = []
        _walk(self._ask(get_tree), found, active)
        return Windows(tuple(found), Active(active[0] if active else None))

    def focus(self, window: WindowFacts) -> Focus:
        return Focus.UNKNOWN

    def secret_fields(self) -> tuple[Rect, ...]:
        return ()

    def close(self) -> None:
        self._socket.close()

    def _ask(self, kind: int) -> Any:
        head = struct.Struct("=6sII")
        try:
            self._socket.sendall(head.pack(b"i3-ipc", 0, kind))
            _, length, _ = head.unpack(self._read(head.size))
            return json.loads(self._read(length))
        except OSError as error:
            raise Unavailable("the compositor went away") from error

    def _read(self, length: int) -> bytes:
        read = b""
        while len(read) < length:
            part = self._socket.recv(length - len(read))
            if not part:
                raise ConnectionError("the socket was closed")
            read += part
        return read


def _walk(node: dict[str, Any], found: list[Stacked], active: list[WindowFacts]) -> None:
    """Tiled windows first, then floating ones: from the bottom to the top."""
    if node.get("app_id") and node.get("visible"):
        rect = Rect(**node["rect"])
        facts = WindowFacts(node["id"], node["app_id"], node.get("name") or "", node.get("pid", 0), rect)
        found.append(Stacked(rect, (rect,), rect, facts))
        if node.get("focused"):
            active.append(facts)
    for inner in [*node.get("nodes", []), *node.get("floating_nodes", [])]:
        _walk(inner, found, active)


class GrimScreen:
    """``portable.desktop.Screen``: the compositor's own pixels by screencopy, in the place of PipeWire's."""

    def __init__(self, sway: Sway) -> None:
        self._env = sway.env

    def grab(self, rect: Rect) -> NDArray[np.uint32]:
        place = f"{rect.x},{rect.y} {rect.width}x{rect.height}"
        run = subprocess.run(["grim", "-t", "ppm", "-g", place, "-"], env=self._env, capture_output=True, check=False)
        _, size, _, pixels = run.stdout.split(b"\n", 3) if run.stdout.count(b"\n") > 2 else (b"",) * 4
        if size != f"{rect.width} {rect.height}".encode():
            raise Unread("the compositor gave no pixels")
        rgb = np.frombuffer(pixels, np.uint8).reshape(rect.height, rect.width, 3).astype(np.uint32)
        return 0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]

    def close(self) -> None:
        """Nothing is kept."""


class Hand:
    """What the compositor would tell of the hands, and the test says."""

    def __init__(self) -> None:
        self._heard: Heard | None = None

    def listen(self, heard: Heard) -> "Hand":
        self._heard = heard
        return self

    def alive(self) -> bool:
        return True

    def forget(self) -> None:
        """It holds nothing down."""

    def close(self) -> None:
        self._heard = None

    def does(self, event: Input) -> None:
        if self._heard is not None:
            self._heard(event)
