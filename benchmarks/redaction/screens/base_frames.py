"""Which frames does the base workload make? Taken once from the real desk, to be played again without it.

    python -m benchmarks.redaction.screens.base_frames FILE.npz

The file holds what the recorder's screen source gave: for each frame its time, its rectangles and their pixels. It is
large (packed, some 100 MB) and of fake data only; it is not kept with the code.
"""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.recorder import measure, workloads
from benchmarks.recorder.programme import APPS

from aboveboard.base.clock import SystemClock
from aboveboard.formats.disclosure import AppRule, Budget, Disclosure
from aboveboard.recorder.capture.display import connect
from aboveboard.recorder.capture.port import Pixels, Rect
from aboveboard.recorder.capture.screen import ScreenWatch
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.redact.gate import RawFrame

FRAMES_PER_SECOND = 10


class Unheard:
    """Takes whatever it is told."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def disclosure() -> Disclosure:
    """Every application of the benchmark's desks, exactly."""
    apps = [AppRule(name=name, wm_class=wm_class, why="measured", screen="exact") for wm_class, name in APPS.items()]
    return Disclosure(
        programme="bench", version=1, published_at_ns=0, language="en", title="Frames",
        summary="Frames", controller="Example",
        contact="privacy@example.org", countries=["DE"], legal_entities=["Example"], purposes=["train_agents"],
        recipients=["The benchmark"], retention_days=1, never_collected=["anything real"], apps=apps,
        frames_per_second=FRAMES_PER_SECOND, budget=Budget(), keyholder_key="ed25519:" + "A" * 43,
        lease_key="ed25519:" + "A" * 43,
    )  # fmt: skip


def take(workload: measure.Workload, folder: Path) -> list[RawFrame]:
    """Do the work on its desk; the frames of it."""
    frames: list[RawFrame] = []
    with workload.desk() as desk:
        connection = connect(desk.display.name)
        clock = ServerClock.measure(connection, SystemClock())
        watch = ScreenWatch(desk.display.name, clock, disclosure(), Unheard(), frames.append)  # type: ignore[arg-type]
        thread = threading.Thread(target=watch.run)
        thread.start()
        time.sleep(1.5)
        measure.play(workload, desk, folder)
        time.sleep(1.0)
        watch.end()
        thread.join()
        watch.close()
        connection.disconnect()
    return frames


def save(frames: list[RawFrame], path: Path) -> None:
    """Write them down."""
    arrays: dict[str, np.ndarray] = {
        "times": np.array([frame.time_ns for frame in frames]),
        "sizes": np.array([frame.size for frame in frames]),
        "whole": np.array([frame.whole for frame in frames]),
        "rects": np.array([(number, *patch.rect) for number, frame in enumerate(frames) for patch in frame.patches]),
    }
    patches = [patch for frame in frames for patch in frame.patches]
    arrays |= {f"p{number}": patch.bgrx for number, patch in enumerate(patches)}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def load(path: Path) -> Iterator[RawFrame]:
    """Read them again, one after the other."""
    with np.load(path) as file:
        rects = file["rects"]
        for number, (time_ns, size, whole) in enumerate(zip(file["times"], file["sizes"], file["whole"], strict=True)):
            rows = np.flatnonzero(rects[:, 0] == number).tolist()
            patches = tuple(Pixels(Rect(*rects[row, 1:].tolist()), file[f"p{row}"]) for row in rows)
            yield RawFrame(int(time_ns), (int(size[0]), int(size[1])), patches, bool(whole))


def main() -> None:
    path = Path(sys.argv[1])
    folder = path.with_suffix(".work")
    folder.mkdir(parents=True, exist_ok=True)
    name = sys.argv[2] if len(sys.argv) > 2 else "base"
    frames = take(workloads.make(name, folder), folder)
    save(frames, path)
    pixels = sum(patch.rect.width * patch.rect.height for frame in frames for patch in frame.patches)
    print(f"{len(frames)} frames, {pixels / 1e6:.0f} M changed pixels, {path.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
