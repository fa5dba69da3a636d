"""What must a system be able to say, so that its screen and input may be recorded?

Four facts, each asked for again and again from one thread: where the monitors are; which windows lie where, whose they
are and which is active; whether the focus is in a secret field; and where such fields are. One small class for each
system answers. The rule for all of them: what a system does not say is unknown, and what is unknown is out of scope.

Positions are the system's own; the source moves them so that (0, 0) is the top left corner of the whole desktop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aboveboard.base.errors import Unavailable
from aboveboard.formats.recording import Button, Key, Monitor, Pointer, Scroll
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.scope import Active, Stacked
from aboveboard.recorder.redact.timeline import Focus

Input = Key | Button | Scroll | Pointer
Heard = Callable[[Input], None]


@dataclass(frozen=True)
class Windows:
    """The windows from the bottom to the top, and the active one."""

    stack: tuple[Stacked, ...]
    active: Active


class Desktop(Protocol):
    """One system's facts. Made, asked and closed by one thread; may raise :class:`Unavailable` if the display died."""

    def monitors(self) -> tuple[Monitor, ...]:
        """The monitors; at least one."""
        ...

    def windows(self) -> Windows:
        """How the windows lie at some moment between asking and the answer."""
        ...

    def focus(self, window: WindowFacts) -> Focus:
        """What has the focus in ``window``, which is active and in scope; no answer is ``UNKNOWN``."""
        ...

    def secret_fields(self) -> tuple[Rect, ...]:
        """Where the secret fields are now that :meth:`focus` met so far and that still show."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class Unread(Unavailable):
    """The screen cannot be read just now; it may be in a moment."""


class Screen(Protocol):
    """Where pixels come from. Used by the thread that made it."""

    def grab(self, rect: Rect) -> NDArray[np.uint32]:
        """The pixels of ``rect`` now: (height, width), each 0xFFRRGGBB, the caller's own; without the pointer.

        Raises :class:`Unread` if they cannot be read just now, anything else if they never will be again.
        """
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class Listening(Protocol):
    """The hands, being listened to."""

    def alive(self) -> bool:
        """Is every event still being told?"""
        ...

    def forget(self) -> None:
        """Keys that were down may have gone up unseen, as at a screen lock."""
        ...

    def close(self) -> None:
        """Listen no more; returns within half a second."""
        ...


@dataclass(frozen=True)
class Parts:
    """How to make the parts of a source. ``listen`` is ``None`` where the system tells nobody about input."""

    desktop: Callable[[], Desktop]
    screen: Callable[[], Screen]
    listen: Callable[[Heard], Listening] | None
