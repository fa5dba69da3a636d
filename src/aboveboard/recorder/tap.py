"""How is the capture turned off and on again within one recording?

While something says that nothing may be recorded for longer, nothing should be looked at either: it would cost what the
budget does not have, and a capture that stands still is mended only by another one. A source is good for one start
(``capture.port``), so the tap makes a new one each time, and is a source itself to everybody else.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from aboveboard.recorder.capture.port import Rect, Sink, Source, Vitals


class Tap:
    """The source of just now, made by ``make``, which may raise :class:`SetupMissing`; see ``capture.port.Source``."""

    def __init__(self, make: Callable[[], Source]) -> None:
        self._make = make
        self._source = make()
        self._used = False
        self._before: Vitals | None = None
        """How the source before this one went, and all before it."""
        self.flowing = False
        """Is it started and not stopped?"""

    @property
    def screen_size(self) -> tuple[int, int]:
        return self._source.screen_size

    @property
    def clock_error_ns(self) -> int:
        return self._source.clock_error_ns

    def start(self, sink: Sink) -> None:
        if self._used:
            self.renew()
        self._used = self.flowing = True
        self._source.start(sink)

    def renew(self) -> None:
        """Make another source, for the next start; only while none flows."""
        self._before = self.vitals()
        self._source = self._make()
        self._used = False

    def stop(self) -> None:
        self.flowing = False
        self._source.stop()

    def settled_ns(self) -> int:
        return self._source.settled_ns()

    def decided_ns(self) -> int:
        return self._source.decided_ns()

    def request_whole_frame(self) -> None:
        self._source.request_whole_frame()

    def set_pace(self, frames_per_second: float) -> None:
        self._source.set_pace(frames_per_second)

    def vitals(self) -> Vitals:
        now, before = self._source.vitals(), self._before
        if before is None:
            return now
        events_out, frames_out = before.events_out + now.events_out, before.frames_out + now.frames_out
        return replace(now, events_out=events_out, frames_out=frames_out)

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        return self._source.believed(rect)

    def failure(self) -> Exception | None:
        return self._source.failure()
