"""A terminal emulator whose programs ask, and a capture of it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aboveboard.formats.recording import Key, Window
from aboveboard.recorder.capture import x11
from aboveboard.stage.display import Display
from aboveboard.stage.processes import program
from aboveboard.stage.xtest import NAMED_KEYSYMS, Xtest
from samples.disclosed import app, disclosure
from samples.x_windows import Collected, until

RETURN = NAMED_KEYSYMS["Return"]
OPEN = "anna"
SECRET = "zxqjkvw"
"""Letters that the open text does not have, so that one of them is enough to find out."""
ASK = (
    'while read -rp "Name: " a; do echo "$a" >> {folder}/shown;'
    ' read -rsp "Secret: " b; echo "$b" >> {folder}/hidden; done'
)


@contextmanager
def terminal(display: Display, folder: Path) -> Iterator[None]:
    """``xterm`` with a program that asks for a name and shows it, and for a secret and does not, again and again.

    It writes what it got into ``shown`` and ``hidden`` in ``folder``.
    """
    argv = [program("xterm", "xterm"), "-e", "bash", "-c", ASK.format(folder=folder)]
    process = display.processes.start(argv, display.env)
    try:
        yield
    finally:
        process.kill()
        process.wait(10)


class Watching:
    """A capture of ``xterm`` from entering the block, with the terminal active, to leaving it."""

    def __init__(self, display: Display, **levels: str) -> None:
        self.sink = Collected()
        self.source = x11.X11Source(display.name, disclosure(app("XTerm", **levels)))

    def __enter__(self) -> "Watching":
        self.source.start(self.sink)
        until(lambda: bool(self.sink.of(Window)), "the terminal is active")
        return self

    def __exit__(self, *_: object) -> None:
        self.source.stop()
        assert self.source.failure() is None, self.source.failure()
        assert not self.sink.complaints

    def settle(self) -> None:
        """Wait until what happened so far has come out."""
        now_ns = time.time_ns()
        until(lambda: self.source.decided_ns() > now_ns, "the capture settles")

    def typed(self) -> str:
        return "".join(key.text for key in self.sink.of(Key) if key.text.isprintable())


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def answer(hand: Xtest, folder: Path, *, every_s: float = 0.02, rest_s: float = 0.6) -> None:
    """Answer both questions; ``rest_s`` lies between what is to be told and what hides."""
    shown, hidden = len(lines(folder / "shown")), len(lines(folder / "hidden"))
    hand.type_text(OPEN, every_s)
    time.sleep(rest_s)
    hand.tap(RETURN)
    until(lambda: len(lines(folder / "shown")) > shown, "the name is taken")
    time.sleep(rest_s)
    hand.type_text(SECRET, every_s)
    hand.tap(RETURN)
    until(lambda: len(lines(folder / "hidden")) > hidden, "the secret is taken")
    assert (lines(folder / "shown")[-1], lines(folder / "hidden")[-1]) == (OPEN, SECRET)
    time.sleep(rest_s)
