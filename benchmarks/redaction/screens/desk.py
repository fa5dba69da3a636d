"""A desktop with real programs on it, that show what they are given, and stand still to be looked at.

Chromium (pages and PDF), xterm, mousepad, gnumeric and zenity on an X server without a monitor, under a window manager.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import xcffib
from benchmarks.recorder.desk import put
from benchmarks.redaction.screens import pages
from numpy.typing import NDArray

from aboveboard.recorder.capture.display import connect
from aboveboard.recorder.capture.layout import WindowTree
from aboveboard.recorder.redact.fidelity import panes_of
from aboveboard.recorder.redact.pixels.panes import Panes
from aboveboard.stage.devtools import Page
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program, stop_group, wait_for
from aboveboard.stage.screen import grab
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest

START_S, STILL_S = 40.0, 8.0
BORDER, TITLE = 1, 24
BROWSER = "Chromium"
"""Is in the title of the browser's window."""


@dataclass(frozen=True)
class Setting:
    """``size`` of the whole desktop in pixels, ``scale`` of a dense display, ``fringes``: coloured edges of letters."""

    size: tuple[int, int]
    scale: float = 1.0
    fringes: bool = False

    @property
    def about(self) -> str:
        """For a report."""
        return f"{self.size[0]}×{self.size[1]} x{self.scale}{' fringes' if self.fringes else ''}"


@dataclass
class Desk:
    """Shows windows on a display; the browser is started once."""

    display: Display
    setting: Setting
    _profile: Path | None = None
    _page: Page | None = None
    _shown: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _opened: bool = False

    def browser(self, sheet: pages.Sheet, place: tuple[int, int, int, int]) -> None:
        """``sheet`` in the browser's window."""
        path = self._file(".html", sheet.html)
        page = self._started()
        put(self.display, BROWSER, place)
        page.navigate(path.as_uri())
        if sheet.scroll:
            page.evaluate(f"window.scrollTo(0, {sheet.scroll} * document.documentElement.scrollHeight)")
        page.painted()

    def pdf(self, sheet: pages.Sheet, place: tuple[int, int, int, int]) -> None:
        """``sheet`` printed to PDF, and that shown by the browser."""
        path = self._file(".html", sheet.html)
        printed = path.with_suffix(".pdf")
        argv = [
            program("chromium", "chromium"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
        ]
        argv += [f"--user-data-dir={path.with_suffix('.profile')}", f"--print-to-pdf={printed}", path.as_uri()]
        subprocess.run(argv, env=self.display.env, check=True, capture_output=True, timeout=START_S)
        page = self._started()
        put(self.display, BROWSER, place)
        page.navigate(printed.as_uri())
        time.sleep(1.5)  # the viewer has no moment of its own at which it is done; ``look`` waits until nothing changes

    def terminal(self, text: str, random: Random, place: tuple[int, int, int, int]) -> None:
        """``text`` in xterm, its end in sight."""
        path = self._file(".txt", text)
        ground, ink = random.choice(
            (("black", "#d0d0d0"), ("#fdf6e3", "#657b83"), ("white", "black"), ("#300a24", "white"))
        )
        size = random.choice((8, 9, 10, 11, 12)) * self.setting.scale
        font = random.choice(("Liberation Mono", "DejaVu Sans Mono"))
        argv = [
            program("xterm", "xterm"),
            "-fa",
            font,
            "-fs",
            str(size),
            "-bg",
            ground,
            "-fg",
            ink,
            "-title",
            "terminal",
        ]
        # The window has its size before it is written to: what wraps then wraps as it does for a person.
        go = path.with_suffix(".go")
        self._start([*argv, "-e", "sh", "-c", f"while [ ! -e {go} ]; do sleep 0.05; done; cat {path}; exec sleep 999"])
        put(self.display, "terminal", place)
        time.sleep(0.3)
        go.touch()

    def notepad(self, text: str, random: Random, place: tuple[int, int, int, int]) -> None:
        """``text`` in mousepad, maybe scrolled."""
        path = self._file(".txt", text)
        dark = random.random() < 0.5
        env = {"GTK_THEME": "Adwaita:dark" if dark else "Adwaita", "GDK_DPI_SCALE": str(self.setting.scale)}
        line = random.choice((1, 1, 30))
        self._start([program("mousepad", "mousepad"), "--disable-server", f"--line={line}", str(path)], env)
        put(self.display, "Mousepad", place)

    def spreadsheet(self, text: str, place: tuple[int, int, int, int]) -> None:
        """``text`` (CSV) in gnumeric."""
        path = self._file(".csv", text)
        self._start([program("gnumeric", "gnumeric"), str(path)], {"GDK_DPI_SCALE": str(self.setting.scale)})
        put(self.display, path.name, place)

    def dialog(self, text: str, place: tuple[int, int, int, int]) -> None:
        """``text`` in a dialog with a button."""
        path = self._file(".txt", text)
        argv = [program("zenity", "zenity"), "--text-info", "--title", "dialog", "--filename", str(path)]
        self._start(argv, {"GDK_DPI_SCALE": str(self.setting.scale)})
        put(self.display, "dialog", place)

    def press(self, element: str) -> None:
        """Click at ``element`` of the page: a list opens, until another window has the focus."""
        box = self._started().evaluate(
            "(box => [screenX + box.x + box.width / 2, screenY + outerHeight - innerHeight + box.y + box.height / 2])"
            f"(document.getElementById('{element}').getBoundingClientRect())"
        )
        hand = Xtest(self.display.name)
        hand.move(*(round(part * self.setting.scale) for part in box))
        hand.press()
        hand.release()
        hand.close()
        self._opened = True

    def look(self) -> NDArray[np.uint32]:
        """The screen, once nothing on it changes any more: (height, width), as the recorder has it."""
        connection = self.display.connect()
        try:
            before, since, end = grab(connection), time.monotonic(), time.monotonic() + STILL_S
            while time.monotonic() < end:
                time.sleep(0.15)
                now = grab(connection)
                if not np.array_equal(now, before):
                    before, since = now, time.monotonic()
                elif time.monotonic() - since > 0.8:
                    break
        finally:
            connection.disconnect()
        rgb = before.astype(np.uint32)
        return rgb[..., 2] | rgb[..., 1] << 8 | rgb[..., 0] << 16 | np.uint32(0xFF000000)

    def panes(self) -> Panes:
        """Which windows lie where, as the recorder sees it."""
        connection = connect(self.display.name)
        try:
            return panes_of(WindowTree(connection).read())
        finally:
            connection.disconnect()

    def clear(self) -> None:
        """Close all windows but the browser's, and whatever list is open in that."""
        while self._shown:
            stop_group(self._shown.pop())
        if self._page is not None:
            if self._opened:
                self._tap("Escape")
                self._opened = False
            self._page.evaluate("document.body.innerHTML = ''")
            put(self.display, BROWSER, (self.setting.size[0] - 40, self.setting.size[1] - 40, 30, 30))

    def end(self) -> None:
        """Hang up; the display ends the programs."""
        if self._page is not None:
            self._page.close()

    def _file(self, suffix: str, text: str) -> Path:
        with tempfile.NamedTemporaryFile(
            "w", suffix=suffix, dir=self.display.home, delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        return Path(file.name)

    def _start(self, argv: list[str], env: dict[str, str] | None = None) -> None:
        self._shown.append(self.display.processes.start(argv, self.display.env | (env or {})))

    def _started(self) -> Page:
        if self._page is None:
            profile = self.display.home / "browser"
            argv = [program("chromium", "chromium"), f"--user-data-dir={profile}", "--remote-debugging-port=0"]
            argv += [
                "--no-first-run",
                "--no-default-browser-check",
                "--noerrdialogs",
                "--disable-gpu",
                "--disable-sync",
            ]
            argv += ["--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"]
            argv += ["--disable-background-networking", "--disable-component-update", "--password-store=basic"]
            argv += [
                "--disable-search-engine-choice-screen",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ]
            argv += [f"--force-device-scale-factor={self.setting.scale}", "--window-position=0,0", "about:blank"]
            argv += ["--no-sandbox", "--test-type"] if os.geteuid() == 0 else []
            self.display.processes.start(argv, self.display.env)
            told = profile / "DevToolsActivePort"
            wait_for(lambda: told.exists() and len(told.read_text("ascii").splitlines()) >= 2, START_S)
            self._page = Page(int(told.read_text("ascii").splitlines()[0]), timeout_s=START_S)
            put(self.display, BROWSER, (0, 0, 600, 400))
        return self._page

    def _tap(self, name: str) -> None:
        hand = Xtest(self.display.name)
        hand.tap(NAMED_KEYSYMS[name])
        hand.close()
        time.sleep(0.3)


@contextmanager
def standing(setting: Setting) -> Iterator[Desk]:
    """A desktop of this setting, with nothing on it yet."""
    with Display(*setting.size) as display:
        resources = "Xft.antialias: 1\nXft.hinting: 1\nXft.hintstyle: hintslight\n"
        resources += "Xft.rgba: rgb\n" if setting.fringes else "Xft.rgba: none\n"
        argv = [program("xrdb", "x11-xserver-utils"), "-merge", "-nocpp"]
        subprocess.run(argv, input=resources.encode(), env=display.env, check=True)
        subprocess.run([program("xsetroot", "x11-xserver-utils"), "-solid", "#4a6984"], env=display.env, check=True)
        desk = Desk(display, setting)
        try:
            yield desk
        finally:
            with suppress(xcffib.XcffibException):
                desk.end()
