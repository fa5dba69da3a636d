"""A scripted hand in a process of its own, as a person's hand is: what it sends is not delayed by who watches.

``python hand_process.py DISPLAY`` moves, clicks and scrolls, and prints what it sent as JSON, one list an event.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from aboveboard.stage.xtest import Sent, Xtest


def work(display: str) -> list[Sent]:
    """1,501 events in about four seconds, several of them in the same millisecond."""
    hand = Xtest(display)
    sent = [hand.move(61, 51)]
    for number in range(900):
        if number % 3 == 0:
            sent.append(hand.move(60 + number % 350, 50 + number % 250))
        else:
            sent += [hand.press(1 + number % 3), hand.release(1 + number % 3)]
        time.sleep(0.003)
    hand.close()
    return sent


def sent_by_another_process(display: str) -> list[Sent]:
    """Let it happen, and say what was sent."""
    run = subprocess.run([sys.executable, __file__, display], capture_output=True, text=True, check=True, timeout=60)
    told: list[dict[str, Any]] = json.loads(run.stdout)
    return [Sent(**one) for one in told]


if __name__ == "__main__":
    print(json.dumps([asdict(one) for one in work(sys.argv[1])]))
