"""This recorder, as a person runs it: ``aboveboard record``, sealing, and uploading to a real vault."""

import json
import signal
import threading
import time
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.recorder import programme as programmes
from benchmarks.recorder.desk import Desk
from benchmarks.recorder.figures import Stamped, match, quantile
from benchmarks.recorder.player import Played
from benchmarks.recorder.programme import Programme
from benchmarks.recorder.subjects.subject import Kept, log_tail

from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Marker, Pointer, Scroll, Timed
from aboveboard.formats.screen_patch import ScreenPatch

MESSAGE_BYTES = 40
"""About what a message takes besides its pixels, once packed."""
FRAME = "frame encoded after ns:"
"""What ``named_threads`` says of each frame."""
_WHEEL = {4: -1, 5: 1}


class Ours:
    """The recorder under test, in ``programme``."""

    name = "aboveboard"

    def __init__(self, programme: Programme, *, named_threads: bool = False) -> None:
        self._programme = programme
        self._named_threads = named_threads

    def why_not(self) -> str:
        return ""

    def start(self, desk: Desk, folder: Path) -> "OursRunning":
        return OursRunning(self._programme, desk, folder, named_threads=self._named_threads)


class OursRunning:
    """One recording by one new person."""

    stop_signal = signal.SIGINT
    good_exits = (0,)

    def __init__(self, programme: Programme, desk: Desk, folder: Path, *, named_threads: bool) -> None:
        self.home = programme.person()
        self._said, self._log = folder / "said.jsonl", folder / "log.txt"
        with self._said.open("wb") as said:
            self.process = programmes.launch(self.home, desk.env, said, self._log, named_threads=named_threads)
        self._spool = SpoolWatch(self.home.folder("recorder") / "spool")

    def ready(self) -> bool:
        return any(line.get("state") == "recording" for line in self._lines())

    def stopping(self) -> None:
        self._spool.start()

    def read_back(self, sent: list[Played]) -> Kept:
        self._spool.stop()
        summary = next((line["summary"] for line in self._lines() if "summary" in line), None)
        if summary is None:
            raise RuntimeError(f"the recorder did not end well: {log_tail(self._log)}")
        items = programmes.items(self.home, summary["session_id"])
        kept = _kept(items, sent)
        kept.size_bytes = summary["sealed_bytes"]
        kept.sizes = by_time(programmes.segment_sizes(self.home), items)
        kept.notes |= {"segments": summary["segments"], "waiting_bytes": summary["spooled_bytes"]}
        kept.notes |= encoded_after(self._log)
        if summary["dropped"]:
            kept.notes["dropped"] = json.dumps(summary["dropped"])
        if self._spool.sealed_s is not None:
            kept.notes["all_sealed_after_s"] = round(self._spool.sealed_s, 3)
        return kept

    def read_after_crash(self, sent: list[Played]) -> Kept:
        self._spool.stop()
        items = programmes.items(self.home, programmes.newest_session(self.home))
        kept = _kept(items, sent)
        kept.seconds = (max(item.time_ns for item in items) - sent[0].wall_ns) / 1e9
        return kept

    def _lines(self) -> list[dict[str, Any]]:
        lines = []
        for line in self._said.read_text(encoding="utf-8").splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:  # half a line: it is being written
                continue
        return lines


def encoded_after(log: Path) -> dict[str, float | str]:
    """How long after its pixels were read a frame was encoded, in ms; nothing where that was not timed."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    after_ms = sorted(int(line.rpartition(" ")[2]) / 1e6 for line in lines if line.startswith(FRAME))
    if not after_ms:
        return {}
    return {f"frame_encoded_p{share}_ms": round(quantile(after_ms, share / 100), 1) for share in (50, 95, 99)}


class SpoolWatch:
    """When, after the recorder was told to stop, did the last sealed segment lie in the spool?"""

    def __init__(self, folder: Path) -> None:
        self.sealed_s: float | None = None
        self._folder = folder
        self._known: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> None:
        self._known = self._names()
        self._began_s = time.monotonic()
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.002):
            names = self._names()
            if names - self._known:
                self._known |= names
                self.sealed_s = time.monotonic() - self._began_s

    def _names(self) -> set[str]:
        try:
            return {path.name for path in self._folder.iterdir() if path.name.startswith("seg_")}
        except OSError:
            return set()


def _kept(items: Sequence[Item], sent: Sequence[Played]) -> Kept:
    patches = [item for item in items if isinstance(item, ScreenPatch)]
    notes: dict[str, float | str] = {
        "patches": len(patches),
        "patch_bytes": sum(len(patch.data) for patch in patches),
    }
    if words := left_out(items):
        notes["left_out"] = words
    return Kept(
        size_bytes=0,
        frames=len({patch.time_ns for patch in patches}),
        events=match(sent_values(sent), recorded_values(items)) if sent else None,
        notes=notes,
    )


def by_time(segments: Sequence[tuple[int, int, int]], items: Sequence[Item]) -> list[tuple[int, int]]:
    """When which bytes came: (wall time, bytes). A segment's sealed bytes are shared out by what is in it."""
    times = [item.time_ns for item in items]
    found: list[tuple[int, int]] = []
    for start_ns, end_ns, size_bytes in sorted(segments):
        inside = items[bisect_left(times, start_ns) : bisect_left(times, end_ns)]
        weights = [MESSAGE_BYTES + (len(item.data) if isinstance(item, ScreenPatch) else 0) for item in inside]
        whole = sum(weights)
        found += [(item.time_ns, size_bytes * weight // whole) for item, weight in zip(inside, weights, strict=True)]
    return found


def left_out(items: Sequence[Item]) -> str:
    """The recording's own words on what it left out: reason × count."""
    counts: dict[str, int] = {}
    for item in items:
        if isinstance(item, Timed) and isinstance(item.event, Marker) and item.event.reason != "session":
            counts[item.event.reason] = counts.get(item.event.reason, 0) + 1
    return ", ".join(f"{reason} ×{count}" for reason, count in sorted(counts.items()))


def sent_values(sent: Sequence[Played]) -> list[Stamped]:
    """What was sent, in this recorder's words."""
    found: list[Stamped] = []
    for event in sent:
        match event.kind:
            case "move":
                value: Hashable = ("move", event.x, event.y)
            case "scroll":
                value = ("scroll", _WHEEL[event.button])
            case "key_press" | "key_release":
                value = (event.kind, event.keycode)
            case _:
                value = (event.kind, event.button)
        found.append((value, event.wall_ns))
    return found


def recorded_values(items: Sequence[Item]) -> list[Stamped]:
    """What was recorded, in the same words, in order of time. A smooth scroll is its steps, once they make a whole."""
    found: list[Stamped] = []
    for item in items:
        if not isinstance(item, Timed):
            continue
        match item.event:
            case Pointer(x=x, y=y):
                found.append((("move", x, y), item.time_ns))
            case Button(button=button, pressed=pressed):
                found.append((("button_press" if pressed else "button_release", button), item.time_ns))
            case Key(keycode=keycode, pressed=pressed):
                found.append((("key_press" if pressed else "key_release", keycode), item.time_ns))
            case Scroll(dy=dy):
                found.append((("scroll", round(dy)), item.time_ns))
    return found
