"""The session of three applications, recorded by the real recorder, with all that was on the screen meanwhile."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.session import desk
from benchmarks.session.work import work

from aboveboard.formats.mcap_file import Item
from samples.recorded_desk import Worker, recorded
from samples.second_look import Look, SecondLook
from samples.seen_hand import Glances, Seen, SeenHand
from samples.undisturbed import undisturbed

GLANCE_S = 0.5
SETTLE_S = 2.0
STRANGERS = desk.STRANGERS_PLACE[:2]


@dataclass
class Worked:
    """``stranger_ns``: when the program that nobody agreed to came up (wall time)."""

    items: list[Item] = field(default_factory=list)
    presses: list[Seen] = field(default_factory=list)
    glances: list[Seen] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    stranger_ns: int = 0


def worked(folder: Path, *, frames_per_second: int = 10) -> Worked:
    """Record the session on a display of its own."""
    result, apps = Worked(), tuple(desk.APPS)
    with undisturbed(), desk.standing() as display:
        time.sleep(SETTLE_S)

        def stranger() -> None:
            desk.stranger(display)
            result.stranger_ns = time.time_ns()

        worker = Worker(apps=apps, frames_per_second=frames_per_second)
        with SecondLook(display.name) as truth, recorded(display, folder, worker) as recording:
            hand = SeenHand(display, apps)
            with Glances(display, apps, every_s=GLANCE_S) as glances:
                work(hand, stranger)
            time.sleep(SETTLE_S)
            hand.close()
    result.items, result.said = recording.items(), recording.said
    result.presses, result.glances, result.looks = hand.seen, glances.seen, truth.looks
    return result
