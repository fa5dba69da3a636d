"""Which of the things that happened come out, and when?

Everything waits here, in memory, for at least the hold, and is then judged with what is known from before and from
after it. What comes out is in order of time. The steps for each input event:

1. The active window's application must be disclosed; for a pointer event the window under the pointer too.
2. The disclosure must allow this kind of event for each application concerned (``rules.disclosure.may_encode``).
3. A key needs more: nothing else may have had the keyboard from ``ENTER_NS`` before it until the hold after it, and
   the focus must have been in a field that is known and not secret (``redact.timeline``). In a terminal nothing may
   hide what is typed (``redact.prompts``); where there is no other field, the focus need not be known.
4. A release comes out only if its press did; at the fidelity ``count`` only a number per second comes out.
5. Below the fidelity ``exact`` keys go through ``redact.keys``, and may come out later than all else.
6. Texts of several keys are composed from those that came out (``redact.composing``), so none holds one that did not.

A control or a site is judged by ``redact.context``, as of the moment it is about. It carries that moment's time if its
answer came within the hold, else the time when it was known. The monitors and the keyboard's layout come out unjudged.

What is withheld leaves a marker with its reason, its stretch and no count: how many keys a password has is a secret.
"""

import heapq
from dataclasses import dataclass
from typing import get_args

from aboveboard.base.clock import MILLISECOND_NS, SECOND_NS
from aboveboard.formats.disclosure import AppRule, Disclosure, Keystrokes
from aboveboard.formats.recording import (
    Button,
    Display,
    Event,
    Key,
    Keyboard,
    KeyCount,
    Marker,
    Pen,
    Pointer,
    Scroll,
    Site,
    Timed,
    Touch,
    Window,
)
from aboveboard.recorder.capture.port import Pixels, WindowFacts
from aboveboard.recorder.redact.composing import Composer, NoComposer, composed, follow
from aboveboard.recorder.redact.context import Context, judge
from aboveboard.recorder.redact.keys import LOWERED, Keys
from aboveboard.recorder.redact.markers import KeyCounts, WithheldReason, WithheldStretches
from aboveboard.recorder.redact.prompts import Prompt, PromptTimeline
from aboveboard.recorder.redact.scope import Stacked, client_at, rule_of
from aboveboard.recorder.redact.timeline import HOLD_NS, Focus, FocusTimeline, Stretches
from aboveboard.recorder.redact.words import Words
from aboveboard.rules.disclosure import may_encode
from aboveboard.rules.terminals import is_terminal

ENTER_NS = 50 * MILLISECOND_NS
"""How long after an application became active its keys might still have gone to the one before."""

TYPED_NS = 5 * SECOND_NS

Pointing = Button | Scroll | Pointer | Touch | Pen
Input = Key | Pointing

_REASON: dict[Focus, WithheldReason] = {Focus.SECRET: "password_field", Focus.UNKNOWN: "focus_unknown"}

_PROMPT_REASON: dict[Prompt, WithheldReason] = {Prompt.HIDDEN: "hidden_prompt", Prompt.UNKNOWN: "focus_unknown"}

_PROMPTS = (Prompt.HIDDEN, Prompt.UNKNOWN, Prompt.OPEN, Prompt.NONE, Prompt.SOLE)
"""What stands most in the way of a key first."""

_TELLS = {level: rank for rank, level in enumerate(get_args(Keystrokes))}
"""Keystrokes by how much they tell."""
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


@dataclass(frozen=True)
class _About:
    """``context`` is about what happened at ``time_ns``."""

    time_ns: int
    context: Context


@dataclass(frozen=True)
class _OtherProcess:
    """The active window is of another process from here on: the site told before is no longer shown."""


Held = Input | Window | Marker | Display | Keyboard | RawFrame | _About | _OtherProcess


def may_move_focus(event: Input) -> bool:
    """Could this be what puts the focus into another field?"""
    if isinstance(event, Button):
        return event.pressed
    if isinstance(event, Touch):
        return event.phase != "move"
    if not isinstance(event, Key) or not event.pressed or event.name in _MODIFIER_KEYS:
        return False
    if event.name.startswith("dead_") or event.name == "Multi_key":
        return False  # it begins a text
    return not (event.text.isprintable() and event.text) and event.name not in _FIELD_KEYS


class Gate:
    """Holds, judges and lets out. Used by one thread; reads no clock."""

    def __init__(
        self,
        disclosure: Disclosure,
        *,
        hold_ns: int = HOLD_NS,
        focus: FocusTimeline | None = None,
        composer: Composer | None = None,
        words: Words | None = None,
    ) -> None:
        """``composer``: ``None`` composes nothing, each key has its own text. ``words``: see ``redact.words``."""
        self._words = words
        self._disclosure = disclosure
        self._composer = composer or NoComposer()
        self._hold_ns = hold_ns
        self.focus = focus or FocusTimeline(hold_ns=hold_ns)
        self.prompts = PromptTimeline(hold_ns=hold_ns)
        self.typed_into: WindowFacts | None = None
        """The active window, if keys that go to it are recorded: ask its terminals, and tell :meth:`looked`."""
        self._active: Stretches[Active] = Stretches(Active(None))
        self._layout: Stretches[tuple[Stacked, ...]] = Stretches(())
        self._heap: list[tuple[int, int, Held]] = []
        self._order = 0
        self._told: set[int] = set()
        self._last_window: Window | None = None
        self._said_window: Window | None = None
        self._said_site: Site | None = None
        self._process: tuple[int, str] = (0, "")
        self._pen_touches = False
        self._keys_held = 0
        self._keys = Keys(disclosure, words.redactor if words is not None else None)
        self._counts = KeyCounts()
        self._withheld = WithheldStretches()
        self._began_ns: int | None = None
        self._settled_ns = 0
        self._pressed_ns = -TYPED_NS
        self._out_ns = 0
        self._late = 0

    @property
    def settled_ns(self) -> int:
        """Everything earlier has come out."""
        return self._settled_ns

    @property
    def decided_ns(self) -> int:
        """Every key earlier than this has come out."""
        return self._keys.decided_ns(self._settled_ns)

    @property
    def typing(self) -> bool:
        """May what was typed lately be a part of something? Then the screen does not show yet what changed with it.

        Keys that are not judged as text count for :data:`TYPED_NS`.
        """
        return self._keys.waiting or self._settled_ns - self._pressed_ns < TYPED_NS

    @property
    def window(self) -> Window | None:
        """The window that came out last, while its application is still the active one."""
        return self._said_window if self._last_window is not None else None

    @property
    def site(self) -> Site | None:
        """The site that came out last, while the active window is of the process that showed it."""
        return self._said_site

    @property
    def holding(self) -> bool:
        """Is something waiting to be judged?"""
        return bool(self._heap)

    @property
    def holding_keys(self) -> bool:
        """Is a key waiting to be judged?"""
        return self._keys_held > 0

    def offer(self, time_ns: int, item: Input | RawFrame | Display | Keyboard) -> None:
        """Something happened. Too late to be in order: what stands counts as of now, input is lost, with a marker."""
        if isinstance(item, RawFrame | Display | Keyboard):
            self._push(max(time_ns, self._settled_ns), item)
            return
        if time_ns < self._settled_ns:
            self._late += 1
            return
        if may_move_focus(item) or self._pen_changes(item):
            self.focus.moved(time_ns)
        self._push(time_ns, item)

    def context(self, time_ns: int, context: Context) -> None:
        """A control or a site, about what happened at ``time_ns``."""
        said_ns = time_ns if time_ns >= self._settled_ns else max(context.known_ns, self._settled_ns)
        self._push(said_ns, _About(time_ns, context))

    def active(self, time_ns: int, active: Active) -> None:
        """From ``time_ns`` on this window is active."""
        self._active.add(time_ns, active)
        if self._began_ns is None:
            self._began_ns = time_ns
            self._keys.begin(time_ns)
        process = (active.window.pid, active.window.wm_class) if active.window is not None else (0, "")
        if process != self._process:
            self._process = process
            self._push(max(time_ns, self._settled_ns), _OtherProcess())
            self._withheld.close("hidden_prompt", time_ns)
        rule = rule_of(active.window, self._disclosure)
        self.typed_into = active.window if rule is not None and rule.keystrokes != "none" else None
        if rule is None or active.window is None:
            self._last_window = None
            self._withheld.add("app_not_disclosed", time_ns, None)
            return
        self._withheld.close("app_not_disclosed", time_ns)
        window = _window_event(active.window, rule, self._words)
        if window != self._last_window and may_encode(rule, window).allowed:
            self._last_window = window
            self._push(max(time_ns, self._settled_ns), window)

    def focus_seen(self, time_ns: int, focus: Focus) -> None:
        """From ``time_ns`` on the active application's focus is known to be ``focus``."""
        self.focus.seen(time_ns, focus)
        for withheld, reason in _REASON.items():
            if focus is not withheld:
                self._withheld.close(reason, time_ns)

    def looked(self, time_ns: int, pid: int, found: Prompt) -> None:
        """A look that began at ``time_ns`` found this of the terminals of process ``pid``."""
        self.prompts.looked(time_ns, pid, found)
        if found is not Prompt.HIDDEN:
            self._withheld.close("hidden_prompt", time_ns)
        if found is Prompt.SOLE:
            self._withheld.close("focus_unknown", time_ns)

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
            self._keys_held -= isinstance(item, Key)
            out += self._due(time_ns)
            out += self._judge(time_ns, item, known_ns)
            self._out_ns = time_ns
        out += self._due(until_ns, last=last)
        self._settled_ns = self._out_ns = until_ns
        out += self._keys.release(until_ns, last=last)
        if self._late:
            lost = Marker(kind="gap", reason="overload", start_ns=until_ns, end_ns=until_ns, count=self._late)
            out.append(Timed(until_ns, lost))
            self._late = 0
        self._forget(until_ns)
        return out

    def _push(self, time_ns: int, item: Held) -> None:
        self._order += 1
        self._keys_held += isinstance(item, Key)
        heapq.heappush(self._heap, (time_ns, self._order, item))

    def _decidable_ns(self, time_ns: int, item: Held) -> int:
        return self.focus.decidable_ns(time_ns) if isinstance(item, Key) else time_ns + self._hold_ns

    def _judge(self, time_ns: int, item: Held, known_ns: int) -> list[Timed | RawFrame]:
        follow(self._composer, item)
        match item:
            case RawFrame():
                # At the very end, where a password field may have just appeared, nobody would know.
                return [item] if time_ns + self._hold_ns <= known_ns else []
            case Window():
                self._said_window = item
                return self._tell(time_ns, item)
            case Marker() | Display() | Keyboard():
                return self._tell(time_ns, item)
            case Key():
                rule = self._judge_key(time_ns, item, known_ns)
                if item.pressed and (rule is None or rule.keystrokes != "redacted"):
                    self._pressed_ns = time_ns
                key = composed(self._composer, item, told=rule is not None)
                if rule is not None and rule.keystrokes in LOWERED:
                    return [*self._keys.press(time_ns, key, rule)]
                return self._tell(time_ns, key) if rule is not None else []
            case _About():
                return self._judge_context(time_ns, item, known_ns)
            case _OtherProcess():
                over, self._said_site = self._said_site, None
                return [Timed(time_ns, Site(host=""))] if over is not None and over.host + over.url else []
            case _:
                if self._pointer_allowed(time_ns, item):
                    return self._tell(time_ns, item)
                self._keys.passed(time_ns, item)
                return []

    def _tell(self, time_ns: int, event: Event) -> list[Timed | RawFrame]:
        self._keys.passed(time_ns, event)
        return [Timed(time_ns, event)]

    def _judge_context(self, time_ns: int, about: _About, known_ns: int) -> list[Timed | RawFrame]:
        event = about.context.event
        if about.time_ns < self._out_ns - SECOND_NS:
            return []  # what was active then is forgotten
        windows = [self._active.at(about.time_ns).window]
        if isinstance(event, Site):
            windows.append(self._active.at(time_ns).window)
        elif event.cause == "click":
            layout, point = self._layout.at(about.time_ns), about.context.point
            windows.append(client_at(layout, *point) if point is not None else None)
        concerned = [(window, rule_of(window, self._disclosure)) for window in windows]
        decided = about.time_ns + self._hold_ns <= known_ns
        focus = self.focus.verdict(about.time_ns)[0] if decided else Focus.SECRET
        told = judge(about.context, focus, concerned, self._words)
        if told is None or (isinstance(told, Site) and told == (self._said_site or Site(host=""))):
            return []
        if isinstance(told, Site):
            self._said_site = told
        return self._tell(time_ns, told)

    def _pen_changes(self, event: Input) -> bool:
        """Did the pen touch or leave just now?"""
        if not isinstance(event, Pen) or event.touching == self._pen_touches:
            return False
        self._pen_touches = event.touching
        return True

    def _pointer_allowed(self, time_ns: int, event: Pointing) -> bool:
        below = client_at(self._layout.at(time_ns), event.x, event.y)
        windows = (self._active.at(time_ns).window, below)
        return all(may_encode(rule_of(window, self._disclosure), event).allowed for window in windows)

    def _judge_key(self, time_ns: int, key: Key, known_ns: int) -> AppRule | None:
        """The rule that the key comes out under, the one that tells least of those concerned; ``None``: it does not."""
        spans = self._active.spans(time_ns - ENTER_NS, time_ns + self._hold_ns)
        rules = [rule_of(active.window, self._disclosure) for _, _, active in spans]
        for (start_ns, end_ns, active), rule in zip(spans, rules, strict=True):
            if rule is None or active.keys_elsewhere:
                self._withhold(key, "app_not_disclosed", start_ns, end_ns)
                return None
        keyed = all(may_encode(rule, key).allowed for rule in rules)
        count = all(may_encode(rule, KeyCount(presses=1)).allowed for rule in rules)
        if not keyed and not count:
            self._told.discard(key.keycode)
            return None
        prompt, since_ns, end_ns = self._prompt(time_ns, spans)
        if prompt in _PROMPT_REASON:
            self._withhold(key, _PROMPT_REASON[prompt], since_ns, end_ns)
            return None
        focus = Focus.OPEN
        if prompt is not Prompt.SOLE:
            focus, since_ns, end_ns = self.focus.verdict(time_ns)
        if focus is Focus.OPEN and self._decidable_ns(time_ns, key) > known_ns:
            focus, since_ns, end_ns = Focus.UNKNOWN, time_ns, known_ns
        if focus is not Focus.OPEN:
            self._withhold(key, _REASON[focus], since_ns, end_ns)
            return None
        if count:
            if key.pressed:
                self._counts.add(time_ns)
            return None
        if not key.pressed and key.keycode not in self._told:
            return None
        (self._told.add if key.pressed else self._told.discard)(key.keycode)
        return min((rule for rule in rules if rule is not None), key=lambda rule: _TELLS[rule.keystrokes])

    def _prompt(self, time_ns: int, spans: list[tuple[int, int | None, Active]]) -> tuple[Prompt, int, int | None]:
        """What stands in the way of a key of ``time_ns`` in the terminals of the windows that may have got it."""
        verdicts = [
            self.prompts.verdict(
                max(time_ns, start_ns), end_ns, active.window.pid, terminal=is_terminal(active.window.wm_class)
            )
            for start_ns, end_ns, active in spans
            if active.window is not None
        ]
        return min(verdicts, key=lambda verdict: _PROMPTS.index(verdict[0]))

    def _withhold(self, key: Key, reason: WithheldReason, start_ns: int, end_ns: int | None) -> None:
        """The key does not come out. The marker tells the whole stretch, so not when the key was pressed."""
        self._withheld.add(reason, max(start_ns, self._began_ns or 0), end_ns)
        self._told.discard(key.keycode)

    def _due(self, until_ns: int, *, last: bool = False) -> list[Timed | RawFrame]:
        due = [*self._counts.due(until_ns, last=last), *self._withheld.due(until_ns, last=last)]
        if not due:
            return []
        late_or_due = [Timed(max(timed.time_ns, self._out_ns), timed.event) for timed in due]
        return [
            told
            for timed in sorted(late_or_due, key=lambda one: one.time_ns)
            for told in self._tell(timed.time_ns, timed.event)
        ]

    def _forget(self, before_ns: int) -> None:
        self.focus.forget(before_ns - SECOND_NS)
        self.prompts.forget(before_ns - SECOND_NS)
        self._active.forget(before_ns - SECOND_NS)
        self._layout.forget(before_ns - SECOND_NS)


def _window_event(window: WindowFacts, rule: AppRule, words: Words | None) -> Window:
    """The window at the fidelity disclosed: ``app`` names the application and nothing else."""
    if rule.window == "exact":
        return _told(window, rule)
    if rule.window == "redacted" and words is not None:
        return words.window(_told(window, rule))
    return Window(app=rule.name, title="", pid=0, x=0, y=0, width=0, height=0)


def _told(window: WindowFacts, rule: AppRule) -> Window:
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
