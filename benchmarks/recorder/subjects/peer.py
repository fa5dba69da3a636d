"""How is a recorder from elsewhere started, stopped and read back?

Each runs from a virtual environment of its own below ``.bench/`` (``setup_peers``), with its own defaults, and is read
back from the files it wrote. They say keys, buttons and steps in words of their own; what was sent is put into those.
"""

import os
import signal
import sqlite3
import subprocess
from collections.abc import Hashable, Iterator
from pathlib import Path

from benchmarks.recorder.desk import Desk
from benchmarks.recorder.figures import Stamped, match
from benchmarks.recorder.player import Played
from benchmarks.recorder.subjects.subject import Kept

BENCH = Path(__file__).resolve().parents[3] / ".bench"
_BUTTONS = {1: "left", 2: "middle", 3: "right"}
_STEPS = {4: 1, 5: -1}


def common(event: Played, key: Hashable) -> Hashable:
    """What was sent, in words that the peers share; ``key`` is how this one says which key."""
    match event.kind:
        case "move":
            return ("move", event.x, event.y)
        case "scroll":
            return ("scroll", _STEPS[event.button])
        case "key_press" | "key_release":
            return (event.kind, key)
        case _:
            return ("click", _BUTTONS[event.button], event.kind == "button_press")


class Peer:
    """A recorder in ``.bench/<folder>``: ``argv`` starts it, and ``told`` in its log says that it records."""

    folder: str
    name: str
    told: str

    def argv(self, bin_folder: Path, out: Path) -> list[str]:
        raise NotImplementedError

    def events(self, out: Path) -> Iterator[Stamped]:
        raise NotImplementedError

    def said(self, event: Played) -> Hashable:
        raise NotImplementedError

    def frames(self, out: Path) -> int | None:
        return None

    def why_not(self) -> str:
        failed = BENCH / f"{self.folder}.failed"
        if failed.exists():
            return f"could not be installed: {failed.read_text(encoding='utf-8').strip()}"
        if not (BENCH / self.folder / "stamp").exists():
            return "not installed: run benchmarks/recorder/setup_peers"
        return ""

    def start(self, desk: Desk, folder: Path) -> "PeerRunning":
        return PeerRunning(self, desk, folder)


class PeerRunning:
    """One recording by a peer."""

    stop_signal = signal.SIGINT
    good_exits = (0,)

    def __init__(self, peer: Peer, desk: Desk, folder: Path) -> None:
        self._peer = peer
        self.out = folder / "out"
        self._log = folder / "log.txt"
        self.out.mkdir()
        env = {**desk.env, "PYTHONUNBUFFERED": "1", "PATH": os.environ["PATH"]}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                peer.argv(BENCH / peer.folder / "bin", self.out),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=env,
                cwd=self.out,
            )

    def ready(self) -> bool:
        return self._peer.told in self._log.read_text(encoding="utf-8", errors="replace")

    def stopping(self) -> None:
        return

    def read_back(self, sent: list[Played]) -> Kept:
        return self._kept(sent, list(self._peer.events(self.out)))

    def read_after_crash(self, sent: list[Played]) -> Kept:
        try:
            found = list(self._peer.events(self.out))
        except (OSError, sqlite3.Error):
            found = []  # what was not written yet is not there
        kept = self._kept(sent, found)
        kept.seconds = (found[-1][1] - sent[0].wall_ns) / 1e9 if found else 0.0
        return kept

    def _kept(self, sent: list[Played], found: list[Stamped]) -> Kept:
        wanted: list[Stamped] = [(self._peer.said(event), event.wall_ns) for event in sent]
        return Kept(
            size_bytes=sum(path.stat().st_size for path in self.out.rglob("*") if path.is_file()),
            frames=self._peer.frames(self.out),
            events=match(wanted, found) if sent else None,
        )
