"""A capture that is told of controls and sites, and applications for it to look at."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.formats.disclosure import AppRule
from aboveboard.formats.recording import Control, Site
from aboveboard.recorder.capture import x11
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from samples.disclosed import disclosure
from samples.x_windows import Collected, until


class Watching:
    """A capture of ``display`` under ``rules``, with context, from entering the block to leaving it."""

    def __init__(self, display: Display, *rules: AppRule) -> None:
        self.sink = Collected()
        self.source = x11.X11Source(display.name, disclosure(*rules))

    def __enter__(self) -> "Watching":
        self.source.start(self.sink)
        self.settle()
        time.sleep(0.4)
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        assert self.source.failure() is None, self.source.failure()
        assert not self.sink.complaints

    def settle(self) -> None:
        """Wait until what happened so far has come out."""
        now_ns = time.time_ns()
        until(lambda: self.source.decided_ns() > now_ns, "the capture settles")

    def controls(self, cause: str) -> list[Control]:
        """What was told with this cause."""
        return [control for control in self.sink.of(Control) if control.cause == cause]

    def told(self, cause: str, matches: Callable[[Control], bool], what: str) -> Control:
        """The newest control with this cause that matches, once there is one."""
        until(lambda: any(map(matches, self.controls(cause))), f"{what}, not only {self.sink.of(Control)}")
        return next(control for control in reversed(self.controls(cause)) if matches(control))

    def sites(self) -> list[Site]:
        return self.sink.of(Site)

    def words(self) -> str:
        """Everything that was told of controls and sites."""
        return repr(self.sink.of(Control, Site))


@contextmanager
def chromium_window(display: Display, *arguments: str) -> Iterator[None]:
    """An ordinary window of Chromium, with its tabs and menus, that is accessible."""
    folder = tempfile.mkdtemp(prefix="chromium-", dir=display.home)
    flags = [
        f"--user-data-dir={folder}",
        "--force-renderer-accessibility",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-gpu",
        "--disable-sync",
        "--disable-background-networking",
        "--password-store=basic",
        "--window-position=0,0",
        f"--window-size={display.width},{display.height}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        *(["--no-sandbox", "--test-type"] if os.geteuid() == 0 else []),
    ]
    process = display.processes.start([program("chromium", "chromium"), *flags, *arguments], display.env)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def mousepad_window(display: Display, *names: str) -> Iterator[list[Path]]:
    """An ordinary GTK application with a menu bar and a tab for each file."""
    files = [display.home / name for name in names]
    for file in files:
        file.write_text(f"the text of {file.name}\n", encoding="utf-8")
    argv = [program("mousepad", "mousepad"), "--disable-server", *map(str, files)]
    process = display.processes.start(argv, display.env)
    try:
        yield files
    finally:
        process.terminate()
        process.wait(10)
