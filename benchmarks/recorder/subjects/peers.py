"""The peers that record input: openadapt-capture, NAPsack, and an OWAMcap writer of events alone."""

import ast
import json
import sqlite3
from collections.abc import Hashable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.recorder.figures import Stamped
from benchmarks.recorder.player import Played
from benchmarks.recorder.subjects.ffmpeg import count_frames
from benchmarks.recorder.subjects.peer import Peer, common
from mcap.exceptions import McapError
from mcap.reader import NonSeekingReader, make_reader

_NAMED = {0xFF0D: "Key.enter", 0x20: "Key.space"}


class OpenAdapt(Peer):
    """Video of about ten frames a second, events in SQLite; keys as X keycodes."""

    folder = "openadapt"
    name = "openadapt-capture 1.3.0"
    told = "Waiting for input events"

    def argv(self, bin_folder: Path, out: Path) -> list[str]:
        return [str(bin_folder / "capture"), "record", str(out / "recording")]

    def said(self, event: Played) -> Hashable:
        return common(event, str(event.keycode))

    def events(self, out: Path) -> Iterator[Stamped]:
        columns = "name, timestamp, mouse_x, mouse_y, mouse_dy, mouse_button_name, mouse_pressed, key_vk"
        with closing(sqlite3.connect(out / "recording" / "recording.db")) as database:
            rows = database.execute(f"select {columns} from action_event order by source_ordinal")
            for name, time_s, x, y, dy, button, pressed, key in rows:
                values: dict[str, Hashable] = {
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

    def said(self, event: Played) -> Hashable:
        return common(event, _NAMED.get(event.keysym) or chr(event.keysym))

    def events(self, out: Path) -> Iterator[Stamped]:
        kinds = {"mouse_down": True, "mouse_up": False}
        with (out / "session" / "events.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                told = ast.literal_eval(line)
                kind, details = told["event_type"], told["details"]
                if kind == "mouse_move":
                    value: Hashable = ("move", details["x"], details["y"])
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

    def said(self, event: Played) -> Hashable:
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


def _owa_value(topic: str, told: dict[str, Any]) -> Hashable:
    if topic == "keyboard":
        return (f"key_{told['event_type']}", told["vk"])
    if told["event_type"] == "click":
        return ("click", told["button"], told["pressed"])
    return ("scroll", told["dy"]) if told["event_type"] == "scroll" else ("move", told["x"], told["y"])
