"""Which of the things that happened come out, and when?

Everything waits here, in memory, for at least the hold, and is then judged with what is known from before and from
after it. What comes out is in order of time. The steps for each input event:

1. The active window's application must be disclosed; for a pointer event the window under the pointer too.
2. The disclosure must allow this kind of event for each application concerned (``rules.disclosure.may_encode``).
3. A key needs more: nothing else may have had the keyboard from ``ENTER_NS`` before it until the hold after it, and
   the focus must have been in a field that is known and not secret (``redact.timeline``).
4. A release comes out only if its press did; at the fidelity ``count`` only a number per second comes out.

What is withheld leaves a marker with its reason, its stretch and no count: how many keys a password has is a secret.
"""

import heapq
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.disclosure import AppRule, Disclosure
from aboveboard.formats.recording import Button, Key, KeyCount, Marker, Pointer, Scroll, Timed, Window
from aboveboard.recorder.capture.port import Pixels, WindowFacts
from aboveboard.recorder.redact.markers import KeyCounts, WithheldReason, WithheldStretches
from aboveboard.recorder.redact.scope import Stacked, client_at, rule_of
from aboveboard.recorder.redact.timeline import HOLD_NS, Focus, FocusTimeline, Stretches
from aboveboard.rules.disclosure import may_encode

ENTER_NS = 50 * MILLISECOND_NS
"""How long after an application became active its keys might still have gone to the one before."""

Input = Key | Button | Scroll | Pointer

_REASON: dict[Focus, WithheldReason] = {Focus.SECRET: "password_field", Focus.UNKNOWN: "focus_unknown"}

_FIELD_KEYS = frozenset({"BackSpace", "Delete", "Left", "Right", "Up", "Down", "Home", "End", "Prior", "Next"})
_MODIFIER_KEYS = frozenset(
    f"{name}_{side}" for name in ("Shift", "Control", "Alt", "Super", "Meta", "Hyper") for side in "LR"
) | {"Caps_Lock", "Num_Lock", "ISO_Level3_Shift", "Mode_switch"}


@dataclass(frozen=True)
class Active:
    """Which window is active. ``keys_elsewhere``: another client has grabbed the keyboard."""

    window: WindowFacts | None
    keys_elsewhere: bool = False


@dataclass(frozen=True, eq=False)
class RawFrame:
    """What changed inside the visible regions by ``time_ns``; ``whole`` covers the screen of ``size``."""

    time_ns: int
    size: tuple[int, int]
    patches: tuple[Pixels, ...]
    whole: bool


Held = Input | Window | Marker | RawFrame


def may_move_focus(event: Input) -> bool:
    """Could this be what puts the focus into another field?"""
    if isinstance(event, Button):
        return event.pressed
    if not isinstance(event, Key) or not event.pressed or event.name in _MODIFIER_KEYS:
        return False
    return not (event.text.isprintable() and event.text) and event.name not in _FIELD_KEYS


class Gate:
    """Holds, judges and lets out. Used by one thread; reads no clock."""

    def __init__(self, disclosure: Disclosure, *, hold_ns: int = HOLD_NS, focus: FocusTimeline | None = None) -> None:
        self._disclosure = disclosure
        self._hold_ns = hold_ns
        self.focus = focus or FocusTimeline(hold_ns=hold_ns)
        self._active: Stretches[Active] = Stretches(Active(None))
        self._layout: Stretches[tuple[Stacked, ...]] = Stretches(())
        self._heap: list[tuple[int, int, Held]] = []
        self._order = 0
        self._told: set[int] = set()
        self._last_window: Window | None = None
        self._said_window: Window | None = None
        self._counts = KeyCounts()
        self._withheld = WithheldStretches()
        self._began_ns: int | None = None
        self._settled_ns = 0
        self._out_ns = 0
        self._late = 0

    @property
    def settled_ns(self) -> int:
        """Everything earlier has come out."""
        return self._settled_ns

    @property
    def window(self) -> Window | None:
        """The window that came out last, while its application is still the active one."""
        return self._said_window if self._last_window is not None else None

    @property
    def holding(self) -> bool:
        """Is something waiting to be judged?"""
        return bool(self._heap)

    def offer(self, time_ns: int, item: Input | RawFrame) -> None:
        """Something happened. Too late to be in order: a frame counts as of now, an event is lost, with a marker."""
        if time_ns < self._settled_ns:
            if not isinstance(item, RawFrame):
                self._late += 1
                return
            time_ns = self._settled_ns
        if not isinstance(item, RawFrame) and may_move_focus(item):
            self.focus.moved(time_ns)
        self._push(time_ns, item)

    def active(self, time_ns: int, active: Active) -> None:
        """From ``time_ns`` on this window is active."""
        self._active.add(time_ns, active)
        if self._began_ns is None:
            self._began_ns = time_ns
        rule = rule_of(active.window, self._disclosure)
        if rule is None or active.window is None:
            self._last_window = None
            self._withheld.add("app_not_disclosed", time_ns, None)
            return
        self._withheld.close("app_not_disclosed", time_ns)
        window = _window_event(active.window, rule)
        if window != self._last_window and may_encode(rule, window).allowed:
            self._last_window = window
            self._push(max(time_ns, self._settled_ns), window)

    def focus_seen(self, time_ns: int, focus: Focus) -> None:
        """From ``time_ns`` on the active application's focus is known to be ``focus``."""
        self.focus.seen(time_ns, focus)
        for withheld, reason in _REASON.items():
            if focus is not withheld:
                self._withheld.close(reason, time_ns)

    def marker(self, time_ns: int, marker: Marker) -> None:
        """Something is to be said about ``time_ns``."""
        self._push(max(time_ns, self._settled_ns), marker)

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        """From ``time_ns`` on the windows lie like this."""
        self._layout.add(time_ns, stack)

    def release(self, known_ns: int, *, last: bool = False) -> list[Timed | RawFrame]:
        """What may come out, everything before ``known_ns`` having been offered and told.

        ``last``: nothing more will be known. What cannot be judged any more is withheld.
        """
        out: list[Timed | RawFrame] = []
        until_ns = max(known_ns if last else known_ns - self._hold_ns, self._settled_ns)
        while self._heap:
            time_ns, _, item = self._heap[0]
            if time_ns >= until_ns or (not last and self._decidable_ns(time_ns, item) > known_ns):
                until_ns = min(until_ns, time_ns)
                break
            heapq.heappop(self._heap)
            out += self._due(time_ns)
            out += self._judge(time_ns, item, known_ns)
            self._out_ns = time_ns
        out += self._due(until_ns, last=last)
        self._settled_ns = self._out_ns = until_ns
        if self._late:
            lost = Marker(kind="gap", reason="overload", start_ns=until_ns, end_ns=until_ns, count=self._late)
            out.append(Timed(until_ns, lost))
            self._late = 0
        self._forget(until_ns)
        return out

    def _push(self, time_ns: int, item: Held) -> None:
        self._order += 1
        heapq.heappush(self._heap, (time_ns, self._order, item))

    def _decidable_ns(self, time_ns: int, item: Held) -> int:
        return self.focus.decidable_ns(time_ns) if isinstance(item, Key) else time_ns + self._hold_ns

    def _judge(self, time_ns: int, item: Held, known_ns: int) -> list[Timed | RawFrame]:
        match item:
            case RawFrame():
                # At the very end, where a password field may have just appeared, nobody would know.
                return [item] if time_ns + self._hold_ns <= known_ns else []
            case Window():
                self._said_window = item
                return [Timed(time_ns, item)]
            case Marker():
                return [Timed(time_ns, item)]
            case Key():
                return self._judge_key(time_ns, item, known_ns)
            case _:
                return [Timed(time_ns, item)] if self._pointer_allowed(time_ns, item) else []

    def _pointer_allowed(self, time_ns: int, event: Button | Scroll | Pointer) -> bool:
        below = client_at(self._layout.at(time_ns), event.x, event.y)
        windows = (self._active.at(time_ns).window, below)
        return all(may_encode(rule_of(window, self._disclosure), event).allowed for window in windows)

    def _judge_key(self, time_ns: int, key: Key, known_ns: int) -> list[Timed | RawFrame]:
        spans = self._active.spans(time_ns - ENTER_NS, time_ns + self._hold_ns)
        rules = [rule_of(active.window, self._disclosure) for _, _, active in spans]
        for (start_ns, end_ns, active), rule in zip(spans, rules, strict=True):
            if rule is None or active.keys_elsewhere:
                return self._withhold(key, "app_not_disclosed", start_ns, end_ns)
        exact = all(may_encode(rule, key).allowed for rule in rules)
        count = all(may_encode(rule, KeyCount(presses=1)).allowed for rule in rules)
        if not exact and not count:
            self._told.discard(key.keycode)
            return []
        focus, since_ns, end_ns = self.focus.verdict(time_ns)
        if focus is Focus.OPEN and self._decidable_ns(time_ns, key) > known_ns:
            focus, since_ns, end_ns = Focus.UNKNOWN, time_ns, known_ns
        if focus is not Focus.OPEN:
            return self._withhold(key, _REASON[focus], since_ns, end_ns)
        if count:
            if key.pressed:
                self._counts.add(time_ns)
            return []
        if not key.pressed and key.keycode not in self._told:
            return []
        (self._told.add if key.pressed else self._told.discard)(key.keycode)
        return [Timed(time_ns, key)]

    def _withhold(self, key: Key, reason: WithheldReason, start_ns: int, end_ns: int | None) -> list[Timed | RawFrame]:
        """The key does not come out. The marker tells the whole stretch, so not when the key was pressed."""
        self._withheld.add(reason, max(start_ns, self._began_ns or 0), end_ns)
        self._told.discard(key.keycode)
        return []

    def _due(self, until_ns: int, *, last: bool = False) -> list[Timed | RawFrame]:
        due = [*self._counts.due(until_ns, last=last), *self._withheld.due(until_ns, last=last)]
        late_or_due = (Timed(max(timed.time_ns, self._out_ns), timed.event) for timed in due)
        return sorted(late_or_due, key=lambda timed: timed.time_ns)

    def _forget(self, before_ns: int) -> None:
        self.focus.forget(before_ns)
        self._active.forget(before_ns - SECOND_NS)
        self._layout.forget(before_ns - SECOND_NS)


def _window_event(window: WindowFacts, rule: AppRule) -> Window:
    """The window at the fidelity disclosed: ``app`` names the application and nothing else."""
    if rule.window != "exact":
        return Window(app=rule.name, title="", pid=0, x=0, y=0, width=0, height=0)
    rect = window.rect
    return Window(
        app=rule.name,
        title=window.title[:1000],
        pid=max(window.pid, 0),
        x=_clamp(rect.x),
        y=_clamp(rect.y),
        width=rect.width,
        height=rect.height,
    )


def _clamp(position: int) -> int:
    return min(max(position, -65536), 65536)
