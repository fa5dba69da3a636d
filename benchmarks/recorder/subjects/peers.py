"""The peers that record input: openadapt-capture, NAPsack, and an OWAMcap writer of events alone.

Each runs from a virtual environment of its own below ``.bench/`` (``setup_peers``), with its own defaults, and is read
back from the files it wrote. They say keys, buttons and steps in words of their own; what was sent is put into those.
"""

import ast
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.recorder.desk import Desk
from benchmarks.recorder.figures import Stamped, match
from benchmarks.recorder.player import Played
from benchmarks.recorder.subjects.ffmpeg import count_frames
from benchmarks.recorder.subjects.subject import Kept
from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, make_reader

BENCH = Path(__file__).resolve().parents[3] / ".bench"
_BUTTONS = {1: "left", 2: "middle", 3: "right"}
_STEPS = {4: 1, 5: -1}
_NAMED = {0xFF0D: "Key.enter", 0x20: "Key.space"}

Sayings = Callable[[Played], object]


def common(event: Played, key: object) -> object:
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

    def said(self, event: Played) -> object:
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


class OpenAdapt(Peer):
    """Video of about ten frames a second, events in SQLite; keys as X keycodes."""

    folder = "openadapt"
    name = "openadapt-capture 1.3.0"
    told = "Waiting for input events"

    def argv(self, bin_folder: Path, out: Path) -> list[str]:
        return [str(bin_folder / "capture"), "record", str(out / "recording")]

    def said(self, event: Played) -> object:
        return common(event, str(event.keycode))

    def events(self, out: Path) -> Iterator[Stamped]:
        columns = "name, timestamp, mouse_x, mouse_y, mouse_dy, mouse_button_name, mouse_pressed, key_vk"
        with closing(sqlite3.connect(out / "recording" / "recording.db")) as database:
            rows = database.execute(f"select {columns} from action_event order by source_ordinal")
            for name, time_s, x, y, dy, button, pressed, key in rows:
                values: dict[str, object] = {
                    "move": ("move", x, y),
                    "click": ("click", button, bool(pressed)),
                    "scroll": ("scroll", dy),
                    "press": ("key_press", key),
                    "release": ("key_release", key),
                }
                yield values[name], round(time_s * 1e9)

    def frames(self, out: Path) -> int:
        return sum(count_frames(path) for path in (out / "recording").glob("*.mp4"))


class Napsack(Peer):
    """Stills around bursts of input, events as lines of Python literals; keys as pynput writes them."""

    folder = "napsack"
    name = "NAPsack 0.1.3"
    told = "Recorder started"

    def argv(self, bin_folder: Path, out: Path) -> list[str]:
        return [str(bin_folder / "napsack-record"), "--session-dir", str(out / "session")]

    def said(self, event: Played) -> object:
        return common(event, _NAMED.get(event.keysym) or chr(event.keysym))

    def events(self, out: Path) -> Iterator[Stamped]:
        kinds = {"mouse_down": True, "mouse_up": False}
        with (out / "session" / "events.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                told = ast.literal_eval(line)
                kind, details = told["event_type"], told["details"]
                if kind == "mouse_move":
                    value: object = ("move", details["x"], details["y"])
                elif kind == "mouse_scroll":
                    value = ("scroll", details["dy"])
                elif kind in kinds:
                    value = ("click", str(details["button"]).rpartition(".")[2], kinds[kind])
                else:
                    value = (kind, details["key"])
                yield value, round(told["timestamp"] * 1e9)

    def frames(self, out: Path) -> int:
        return len(list((out / "session" / "screenshots").glob("*.png")))


class OwaMcap(Peer):
    """Events alone (``peers/owamcap.py``); keys as X keysyms."""

    folder = "owamcap"
    name = "OWAMcap writer with pynput"
    told = "ready"

    def argv(self, bin_folder: Path, out: Path) -> list[str]:
        writer = Path(__file__).resolve().parents[1] / "peers" / "owamcap.py"
        return [str(bin_folder / "python"), str(writer), str(out / "events.mcap")]

    def said(self, event: Played) -> object:
        return common(event, event.keysym)

    def events(self, out: Path) -> Iterator[Stamped]:
        with (out / "events.mcap").open("rb") as stream:
            try:
                for _, channel, message in make_reader(stream).iter_messages():
                    yield _owa_value(channel.topic, json.loads(message.data)), message.log_time
            except (McapError, ValueError):
                stream.seek(0)
                yield from _as_far_as_it_goes(NonSeekingReader(stream))


def _as_far_as_it_goes(reader: NonSeekingReader) -> Iterator[Stamped]:
    """What can be read from the front of a file that was cut short."""
    try:
        for _, channel, message in reader.iter_messages(log_time_order=False):
            yield _owa_value(channel.topic, json.loads(message.data)), message.log_time
    except (McapError, ValueError, EOFError):
        return


def _owa_value(topic: str, told: dict) -> object:
    if topic == "keyboard":
        return (f"key_{told['event_type']}", told["vk"])
    if told["event_type"] == "click":
        return ("click", told["button"], told["pressed"])
    return ("scroll", told["dy"]) if told["event_type"] == "scroll" else ("move", told["x"], told["y"])


def peers() -> list[Peer]:
    """All of them."""
    return [OpenAdapt(), OwaMcap(), Napsack()]
