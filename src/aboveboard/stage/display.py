"""Where does the scripted person work, when the machine has no display?

On an X server without a monitor (Xvfb) with a window manager (openbox), a D-Bus session and the accessibility bus: what
a recorder finds on a person's desktop, and nothing that only a test would have. All of it ends with the block:

    with Display() as display:
        subprocess.Popen([...], env=display.env)
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import xcffib
import xcffib.xproto

from aboveboard.stage.processes import Processes, program, require, wait_for

START_S = 20.0
AT_SPI_LAUNCHER = "/usr/libexec/at-spi-bus-launcher"

_BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <standard_session_servicedirs/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

_OPENBOX_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse></focus>
  <desktops><number>1</number></desktops>
  <mouse>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
  </mouse>
</openbox_config>
"""


class Display:
    """A display of ``width`` × ``height`` pixels, 24 bits deep, from entering the block to leaving it.

    ``name`` is what goes into ``DISPLAY`` (":7"), ``env`` the whole environment for programs on it, ``processes``
    where to start them so that they end with the display. Raises :class:`SetupMissing` and :class:`Unavailable`.
    """

    def __init__(self, width: int = 640, height: int = 480) -> None:
        self.width = width
        self.height = height
        self.name = ""
        self.env: dict[str, str] = {}
        self.home = Path()
        self.processes: Processes

    def __enter__(self) -> "Display":
        xvfb = program("Xvfb", "xvfb")
        openbox = program("openbox", "openbox")
        dbus = program("dbus-daemon", "dbus-daemon")
        launcher = program(AT_SPI_LAUNCHER, "at-spi2-core")
        self.home = Path(tempfile.mkdtemp(prefix="aboveboard-stage-"))
        self.processes = Processes(self.home)
        try:
            self._start_server(xvfb)
            self._start_session_bus(dbus)
            self._start_window_manager(openbox)
            self.processes.start([launcher, "--launch-immediately", "--a11y=1"], self.env)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def accessibility_from(self) -> str:
        """The address of the session bus that knows where the accessibility bus is."""
        return self.env["DBUS_SESSION_BUS_ADDRESS"]

    def connect(self) -> xcffib.Connection:
        """A new connection to the X server; the caller disconnects it."""
        return xcffib.connect(display=self.name)

    def _start_server(self, xvfb: str) -> None:
        """Let the server choose a free display number: it writes it once it answers."""
        runtime = self.home / "runtime"
        runtime.mkdir(mode=0o700)
        self.env = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(runtime),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "TMPDIR": str(self.home),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
        }
        reader, writer = os.pipe()
        try:
            size = f"{self.width}x{self.height}x24"
            argv = [xvfb, "-displayfd", str(writer), "-screen", "0", size, "-dpi", "96", "-nolisten", "tcp", "-noreset"]
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
            require(number.endswith(b"\n"), xvfb, self.processes)
        finally:
            os.close(reader)
        self.name = f":{number.decode().strip()}"
        self.env["DISPLAY"] = self.name

    def _start_session_bus(self, dbus: str) -> None:
        socket = self.home / "runtime" / "bus"
        config = self.home / "bus.conf"
        config.write_text(_BUS_CONFIG.format(socket=socket), encoding="utf-8")
        self.processes.start([dbus, f"--config-file={config}", "--nofork", "--nosyslog"], self.env)
        require(wait_for(socket.exists, START_S), dbus, self.processes)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={socket}"

    def _start_window_manager(self, openbox: str) -> None:
        config = self.home / "openbox.xml"
        config.write_text(_OPENBOX_CONFIG, encoding="utf-8")
        self.processes.start([openbox, "--sm-disable", "--config-file", str(config)], self.env)
        connection = self.connect()
        try:
            require(wait_for(lambda: _has_window_manager(connection), START_S), openbox, self.processes)
        finally:
            connection.disconnect()

    def _stop(self) -> None:
        self.processes.stop()
        shutil.rmtree(self.home, ignore_errors=True)


def _has_window_manager(connection: xcffib.Connection) -> bool:
    """An EWMH window manager names its own window on the root window."""
    atom = connection.core.InternAtom(False, len(name := "_NET_SUPPORTING_WM_CHECK"), name).reply().atom
    root = connection.get_setup().roots[0].root
    any_type = xcffib.xproto.GetPropertyType.Any
    reply = connection.core.GetProperty(False, root, atom, any_type, 0, 1).reply()
    return bool(reply.value_len)
