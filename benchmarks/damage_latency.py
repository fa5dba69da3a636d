"""How long after it was taken does a picture come out of the capture, and how often does the capture wake for it?

A window of one colour changes it at odd moments, ``--changes`` times, on a display of its own; nothing else happens.
A quarter of a second of each figure is the hold. Printed: milliseconds from taking to delivery, processor time of the
capture, and how often one of its threads went to sleep.

    .venv/bin/python benchmarks/damage_latency.py --changes 40
"""

import argparse
import os
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np

from aboveboard.recorder.capture.port import Frame, Rect
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.stage.display import Display

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from samples.disclosed import app, disclosure
from samples.x_windows import Windows

PAUSE_S = 0.05, 0.8


class Waited:
    """How old each picture was, in ms."""

    def __init__(self) -> None:
        self.ms: list[float] = []

    def event(self, _timed: object) -> None:
        """Events are not measured."""

    def frame(self, frame: Frame) -> None:
        self.ms.append((time.time_ns() - frame.time_ns) / 1e6)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=40)
    options = parser.parse_args()
    chance = random.Random(5)
    with Display(width=640, height=360) as display:
        os.environ["DISPLAY"] = display.name
        windows, waited = Windows(display.name), Waited()
        window = windows.show(Rect(40, 30, 400, 200), 0x336699, "Letters")
        source = X11Source(display.name, disclosure(app("Letters")))
        source.start(waited)
        time.sleep(1.5)
        waited.ms.clear()
        cpu_s, slept = time.process_time(), _slept()
        for _ in range(options.changes):
            windows.paint(window, chance.randrange(1 << 24))
            time.sleep(chance.uniform(*PAUSE_S))
        time.sleep(1.0)
        cpu_s, slept = time.process_time() - cpu_s, _slept() - slept
        source.stop()
    middle, late = np.percentile(waited.ms, [50, 95])
    print(f"{len(waited.ms)} pictures: {middle:.0f} ms in the middle, {late:.0f} ms at p95")
    print(f"{cpu_s:.3f} s of processor time, {slept} times asleep; load {os.getloadavg()[0]:.0f}")


def _slept() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw


if __name__ == "__main__":
    main()
