"""What held between two looks, if nothing tells of changes and one can only ask?

Between the look before and this one anything may have happened at any moment. The rule: until this look, the stricter
of the two answers holds.

1. A window out of scope that is new or elsewhere counts from the look before; one in scope from this look.
2. So does an active window that is out of scope.
3. A focus that is secret or unknown counts from the look before; one that is open again after a secret one from when it
   said so. If several things may have moved the focus, what had it between them was never seen: unknown.
4. If the look before is longer ago than the hold can bridge, nothing is known of the time between.
"""

from bisect import bisect_right
from collections.abc import Callable

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.disclosure import Disclosure
from aboveboard.recorder.capture.port import Rect
from aboveboard.recorder.capture.portable.desktop import Desktop, Input
from aboveboard.recorder.capture.portable.placed import facts_from, rect_from, window_from
from aboveboard.recorder.redact.cover import Boxes
from aboveboard.recorder.redact.gate import Gate
from aboveboard.recorder.redact.key_judge import may_move_focus
from aboveboard.recorder.redact.scope import Active, Stacked, rule_of
from aboveboard.recorder.redact.timeline import HOLD_NS, Focus
from aboveboard.recorder.redact.veil import Veil

GAP_NS = HOLD_NS - 50 * MILLISECOND_NS
"""Looks further apart than this leave a hole."""


class Lookout:
    """Asks ``desktop`` and tells ``gate``, ``boxes`` and ``veil``. Used by one thread."""

    def __init__(self, desktop: Desktop, gate: Gate, boxes: Boxes, veil: Veil, disclosure: Disclosure) -> None:
        self._desktop, self._gate, self._boxes, self._disclosure = desktop, gate, boxes, disclosure
        self._veil = veil
        self.stack: tuple[Stacked, ...] = ()
        self.looked_ns = 0
        """When the last look began: everything about windows before it has been told."""
        self.origin = (0, 0)
        """The system's own coordinates of the top left corner of the desktop."""
        self._active = Active(None)
        self._focus = Focus.UNKNOWN
        self._focus_ns = 0
        self._movers: list[int] = []
        self._boxed: tuple[Rect, ...] = ()

    @property
    def active(self) -> Active:
        """The active window as of the last look."""
        return self._active

    def heard(self, time_ns: int, event: Input) -> None:
        """Something was done; in order of time."""
        if may_move_focus(event):
            self._movers.append(time_ns)

    def look(self, now_ns: int) -> None:
        """Ask about windows. ``now_ns`` is before asking."""
        seen = self._desktop.windows()
        before_ns, self.looked_ns = self.looked_ns or now_ns, now_ns
        if now_ns - before_ns > GAP_NS:
            self._gate.active(before_ns, Active(None))
            self._active = Active(None)
        stack = tuple(window_from(one, self.origin) for one in seen.stack)
        if stack != self.stack:
            known = set(self.stack)
            strangers = tuple(one for one in stack if one not in known and not self._in_scope(one))
            if strangers:
                self._gate.layout(before_ns, self.stack + strangers)
            self._gate.layout(now_ns, stack)
            self._veil.layout(now_ns, stack)
            self.stack = stack
        if seen.active != self._active:
            in_scope = rule_of(seen.active.window, self._disclosure) is not None and not seen.active.keys_elsewhere
            self._gate.active(now_ns if in_scope else before_ns, self._placed(seen.active))
            self._active = seen.active

    def look_at_focus(self, now_ns: int, ended: Callable[[], int]) -> None:
        """Ask about the focus, if the active window is in scope: others are not asked.

        ``now_ns`` is before asking, ``ended`` tells the time after the answer.
        """
        window = self._active.window
        asked = window is not None and rule_of(window, self._disclosure) is not None
        focus = self._desktop.focus(window) if window is not None and asked else Focus.UNKNOWN
        before_ns, self._focus_ns = self._focus_ns or now_ns, now_ns
        place = bisect_right(self._movers, now_ns)
        movers, self._movers = self._movers[:place], self._movers[place:]
        if focus is not Focus.OPEN:
            if focus is not self._focus:
                self._gate.focus_seen(max(before_ns, self._gate.settled_ns), focus)
        elif self._focus is Focus.OPEN and len(movers) > 1:
            self._gate.focus_seen(movers[0], Focus.UNKNOWN)
            self._gate.focus_seen(movers[-1], Focus.OPEN)
        elif self._focus is Focus.UNKNOWN and movers:
            self._gate.focus_seen(movers[-1], Focus.OPEN)
        elif self._focus is not Focus.OPEN:
            self._gate.focus_seen(ended(), Focus.OPEN)
        self._focus = focus
        boxes = tuple(rect_from(box, self.origin) for box in self._desktop.secret_fields()) if asked else self._boxed
        if boxes != self._boxed:
            self._boxed = boxes
            self._boxes.seen(now_ns, boxes)

    def _in_scope(self, window: Stacked) -> bool:
        return rule_of(window.client, self._disclosure) is not None

    def _placed(self, active: Active) -> Active:
        if active.window is None:
            return active
        window = active.window
        return Active(facts_from(window, self.origin), active.keys_elsewhere)
