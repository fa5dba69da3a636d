"""What does the portable source cost beside the one for X11, on the same twenty seconds of work?

Each watches its own 1920×1080 display with a terminal that prints, while a hand in another process moves, clicks,
scrolls and types; in turn, ROUNDS times. Printed: processor time of the watching process, and what it delivered.

    .venv/bin/python benchmarks/portable_source.py
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from aboveboard.recorder.capture.port import Source

WORK_S, ROUNDS = 20.0, 3
SIZE = (1920, 1080)
PRINTING = "n=0; while :; do n=$((n+1)); echo line $n of what a terminal prints; sleep 0.2; done"
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from samples.disclosed import app, disclosure  # noqa: E402


def hand(display: str) -> None:
    """About 60 events a second for ``WORK_S`` seconds."""
    from aboveboard.stage.xtest import Xtest

    worker, end, step = Xtest(display), time.monotonic() + WORK_S, 0
    while time.monotonic() < end:
        step += 1
        worker.move(200 + step * 7 % 600, 200 + step * 3 % 300)
        if step % 10 == 0:
            worker.press(1)
            worker.release(1)
        if step % 15 == 0:
            worker.press(5)
            worker.release(5)
        if step % 3 == 0:
            worker.tap(ord("abcdefgh"[step % 8]))
        time.sleep(1 / 30)
    worker.close()


def watch(name: str, display: str) -> None:
    """Watch ``display`` for as long as the hand works; print what it took."""

    class Counting:
        events = frames = 0

        def event(self, _timed: object) -> None:
            self.events += 1

        def frame(self, frame: object) -> None:
            self.frames += 1

    source = _source(name, display)
    sink = Counting()
    began_s = time.process_time()
    source.start(sink)
    worker = subprocess.Popen([sys.executable, __file__, "hand", display])
    worker.wait()
    source.stop()
    assert source.failure() is None
    print(json.dumps([time.process_time() - began_s, sink.events, sink.frames]))


def _source(name: str, display: str) -> Source:
    disclosed = disclosure(app("XTerm"))
    if name == "x11":
        from aboveboard.recorder.capture.x11 import X11Source

        return X11Source(display, disclosed)
    from aboveboard.recorder.capture.portable.parts import x11_parts
    from aboveboard.recorder.capture.portable.source import PortableSource

    return PortableSource(x11_parts(display), disclosed)


def main() -> None:
    from aboveboard.stage.display import Display

    found: dict[str, list[list[float]]] = {"x11": [], "portable": []}
    for _ in range(ROUNDS):
        for name, results in found.items():
            with Display(*SIZE) as display:
                argv = ["/usr/bin/xterm", "-geometry", "300x80+0+0", "-e", "sh", "-c", PRINTING]
                display.processes.start(argv, display.env)
                time.sleep(2)
                argv = [sys.executable, __file__, name, display.name]
                env = os.environ | {"DISPLAY": display.name}
                run = subprocess.run(argv, env=env, stdout=subprocess.PIPE, text=True, check=True)
                results.append(json.loads(run.stdout))
    for name, results in found.items():
        cpu_s, events, frames = (median(column) for column in zip(*results, strict=True))
        print(f"{name:10} {cpu_s:6.2f} s of processor time in {WORK_S:.0f} s  {events:.0f} events  {frames:.0f} frames")


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["hand", display]:
            hand(display)
        case [name, display]:
            watch(name, display)
