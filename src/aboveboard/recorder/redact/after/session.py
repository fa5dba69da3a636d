"""How is what the person wants covered taken out of a session's segments?

All segments are looked at first, in order (:meth:`SessionCover.look`); then each is written anew, in order:

1. What happened in an application or on a site that is covered goes, with a marker. The picture stands still meanwhile,
   and where the window was is black, but for another one that may be seen and is active there.
2. Words go from titles, addresses, the words of controls, and from what was typed (``after.events``).
3. Regions are black from the start to the end, and so are words that can be read on the screen, and what cannot be read
   (``after.screen``, ``after.reading``).

A segment that holds none of it comes out as it was. Where the screen goes on from a segment that is missing, nothing of
it comes out before the next whole picture. Used by one thread.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from aboveboard.base.errors import BadInput
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Session, Site, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.redact.after.events import Events
from aboveboard.recorder.redact.after.reading import ScreenWords
from aboveboard.recorder.redact.after.screen import Screen
from aboveboard.recorder.redact.after.stretches import EVERYWHERE, place_of
from aboveboard.recorder.redact.own_covers import OwnCovers, OwnWords
from aboveboard.recorder.redact.pixels.reader import Reader
from aboveboard.recorder.redact.scope import subtract_all


class SessionCover:
    """The segments of one session. ``reader`` makes what reads the screen."""

    def __init__(self, covers: OwnCovers, reader: Callable[[], Reader] = Reader) -> None:
        self._events = Events(covers)
        self._regions = tuple(region.rect for region in covers.regions)
        words = OwnWords(covers.words, looks=True)
        self._read = ScreenWords(words, reader()) if words else None
        self._screen = Screen()
        self._active = EVERYWHERE

    def before(self, items: Iterable[Item]) -> None:
        """A segment that stays as it is, before the first that is looked at: the screen may go on from it."""
        known = list(items)
        self._begin(_head(known))
        self._follow(known)

    def look(self, items: Iterable[Item]) -> None:
        """The next segment, before any is written anew. Raises :class:`BadInput` if it is no recording."""
        events = [item for item in items if isinstance(item, Timed)]
        _head(events)
        self._events.look(events)

    def settle(self) -> None:
        """All segments were looked at."""
        self._events.settle()

    def written_anew(self, items: list[Item], end_ns: int) -> list[Item]:
        """The next segment, which ends at ``end_ns``, without what is covered; ``items`` itself if it holds none."""
        before = [item for item in items if isinstance(item, Timed)]
        events = self._events.told(before, end_ns)
        head = _head(before)
        self._begin(head)
        frames = self._frames(items, end_ns)
        if head.screen_continues and self._screen.lost and self._concerns_pixels(frames):
            return self._without_screen(events, items, frames)
        if self._screen.same and not any(boxes or still for _, _, boxes, still in frames):
            self._follow(items, read=False)
            return items if events == before else _in_order(events, _patches(items))
        drawn = self._drawn(frames)
        return items if events == before and drawn == _patches(items) else _in_order(events, drawn)

    def lose_screen(self) -> None:
        """A segment could not be written anew and goes: the screen is unknown until the next whole picture."""
        self._screen = Screen()
        if self._read is not None:
            self._read.lose()

    def next(self) -> None:
        """All that was looked at was written anew; more segments of the session will be looked at."""
        self._events.forget_told()

    def _concerns_pixels(self, frames: Sequence["_Frame"]) -> bool:
        return self._read is not None or any(boxes or still for _, _, boxes, still in frames)

    def _begin(self, head: Session) -> None:
        self._screen.begin(head)
        if self._read is not None:
            self._read.begin(head)

    def _follow(self, items: Iterable[Item], *, read: bool = True) -> None:
        patches = _patches(items)
        self._screen.follow(patches)
        if read and self._read is not None:
            self._read.boxes(patches)

    def _frames(self, items: Sequence[Item], end_ns: int) -> "list[_Frame]":
        """Each moment at which the picture, or what is black in it, may change: its patches, its boxes, is it still?"""
        start_ns = items[0].time_ns
        hidden = self._events.hidden
        turns = [
            ns for each in hidden.stretches for ns in (each.start_ns, each.end_ns) if ns and start_ns < ns < end_ns
        ]
        moments: list[tuple[int, Item | None]] = [(start_ns, None), *((ns, None) for ns in turns)]
        moments += [(item.time_ns, item) for item in items]
        moments.sort(key=lambda moment: moment[0])
        frames: list[_Frame] = []
        for time_ns, together in groupby(moments, key=lambda moment: moment[0]):
            here = [item for _, item in together]
            patches = [item for item in here if isinstance(item, ScreenPatch)]
            for item in here:
                if isinstance(item, Timed) and isinstance(item.event, Window):
                    self._active = place_of(item.event)
            still = hidden.at(time_ns)
            told = any(isinstance(item, Timed) and isinstance(item.event, Window | Site) for item in here)
            if patches or told or not frames or time_ns in turns:
                words = self._read.boxes(patches) if self._read is not None else ()
                frames.append((time_ns, patches, (*self._regions, *self._behind(still=still), *words), still))
        return frames

    def _behind(self, *, still: bool) -> list[Rect]:
        """Where windows that are covered may be seen."""
        places = self._events.hidden.places
        if still or self._active == EVERYWHERE:
            return places
        return subtract_all(places, [self._active])

    def _drawn(self, frames: Sequence["_Frame"]) -> list[ScreenPatch]:
        return [
            patch
            for time_ns, patches, boxes, still in frames
            for patch in self._screen.frame(time_ns, patches, boxes, still=still)
        ]

    def _without_screen(self, events: list[Timed], items: Sequence[Item], frames: Sequence["_Frame"]) -> list[Item]:
        """Nothing of the screen until a whole picture: what it goes on from is not known, so nothing was checked."""
        first = next((item.time_ns for item in items if isinstance(item, ScreenPatch) and item.whole), None)
        unknown = [frame for frame in frames if first is None or frame[0] < first]
        self._follow([patch for _, patches, _, _ in unknown for patch in patches], read=False)
        head = events[0].event
        assert isinstance(head, Session)
        told = [Timed(events[0].time_ns, msgspec.structs.replace(head, screen_continues=False)), *events[1:]]
        return _in_order(told, self._drawn(frames[len(unknown) :]))


_Frame = tuple[int, list[ScreenPatch], tuple[Rect, ...], bool]


def _head(items: Sequence[Item]) -> Session:
    first = items[0] if items else None
    if isinstance(first, Timed) and isinstance(first.event, Session):
        return first.event
    raise BadInput("this segment does not begin as a recording does", cause="it is damaged", fix="delete it")


def _patches(items: Iterable[Item]) -> list[ScreenPatch]:
    return [item for item in items if isinstance(item, ScreenPatch)]


def _in_order(events: Sequence[Timed], patches: Sequence[ScreenPatch]) -> list[Item]:
    """By time; of one time the events come first, as a segment begins."""
    both: list[Item] = [*events, *patches]
    return sorted(both, key=attrgetter("time_ns"))
