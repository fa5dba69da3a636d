"""What does the recorder store of a screen? Covered as it covers, packed as it packs, and unpacked again."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Frame, Rect
from aboveboard.recorder.capture.port import Pixels as Patch
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.redact.pixels.covering import Coverer
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.pixels.structure import structure
from aboveboard.recorder.redact.text import detectors
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.replay.canvas import Canvas as Shown

Pixels = NDArray[np.uint32]

COVER = np.uint32(0xFF000000)
CALLS, ALLOWANCE_NS = 600, 100_000_000


@dataclass
class Stored:
    """``redacted``: once all of the screen was read. ``early``: right away, what is not read yet is covered."""

    early: Pixels
    redacted: Pixels
    structure: Pixels
    cpu_s: float


class Protection:
    """Follows screens that have nothing to do with one another, with what it learnt of letters kept in between."""

    def __init__(self) -> None:
        loaded = detectors.load(detectors.Options())
        if loaded.missing:
            raise SetupMissing(f"a detector is missing: {loaded.missing[0].name}: {loaded.missing[0].why}")
        self._reader, self._coverer = Reader(), Coverer(Redactor(loaded.detectors))

    def store(self, pixels: Pixels) -> Stored:
        """What is stored of the screen ``pixels`` at each fidelity."""
        start_s = time.thread_time()
        reading = self._reader.read(pixels, None, allowance_ns=0)
        early = self._coverer.cover(reading)
        for _ in range(CALLS):
            reading = self._reader.read(pixels, [], allowance_ns=ALLOWANCE_NS)
            if not self._reader.vocabulary.wanted:
                break
        boxes = self._coverer.cover(reading)
        cpu_s = time.thread_time() - start_s
        return Stored(kept(covered(pixels, early)), kept(covered(pixels, boxes)), kept(structure(pixels)), cpu_s)


def covered(pixels: Pixels, boxes: Sequence[Rect]) -> Pixels:
    """A copy with opaque boxes."""
    copy = pixels.copy()
    for box in boxes:
        copy[max(box.y, 0) : max(box.y + box.height, 0), max(box.x, 0) : max(box.x + box.width, 0)] = COVER
    return copy


def kept(pixels: Pixels) -> Pixels:
    """``pixels`` as they come out of a recording into which they went."""
    height, width = pixels.shape
    bgrx = np.ascontiguousarray(pixels).view(np.uint8).reshape(height, width, 4)
    shown = Shown()
    for patch in Canvas().draw(Frame(1, (Patch(Rect(0, 0, width, height), bgrx),), whole=True)):
        shown.apply(patch)
    rgb = shown.snapshot()
    if rgb is None:
        raise SetupMissing("nothing was stored of a whole screen")
    wide = rgb.astype(np.uint32)
    return wide[..., 2] | wide[..., 1] << 8 | wide[..., 0] << 16 | np.uint32(0xFF000000)
