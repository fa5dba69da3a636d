"""What does a source of recorded work promise to whoever writes it down?

A source watches one display. What reaches the sink is already clean: nothing out of the disclosure's scope, nothing
above its fidelity, nothing typed into a password field. The contract:

* a source MUST call the sink from one thread only, in order of time, and never after :meth:`Source.stop` returned;
* the first frame MUST be whole, and a frame asked for by :meth:`Source.request_whole_frame` MUST be whole;
* an item MUST NOT be delivered with a time earlier than an earlier answer of :meth:`Source.settled_ns`;
* a source that breaks MUST stop delivering, and say so through :meth:`Source.failure`;
* each part of a source MUST say at least every two seconds how far it has seen (:attr:`Vitals.progress_ns`), also while
  nothing happens;
* at a pace of 0 a source MUST NOT read the screen; what was in scope turns grey, and a marker tells the stretch;
* a sink MUST return quickly and MUST NOT raise: an exception from it ends the capture.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.recording import Timed


class Rect(NamedTuple):
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


@dataclass(frozen=True)
class Vitals:
    """What a source says of itself, for whoever checks that it is true (``recorder.watchdog``). Counts only grow.

    ``presses_told``: presses of keys and buttons, the wheel aside, that the display told this source, before anything
    was judged; a key that repeats while it is held is one press. ``pressed_ms``: when the last of them was, on the
    display's own clock of 32 bits. ``events_out``, ``frames_out``: what the sink was
    given. ``progress_ns``: for each part by its name, the time up to which it has seen everything, on a clock of its
    own. ``visible``: where the screen is being captured just now.
    """

    presses_told: int
    events_out: int
    frames_out: int
    progress_ns: Mapping[str, int]
    visible: tuple[Rect, ...] = ()
    pressed_ms: int = 0


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
        """Every item but keys with an earlier wall time has been delivered; never decreases, 0 before the first."""
        ...

    def decided_ns(self) -> int:
        """The same for keys, which may take longer to be judged: never later than :meth:`settled_ns`."""
        ...

    def request_whole_frame(self) -> None:
        """Ask that one of the next frames be whole, and that the window in force be told again with it."""
        ...

    def set_pace(self, frames_per_second: float) -> None:
        """At most so many frames a second from now on, and never more than disclosed; 0: nothing of the screen."""
        ...

    def vitals(self) -> Vitals:
        """How it goes; from any thread, cheap enough for once a second."""
        ...

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        """What it takes to be in ``rect`` now, before anything is covered: (height, width, 4), as in :class:`Pixels`.

        ``None`` if not all of ``rect`` is being captured. From any thread; while the screen changes it may be mixed.
        """
        ...

    def failure(self) -> Exception | None:
        """Why the capture ended by itself; ``None`` while it runs or after an ordinary stop."""
        ...


class Pulse(Protocol):
    """A second look at the same display, on a path of its own, that shares nothing with the source. One thread."""

    def presses(self) -> int:
        """How many presses there were so far, counted as in :class:`Vitals`; which keys is not looked at."""
        ...

    def presses_by(self, display_ms: int) -> tuple[int, int]:
        """The same, and how many of them there were by this time of the display's clock, a minute ago at most."""
        ...

    def painted(self) -> tuple[Rect, ...]:
        """Where something was painted since the last call."""
        ...

    def pixels(self, rect: Rect) -> NDArray[np.uint8] | None:
        """What is on the screen in ``rect`` now, as in :class:`Pixels`; ``None`` if it is not all on the screen."""
        ...

    def close(self) -> None:
        """Give the path back."""
        ...
