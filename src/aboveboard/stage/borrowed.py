"""How does the stage work on a display that is there already: a person's own?

A :class:`Display` that was started by nobody here. Nothing of it is changed but for the programs that are started on
it, which end with the block; they have a folder of their own, and are told where the person's session bus is.
"""

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import xcffib

from aboveboard.base.errors import Unavailable
from aboveboard.stage.desktop.accessible import accessibility_bus
from aboveboard.stage.display import Display
from aboveboard.stage.processes import Processes, program

PASSED_ON = ("PATH", "XAUTHORITY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "LANG")


class BorrowedDisplay(Display):
    """The running display ``name`` (":0"). Raises :class:`Unavailable` where it cannot be reached.

    ``session`` is the environment of the session that it belongs to: this process's own, unless another is given.
    """

    def __init__(self, name: str, session: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.name = name
        self._session = os.environ if session is None else session

    def __enter__(self) -> "BorrowedDisplay":
        try:
            connection = self.connect()
        except xcffib.XcffibException as error:
            raise Unavailable(
                f"the display {self.name!r} cannot be reached",
                cause="it has ended, or belongs to somebody else",
                fix="name it as it stands in $DISPLAY: --display :0",
            ) from error
        screen = connection.get_setup().roots[0]
        self.width, self.height = screen.width_in_pixels, screen.height_in_pixels
        connection.disconnect()
        self.home = Path(tempfile.mkdtemp(prefix="aboveboard-borrowed-"))
        self.processes = Processes(self.home)
        self.env = {name: self._session[name] for name in PASSED_ON if name in self._session}
        self.env |= {"DISPLAY": self.name, "HOME": str(self.home), "TMPDIR": str(self.home)}
        return self

    def _stop(self) -> None:
        self.processes.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class GuestDisplay(BorrowedDisplay):
    """The same, for programs that are to change nothing of the person's: they have a session bus, settings and caches
    of their own, in the folder that ends with the block. What shows of them is told on the person's accessibility bus.
    """

    def __enter__(self) -> "GuestDisplay":
        super().__enter__()
        try:
            self._accessibility_from = self.env.get("DBUS_SESSION_BUS_ADDRESS", "")
            told = accessibility_bus(self._accessibility_from)
            (self.home / "runtime").mkdir(mode=0o700)
            if cookie := self.env.get("XAUTHORITY"):
                self.env["XAUTHORITY"] = str(shutil.copy(cookie, str(self.home / "Xauthority")))
            self.env |= {
                "AT_SPI_BUS_ADDRESS": told,
                "XDG_RUNTIME_DIR": str(self.home / "runtime"),
                "XDG_CONFIG_HOME": str(self.home / "config"),
                "XDG_CACHE_HOME": str(self.home / "cache"),
                "LANG": "C.UTF-8",
                "TZ": "UTC",
            }
            self._start_session_bus(program("dbus-daemon", "dbus-daemon"))
        except BaseException:
            self._stop()
            raise
        return self

    @property
    def accessibility_from(self) -> str:
        return self._accessibility_from
