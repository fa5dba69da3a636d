"""Which actions did these events of a browser make?

They become the events that a recorder would have recorded, and go through the same cutter. A browser tells one thing
several times (the press, the click that follows from it, each in several phases): what follows is counted, not used.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Event, Key, Timed
from aboveboard.formats.trajectory import ActionKind, Step
from aboveboard.lab.dataset.imports.key_codes import MODIFIERS, name_of_code
from aboveboard.lab.derive.draft import Shot
from aboveboard.lab.derive.steps import StepCutter

_NOBODY, _NO_SESSION, _NO_SEGMENT = "per_", "ses_", "seg_"
_LEFT = 1
"""The button, which these events do not name."""


@dataclass(frozen=True)
class BrowserEvent:
    """One event: ``place`` numbers it, ``time_ms`` counts from when the page was ready, ``timing`` 1 is before the page
    was told of it and more is afterwards. Codes are those of DOM level 2; positions are page pixels."""

    place: int
    time_ms: int
    type: str
    timing: int
    x: int
    y: int
    key_code: int
    char_code: int


@dataclass(frozen=True)
class Placed:
    """An action that began with the event ``place`` and ended with ``end_place``."""

    kind: ActionKind
    step: Step
    place: int
    end_place: int


@dataclass(frozen=True)
class Cut:
    """``sum(action.step.events) + sum(unused.values())`` is the number of events that went in."""

    actions: list[Placed]
    unused: dict[str, int]


def actions_of(events: list[BrowserEvent], is_drop_down: Callable[[int], bool]) -> Cut:
    """Cut ``events``, in order of time, into actions. ``is_drop_down``: is the target of this event one?"""
    reader = _Reader(is_drop_down)
    for event in events:
        reader.feed(event)
    return reader.finish()


class _Reader:
    def __init__(self, is_drop_down: Callable[[int], bool]) -> None:
        self._is_drop_down = is_drop_down
        self._unused: Counter[str] = Counter()
        self._here: BrowserEvent | None = None
        self._cutter = StepCutter(self._shot, lambda shot: str(shot.version))
        self._down: BrowserEvent | None = None
        """The press whose release has not come yet."""
        self._held: set[str] = set()
        self._waiting: BrowserEvent | None = None
        """A key that went down, and may be followed by the character that it types."""
        self._releases: dict[int, int] = {}
        self._choices: list[Placed] = []

    def feed(self, event: BrowserEvent) -> None:
        if event.timing != 1:
            self._unused["same_event_later"] += 1
            return
        if event.type == "keypress" and self._waiting is not None:
            down, self._waiting = self._waiting, None
            self._key(down, chr(event.char_code) if event.char_code else "")
            self._unused["follows_from_another"] += 1
            return
        self._settle()
        match event.type:
            case "mousedown":
                self._down = event
                self._tell(event, Button(button=_LEFT, pressed=True, x=event.x, y=event.y))
            case "mouseup" if self._down is None and self._is_drop_down(event.place):
                self._choose(event)
            case "mouseup":
                self._down = None
                self._releases[event.time_ms * MILLISECOND_NS] = event.place
                self._tell(event, Button(button=_LEFT, pressed=False, x=event.x, y=event.y))
            case "keydown":
                self._waiting = event
            case "keypress":
                self._key(event, chr(event.char_code) if event.char_code else "")
            case "keyup":
                self._key(event, "", pressed=False)
            case "click" | "dblclick":
                self._unused["follows_from_another"] += 1
            case "scroll":
                self._unused["scroll_without_distance"] += 1
            case _:
                self._unused["unknown_event"] += 1

    def finish(self) -> Cut:
        self._settle()
        derivation = self._cutter.finish(_NOBODY, _NO_SESSION)
        actions = [self._placed(step) for step in derivation.steps]
        unused = self._unused + Counter(derivation.unused)
        if self._down is not None:
            # The task was done at the press already (a field got the focus), and with it the file.
            actions.append(_by_itself("click", self._down))
            unused["unpaired_press"] -= 1
        ordered = sorted([*actions, *self._choices], key=lambda one: (one.step.time_ns, one.place))
        return Cut(ordered, dict(sorted((+unused).items())))

    def _placed(self, step: Step) -> Placed:
        place = int(step.frame_sha256 or 0)
        return Placed(step.action, step, place, max(place, self._releases.get(step.end_ns, place)))

    def _settle(self) -> None:
        if self._waiting is not None:
            down, self._waiting = self._waiting, None
            self._key(down, "")

    def _key(self, event: BrowserEvent, text: str, *, pressed: bool = True) -> None:
        name = text if text.isprintable() and text.strip() else name_of_code(event.key_code)
        modifier = MODIFIERS.get(event.key_code)
        key = Key(
            keycode=event.key_code,
            keysym=0,
            name=name,
            text=text if text.isprintable() else "",
            pressed=pressed,
            modifiers=sorted(self._held),
        )
        if modifier is not None:
            self._held.add(modifier) if pressed else self._held.discard(modifier)
        self._tell(event, key)

    def _choose(self, event: BrowserEvent) -> None:
        """A release in the list of a drop-down, which is a window of its own: its press was not told to the page."""
        self._cutter.gap()
        self._choices.append(_by_itself("choose", event))

    def _tell(self, event: BrowserEvent, told: Event) -> None:
        self._here = event
        self._cutter.feed(Timed(event.time_ms * MILLISECOND_NS, told), _NO_SEGMENT)

    def _shot(self) -> Shot | None:
        return None if self._here is None else Shot(self._here.place, None)


def _by_itself(kind: ActionKind, event: BrowserEvent) -> Placed:
    """An action that is a single event of the pointer."""
    time_ns = event.time_ms * MILLISECOND_NS
    step = Step(
        person_id=_NOBODY,
        session_id=_NO_SESSION,
        index=0,
        time_ns=time_ns,
        end_ns=time_ns,
        action="click",
        app="",
        title="",
        window_x=0,
        window_y=0,
        window_width=0,
        window_height=0,
        frame_sha256=None,
        segments=[_NO_SEGMENT],
        events=1,
        x=event.x,
        y=event.y,
        end_x=event.x,
        end_y=event.y,
    )
    return Placed(kind, step, event.place, event.place)
