"""The real recorder on a real display, in a process of its own: ``python recording_process.py HOME URL DISPLAY``.

A line on its output says each change of what it does; it stops when its input ends.
"""

import sys
import threading
from pathlib import Path

from aboveboard.recorder import enrolment
from aboveboard.recorder.capture.x11 import X11Source
from aboveboard.recorder.flow import record
from aboveboard.recorder.status import RecorderStatus
from aboveboard.sealing.keys import load_signing_key
from aboveboard.wire.client import Client
from aboveboard.wire.confine import confine


def main(folder: str, url: str, display: str) -> None:
    home = Path(folder)
    verified = enrolment.verify(enrolment.load(home))
    client = Client(url, load_signing_key(home / "device.key"))
    confine(own=[home])
    stop = threading.Event()
    told = [""]

    def tell(status: RecorderStatus) -> None:
        if status.state != told[0]:
            told[0] = status.state
            print(status.state, status.reason, flush=True)

    def wait() -> None:
        sys.stdin.read()
        stop.set()

    threading.Thread(target=wait, daemon=True).start()
    source = X11Source(display, verified.disclosure)
    summary = record(home=home, client=client, source=source, enrolment=verified, stop=stop, status=tell)
    print(f"dropped {summary.dropped}, {summary.cpu_s:.2f} s of processor time", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
