"""The machine watch in a process that gave up every path but its own folder, as the recorder's is.

confined_watch.py FOLDER DISPLAY      prints the answer of the conditions, one line for each change
"""

import sys
import time
from pathlib import Path

from aboveboard.recorder.conditions import first_refusal
from aboveboard.recorder.machine.watch import MachineWatch
from aboveboard.wire.confine import confine
from samples.disclosed import app, disclosure


def main(folder: str, display: str) -> None:
    print("confined" if confine(own=[Path(folder)]) else "not confined", flush=True)
    watch = MachineWatch(disclosure(app("xterm")), display)
    watch.start()
    watch.settled.wait(10)
    print("sees /sys" if any(Path("/sys/class").iterdir()) else "sees no /sys", flush=True)
    told = ""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        reason = str(first_refusal(watch.conditions()).reason)
        if reason != told:
            told = reason
            print(reason, flush=True)
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
