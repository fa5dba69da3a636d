"""A recorder in a process of its own, confined as usual, to be killed: ``python recorder_to_kill.py HOME URL TEXT``."""

import sys
import threading
from pathlib import Path

from aboveboard.recorder import enrolment
from aboveboard.recorder.flow import record
from aboveboard.sealing.keys import load_signing_key
from aboveboard.wire.client import Client
from aboveboard.wire.confine import confine
from samples.synthetic_source import SyntheticSource

if __name__ == "__main__":
    home = Path(sys.argv[1])
    confine(own=[home])
    record(
        home=home,
        client=Client(sys.argv[2], load_signing_key(home / "device.key")),
        source=SyntheticSource(sys.argv[3], every_ms=2),
        enrolment=enrolment.verify(enrolment.load(home)),
        stop=threading.Event(),
        segment_ns=150_000_000,
    )
