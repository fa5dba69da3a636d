"""What must be known of a recorder to measure it?"""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchmarks.recorder.desk import Desk
from benchmarks.recorder.figures import Match
from benchmarks.recorder.player import Played


@dataclass
class Kept:
    """What a recording holds, as read back from it. ``events`` is None where the recorder records none."""

    size_bytes: int
    frames: int | None = None
    events: Match | None = None
    seconds: float | None = None
    """After a crash: how much of the work can be read back, from its begin."""
    sizes: list[tuple[int, int]] = field(default_factory=list)
    """When which bytes of the recording came: wall time in ns, bytes."""
    notes: dict[str, float | str] = field(default_factory=dict)


class Running(Protocol):
    """One recorder at work on a desk."""

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """Its first process."""
        ...

    @property
    def stop_signal(self) -> int:
        """What tells it to stop."""
        ...

    @property
    def good_exits(self) -> tuple[int, ...]:
        """Its exit statuses when all went well."""
        ...

    def ready(self) -> bool:
        """Whether it records now."""
        ...

    def stopping(self) -> None:
        """Called just before it is told to stop."""
        ...

    def read_back(self, sent: list[Played]) -> Kept:
        """After it has ended: what it kept. Raises what reading raises."""
        ...

    def read_after_crash(self, sent: list[Played]) -> Kept:
        """After it was killed: what can be read back, with ``seconds``."""
        ...


class Subject(Protocol):
    """A recorder."""

    @property
    def name(self) -> str:
        """As in the table."""
        ...

    def why_not(self) -> str:
        """Why it cannot be measured here; "" if it can."""
        ...

    def start(self, desk: Desk, folder: Path) -> Running:
        """Start it on ``desk``; it writes into ``folder``."""
        ...


def log_tail(path: Path) -> str:
    """The last words in a log, on one line."""
    try:
        return " / ".join(path.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-4:])[-500:]
    except OSError:
        return ""
