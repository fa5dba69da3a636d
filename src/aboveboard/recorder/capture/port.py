"""What does a source of recorded work promise to whoever writes it down?

A source watches one display. What reaches the sink is already clean: nothing out of the disclosure's scope, nothing
above its fidelity, nothing typed into a password field. The contract:

* a source MUST call the sink from one thread only, in order of time, and never after :meth:`Source.stop` returned;
* the first frame MUST be whole, and a frame asked for by :meth:`Source.request_whole_frame` MUST be whole;
* an item MUST NOT be delivered with a time earlier than an earlier answer of :meth:`Source.settled_ns`;
* a source that breaks MUST stop delivering, and say so through :meth:`Source.failure`;
* a sink MUST return quickly and MUST NOT raise: an exception from it ends the capture.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.recording import Timed


@dataclass(frozen=True)
class Rect:
    """The pixels ``[x, x + width) × [y, y + height)`` of the whole desktop; empty if a side is not positive."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class WindowFacts:
    """One client window as the display server tells it. ``wm_class`` is the class part; 0 is no known process."""

    window_id: int
    wm_class: str
    title: str
    pid: int
    rect: Rect


@dataclass(frozen=True, eq=False)
class Pixels:
    """The pixels of ``rect``: uint8 of shape (height, width, 4) in the order blue, green, red, unused.

    The unused byte is 255. The array is the receiver's own: the source never writes to it again.
    """

    rect: Rect
    bgrx: NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Frame:
    """What changed on the screen by ``time_ns`` (wall time of the grab).

    ``whole``: the one patch covers the screen. Otherwise the patches do not overlap; there is at least one.
    """

    time_ns: int
    patches: tuple[Pixels, ...]
    whole: bool


class Sink(Protocol):
    """Where clean items go."""

    def event(self, timed: Timed) -> None: ...

    def frame(self, frame: Frame) -> None: ...


class Source(Protocol):
    """A display that is being watched."""

    @property
    def screen_size(self) -> tuple[int, int]:
        """Width and height of the whole desktop in pixels; may change while it is watched."""
        ...

    @property
    def clock_error_ns(self) -> int:
        """The bound on the error of an event's time against this machine's wall clock, in nanoseconds."""
        ...

    def start(self, sink: Sink) -> None:
        """Begin to watch; raises :class:`SetupMissing` if the display cannot be watched properly."""
        ...

    def stop(self) -> None:
        """Deliver what may still be delivered, then end; returns within a second. Stopping twice is fine."""
        ...

    def settled_ns(self) -> int:
        """Every item with an earlier wall time has been delivered; never decreases, 0 before the first."""
        ...

    def request_whole_frame(self) -> None:
        """Ask that one of the next frames be whole, and that the window in force be told again with it."""
        ...

    def failure(self) -> Exception | None:
        """Why the capture ended by itself; ``None`` while it runs or after an ordinary stop."""
        ...
