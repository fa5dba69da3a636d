"""How much of what should not be seen can still be read on a screen that was redacted?

    python -m benchmarks.redaction.screens --count 40 --seed 1 [--keep FOLDER]

Prints, for `redacted` and for `structure`, per class: how many were there, how many an onlooker reads exactly and
roughly, with the 95 % interval; and of the ordinary words, how many can still be read.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from benchmarks.redaction.screens import draw, planted
from benchmarks.redaction.screens.finders import Patterns
from benchmarks.redaction.screens.legible import Onlooker, Result
from numpy.typing import NDArray
from PIL import Image

from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.pixels.covering import Coverer
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.structure import structure
from aboveboard.recorder.redact.text.redactor import Redactor

COVER = np.uint32(0xFF000000)
CALLS, ALLOWANCE_NS = 400, 100_000_000


def covered(pixels: NDArray[np.uint32], boxes: tuple[Rect, ...]) -> NDArray[np.uint32]:
    """A copy with opaque boxes."""
    copy = pixels.copy()
    for box in boxes:
        copy[max(box.y, 0) : max(box.y + box.height, 0), max(box.x, 0) : max(box.x + box.width, 0)] = COVER
    return copy


def save(pixels: NDArray[np.uint32], path: Path) -> None:
    """As PNG."""
    height, width = pixels.shape
    Image.fromarray(np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)[..., 2::-1]).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    onlooker, redacted, flat = Onlooker(), Result(), Result()
    reader, coverer = Reader(), Coverer(Redactor([Patterns()]))
    read_s = 0.0
    for number, screen in enumerate(draw.screens(options.seed, options.count)):
        start_s = time.thread_time()
        reading = reader.read(screen.pixels, None, allowance_ns=ALLOWANCE_NS)
        for _ in range(CALLS):
            reading = reader.read(screen.pixels, [], allowance_ns=ALLOWANCE_NS)
            if not reader.vocabulary.wanted:
                break
        boxes = coverer.cover(reading)
        read_s += time.thread_time() - start_s
        before = onlooker.words(screen.pixels)
        now, plain = covered(screen.pixels, boxes), structure(screen.pixels)
        redacted.add(screen.written, before, onlooker.words(now))
        flat.add(screen.written, before, onlooker.words(plain))
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            for name, pixels in (("exact", screen.pixels), ("redacted", now), ("structure", plain)):
                save(pixels, options.keep / f"{number:03d}-{name}.png")
    print(f"screens of version {planted.VERSION}, seed {options.seed}: {options.count}; read in {read_s:.1f} s of CPU")
    print(reader.counts, "glyphs trusted:", reader.vocabulary.trusted_glyphs)
    print("\nredacted\n" + redacted.table() + "\n\nstructure\n" + flat.table())


if __name__ == "__main__":
    main()
