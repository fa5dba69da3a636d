"""What is told of a session's segments once what the person wants covered is gone from it? All but the screen.

All segments are looked at first, then each is told anew, in order. What happened in an application or on a site that is
covered goes, with a marker; words go from titles, addresses, the words of controls, and from what was typed.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from aboveboard.formats.recording import Button, Display, Key, Keyboard, Marker, Session, Timed, Window
from aboveboard.recorder.redact.after.stretches import Hidden
from aboveboard.recorder.redact.after.typed import retyped
from aboveboard.recorder.redact.own_covers import OwnCovers, OwnWords
from aboveboard.recorder.redact.typed.endings import Ending

_STAYS = Session | Display | Keyboard | Marker
"""What is told of the machine and of the recording, whatever is covered."""
CONTEXT_EVENTS = 2_000
"""So many keys of segments that were told already are remembered: a word may have begun in them."""


class Events:
    """The events of one session. Used by one thread."""

    def __init__(self, covers: OwnCovers) -> None:
        self.hidden = Hidden(covers)
        self._words = OwnWords(covers.words)
        self._stream: list[Timed] = []
        self._starts: list[int] = []
        self._keys: dict[int, list[Timed]] = {}
        self._homes: dict[int, int] = {}
        """By the identity of each key in the stream when its segment begins: one may end as the next begins."""
        self._loose: set[tuple[int, str, int]] = set()
        """Releases whose presses went: when, of what, which."""
        self._window: Window | None = None

    def look(self, events: Sequence[Timed]) -> None:
        """The next segment, before any of those looked at is told anew."""
        self._starts.append(events[0].time_ns)
        self.hidden.look(events)
        # That another segment begins ends no field: the text goes on.
        new = [one for one in events if isinstance(one.event, Key | Ending) and not _begins(one)]
        self._stream += new
        self._homes |= {id(one): events[0].time_ns for one in new}

    def settle(self) -> None:
        """All segments were looked at."""
        self._loose = self._without_press()
        cuts = [Timed(each.start_ns, _covered(each.start_ns, each.start_ns)) for each in self.hidden.stretches]
        stream = sorted([*cuts, *(one for one in self._stream if not self._goes(one))], key=_time)
        keys = retyped(stream, self._words) if self._words else [one for one in stream if _is_key(one)]
        self._keys = defaultdict(list)
        for timed in keys:
            home = self._homes.get(id(timed))
            self._keys[self._segment_of(timed.time_ns) if home is None else home].append(timed)

    def told(self, events: Sequence[Timed], end_ns: int) -> list[Timed]:
        """Those of the next segment, which ends at ``end_ns``, as they come out."""
        start_ns, stretches = events[0].time_ns, self.hidden.stretches
        keys = self._keys.get(start_ns, [])
        as_they_were = keys == [timed for timed in events if _is_key(timed)]
        out = [self._clean(one) for one in events if not self._goes(one) and (as_they_were or not _is_key(one))]
        out += [] if as_they_were else keys
        for each in stretches:
            since_ns, until_ns = max(each.start_ns, start_ns), min(each.end_ns or end_ns, end_ns)
            if since_ns < until_ns:
                out.append(Timed(since_ns, _covered(since_ns, until_ns)))
            if each.end_ns is not None and start_ns < each.end_ns <= end_ns:
                out += self._told_again(events, each.end_ns)
        self._window = _last_window(events, end_ns) or self._window
        return sorted(out, key=_time)

    def forget_told(self) -> None:
        """All that was looked at was told: keep of it only what may go on."""
        self._stream, self._starts = self._stream[-CONTEXT_EVENTS:], []
        self._homes = {id(one): self._homes[id(one)] for one in self._stream}
        del self.hidden.stretches[:-1]

    def _clean(self, timed: Timed) -> Timed:
        event = self._words.event(timed.event)
        return timed if event is timed.event else Timed(timed.time_ns, event)

    def _goes(self, timed: Timed) -> bool:
        if isinstance(timed.event, _STAYS):
            return False
        return self.hidden.at(timed.time_ns) or _release(timed) in self._loose

    def _without_press(self) -> set[tuple[int, str, int]]:
        found: set[tuple[int, str, int]] = set()
        gone: set[tuple[str, int]] = set()
        for timed in self._stream if self.hidden.stretches else ():
            if not isinstance(timed.event, Key | Button):
                continue
            _, kind, which = _place(timed)
            if self.hidden.at(timed.time_ns):
                (gone.add if timed.event.pressed else gone.discard)((kind, which))
            elif not timed.event.pressed and (kind, which) in gone:
                found.add(_place(timed))
                gone.discard((kind, which))
        return found

    def _told_again(self, events: Sequence[Timed], time_ns: int) -> list[Timed]:
        """The window that is active when a stretch is over: where it was told, it was covered."""
        window = _last_window(events, time_ns) or self._window
        told = any(isinstance(one.event, Window) and one.time_ns == time_ns for one in events)
        if window is None or told or self.hidden.covers.has_app(window.app):
            return []
        return [Timed(time_ns, self._words.event(window))]

    def _segment_of(self, time_ns: int) -> int:
        place = bisect_right(self._starts, time_ns) - 1
        return self._starts[place] if place >= 0 else -1


def _covered(start_ns: int, end_ns: int) -> Marker:
    return Marker(kind="suppressed", reason="covered_by_person", start_ns=start_ns, end_ns=end_ns)


def _last_window(events: Iterable[Timed], until_ns: int) -> Window | None:
    found = [one.event for one in events if isinstance(one.event, Window) and one.time_ns <= until_ns]
    return found[-1] if found else None


def _place(timed: Timed) -> tuple[int, str, int]:
    event = timed.event
    if isinstance(event, Key):
        return timed.time_ns, "key", event.keycode
    return timed.time_ns, "button", event.button if isinstance(event, Button) else -1


def _release(timed: Timed) -> tuple[int, str, int] | None:
    released = isinstance(timed.event, Key | Button) and not timed.event.pressed
    return _place(timed) if released else None


def _begins(timed: Timed) -> bool:
    return isinstance(timed.event, Session)


def _is_key(timed: Timed) -> bool:
    return isinstance(timed.event, Key)


def _time(timed: Timed) -> int:
    return timed.time_ns
