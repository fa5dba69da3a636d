"""Xorg itself, with a graphics card that is made of memory: monitors come and go, sizes change, pictures turn."""

import os
import subprocess
from contextlib import suppress

import pytest

from aboveboard.stage.display import START_S, Display
from aboveboard.stage.processes import program, require, wait_for

_CONFIG = """
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
  Option "DontVTSwitch" "true"
EndSection
Section "Device"
  Identifier "card"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "DUMMY0"
  HorizSync 5.0-1000.0
  VertRefresh 5.0-200.0
EndSection
Section "Screen"
  Identifier "screen"
  Device "card"
  Monitor "DUMMY0"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Virtual 2560 1600
    Modes "1280x720" "1024x768" "800x600" "640x480"
  EndSubSection
EndSection
"""


class RealServer(Display):
    """A :class:`Display` whose server is Xorg, 1280 × 720 at first; :meth:`xrandr` is the person at the settings."""

    def xrandr(self, *arguments: str) -> None:
        subprocess.run([program("xrandr", "x11-xserver-utils"), *arguments], env=self.env, check=True, timeout=10)

    def _start_server(self, xvfb: str) -> None:
        if os.geteuid() != 0:
            pytest.skip("Xorg takes a virtual terminal, which needs an administrator")
        super()._start_server(xvfb)  # for the environment; its server has no monitors to speak of
        self.processes.stop()
        xorg = program("Xorg", "xserver-xorg-core")
        config = self.home / "xorg.conf"
        config.write_text(_CONFIG, encoding="ascii")
        reader, writer = os.pipe()
        try:
            log = str(self.home / "xorg.log")
            switches = ["-nolisten", "tcp", "-noreset", "-novtswitch", "-sharevts", "vt7"]
            argv = [xorg, "-config", str(config), "-logfile", log, "-displayfd", str(writer), *switches]
            process = self.processes.start(argv, self.env, pass_fds=[writer])
            os.close(writer)
            os.set_blocking(reader, False)
            number = b""

            def told() -> bool:
                nonlocal number
                with suppress(BlockingIOError):
                    number += os.read(reader, 16)
                return number.endswith(b"\n") or process.poll() is not None

            wait_for(told, START_S)
            require(number.endswith(b"\n"), xorg, self.processes)
        finally:
            os.close(reader)
        self.name = f":{number.decode().strip()}"
        self.env["DISPLAY"] = self.name
