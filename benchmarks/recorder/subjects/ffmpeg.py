"""ffmpeg's x11grab: what most people would use to record a screen. It records no input."""

import json
import signal
import subprocess
from pathlib import Path

from benchmarks.recorder.desk import HEIGHT, WIDTH, Desk
from benchmarks.recorder.player import Played
from benchmarks.recorder.subjects.subject import Kept

from aboveboard.stage.processes import program


class Ffmpeg:
    """x264 at ``fps`` with ``preset``, into a Matroska file (which outlives a crash) unless told otherwise."""

    def __init__(self, fps: int, preset: str, *, container: str = "mkv") -> None:
        self.name = f"ffmpeg x11grab {fps} fps {preset}" + ("" if container == "mkv" else f" ({container})")
        self.fps, self.preset, self.container = fps, preset, container

    def why_not(self) -> str:
        return ""

    def start(self, desk: Desk, folder: Path) -> "FfmpegRunning":
        return FfmpegRunning(self, desk, folder)


LEAD_S = 1.4
"""About how long it has recorded before the first act."""


class FfmpegRunning:
    """One recording."""

    stop_signal = signal.SIGINT
    good_exits = (0, 255)

    def __init__(self, what: Ffmpeg, desk: Desk, folder: Path) -> None:
        self._fps = what.fps
        self.path = folder / f"screen.{what.container}"
        self._progress = folder / "progress.txt"
        size, display = f"{WIDTH}x{HEIGHT}", desk.display.name
        argv = [program("ffmpeg", "ffmpeg"), "-y", "-nostdin", "-loglevel", "error", "-progress", str(self._progress)]
        argv += ["-f", "x11grab", "-framerate", str(what.fps), "-video_size", size, "-i", display]
        argv += ["-c:v", "libx264", "-preset", what.preset, str(self.path)]
        with (folder / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=desk.env)

    def ready(self) -> bool:
        return self._progress.exists() and "frame=" in self._progress.read_text(encoding="utf-8")

    def stopping(self) -> None:
        return

    def read_back(self, sent: list[Played]) -> Kept:
        return Kept(size_bytes=self.path.stat().st_size, frames=count_frames(self.path))

    def read_after_crash(self, sent: list[Played]) -> Kept:
        kept = self.read_back(sent)
        # It records in real time from when it was ready, a little before the work began.
        begun_s = (sent[0].wall_ns - self.path.stat().st_mtime_ns) / 1e9
        kept.seconds = max(0.0, min(-begun_s, (kept.frames or 0) / self._fps - LEAD_S))
        return kept


def count_frames(path: Path) -> int:
    """Frames that a decoder gets out of ``path``; 0 if it cannot open it."""
    argv = [program("ffprobe", "ffmpeg"), "-v", "error", "-count_packets", "-select_streams", "v:0"]
    argv += ["-show_entries", "stream=nb_read_packets", "-of", "json", str(path)]
    done = subprocess.run(argv, capture_output=True, check=False)
    try:
        return int(json.loads(done.stdout)["streams"][0]["nb_read_packets"])
    except (ValueError, KeyError, IndexError):
        return 0
