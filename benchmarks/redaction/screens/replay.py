"""What does reading and covering cost on recorded frames, and how long is what unread?

    python -m benchmarks.redaction.screens.base_frames /tmp/base.npz
    python -m benchmarks.redaction.screens.replay /tmp/base.npz --allowance-ms 5

Frames are given to the reader one after the other at the times at which they were taken; between two of them that are
more than a period apart it is called as often as it would be while nothing changes. Prints processor seconds by part,
what the caches did, and for how long words that came up stayed unread.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

import numpy as np
from benchmarks.redaction.screens.base_frames import FRAMES_PER_SECOND, load
from benchmarks.redaction.screens.finders import Patterns

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.pixels.covering import Coverer
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.text.redactor import Redactor

PERIOD_NS = 1_000_000_000 // FRAMES_PER_SECOND


class Stopwatch:
    """Processor time by what it was spent on."""

    def __init__(self) -> None:
        self.spent_s: Counter[str] = Counter()
        self._since_s = time.thread_time()

    def lap(self, name: str) -> None:
        now_s = time.thread_time()
        self.spent_s[name] += now_s - self._since_s
        self._since_s = now_s


class Unread:
    """For how long a place on the screen was unread, until it was read or changed."""

    def __init__(self) -> None:
        self._since: dict[Rect, int] = {}
        self.ended_ns: list[int] = []
        self.area_share: list[float] = []

    def at(self, time_ns: int, rects: tuple[Rect, ...], pixels: int) -> None:
        now = set(rects)
        self.ended_ns += [time_ns - self._since.pop(rect) for rect in list(self._since) if rect not in now]
        for rect in now:
            self._since.setdefault(rect, time_ns)
        self.area_share.append(sum(rect.width * rect.height for rect in now) / pixels)


def replay(frames: list[RawFrame], allowance_ns: int, first_ns: int) -> None:
    """Give them to a fresh reader, and print what it took."""
    width, height = frames[0].size
    canvas = np.zeros((height, width), np.uint32)
    reader, coverer = Reader(), Coverer(Redactor([Patterns()]))
    watch, unread, boxes = Stopwatch(), Unread(), 0
    for number, frame in enumerate(frames):
        for patch in frame.patches:
            rect = patch.rect
            words = np.ascontiguousarray(patch.bgrx).view(np.uint32)[..., 0]
            canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width] = words
        changed = [patch.rect for patch in frame.patches]
        until_ns = frames[number + 1].time_ns if number + 1 < len(frames) else frame.time_ns + 1
        for at_ns in range(frame.time_ns, until_ns, PERIOD_NS):
            watch.lap("frames")
            before_ns = reader.counts.ocr_ns
            reading = reader.read(canvas, changed, allowance_ns=allowance_ns if number else first_ns)
            watch.lap("reading")
            ocr_s = (reader.counts.ocr_ns - before_ns) / 1e9
            watch.spent_s["ocr"] += ocr_s
            watch.spent_s["reading"] -= ocr_s
            boxes = max(boxes, len(coverer.cover(reading)))
            watch.lap("covering")
            unread.at(at_ns, reading.unread, width * height)
            changed = []
    del watch.spent_s["frames"]
    changed_pixels = sum(patch.rect.width * patch.rect.height for frame in frames for patch in frame.patches)
    seconds = (frames[-1].time_ns - frames[0].time_ns) / 1e9
    print(f"{len(frames)} frames in {seconds:.1f} s, {changed_pixels / 1e6:.0f} M changed pixels")
    print(f"processor: {sum(watch.spent_s.values()):.2f} s", {k: round(v, 3) for k, v in watch.spent_s.items()})
    print(f"per frame: {sum(watch.spent_s.values()) / len(frames) * 1e3:.1f} ms")
    ended_ms = np.array(unread.ended_ns or [0]) / 1e6
    print("unread for, ms:", {f"p{share}": round(float(np.percentile(ended_ms, share))) for share in (50, 90, 95, 99)})
    shares = np.array(unread.area_share)
    print(f"unread area: mean {shares.mean():.2%}, at most {shares.max():.2%}, now {shares[-1]:.2%} of the screen")
    print(f"texts checked: {coverer.checked}, boxes at most {boxes}, glyphs trusted {reader.vocabulary.trusted_glyphs}")
    print(reader.counts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frames", type=Path)
    parser.add_argument("--allowance-ms", type=float, default=5.0, help="of OCR, for each call")
    parser.add_argument("--first-ms", type=float, help="of OCR, at the first call; as for each where not given")
    options = parser.parse_args()
    allowance_ns = round(options.allowance_ms * 1e6)
    first_ns = allowance_ns if options.first_ms is None else round(options.first_ms * 1e6)
    replay(list(load(options.frames)), allowance_ns, first_ns)


if __name__ == "__main__":
    main()
