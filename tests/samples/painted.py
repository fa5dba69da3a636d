"""Changes of the screen at known times: two windows of one colour, painted one soon after the other."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.mcap_file import Item
from aboveboard.recorder.capture.port import Rect
from aboveboard.replay.canvas import frames
from aboveboard.stage.display import Display
from samples.recorded_desk import Worker, recorded
from samples.undisturbed import undisturbed
from samples.x_windows import Windows

APP = "Painted"
PLACES = (Rect(100, 100, 400, 300), Rect(900, 500, 400, 300))
SETTLE_S = 1.0


@dataclass(frozen=True)
class Change:
    """``colour`` came to ``place`` at some moment of ``[before_ns, after_ns]`` (wall time)."""

    place: Rect
    colour: int
    before_ns: int
    after_ns: int


def changes_recorded(folder: Path, *, rounds: int, frames_per_second: int) -> tuple[list[Change], list[Item]]:
    """Two changes a round: the second often while a frame was just taken, and the next is not yet due."""
    period_s, random = 1 / frames_per_second, Random("painted")
    worker = Worker(apps=(APP,), frames_per_second=frames_per_second)
    made: list[Change] = []
    with undisturbed(), Display(1920, 1080) as display:
        windows = Windows(display.name)
        shown = [windows.show(place, 0x808080, APP) for place in PLACES]
        windows.activate(shown[-1])
        with recorded(display, folder, worker) as recording:
            time.sleep(SETTLE_S)
            for number in range(rounds):
                for which, window in enumerate(shown):
                    colour = (2 * number + which + 1) * 0x010507 & 0xFFFFFF
                    before_ns = time.time_ns()
                    windows.paint(window, colour)
                    made.append(Change(PLACES[which], colour, before_ns, time.time_ns()))
                    time.sleep(random.uniform(0.05, 0.95) * period_s)
                time.sleep(2 * period_s)
            time.sleep(SETTLE_S)
        windows.disconnect()
    return made, recording.items()


def delays_s(made: Sequence[Change], items: Sequence[Item]) -> list[float]:
    """From just before each change to the first frame that shows it; without end for one that was never shown."""
    delays = [float("inf")] * len(made)
    for time_ns, pixels in frames(items):
        for number, change in enumerate(made):
            middle = pixels[change.place.y + change.place.height // 2, change.place.x + change.place.width // 2]
            red, green, blue = (int(part) for part in middle)
            if delays[number] == float("inf") and red << 16 | green << 8 | blue == change.colour:
                delays[number] = (time_ns - change.before_ns) / SECOND_NS
    return delays
