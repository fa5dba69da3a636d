"""Can a Wayland desktop be recorded?

Its screen can, through the portal, if the person says so. But a recording that keeps its promises takes two things
more, and by design no compositor gives them to a program today:

1. *What the hands do.* The InputCapture portal gives input only while it is taken away from the applications; the
   RemoteDesktop portal only sends input; keys are told to the screen reader alone, which is asked for by name.
2. *What lies where.* The pixels of a monitor hold windows that the disclosure does not name, and nobody says which.

A recording without input is not what was disclosed, and one without the windows would show what was not. So this
source refuses, unless it is given a ``compositor`` that offers both. X11 applications inside of Wayland are no way
round: their server tells their own input only.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from numpy import uint8
from numpy.typing import NDArray

from aboveboard.base.clock import Clock
from aboveboard.base.errors import SetupMissing
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Rect, Sink, Vitals
from aboveboard.recorder.capture.portable.desktop import Desktop, Heard, Listening, Parts, Screen
from aboveboard.recorder.capture.portable.source import PortableSource
from aboveboard.recorder.capture.wayland.screen_cast import Cast, ScreenCast


@dataclass(frozen=True)
class Compositor:
    """What a compositor would have to offer: its windows and fields, and what the hands do."""

    desktop: Callable[[], Desktop]
    listen: Callable[[Heard], Listening]


def refusal() -> SetupMissing:
    """Why a Wayland session is not recorded."""
    return SetupMissing(
        "this Wayland session cannot be recorded",
        cause="Wayland tells no program what the hands do, nor whose window lies where: a recording could neither be "
        "complete nor leave out what you were not told of",
        fix="log in to an X11 session (at the login screen: 'on Xorg'), or use the virtual display of 'make run'",
    )


def pipewire_screen(cast: Cast, ended: Callable[[], bool]) -> Screen:
    """The pixels, through PipeWire."""
    from aboveboard.recorder.capture.wayland.pipewire_screen import PipeWireScreen

    return PipeWireScreen(cast, ended)


class WaylandSource:
    """Watches the desktop that the person shares; see ``capture.port.Source``.

    ``address`` is the session bus (``None``: this session's own). :meth:`start` raises :class:`SetupMissing` without a
    compositor that offers what it takes, and if the person does not share the desktop.
    """

    def __init__(
        self,
        disclosure: Disclosure,
        *,
        compositor: Compositor | None = None,
        address: str | None = None,
        screen: Callable[[Cast, Callable[[], bool]], Screen] = pipewire_screen,
        clock: Clock | None = None,
    ) -> None:
        self._compositor, self._screen = compositor, screen
        self._cast: Cast | None = None
        self._portal = ScreenCast(address)
        self._source = PortableSource(Parts(self._desktop, self._open_screen, self._listen), disclosure, clock=clock)

    @property
    def screen_size(self) -> tuple[int, int]:
        return self._source.screen_size

    @property
    def clock_error_ns(self) -> int:
        return self._source.clock_error_ns

    def start(self, sink: Sink) -> None:
        if self._compositor is None:
            raise refusal()
        self._cast = self._portal.open()
        try:
            self._source.start(sink)
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        self._source.stop()
        self._end()

    def decided_ns(self) -> int:
        return self._source.decided_ns()

    def settled_ns(self) -> int:
        return self._source.settled_ns()

    def request_whole_frame(self) -> None:
        self._source.request_whole_frame()

    def set_pace(self, frames_per_second: float) -> None:
        self._source.set_pace(frames_per_second)

    def vitals(self) -> Vitals:
        return self._source.vitals()

    def believed(self, rect: Rect) -> NDArray[uint8] | None:
        return self._source.believed(rect)

    def failure(self) -> Exception | None:
        return self._source.failure()

    def _desktop(self) -> Desktop:
        if self._compositor is None:
            raise refusal()
        return self._compositor.desktop()

    def _listen(self, heard: Heard) -> Listening:
        if self._compositor is None:
            raise refusal()
        return self._compositor.listen(heard)

    def _open_screen(self) -> Screen:
        if self._cast is None:
            raise refusal()
        cast, self._cast = self._cast, None  # the screen closes the descriptor from here on
        return self._screen(cast, self._portal.ended.is_set)

    def _end(self) -> None:
        if self._cast is not None:
            os.close(self._cast.remote)
            self._cast = None
        self._portal.close()
