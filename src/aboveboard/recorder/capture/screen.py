"""What is on the screen, and which window is active?

One connection follows both, because the server tells in order: an event about a window that arrives before the pixels
do happened before they were read. A frame goes like this:

1. Collect what was painted since the last frame (XDamage), at most as often as the disclosure says.
2. Read, by shared memory, only the parts of it that are visible and in scope (``redact.scope``).
3. If meanwhile any window moved, appeared, vanished or changed its name, throw the pixels away and begin again: it is
   not known that they belong to who they seemed to belong to.
4. Tell what differs from the pixels before.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

import numpy as np
import xcffib
import xcffib.damage
from numpy.typing import NDArray

from aboveboard.base.clock import SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Display, Marker
from aboveboard.recorder.capture.changes import Comparer
from aboveboard.recorder.capture.display import connect, extension, screen_of, wait_readable
from aboveboard.recorder.capture.monitors import MonitorWatch
from aboveboard.recorder.capture.port import Pixels, Rect
from aboveboard.recorder.capture.server_clock import ServerClock
from aboveboard.recorder.capture.shared_image import SharedImage
from aboveboard.recorder.capture.ticks import until_tick
from aboveboard.recorder.capture.waker import Waker
from aboveboard.recorder.capture.windows import Told, WindowWatch
from aboveboard.recorder.redact.gate import RawFrame
from aboveboard.recorder.redact.layers import OUTSIDE
from aboveboard.recorder.redact.markers import PART_NS
from aboveboard.recorder.redact.scope import Stacked, intersect_all, subtract_all, visible
from aboveboard.rules.disclosure import may_capture_screen

IDLE_S = 1.0
"""How often the thread says how far it has seen while nobody waits for that; while somebody does, at every tick."""
TRIES = 3
"""How often a frame is begun again at once when windows changed meanwhile; then it waits for the next one's turn."""
READ_PIXELS = 96 * 1024
"""Reading and comparing so many pixels more takes the time of asking for one rectangle more."""
RECTS_LIMIT = 64
"""More painted rectangles than this are read as the one around them."""

_OUTSIDE = np.uint32(int.from_bytes(bytes(OUTSIDE), "little"))
_UNUSED = np.uint32(0xFF000000)
_NON_EMPTY = 3


class ScreenTold(Told, Protocol):
    """Who is told of windows, of monitors, and of what was not looked at."""

    def display(self, time_ns: int, display: Display) -> None: ...


class ScreenWatch:
    """Tells of windows and frames from the thread that calls :meth:`run`."""

    def __init__(
        self,
        display: str | None,
        clock: ServerClock,
        disclosure: Disclosure,
        told: ScreenTold,
        frame: Callable[[RawFrame], None],
    ) -> None:
        self._conn = connect(display)
        self._clock = clock
        self._disclosure = disclosure
        self._frame = frame
        self._told = told
        self._ending = threading.Event()
        self._waker = Waker()
        self._wanted = False
        self._progress_ns = self._current_ns = 0
        self._root: int = screen_of(self._conn).root
        self._wants_pixels = any(may_capture_screen(app).allowed for app in disclosure.apps)
        self._period_ns = SECOND_NS // disclosure.frames_per_second
        self._blind = False
        self._next_frame_ns = 0
        self._last_good_ns = clock.now_ns()
        self._windows = WindowWatch(self._conn, clock, told)
        self._monitors = MonitorWatch(self._conn)
        self._display: Display | None = None
        self._display_due = True
        self._blind_since_ns: int | None = None
        self._finishing = False
        self._painted: list[Rect] = []
        self._visible: tuple[Rect, ...] = ()
        self._seen_through: tuple[tuple[Stacked, ...] | None, Rect, tuple[Rect, ...]] = (None, Rect(0, 0, 0, 0), ())
        self._comparer = Comparer()
        self._canvas = np.zeros((0, 0), np.uint32)
        self._watch_damage()
        self.size = self._windows.size
        self._image = SharedImage(self._conn, self.size[0] * self.size[1])
        # What lies where is told before anything can happen there.
        self._windows.settle()
        self._tell_display()

    @property
    def progress_ns(self) -> int:
        """Everything that happened to windows and pixels by this wall time has been told."""
        return self._progress_ns

    @property
    def current_ns(self) -> int:
        """At this wall time the frames told so far were all that is on the screen."""
        return self._current_ns

    def run(self) -> None:
        """Watch until :meth:`end`; raises :class:`Unavailable` if the server goes away."""
        descriptors = [self._conn.get_file_descriptor(), self._waker.fileno()]
        try:
            while not self._ending.is_set():
                self._waker.clear()
                looked_ns = self._clock.now_ns()
                self._take_events()
                self._windows.settle()
                self._tell_display()
                self._tell_blind(looked_ns, last=self._finishing)
                self._progress_ns = looked_ns
                stale = self._wants_pixels and self._stale()
                if not stale:
                    self._current_ns = looked_ns
                if stale and looked_ns >= self._next_frame_ns:
                    self._next_frame_ns = looked_ns + self._period_ns
                    self._grab()
                longest_s = until_tick() if self._wanted else IDLE_S
                due_s = (self._next_frame_ns - self._clock.now_ns()) / SECOND_NS
                stale = self._wants_pixels and self._stale()
                wait_readable(descriptors, min(longest_s, due_s) if stale else longest_s)
        except xcffib.ConnectionException as error:
            raise Unavailable(
                "the display went away", cause="the X server ended", fix="start recording again in the new session"
            ) from error

    @property
    def visible(self) -> tuple[Rect, ...]:
        """Where the screen is captured just now."""
        return self._visible

    def set_pace(self, frames_per_second: float) -> None:
        """At most so many frames a second from now on, 0 for none; never more than disclosed. From any thread."""
        disclosed = self._disclosure.frames_per_second
        if frames_per_second > 0:
            self._period_ns = round(SECOND_NS / min(frames_per_second, disclosed))
        self._blind = frames_per_second <= 0
        self._notified = True
        self._next_frame_ns = 0
        self._waker.wake()

    def believed(self, rect: Rect) -> NDArray[np.uint8] | None:
        """What is taken to be in ``rect``, (height, width, 4); ``None`` unless all is captured. From any thread."""
        canvas = self._canvas
        if subtract_all([rect], self._visible) or not canvas.size:
            return None
        return _bytes(_area(canvas, rect))

    def want(self, wanted: bool) -> None:
        """Does somebody wait for :attr:`progress_ns`? From any thread."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._waker.wake()

    def finish(self) -> None:
        """Tell soon what is still to be told, for the end is near; from any thread."""
        self._finishing = True
        self._waker.wake()

    def end(self) -> None:
        """Make :meth:`run` return soon; from any thread."""
        self._ending.set()
        self._waker.wake()

    def close(self) -> None:
        """Give everything back, after :meth:`run` returned."""
        with suppress(xcffib.XcffibException):
            # A server that went away took its side with it.
            self._image.close()
        self._conn.disconnect()
        self._waker.close()

    def _watch_damage(self) -> None:
        self._damage_requests = extension(self._conn, "DAMAGE")
        self._fixes = extension(self._conn, "XFIXES")
        self._damage: int = self._conn.generate_id()
        self._region: int = self._conn.generate_id()
        self._fixes.CreateRegion(self._region, 0, [])
        self._damage_requests.CreateChecked(self._damage, self._root, _NON_EMPTY).check()
        self._notified = False

    def _take_events(self) -> None:
        for event in self._windows.events():
            if isinstance(event, xcffib.damage.NotifyEvent):
                self._notified = True
            elif self._monitors.changed(event):
                self._display_due = True

    def _tell_display(self) -> None:
        """Which monitors there are, if that changed."""
        if not self._display_due:
            return
        self._display_due = False
        display = self._monitors.read()
        if display != self._display:
            self._display = display
            self._told.display(self._clock.now_ns(), display)

    def _tell_blind(self, now_ns: int, *, last: bool = False) -> None:
        """While the screen may not be looked at, say so: a part at a time, so that each segment does."""
        since_ns = self._blind_since_ns
        if self._blind and since_ns is None:
            self._blind_since_ns = now_ns
        elif since_ns is not None and (last or not self._blind or now_ns - since_ns >= PART_NS):
            self._told.marker(now_ns, Marker(kind="suppressed", reason="over_budget", start_ns=since_ns, end_ns=now_ns))
            self._blind_since_ns = now_ns if self._blind else None

    def _stale(self) -> bool:
        """Could a new frame differ from the last?"""
        if self._blind:
            return bool(self._visible)
        return self._notified or bool(self._painted) or self._windows.changed or not self._canvas.size

    def _grab(self) -> None:
        for _ in range(TRIES):
            self._windows.settle()
            if self._windows.size != self.size:
                self._resize()
            screen = Rect(0, 0, *self.size)
            shown = () if self._blind else self._look_through(screen)
            newly = [] if shown is self._visible else subtract_all(shown, self._visible)
            painted = self._take_damage() + newly
            self._painted = painted if len(painted) <= RECTS_LIMIT else [screen]
            wanted = _wanted(self._painted, shown)
            time_ns = self._clock.now_ns()
            try:
                grabbed = self._image.grab(self._root, wanted)
            except xcffib.ConnectionException:
                raise
            except xcffib.XcffibException:
                # The screen became smaller between asking for its size and reading it.
                self._take_events()
                continue
            self._take_events()
            if not self._windows.changed:
                self._tell(time_ns, shown, wanted, grabbed)
                return
        self._tell_too_fast()

    def _look_through(self, screen: Rect) -> tuple[Rect, ...]:
        """What is visible and in scope; worked out once for each arrangement of the windows."""
        stack = self._windows.stack
        if self._seen_through[0] is not stack or self._seen_through[1] != screen:
            self._seen_through = (stack, screen, visible(stack, screen, self._disclosure))
        return self._seen_through[2]

    def _resize(self) -> None:
        self.size = self._windows.size
        self._image.close()
        self._image = SharedImage(self._conn, self.size[0] * self.size[1])
        self._canvas = np.zeros((0, 0), np.uint32)
        self._visible = ()
        self._painted = []

    def _take_damage(self) -> list[Rect]:
        """What was painted and not yet told; resets what the server remembers."""
        if self._notified:
            self._notified = False
            self._damage_requests.Subtract(self._damage, 0, self._region)
            region: Any = self._fixes.FetchRegion(self._region).reply()
            self._painted += [Rect(one.x, one.y, one.width, one.height) for one in region.rectangles]
        return self._painted

    def _tell(self, time_ns: int, shown: tuple[Rect, ...], rects: list[Rect], grabbed: list[Any]) -> None:
        whole = not self._canvas.size
        if whole:
            self._canvas = np.full((self.size[1], self.size[0]), _OUTSIDE, np.uint32)
        changed: list[Rect] = []
        for gone in subtract_all(self._visible, shown) if shown is not self._visible else ():
            _area(self._canvas, gone)[:] = _OUTSIDE
            changed.append(gone)
        for rect, pixels in zip(rects, grabbed, strict=True):
            area = _area(self._canvas, rect)
            for one in self._comparer.changed_rects(area, pixels):
                _area(area, one)[:] = _area(pixels, one)
                changed.append(Rect(rect.x + one.x, rect.y + one.y, one.width, one.height))
        self._visible, self._painted = shown, []
        self._last_good_ns = time_ns
        if whole:
            changed = [Rect(0, 0, *self.size)]
        if changed:
            patches = tuple(Pixels(rect, _bytes(_area(self._canvas, rect))) for rect in changed)
            self._frame(RawFrame(time_ns, self.size, patches, whole))

    def _tell_too_fast(self) -> None:
        now_ns = self._clock.now_ns()
        if now_ns - self._last_good_ns > SECOND_NS:
            start_ns, self._last_good_ns = self._last_good_ns, now_ns
            self._told.marker(
                now_ns,
                Marker(kind="suppressed", reason="screen_changed_too_fast", start_ns=start_ns, end_ns=now_ns),
            )


def _wanted(painted: list[Rect], shown: tuple[Rect, ...]) -> list[Rect]:
    """What to read: disjoint rectangles within ``shown`` that hold all that was painted there, as few as is cheap."""
    wanted: list[Rect] = []
    for piece in shown:
        inside = intersect_all(painted, [piece])
        if len(inside) > 1:
            around = _around(inside)
            told = sum(rect.width * rect.height for rect in inside)
            if around.width * around.height - told <= READ_PIXELS * (len(inside) - 1):
                inside = [around]
            else:
                inside = _disjoint(inside)
        wanted += inside
    return wanted


def _around(rects: list[Rect]) -> Rect:
    left, top = min(rect.x for rect in rects), min(rect.y for rect in rects)
    right, bottom = max(rect.x + rect.width for rect in rects), max(rect.y + rect.height for rect in rects)
    return Rect(left, top, right - left, bottom - top)


def _disjoint(rects: list[Rect]) -> list[Rect]:
    found: list[Rect] = []
    for rect in rects:
        found += subtract_all([rect], found)
    return found


def _area(canvas: Any, rect: Rect) -> Any:
    return canvas[rect.y : rect.y + rect.height, rect.x : rect.x + rect.width]


def _bytes(area: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """A copy of pixels (height, width) as uint8 (height, width, 4), the unused byte set: the server leaves anything."""
    return (area | _UNUSED).view(np.uint8).reshape(*area.shape, 4)
