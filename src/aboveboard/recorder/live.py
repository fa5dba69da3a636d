"""What was just captured, for the person's own window, in words and as a picture?

The recorder tells every item that it keeps. While the window is closed that is one look at a flag; while it is open the
last lines and one picture are kept, in memory, and dropped when it closes. What is shown is what is written: after the
gate, after the covers. What the person wants covered besides (``recorder.cover_hand``) goes when a segment is sealed.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aboveboard.formats.recording import (
    Button,
    Control,
    Covered,
    Key,
    KeyCount,
    Marker,
    MarkerReason,
    Pen,
    Pointer,
    Scroll,
    Site,
    Task,
    Timed,
    Touch,
    Window,
)
from aboveboard.recorder.capture.port import Frame
from aboveboard.recorder.wishes import words_of_mark

LINES_KEPT = 40
TYPED_SHOWN = 24
"""Letters of what was typed at one go; more end in an ellipsis."""

REASONS: dict[MarkerReason, str] = {
    "session": "the recording began or was interrupted",
    "password_field": "password field",
    "focus_unknown": "it was not certain which field had the keyboard",
    "app_not_disclosed": "an application that is not in the agreement",
    "no_lease": "no permission from the vault",
    "paused_by_person": "paused by you",
    "paused_by_steward": "paused by a steward",
    "screen_changed_too_fast": "the screen changed too fast",
    "overload": "more happened than could be taken in",
    "over_budget": "the budget was spent",
    "on_battery": "low battery",
    "screen_locked": "the screen was locked",
    "asleep": "the machine was asleep",
    "not_visible": "nothing could show that it records",
    "discarded_by_person": "deleted by you",
    "events_lost": "events were lost",
    "screen_stalled": "the picture stood still",
    "encoder_failed": "the picture could not be written",
    "disk_full": "the disk was full",
    "detector_missing": "what could not be checked",
    "not_decided": "what could not be checked in time",
    "site_not_disclosed": "a site that is not in the agreement",
    "sensitive_site": "a site that is never recorded",
    "private_window": "a private window",
    "log_in": "a log-in",
    "hidden_prompt": "a prompt that hides what you type",
    "covered_by_person": "covered by you",
    "picture": "a photograph or a film",
}
_BUTTONS = {1: "clicked", 2: "middle-clicked", 3: "right-clicked", 8: "went back", 9: "went forward"}
_ROLES = {"push button": "button", "page tab": "tab", "entry": "field"}


@dataclass(frozen=True)
class Line:
    """One thing that was captured or left out, in words, and when (wall time)."""

    time_ns: int
    words: str


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the window shows. ``picture``: uint8 (height, width, 4), blue, green, red, unused; newest lines first."""

    version: int
    captured: tuple[Line, ...]
    left_out: tuple[Line, ...]
    picture: NDArray[np.uint8] | None


@dataclass
class _Shown:
    captured: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    left_out: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    picture: NDArray[np.uint8] | None = None
    handed: NDArray[np.uint8] | None = None
    """The copy that the window reads, used again and again: fresh memory would cost more than the copying."""
    app: str = ""
    typed: str = ""


class LiveFeed:
    """Told by the recorder's thread, read by the window's."""

    def __init__(self) -> None:
        self._open = False
        self._lock = threading.Lock()
        self._shown = _Shown()
        self._version = 0
        self._window: Window | None = None

    @property
    def wants_whole(self) -> bool:
        """Is a whole picture needed to begin with? The recorder asks the source for one."""
        return self._open and self._shown.picture is None

    def open(self) -> None:
        """From now on keep what is told."""
        with self._lock:
            self._shown = _Shown(app=self._window.app if self._window is not None else "")
            self._open = True

    def close(self) -> None:
        """Keep nothing any more."""
        with self._lock:
            self._open = False
            self._shown = _Shown()

    def take(self, item: Timed | Frame) -> None:
        """This is in the recording."""
        if isinstance(item, Frame):
            self.frame(item)
        else:
            self.event(item)

    def event(self, timed: Timed) -> None:
        """This is in the recording."""
        if isinstance(timed.event, Window):
            self._window = timed.event
        if not self._open:
            return
        if isinstance(timed.event, Pointer):
            return  # there are many, and they say nothing in words
        with self._lock:
            self._note(timed)
            self._version += 1

    def frame(self, frame: Frame) -> None:
        """This picture is in the recording."""
        if not self._open:
            return
        with self._lock:
            if frame.whole:
                self._shown.picture = frame.patches[0].bgrx.copy()
            elif self._shown.picture is not None:
                for patch in frame.patches:
                    rect = patch.rect
                    target = self._shown.picture[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]
                    if target.shape == patch.bgrx.shape:
                        target[:] = patch.bgrx
            self._version += 1

    def forget(self) -> None:
        """Nothing is recorded just now: the picture is not shown any longer either."""
        self._window = None
        if self._open:
            with self._lock:
                self._shown.picture, self._shown.app, self._shown.typed = None, "", ""
                self._version += 1

    def snapshot(self, *, since: int = -1) -> Snapshot | None:
        """What to show, ``None`` if nothing changed since the version ``since``.

        The picture is good until the next call.
        """
        with self._lock:
            if self._version == since:
                return None
            shown = self._shown
            if shown.picture is None:
                shown.handed = None
            elif shown.handed is None or shown.handed.shape != shown.picture.shape:
                shown.handed = shown.picture.copy()
            else:
                np.copyto(shown.handed, shown.picture)
            return Snapshot(self._version, tuple(shown.captured)[::-1], tuple(shown.left_out)[::-1], shown.handed)

    def _note(self, timed: Timed) -> None:
        shown, event = self._shown, timed.event
        if isinstance(event, Marker):
            if event.kind in {"suppressed", "gap", "paused"}:
                _add(shown.left_out, Line(timed.time_ns, REASONS[event.reason]))
            return
        if isinstance(event, Window):
            shown.app, shown.typed = event.app, ""
            title = f": {event.title}" if event.title else ""
            _add(shown.captured, Line(timed.time_ns, f"window of {event.app}{title}"))
            return
        if isinstance(event, Key) and event.text and event.text.isprintable() and not event.shortcut:
            if event.pressed:
                self._type(timed.time_ns, event.text)
            return
        words = _words(timed.event)
        if words:
            shown.typed = ""
            plain = f"clicked in {shown.app}" if shown.app else "clicked"
            if isinstance(event, Control) and event.cause == "click" and _last(shown.captured) == plain:
                shown.captured.pop()  # what the click hit is told after it
            _add(shown.captured, Line(timed.time_ns, f"{words} in {shown.app}" if shown.app else words))

    def _type(self, time_ns: int, text: str) -> None:
        shown = self._shown
        if shown.typed and shown.captured:
            shown.captured.pop()
        shown.typed = (shown.typed + text)[: TYPED_SHOWN + 1]
        some = shown.typed if len(shown.typed) <= TYPED_SHOWN else shown.typed[:TYPED_SHOWN] + "…"
        where = f" in {shown.app}" if shown.app else ""
        shown.captured.append(Line(time_ns, f"typed “{some}”{where}"))


def _words(event: object) -> str:
    """An event in words; "" for one that is not worth a line."""
    match event:
        case Key(pressed=True):
            return f"pressed {event.shortcut or event.name}"
        case Covered():
            return f"typed {event.placeholder}, covered"
        case KeyCount():
            return f"{event.presses} keys, only counted"
        case Button(pressed=True):
            return _BUTTONS.get(event.button, f"pressed mouse button {event.button}")
        case Scroll():
            sideways = "right" if event.dx > 0 else "left"
            return "scrolled " + (("down" if event.dy > 0 else "up") if event.dy else sideways)
        case Touch(phase="begin"):
            return "touched the screen"
        case Pen(touching=True):
            return "wrote with the pen"
        case Control():
            verb = {"click": "clicked", "focus": "went to", "choice": "chose"}[event.cause]
            name = f" “{event.name}”" if event.name else ""
            return f"{verb} {_ROLES.get(event.role, event.role)}{name}"
        case Task():
            return f"you marked: {words_of_mark(event)}"
        case Site():
            return f"site {event.host}" if event.host else ""
    return ""


def _add(lines: deque[Line], line: Line) -> None:
    """Append, or only move the time on where the same is said again."""
    if lines and lines[-1].words == line.words:
        lines.pop()
    lines.append(line)


def _last(lines: deque[Line]) -> str:
    return lines[-1].words if lines else ""
