"""What does the recorder store of a screen? Covered as it covers, packed as it packs, and unpacked again."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import SetupMissing
from aboveboard.recorder.capture.port import Frame, Rect
from aboveboard.recorder.capture.port import Pixels as Patch
from aboveboard.recorder.encode.canvas import Canvas
from aboveboard.recorder.redact.layers import Flat, Layer, Text
from aboveboard.recorder.redact.pixels.ocr import Ocr
from aboveboard.recorder.redact.pixels.panes import Panes
from aboveboard.recorder.redact.text import detectors
from aboveboard.recorder.redact.text.redactor import Redactor
from aboveboard.replay.canvas import Canvas as Shown

Pixels = NDArray[np.uint32]

CALLS, PERIOD_NS = 2_000, 100_000_000
"""A layer is called as often as it wants to be, ten times a second of the time that it is told."""
SHARE = 1.0
"""Of one core, what reading may take: a new screen is then read as fast as can be. What is read is the same."""


@dataclass
class Stored:
    """``redacted``: once all of the screen was read. ``early``: right away, what is not read yet is covered."""

    early: Pixels
    redacted: Pixels
    structure: Pixels
    cpu_s: float


class _Told(Text):
    """Keeps why it failed: the recorder only goes black."""

    failure: Exception | None = None

    def _boxed(self, captured: Pixels, changed: list[Rect] | None, time_ns: int) -> list[Rect]:
        try:
            return super()._boxed(captured, changed, time_ns)
        except Exception as error:
            self.failure = error
            raise


class Protection:
    """The recorder's layers over one screen after another; what is learnt of letters is kept."""

    def __init__(self) -> None:
        loaded = detectors.load(detectors.Options())
        if loaded.missing:
            raise SetupMissing(f"a detector is missing: {loaded.missing[0].name}: {loaded.missing[0].why}")
        self._text, self._flat = _Told(Redactor(loaded.detectors), Ocr, SHARE), Flat()
        self._time_ns = PERIOD_NS

    def store(self, pixels: Pixels, panes: Panes = ()) -> Stored:
        """What is stored of the screen ``pixels`` at each fidelity, with windows as ``panes`` tells."""
        self._text.panes = panes
        start_s = time.thread_time()
        self._look(self._text, pixels, [_all(pixels)])
        early = _painted(self._text, pixels)
        for _ in range(CALLS):
            if not self._text.waiting:
                break
            self._look(self._text, pixels, [])
        cpu_s = time.thread_time() - start_s
        self._look(self._flat, pixels, [_all(pixels)])
        return Stored(kept(early), kept(_painted(self._text, pixels)), kept(_painted(self._flat, pixels)), cpu_s)

    def _look(self, layer: Layer, pixels: Pixels, changed: list[Rect]) -> None:
        self._time_ns += PERIOD_NS
        layer.follow(pixels, changed, (_all(pixels),), self._time_ns)
        failed = [marker for marker in layer.take_markers() if marker.reason != "picture"]
        if failed:
            raise SetupMissing(f"a layer failed: {failed}") from self._text.failure


def _all(pixels: Pixels) -> Rect:
    return Rect(0, 0, pixels.shape[1], pixels.shape[0])


def _painted(layer: Layer, pixels: Pixels) -> Pixels:
    copy = pixels.copy()
    layer.paint(copy, _all(pixels))
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
