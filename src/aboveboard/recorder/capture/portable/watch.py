"""What is done each time the desktop is asked?

1. What the hands did is taken in; it happened before now.
2. The windows are looked at, and the focus if anything happened lately (``portable.lookout``).
3. If a frame is due, the screen is read, and the windows looked at once more (``portable.picture``).
4. What can be judged comes out: all that happened a hold before the first of these looks.
"""

import threading

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.base.errors import Unavailable
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import Display, Marker, MarkerReason
from aboveboard.recorder.capture.portable.desktop import Desktop, Listening
from aboveboard.recorder.capture.portable.hands import Hands
from aboveboard.recorder.capture.portable.lookout import Lookout
from aboveboard.recorder.capture.portable.outlet import Outlet
from aboveboard.recorder.capture.portable.picture import Picture, places
from aboveboard.recorder.capture.portable.placed import corner, event_from, extent, monitor_from
from aboveboard.recorder.capture.portable.wall_clock import WallClock
from aboveboard.recorder.redact.timeline import HOLD_NS
from aboveboard.rules.disclosure import may_capture_screen

LOOK_NS = 100 * MILLISECOND_NS
"""How often the desktop is asked, at least: well within the hold."""
ATTENTIVE_NS = 2 * SECOND_NS
"""For so long after something happened the focus is asked for too."""
SLOW_NS = SECOND_NS
"""How often the monitors and the wall clock are looked at, and what could not be read is told."""


class Watch:
    """One desktop, watched by the thread that calls :meth:`tick` again and again."""

    def __init__(
        self,
        desktop: Desktop,
        listening: Listening | None,
        picture: Picture,
        lookout: Lookout,
        outlet: Outlet,
        hands: Hands,
        clock: WallClock,
        disclosure: Disclosure,
    ) -> None:
        self._desktop, self._listening, self._picture, self._lookout = desktop, listening, picture, lookout
        self._outlet, self._hands, self._clock = outlet, hands, clock
        self._wants_pixels = any(may_capture_screen(app).allowed for app in disclosure.apps)
        self._pace = float(disclosure.frames_per_second)
        self.size = (0, 0)
        self.late_ns = 0
        """The most that this thread ever woke too late."""
        self._display: Display | None = None
        self._slow_ns = self._frame_ns = self._busy_ns = self._untold_ns = 0
        self._look_at_monitors()

    def set_pace(self, frames_per_second: float) -> None:
        """At most so many frames a second from the next look on, 0 for none. From any thread."""
        self._pace = frames_per_second
        self._frame_ns = 0

    def tick(self, stopping: threading.Event) -> None:
        """Ask once, and sleep until the next time or until ``stopping``."""
        began_ns = self._clock.now_ns()
        if self._listening is not None and not self._listening.alive():
            raise Unavailable(
                "the input is not told any more",
                cause="the display ended, or this program lost its permission",
                fix="start recording again",
            )
        self._take_hands()
        self._lookout.look(began_ns)
        self._picture.looked(self.size)
        if began_ns < self._busy_ns + ATTENTIVE_NS:
            self._lookout.look_at_focus(began_ns, self._clock.now_ns)
        if self._wants_pixels and began_ns >= self._frame_ns:
            self._take_frame(began_ns)
        self._outlet.let_out(began_ns)
        if began_ns >= self._slow_ns + SLOW_NS:
            self._slow_ns = began_ns
            if self._listening is not None and self._lookout.active.window is None:
                self._listening.forget()
            self._look_at_monitors()
            self._follow_jump(began_ns)
        self._sleep(began_ns, stopping)

    def finish(self) -> None:
        """Nobody listens any more: look until what was done can be judged, and let it out."""
        until_ns = self._clock.now_ns() + HOLD_NS
        never = threading.Event()
        self._listening = None
        while self._clock.now_ns() <= until_ns:
            self.tick(never)
        self._outlet.let_out(self._lookout.looked_ns, last=True)

    def fail(self) -> None:
        """The capture ends by itself."""
        self._outlet.fail(self._lookout.looked_ns)

    def _take_hands(self) -> None:
        for time_ns, event in self._hands.take():
            self._busy_ns = max(self._busy_ns, time_ns)
            self._lookout.heard(time_ns, event)
            self._outlet.gate.offer(time_ns, event_from(event, self._lookout.origin))

    def _take_frame(self, time_ns: int) -> None:
        """Read the screen if the pace allows it. At a pace of 0 it turns grey once."""
        reading = self._pace > 0
        period_ns = round(SECOND_NS / self._pace) if reading else SECOND_NS
        self._frame_ns = time_ns + period_ns
        lay = places(self._lookout.stack)

        def unchanged() -> bool:
            self._lookout.look(self._clock.now_ns())
            self._picture.looked(self.size)
            return places(self._lookout.stack) == lay

        asked_ns = self._clock.now_ns()
        frame = self._picture.take(self.size, asked_ns, pixels=reading, unchanged=unchanged)
        if frame is not None:
            self._busy_ns = max(self._busy_ns, asked_ns)
            self._outlet.gate.offer(asked_ns, frame)
        self._outlet.current_ns = self._picture.good_ns
        if not reading:
            self._tell_unread(asked_ns, "over_budget")
        elif asked_ns - self._picture.good_ns > SLOW_NS:
            self._tell_unread(asked_ns, "screen_changed_too_fast")
        else:
            self._untold_ns = asked_ns

    def _tell_unread(self, now_ns: int, reason: MarkerReason) -> None:
        """From the last time that the screen was read until now it was not."""
        start_ns, self._untold_ns = self._untold_ns or now_ns, now_ns
        if start_ns < now_ns:
            self._outlet.gate.marker(now_ns, Marker(kind="suppressed", reason=reason, start_ns=start_ns, end_ns=now_ns))

    def _look_at_monitors(self) -> None:
        monitors = self._desktop.monitors()
        origin = corner(monitors)
        display = Display(monitors=[monitor_from(one, origin) for one in monitors])
        self._lookout.origin, self.size = origin, extent(monitors)
        if display != self._display:
            self._display = display
            self._outlet.gate.offer(self._clock.now_ns(), display)

    def _follow_jump(self, known_ns: int) -> None:
        """After a jump of the wall clock nothing that was held can be judged by time any more: it is let go first."""
        jumped_ns = self._clock.jump_ns()
        if not jumped_ns:
            return
        now_ns = self._clock.now_ns()
        self._take_hands()
        self._outlet.let_out(known_ns, last=True)
        self._clock.follow(jumped_ns)
        gap = Marker(kind="gap", reason="session", start_ns=now_ns, end_ns=now_ns + jumped_ns)
        self._outlet.gate.marker(now_ns + jumped_ns, gap)

    def _sleep(self, began_ns: int, stopping: threading.Event) -> None:
        due_ns = began_ns + LOOK_NS
        if self._wants_pixels and self._pace > 0:
            due_ns = min(due_ns, max(self._frame_ns, began_ns))
        wait_ns = due_ns - self._clock.now_ns()
        if wait_ns > 0 and not stopping.wait(wait_ns / SECOND_NS):
            self.late_ns = max(self.late_ns, self._clock.now_ns() - due_ns)
