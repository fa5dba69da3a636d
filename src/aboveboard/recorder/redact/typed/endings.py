"""After which of the things that happen is another field typed into?

A press of a button, a touch, another window, a focus that moved by itself, a stretch that was not recorded. A window
whose title alone changed is the same one: many say in it what is being typed. A focus told soon after the key or click
that moved it is the field of that key or click.
"""

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Control, Marker, Pen, Session, Touch, Window

LATE_FOCUS_NS = 1500 * MILLISECOND_NS
SAYS_NOTHING_OF_KEYS = frozenset({"screen_changed_too_fast", "not_visible", "screen_stalled", "encoder_failed"})
"""Reasons of markers."""

Ending = Button | Touch | Pen | Window | Control | Marker | Session


class Endings:
    """Remembers the last window, and when the focus was last moved."""

    def __init__(self) -> None:
        self._window: tuple[object, ...] | None = None
        self._moved_ns: int | None = None

    def moved(self, time_ns: int) -> None:
        """A key was pressed that may move the focus."""
        self._moved_ns = time_ns

    def ends(self, time_ns: int, item: Ending) -> bool:
        """Is another field typed into after ``item``?"""
        match item:
            case Window():
                window = (item.app, item.pid, item.x, item.y, item.width, item.height)
                ends, self._window = window != self._window, window
                return ends
            case Control():
                late = self._moved_ns is not None and time_ns - self._moved_ns < LATE_FOCUS_NS
                return item.cause == "focus" and not late
            case Marker():
                return item.reason not in SAYS_NOTHING_OF_KEYS
            case Session():
                return True
            case Button():
                ends = item.pressed
            case Touch():
                ends = item.phase == "begin"
            case Pen():
                ends = item.touching
        if ends:
            self._moved_ns = time_ns
        return ends
