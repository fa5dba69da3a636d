"""Which of the things that happened come out, and when?

Everything waits here, in memory, for at least the hold, and is then judged with what is known from before and from
after it. Keys may take longer, and come out later than all else; apart from them what comes out is in order of time,
and so are they. The steps for each input event:

1. The active window's application must be disclosed; for a pointer event the window under the pointer too.
2. The disclosure must allow this kind of event for each application concerned (``rules.disclosure.may_encode``).
3. A key needs more: nothing else may have had the keyboard from ``ENTER_NS`` before it until the hold after it, and
   the focus must have been in a field that is known and not secret (``redact.timeline``). In a terminal nothing may
   hide what is typed (``redact.prompts``); where there is no other field, the focus need not be known.
4. A release comes out only if its press did; at the fidelity ``count`` only a number per second comes out.
5. Below the fidelity ``exact`` keys go through ``redact.keys``, which takes longer still.
6. Texts of several keys are composed from those that came out (``redact.composing``), so none holds one that did not.

What a window shows counts too (``redact.pages``): of a page that is not to be recorded no key, pointer event, word or
site comes out, and its window is covered in the picture. When a log-in is left, all of the picture is told anew.

A control or a site is judged by ``redact.shown_judge``, as of the moment it is about. It carries that moment's time if
its answer came within the hold, else the time when it was known. The monitors and the keyboard's layout come out
unjudged.

What is withheld leaves a marker with its reason, its stretch and no count: how many keys a password has is a secret.
"""

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import get_args

from aboveboard.base.clock import SECOND_NS
from aboveboard.formats.disclosure import Disclosure
from aboveboard.formats.recording import (
    Button,
    Display,
    Event,
    Key,
    Keyboard,
    Marker,
    Pen,
    Site,
    Timed,
    Window,
)
from aboveboard.recorder.capture.port import Pixels, Rect, WindowFacts
from aboveboard.recorder.redact.composing import Composer, NoComposer, composed
from aboveboard.recorder.redact.context import Context
from aboveboard.recorder.redact.key_judge import TOLD, Input, KeyJudge, Pointing, may_move_focus
from aboveboard.recorder.redact.keys import LOWERED, Keys
from aboveboard.recorder.redact.markers import WithheldStretches
from aboveboard.recorder.redact.pages import Pages
from aboveboard.recorder.redact.prompts import Prompt
from aboveboard.recorder.redact.scope import Active, Stacked, rule_of
from aboveboard.recorder.redact.shown_judge import ShownJudge
from aboveboard.recorder.redact.timeline import HOLD_NS, Focus, FocusTimeline, Stretches
from aboveboard.recorder.redact.window_told import window_event
from aboveboard.recorder.redact.words import Words
from aboveboard.rules.disclosure import may_encode
from aboveboard.rules.pages import Hidden, Shown

TYPED_NS = 5 * SECOND_NS
"""For so long after a key that is not judged as text may more be typed that makes it a part of something."""


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
class _Activated:
    """``window`` is active from here on, and ``event`` says so."""

    window: WindowFacts
    event: Window


@dataclass(frozen=True)
class _OtherProcess:
    """The active window is of another process from here on: the site told before is no longer shown."""


@dataclass(frozen=True)
class _Turned:
    """What some window shows may be judged otherwise from here on."""


Other = Pointing | _Activated | Marker | Display | Keyboard | RawFrame | _About | _OtherProcess | _Turned
Held = Key | Other


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
        self.typed_into: WindowFacts | None = None
        """The active window, if keys that go to it are recorded: ask its terminals, and tell :meth:`looked`."""
        self._active: Stretches[Active] = Stretches(Active(None))
        self._layout: Stretches[tuple[Stacked, ...]] = Stretches(())
        self._pages = Pages(disclosure, hold_ns=hold_ns)
        self._size: tuple[int, int] | None = None
        self._covering: frozenset[Shown] = frozenset()
        self._heap: list[tuple[int, int, Held]] = []
        self._order = 0
        self._last_window: Window | None = None
        self._said_window: Window | None = None
        self._said_site: Site | None = None
        self._process: tuple[int, str] = (0, "")
        self._pen_touches = False
        self._undecided: deque[tuple[int, Key] | Callable[[], None]] = deque()
        """Keys that nobody can judge yet, and what has to be done once those before it are judged."""
        self._keys_held = 0
        self._keys = Keys(disclosure, words.redactor if words is not None else None)
        self._withheld = WithheldStretches()
        self.keyboard = KeyJudge(
            disclosure,
            hold_ns=hold_ns,
            focus=focus,
            active=self._active,
            pages=self._pages,
            withheld=self._withheld,
        )
        self.focus = self.keyboard.focus
        self._judged = ShownJudge(
            disclosure,
            hold_ns=hold_ns,
            active=self._active,
            layout=self._layout,
            pages=self._pages,
            focus=self.focus,
            words=words,
        )
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
        return self._keys.decided_ns(self._keys_ns)

    @property
    def typing(self) -> bool:
        """May what was typed lately be a part of something? Then the screen does not show yet what changed with it.

        Keys that are not judged as text count for :data:`TYPED_NS`.
        """
        return bool(self._undecided) or self._keys.waiting or self._settled_ns - self._pressed_ns < TYPED_NS

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
        return bool(self._heap or self._undecided)

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
            self.keyboard.began_ns = max(time_ns, 0)
            self._keys.begin(time_ns)
        self._titled(time_ns, [active.window])
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
        window = window_event(active.window, rule, self._words)
        if window != self._last_window and may_encode(rule, window).allowed:
            self._last_window = window
            self._push(max(time_ns, self._settled_ns), _Activated(active.window, window))

    def focus_seen(self, time_ns: int, focus: Focus) -> None:
        """From ``time_ns`` on the active application's focus is known to be ``focus``."""
        self.keyboard.focus_seen(time_ns, focus)

    def looked(self, time_ns: int, pid: int, found: Prompt) -> None:
        """A look that began at ``time_ns`` found this of the terminals of process ``pid``."""
        self.keyboard.looked(time_ns, pid, found)

    def marker(self, time_ns: int, marker: Marker) -> None:
        """Something is to be said about ``time_ns``."""
        self._push(max(time_ns, self._settled_ns), marker)

    def layout(self, time_ns: int, stack: tuple[Stacked, ...]) -> None:
        """From ``time_ns`` on the windows lie like this."""
        self._layout.add(time_ns, stack)
        self._pages.keep({one.client.window_id for one in stack if one.client is not None})
        self._titled(time_ns, [one.client for one in stack])

    def page(self, time_ns: int, window_id: int, shown: Shown) -> None:
        """From ``time_ns`` on what this window shows is judged so."""
        since_ns = self._pages.seen(time_ns, window_id, shown)
        if since_ns is not None:
            self._turned(since_ns)

    def flattened(self, time_ns: int) -> tuple[Rect, ...]:
        """Where from ``time_ns`` on other people's words are on the screen, by what is known now."""
        return self._pages.flattened(self._layout.at(time_ns))

    def covered(self, time_ns: int) -> tuple[Rect, ...]:
        """What else to cover in a frame of ``time_ns``: windows whose page is not to be recorded."""
        return self._pages.covered(self._layout.during(time_ns - self._hold_ns, time_ns + self._hold_ns), time_ns)

    def release(self, known_ns: int, *, last: bool = False) -> list[Timed | RawFrame]:
        """What may come out, everything before ``known_ns`` having been offered and told.

        ``last``: nothing more will be known. What cannot be judged any more is withheld.
        """
        out: list[Timed | RawFrame] = []
        until_ns = max(known_ns if last else known_ns - self._hold_ns, self._settled_ns)
        while self._heap:
            time_ns, _, item = self._heap[0]
            if time_ns >= until_ns:
                break
            heapq.heappop(self._heap)
            out += self._due(time_ns)
            if isinstance(item, Key):
                self._undecided.append((time_ns, item))
            else:
                if isinstance(item, _Activated) or (isinstance(item, Button) and item.pressed):
                    self._after_keys(self._composer.reset)  # what is typed now goes on with nothing
                out += self._judge(time_ns, item, known_ns)
            self._out_ns = time_ns
        self._settled_ns = self._out_ns = until_ns
        out += self._decide(known_ns, last=last)
        out += self._due(until_ns, last=last)
        out += self.keyboard.counts.due(self._keys_ns, last=last)
        out += self._keys.release(self._keys_ns, last=last)
        if self._late:
            lost = Marker(kind="gap", reason="overload", start_ns=until_ns, end_ns=until_ns, count=self._late)
            out.append(Timed(until_ns, lost))
            self._late = 0
        self._forget(min(until_ns, self._keys_ns))
        return out

    @property
    def _keys_ns(self) -> int:
        """Every key earlier than this is judged."""
        first = self._undecided[0] if self._undecided else None
        return min(self._settled_ns, first[0]) if isinstance(first, tuple) else self._settled_ns

    def _after_keys(self, act: Callable[[], None]) -> None:
        """Do this once all keys before it are judged."""
        if self._undecided:
            self._undecided.append(act)
        else:
            act()

    def _decide(self, known_ns: int, *, last: bool) -> list[Timed | RawFrame]:
        """The keys that can be judged by now, in order."""
        out: list[Timed | RawFrame] = []
        while self._undecided:
            first = self._undecided[0]
            if isinstance(first, tuple):
                time_ns, key = first
                if not last and self.focus.decidable_ns(time_ns) > known_ns:
                    break
                self._undecided.popleft()
                self._keys_held -= 1
                out += self._judge_key(time_ns, key, known_ns)
            else:
                self._undecided.popleft()
                first()
        return out

    def _judge_key(self, time_ns: int, item: Key, known_ns: int) -> list[Timed | RawFrame]:
        rule = self.keyboard.rule_for(time_ns, item, known_ns)
        if item.pressed and (rule is None or rule.keystrokes != "redacted"):
            self._pressed_ns = time_ns
        key = composed(self._composer, item, told=rule is not None)
        if rule is None:
            return []
        if rule.keystrokes in LOWERED:
            return [*self._keys.press(time_ns, key, rule)]
        self._keys.passed(time_ns, key)
        return [Timed(time_ns, key)]

    def _push(self, time_ns: int, item: Held) -> None:
        self._order += 1
        self._keys_held += isinstance(item, Key)
        heapq.heappush(self._heap, (time_ns, self._order, item))

    def _judge(self, time_ns: int, item: Other, known_ns: int) -> list[Timed | RawFrame]:
        match item:
            case RawFrame():
                self._size = item.size
                # At the very end, where a password field may have just appeared, nobody would know.
                return [item] if time_ns + self._hold_ns <= known_ns else []
            case _Activated():
                return self._tell_window(time_ns, item, known_ns)
            case _Turned():
                return self._look_again(time_ns, known_ns)
            case Marker() | Display() | Keyboard():
                return self._tell(time_ns, item)
            case _About():
                return self._judge_context(time_ns, item, known_ns)
            case _OtherProcess():
                self._said_window = None
                return self._end_site(time_ns)
            case _:
                if self._judged.pointer(time_ns, item, known_ns):
                    return self._tell(time_ns, item)
                self._after_keys(partial(self._keys.passed, time_ns, item))
                return []

    def _tell(self, time_ns: int, event: Event) -> list[Timed | RawFrame]:
        self._after_keys(partial(self._keys.passed, time_ns, event))
        return [Timed(time_ns, event)]

    def _judge_context(self, time_ns: int, about: _About, known_ns: int) -> list[Timed | RawFrame]:
        if about.time_ns < self._out_ns - SECOND_NS:
            return []  # what was active then is forgotten
        told = self._judged.context(about.time_ns, about.context, time_ns, known_ns)
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

    def _tell_window(self, time_ns: int, active: _Activated, known_ns: int) -> list[Timed | RawFrame]:
        """The window that is active from here on; of one whose page is not told, the application and no more."""
        event = active.event
        if self._judged.shown([active.window], time_ns, time_ns, known_ns) != "open":
            event = Window(app=event.app, title="", pid=0, x=0, y=0, width=0, height=0)
        if event == self._said_window:
            return []
        self._said_window = event
        return self._tell(time_ns, event)

    def _look_again(self, time_ns: int, known_ns: int) -> list[Timed | RawFrame]:
        """A page is judged otherwise: tell what counts by now of the active window, of the site, and of the picture."""
        out: list[Timed | RawFrame] = []
        window = self._active.at(time_ns).window
        rule = rule_of(window, self._disclosure)
        if window is not None and rule is not None:
            event = window_event(window, rule, self._words)
            if may_encode(rule, event).allowed:
                out += self._tell_window(time_ns, _Activated(window, event), known_ns)
        if self._judged.shown([window], time_ns, time_ns, known_ns) not in TOLD:
            out += self._end_site(time_ns)
        before, self._covering = self._covering, self._pages.covering(self._layout.at(time_ns), time_ns)
        if self._size is not None and time_ns + self._hold_ns <= known_ns:
            out.append(RawFrame(time_ns, self._size, (), whole="log_in" in before - self._covering))
        return out

    def _end_site(self, time_ns: int) -> list[Timed | RawFrame]:
        """The site told last is no longer shown."""
        over, self._said_site = self._said_site, None
        return [Timed(time_ns, Site(host=""))] if over is not None and over.host + over.url else []

    def _titled(self, time_ns: int, windows: Sequence[WindowFacts | None]) -> None:
        """These windows have these titles, and are there."""
        for window in windows:
            if rule_of(window, self._disclosure) is not None and window is not None:
                since_ns = self._pages.titled(time_ns, window)
                if since_ns is not None:
                    self._turned(since_ns)
        self._mark(time_ns)

    def _turned(self, time_ns: int) -> None:
        """Something is judged otherwise from ``time_ns`` on: look again when that begins, and when its hold is over."""
        for at_ns in (time_ns - self._hold_ns, time_ns, time_ns + self._hold_ns + 1):
            self._push(max(at_ns, self._settled_ns), _Turned())
        self._mark(time_ns)

    def _mark(self, time_ns: int) -> None:
        """Tell from when to when windows that are to be seen, or typed into, show what is not recorded."""
        stack, active = self._layout.at(time_ns), self._active.at(time_ns).window
        reasons = self._pages.showing(stack)
        if rule_of(active, self._disclosure) is not None and active is not None:
            reasons |= {self._pages.now(active)}
        for reason in get_args(Hidden):
            if reason not in reasons:
                self._withheld.close(reason, time_ns)
            elif not self._withheld.lasts(reason):
                self._withheld.add(reason, max(self.focus.widened(time_ns), self._began_ns or 0), None)

    def _due(self, until_ns: int, *, last: bool = False) -> list[Timed | RawFrame]:
        due = self._withheld.due(until_ns, last=last)
        if not due:
            return []
        late_or_due = [Timed(max(timed.time_ns, self._out_ns), timed.event) for timed in due]
        return [
            told
            for timed in sorted(late_or_due, key=lambda one: one.time_ns)
            for told in self._tell(timed.time_ns, timed.event)
        ]

    def _forget(self, before_ns: int) -> None:
        self.keyboard.forget(before_ns - SECOND_NS)
        self._active.forget(before_ns - SECOND_NS)
        self._layout.forget(before_ns - SECOND_NS)
        self._pages.forget(before_ns - SECOND_NS)
