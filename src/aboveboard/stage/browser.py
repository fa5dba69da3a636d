"""How does a real browser get onto the display?

Debian's Chromium with a real window (not headless), full screen, the page's corner at the screen's corner, with a
profile of its own that ends with it. It keeps quiet: it can reach loopback only, and asks nobody anything.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from subprocess import Popen
from types import TracebackType

from aboveboard.base.errors import BadInput, Unavailable
from aboveboard.stage.devtools import Page
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program, require, stop_group, wait_for

START_S = 30.0

_QUIET = (
    "--no-first-run",
    "--no-default-browser-check",
    "--no-pings",
    "--noerrdialogs",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-infobars",
    "--hide-scrollbars",
    "--disable-notifications",
    "--disable-search-engine-choice-screen",
    "--disable-session-crashed-bubble",
    "--disable-sync",
    "--metrics-recording-only",
    "--password-store=basic",
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,PasswordLeakDetection",
    # Nothing outside this machine has an address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

_PREFERENCES = {
    "credentials_enable_service": False,
    "profile": {"password_manager_enabled": False, "password_manager_leak_detection": False},
    "autofill": {"enabled": False, "profile_enabled": False, "credit_card_enabled": False},
    "translate": {"enabled": False},
    "search": {"suggest_enabled": False},
}


class Browser:
    """A browser on ``display`` from entering the block to leaving it; ``page`` reads and opens pages.

    ``scale`` is how many screen pixels one CSS pixel takes on each axis: 2 makes a 160×210 task 320×420 pixels.
    Raises :class:`SetupMissing` and :class:`Unavailable`.
    """

    def __init__(self, display: Display, *, scale: int = 2) -> None:
        if not 1 <= scale <= 4:
            raise BadInput(f"{scale} is no scale for a page", cause="it must be 1 to 4", fix="use 2")
        self.display = display
        self.scale = scale
        self.page: Page
        self._profile = Path()
        self._process: Popen[bytes] | None = None

    def __enter__(self) -> "Browser":
        chromium = program("chromium", "chromium")
        self._profile = Path(tempfile.mkdtemp(prefix="browser-", dir=self.display.home))
        try:
            self._write_preferences()
            self._process = self.display.processes.start(
                [chromium, *self._flags(), "--app=data:text/html,stage"], self.display.env
            )
            self.page = Page(self._debugging_port(chromium), timeout_s=START_S)
            self._wait_for_full_screen()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.page.close()
        self._stop()

    @property
    def pid(self) -> int:
        """The browser's own process: accessibility tells of its windows."""
        return self._process.pid if self._process is not None else 0

    def _flags(self) -> list[str]:
        flags = [
            f"--user-data-dir={self._profile}",
            "--remote-debugging-port=0",
            "--kiosk",
            "--window-position=0,0",
            f"--window-size={self.display.width},{self.display.height}",
            f"--force-device-scale-factor={self.scale}",
            "--force-renderer-accessibility",
            *_QUIET,
        ]
        if os.geteuid() == 0:
            # Chromium refuses to run as root with its sandbox; a person's browser keeps it.
            flags += ["--no-sandbox", "--test-type"]
        return flags

    def _write_preferences(self) -> None:
        folder = self._profile / "Default"
        folder.mkdir()
        (folder / "Preferences").write_text(json.dumps(_PREFERENCES), encoding="utf-8")

    def _debugging_port(self, chromium: str) -> int:
        """The browser chooses a free port on loopback and writes it into its profile."""
        told = self._profile / "DevToolsActivePort"
        process = self._process
        wait_for(lambda: _lines(told) >= 2 or process is None or process.poll() is not None, START_S)
        require(_lines(told) >= 2, chromium, self.display.processes)
        return int(told.read_text(encoding="ascii").splitlines()[0])

    def _wait_for_full_screen(self) -> None:
        """Page (0, 0) must be screen (0, 0): positions on the page are then positions on the screen."""
        wanted = [0, 0, self.display.width, self.display.height]
        where = "[screenX, screenY, innerWidth * devicePixelRatio, innerHeight * devicePixelRatio]"
        if not wait_for(lambda: self.page.evaluate(where) == wanted, START_S, every_s=0.05):
            raise Unavailable(
                f"the browser's window is at {self.page.evaluate(where)} and not at {wanted}",
                cause="the window manager does not let it fill the screen, or the scale does not divide its size",
                fix="use a display whose sides are multiples of the scale",
            )

    def _stop(self) -> None:
        if self._process is not None:
            stop_group(self._process)
            self._process = None
        shutil.rmtree(self._profile, ignore_errors=True)


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="ascii").splitlines()) if path.exists() else 0
