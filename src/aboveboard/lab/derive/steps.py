"""Which actions did these events make?

A pure machine: events of one session go in, in order of time, steps come out. The numbered rules are those of
``docs/spec/trajectory.md``. No event is dropped silently: each belongs to exactly one step, or is counted in
``unused`` under the reason for which it made none.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import (
    Button,
    Control,
    Covered,
    Key,
    Marker,
    Pointer,
    Scroll,
    Site,
    Timed,
    Window,
    topic_of,
)
from aboveboard.formats.trajectory import ActionKind, Step
from aboveboard.lab.derive import keys
from aboveboard.lab.derive.around import Around
from aboveboard.lab.derive.draft import Draft, Shot

DOUBLE_CLICK_NS = 400 * MILLISECOND_NS
DOUBLE_CLICK_PX = 4
DRAG_PX = 5
SCROLL_GAP_NS = 500 * MILLISECOND_NS
TYPING_GAP_NS = 2_000 * MILLISECOND_NS

VOIDING = frozenset(
    {
        "app_not_disclosed",
        "covered_by_person",
        "log_in",
        "no_lease",
        "overload",
        "paused_by_person",
        "paused_by_steward",
        "private_window",
        "sensitive_site",
        "site_not_disclosed",
    }
)
"""Reasons for which releases may have been left out as well as presses: nothing is paired across them."""
TYPED_UNSEEN = frozenset({"focus_unknown", "hidden_prompt", "not_decided", "password_field"})
"""Reasons for which keys were left out, and nothing else."""


@dataclass(frozen=True)
class Derivation:
    """The steps of one session in order of time; ``unused`` counts events by why they made no step.

    ``sum(step.events) + sum(unused.values()) == events`` always holds.
    """

    steps: list[Step]
    unused: dict[str, int]
    events: int
    missing_segments: list[tuple[int, int]] = field(default_factory=list)
    """First and last sequence number of each run of segments that is not there."""
    unseen_steps: int = 0
    """Steps without a frame in a session that has a screen: it was not known just then."""


class StepCutter:
    """Feed it the events of one session in order of time, then :meth:`finish`.

    ``shot`` returns the frame in force just before the event being fed (``None`` if there is none); ``keep`` stores the
    frame of a completed step and returns its SHA-256.
    """

    def __init__(
        self, shot: Callable[[], Shot | None] = lambda: None, keep: Callable[[Shot], str] | None = None
    ) -> None:
        self._shot = shot
        self._keep = keep
        self._around = Around()
        self._done: list[Draft] = []
        self._unused: Counter[str] = Counter()
        self._events = 0
        self._pressed: dict[int, Draft] = {}
        self._click: Draft | None = None
        self._second: Draft | None = None
        self._run: Draft | None = None
        self._scroll: Draft | None = None
        self._alone: dict[int, Draft] = {}
        self._spent: dict[int, str] = {}
        self._owners: dict[int, Draft] = {}

    def feed(self, timed: Timed, segment_id: str) -> None:
        """Take one event in."""
        self._events += 1
        time_ns = timed.time_ns
        self._close_overdue(time_ns)
        match timed.event:
            case Button() as event:
                self._press(event, time_ns, segment_id) if event.pressed else self._release(event, time_ns, segment_id)
            case Scroll() as event:
                self._wheel(event, time_ns, segment_id)
            case Key() as event if keys.is_modifier(event):
                self._modifier(event, time_ns, segment_id)
            case Key() as event:
                self._key(event, time_ns, segment_id)
            case Window() | Site() | Control() as event:
                self._surround(event, time_ns, segment_id)
            case Marker() as event:
                self._unused["marker"] += 1
                if event.reason in VOIDING:
                    self.gap()
                elif event.reason in TYPED_UNSEEN:
                    self._close("run", "scroll", "click")
            case Covered() as event:
                self._covered(event, time_ns, segment_id)
            case Pointer():
                self._unused["motion"] += 1
            case event:
                self._unused[topic_of(event).removeprefix("/")] += 1

    def part(self) -> None:
        """Rule 15: another hand goes on from here. What the one had begun is not the other's."""
        self._close("run", "scroll", "click")

    def gap(self) -> None:
        """Rule 8: something is missing here. Close what is open; pair nothing across."""
        self._close("run", "scroll", "click")
        self._around.gap()
        for draft in [*self._pressed.values(), *self._alone.values()]:
            self._discard(draft, "unpaired_press")
        self._pressed.clear()
        self._alone.clear()
        self._spent.clear()
        self._owners.clear()

    def finish(self, person_id: str, session_id: str) -> Derivation:
        """Close what is open and number the steps. The cutter is not to be used afterwards."""
        self.gap()
        # Sorting is stable: of steps that began at the same time, the one completed first comes first.
        self._done.sort(key=lambda draft: draft.time_ns)
        index_of = {id(draft): index for index, draft in enumerate(self._done)}
        steps = [
            draft.step(person_id, session_id, index, index_of.get(id(draft.cause)))
            for index, draft in enumerate(self._done)
        ]
        return Derivation(steps, dict(sorted((+self._unused).items())), self._events)

    # Rules 1 to 3: clicks, double clicks, drags.

    def _press(self, event: Button, time_ns: int, segment_id: str) -> None:
        self._close("run", "scroll")
        lost = self._pressed.pop(event.button, None)
        if lost is not None:
            self._discard(lost, "unpaired_press")
        draft = self._begin("click", time_ns, segment_id)
        draft.begin_at(event.x, event.y)
        draft.button = event.button
        draft.key = self._held_modifiers()
        self._unused["control"] -= self._around.press(draft, time_ns, segment_id)
        self._pressed[event.button] = draft
        first = self._click
        if first is not None and (
            first.action == "click"
            and first.button == event.button
            and time_ns - first.time_ns <= DOUBLE_CLICK_NS
            and draft.away_from(first) <= DOUBLE_CLICK_PX**2
        ):
            self._second = draft
        else:
            self._close("click")

    def _release(self, event: Button, time_ns: int, segment_id: str) -> None:
        draft = self._pressed.pop(event.button, None)
        if draft is None:
            self._unused["unpaired_release"] += 1
            return
        draft.add(time_ns, segment_id)
        draft.end_x, draft.end_y = event.x, event.y
        first, is_second = self._click, self._second is draft
        if draft.action == "choose":
            self._close("click")
            self._complete(draft)
        elif draft.moved() >= DRAG_PX**2:
            draft.action = "drag"
            self._close("click")
            self._complete(draft)
        elif is_second and first is not None and first.action == "click":
            first.action = "double_click"
            first.absorb(draft)
            self._around.latest = first
            self._close("click")
        else:
            self._close("click")
            self._click = draft

    # Rule 4: the wheel.

    def _wheel(self, event: Scroll, time_ns: int, segment_id: str) -> None:
        if not event.dx and not event.dy:
            self._unused["empty_scroll"] += 1
            return
        held = self._held_modifiers()
        self._close("run", "click")
        draft = self._scroll
        same = (
            draft is not None
            and draft.key == held
            and ((_sign(draft.scroll_dx), _sign(draft.scroll_dy)) == (_sign(event.dx), _sign(event.dy)))
        )
        if draft is None or not same:
            self._close("scroll")
            draft = self._scroll = self._begin("scroll", time_ns, segment_id)
            draft.begin_at(event.x, event.y)
            draft.key = held
        else:
            draft.add(time_ns, segment_id)
        draft.last_press_ns = time_ns
        draft.scroll_dx += event.dx
        draft.scroll_dy += event.dy
        draft.end_x, draft.end_y = event.x, event.y

    # Rules 5 to 7: text, keys, modifiers.

    def _key(self, event: Key, time_ns: int, segment_id: str) -> None:
        if not event.pressed:
            self._add_release(self._owners.pop(event.keycode, None), time_ns, segment_id)
            return
        self._spend_modifiers()
        self._close("scroll", "click")
        erasing = keys.is_erasing(event) and self._run is not None and bool(self._run.text)
        if keys.is_text(event) or erasing:
            draft = self._typing(time_ns, segment_id)
            if erasing:
                draft.text.pop()
            else:
                draft.text.extend(event.text)
        else:
            self._close("run")
            draft = self._begin("shortcut" if event.shortcut else "key", time_ns, segment_id)
            draft.key, draft.shortcut = keys.name_of(event), event.shortcut
            self._complete(draft)
            self._around.latest = draft
        self._owners[event.keycode] = draft

    def _covered(self, event: Covered, time_ns: int, segment_id: str) -> None:
        if event.remains:
            self._close("scroll", "click")
            self._typing(time_ns, segment_id).text.append(event.placeholder)
        else:
            self._unused["covered"] += 1

    def _typing(self, time_ns: int, segment_id: str) -> Draft:
        """The run of text, with one event more."""
        self._around.latest = None
        if self._run is None:
            self._run = self._begin("type", time_ns, segment_id)
        else:
            self._run.add(time_ns, segment_id)
        self._run.last_press_ns = time_ns
        return self._run

    def _modifier(self, event: Key, time_ns: int, segment_id: str) -> None:
        alone = self._alone.get(event.keycode)
        if event.pressed:
            if alone is not None:
                alone.add(time_ns, segment_id)
            elif event.keycode in self._spent:
                self._unused["modifier"] += 1
            else:
                draft = self._alone[event.keycode] = self._begin("key", time_ns, segment_id)
                draft.key = event.name
        elif alone is not None:
            del self._alone[event.keycode]
            self._close("run", "scroll", "click")
            alone.add(time_ns, segment_id)
            self._complete(alone)
            self._around.latest = alone
        elif event.keycode in self._spent:
            del self._spent[event.keycode]
            self._unused["modifier"] += 1
        else:
            self._unused["unpaired_release"] += 1

    def _spend_modifiers(self) -> None:
        """The modifiers held now have changed the meaning of something: they are no actions of their own."""
        for keycode, draft in self._alone.items():
            self._spent[keycode] = keys.MODIFIER_KEYS[draft.key]
            self._discard(draft, "modifier")
        self._alone.clear()

    def _held_modifiers(self) -> str:
        self._spend_modifiers()
        return keys.held(list(self._spent.values()))

    def _add_release(self, owner: Draft | None, time_ns: int, segment_id: str) -> None:
        if owner is None:
            self._unused["unpaired_release"] += 1
        elif owner.discarded:
            self._unused[owner.discarded] += 1
        else:
            owner.add(time_ns, segment_id)

    # Rules 10 to 13: windows, sites, controls.

    def _surround(self, event: Window | Site | Control, time_ns: int, segment_id: str) -> None:
        match event:
            case Window():
                self._activate(event, time_ns, segment_id)
            case Site():
                self._around.site = event
                self._unused["site"] += 1
            case Control():
                why_not = self._around.tell(event, time_ns, segment_id)
                self._unused[why_not] += bool(why_not)

    def _activate(self, window: Window, time_ns: int, segment_id: str) -> None:
        if self._around.is_other(window):
            self._close("run", "scroll")
        if self._around.is_switch(window):
            draft = self._begin("switch", time_ns, segment_id)
            draft.to, draft.cause = window, self._around.cause(time_ns)
            self._complete(draft)
        else:
            self._unused["window"] += 1
        self._around.activate(window)

    # Beginning and ending.

    def _begin(self, action: ActionKind, time_ns: int, segment_id: str) -> Draft:
        draft = self._around.begin(action, time_ns, self._shot())
        draft.add(time_ns, segment_id)
        return draft

    def _complete(self, draft: Draft) -> None:
        if draft.shot is not None and self._keep is not None:
            draft.frame_sha256 = self._keep(draft.shot)
        draft.shot = None
        self._done.append(draft)

    def _discard(self, draft: Draft, reason: str) -> None:
        draft.shot, draft.discarded = None, reason
        self._unused[reason] += draft.events

    def _close(self, *which: str) -> None:
        if "run" in which and self._run is not None:
            draft, self._run = self._run, None
            self._complete(draft) if draft.text else self._discard(draft, "typed_then_erased")
        if "scroll" in which and self._scroll is not None:
            draft, self._scroll = self._scroll, None
            self._complete(draft)
        if "click" in which and self._click is not None:
            draft, self._click, self._second = self._click, None, None
            self._complete(draft)

    def _close_overdue(self, time_ns: int) -> None:
        """Rules 2, 4 and 5 by the clock: what has waited too long for more is complete."""
        if self._run is not None and time_ns - self._run.last_press_ns > TYPING_GAP_NS:
            self._close("run")
        if self._scroll is not None and time_ns - self._scroll.last_press_ns > SCROLL_GAP_NS:
            self._close("scroll")
        if self._click is not None and self._second is None and time_ns - self._click.time_ns > DOUBLE_CLICK_NS:
            self._close("click")


def cut(events: Iterable[Timed], *, person_id: str, session_id: str, segment_id: str) -> Derivation:
    """The steps of events that all come from one segment, without frames."""
    cutter = StepCutter()
    for timed in events:
        cutter.feed(timed, segment_id)
    return cutter.finish(person_id, session_id)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
