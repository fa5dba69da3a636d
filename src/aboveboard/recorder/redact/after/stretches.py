"""From when to when was the person in an application or on a site that they want covered, and where on the screen?

It begins a little before it is told: a page is on the screen before its address is known. It ends when something else
is told to be active; what is unknown goes on as it was. Where a window lies is known from its events, if that is
disclosed; else it may be anywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.recording import Site, Timed, Window
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.own_covers import OwnCovers

APP_EARLY_NS, SITE_EARLY_NS = 250 * MILLISECOND_NS, 2 * SECOND_NS
EVERYWHERE = Rect(0, 0, 65_536, 65_536)


@dataclass
class Stretch:
    """``[start_ns, end_ns)``; an end of ``None``: it goes on."""

    start_ns: int
    end_ns: int | None = None

    def holds(self, time_ns: int) -> bool:
        """Is ``time_ns`` in it?"""
        return self.start_ns <= time_ns and (self.end_ns is None or time_ns < self.end_ns)


@dataclass
class Hidden:
    """What is found so far; feed it a session's events in order."""

    covers: OwnCovers
    stretches: list[Stretch] = field(default_factory=list)
    places: list[Rect] = field(default_factory=list)
    """Where windows were that are covered: they may still be seen there behind another."""
    _window: Window | None = None
    _host: str = ""

    def look(self, items: Iterable[Timed]) -> None:
        """Follow the active window and its site."""
        for timed in items:
            event = timed.event
            if isinstance(event, Window):
                if self._window is None or (event.app, event.pid) != (self._window.app, self._window.pid):
                    self._host = ""
                self._window = event
            elif isinstance(event, Site):
                self._host = event.host
            else:
                continue
            self._settle(timed.time_ns)

    def at(self, time_ns: int) -> bool:
        """Is what happened at ``time_ns`` to go?"""
        return any(each.holds(time_ns) for each in self.stretches)

    def _settle(self, time_ns: int) -> None:
        by_app = self._window is not None and self.covers.has_app(self._window.app)
        hidden = by_app or (bool(self._host) and self.covers.has_site(self._host))
        going_on = self.stretches[-1] if self.stretches and self.stretches[-1].end_ns is None else None
        if hidden:
            place = place_of(self._window)
            if place not in self.places:
                self.places.append(place)
            if going_on is None:
                self._begin(time_ns - (APP_EARLY_NS if by_app else SITE_EARLY_NS))
        elif going_on is not None:
            going_on.end_ns = max(time_ns, going_on.start_ns)

    def _begin(self, start_ns: int) -> None:
        last = self.stretches[-1] if self.stretches else None
        if last is not None and last.end_ns is not None and last.end_ns >= start_ns:
            last.end_ns = None
        else:
            self.stretches.append(Stretch(max(start_ns, 0)))


def place_of(window: Window | None) -> Rect:
    """Where it is on the screen; everywhere if that is not told."""
    if window is None or not (window.width and window.height):
        return EVERYWHERE
    return Rect(window.x, window.y, window.width, window.height)
