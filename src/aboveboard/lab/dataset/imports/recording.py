"""How do other recorders' events become the items of a recording of ours?

An importer reads its format and tells :class:`Told` what happened, in words of its own; items come out in order of time
and go through the same deriver as any recording. Each record of the source becomes exactly one event, or is counted
under the reason for which it did not, so ``told.records == told.events + sum(told.unread.values())``.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

from aboveboard.base.ids import Kind, new_id
from aboveboard.formats.mcap_file import Item
from aboveboard.formats.recording import Button, Key, Pointer, Scroll, Session, Timed, Window
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.formats.trajectory import Mark, Outcome
from aboveboard.lab.derive.keys import MODIFIER_KEYS
from aboveboard.replay.pixels import Pixels, encode_png

BUTTONS = {"left": 1, "middle": 2, "right": 3, "x1": 8, "x2": 9, "button8": 8, "button9": 9}
"""What other recorders call the buttons → X11's numbers."""
COMMANDING = ("Control", "Alt", "Super")
_CALLED = {"Control": "Ctrl", "Alt": "Alt", "Shift": "Shift", "Super": "Super"}
_FUNCTION_KEYS = {f"F{number}" for number in range(1, 25)}
_COORDINATE_LIMIT = 65536
_YEARS_S = 8e9


@dataclass
class Told:
    """What one recording of another kind told. ``name`` is where it came from; take its items with :meth:`take`."""

    name: str
    instruction: str = ""
    outcome: Outcome = "unknown"
    events: int = 0
    pictures: int = 0
    pictures_missing: int = 0
    """How many pictures could not be found or read."""
    unread: Counter[str] = field(default_factory=Counter)
    session_id: str = field(default_factory=lambda: new_id(Kind.SESSION))
    _items: list[Item] = field(default_factory=list)
    _held: dict[str, str] = field(default_factory=dict)
    _first_ns: int | None = None
    _last_ns: int = 0

    @property
    def records(self) -> int:
        """How many records of events the source had so far, and of pictures that were not used."""
        return self.events + sum(self.unread.values())

    def take(self) -> list[Item]:
        """The items told since the last call, in order of time."""
        items, self._items = self._items, []
        return sorted(items, key=lambda item: item.time_ns)

    def waiting(self) -> int:
        """How many items :meth:`take` would give."""
        return len(self._items)

    def skip(self, reason: str) -> None:
        """A record that cannot be told."""
        self.unread[reason] += 1

    def move(self, time_ns: int, x: float, y: float) -> None:
        """The pointer moved."""
        self._tell(time_ns, Pointer(x=_pixel(x), y=_pixel(y)))

    def button(self, time_ns: int, name: str, x: float, y: float, *, pressed: bool) -> None:
        """A button, by the name that other recorders use, went down or up."""
        if name not in BUTTONS:
            self.skip("unknown_button")
            return
        self._tell(time_ns, Button(button=BUTTONS[name], pressed=pressed, x=_pixel(x), y=_pixel(y)))

    def scroll(self, time_ns: int, x: float, y: float, *, right: float, down: float) -> None:
        """The wheel turned; ``right`` and ``down`` are steps."""
        if max(abs(right), abs(down)) > 10_000:
            self.skip("scroll_too_far")
            return
        self._tell(time_ns, Scroll(dx=float(right), dy=float(down), x=_pixel(x), y=_pixel(y)))

    def key(self, time_ns: int, name: str, text: str, *, pressed: bool) -> None:
        """A key, by X11's name, went down or up; ``text`` is what it types by itself."""
        modifier = MODIFIER_KEYS.get(name)
        held = sorted(set(self._held.values()))
        commanding = any(one in held for one in COMMANDING)
        told = Key(
            keycode=sum(name.encode()) % 60_000,
            keysym=0,
            name=name[:64],
            text="" if commanding or not pressed or modifier else text[:16],
            pressed=pressed,
            modifiers=held,
            shortcut=_shortcut(name, held) if pressed and not modifier else "",
        )
        self._tell(time_ns, told)
        if modifier is not None and pressed:
            self._held[name] = modifier
        elif modifier is not None:
            self._held.pop(name, None)

    def window(self, time_ns: int, title: str, x: int, y: int, width: int, height: int, *, app: str, pid: int) -> None:
        """Another window is active, or the same one changed."""
        place = {"x": _pixel(x), "y": _pixel(y), "width": max(0, width), "height": max(0, height)}
        self._tell(time_ns, Window(app=_line(app), title=title[:1000], pid=max(0, pid), **place))

    def picture(self, time_ns: int, pixels: Pixels) -> None:
        """The whole screen is this from now on."""
        height, width = pixels.shape[:2]
        self.pictures += 1
        self._began(time_ns, width, height)
        self._items.append(ScreenPatch(time_ns, 0, 0, width, height, True, "png", encode_png(pixels)))

    def marks(self) -> list[Mark]:
        """That the whole of it was one task, where that is known."""
        if self._first_ns is None or not (self.instruction or self.outcome != "unknown"):
            return []
        words = {"instruction": self.instruction[:4000], "instructed_by": "form" if self.instruction else ""}
        begin = Mark(session_id=self.session_id, time_ns=self._first_ns, kind="begin", **words)  # type: ignore[arg-type]
        end = Mark(session_id=self.session_id, time_ns=self._last_ns + 1, kind="end", outcome=self.outcome)
        return [begin, end]

    def _tell(self, time_ns: int, event: Pointer | Button | Scroll | Key | Window) -> None:
        if time_ns < 0:
            self.skip("no_time")
            return
        self._began(time_ns, 0, 0)
        self.events += 1
        self._items.append(Timed(time_ns, event))

    def _began(self, time_ns: int, width: int, height: int) -> None:
        self._last_ns = max(self._last_ns, time_ns)
        if self._first_ns is None:
            self._first_ns = time_ns
            opening = Session(
                session_id=self.session_id,
                sequence=0,
                platform="imported",
                recorder=_line(self.name),
                clock_error_ns=0,
                screen_width=width,
                screen_height=height,
            )
            self._items.append(Timed(time_ns, opening))


def _shortcut(name: str, held: list[str]) -> str:
    if not any(one in held for one in COMMANDING) and name not in _FUNCTION_KEYS:
        return ""
    called = [_CALLED[one] for one in _CALLED if one in held]
    return "+".join([*called, name.upper() if len(name) == 1 else name])[:64]


def nanoseconds(seconds: float) -> int:
    """Integer nanoseconds; -1, which is no time, for what cannot be one."""
    if not 0 <= seconds < _YEARS_S:
        return -1
    # Apart, because a day since 1970 in nanoseconds has more digits than a floating-point number.
    part, whole = math.modf(seconds)
    return int(whole) * 1_000_000_000 + round(part * 1e9)


def _pixel(number: float) -> int:
    return round(min(max(number, -_COORDINATE_LIMIT), _COORDINATE_LIMIT)) if math.isfinite(number) else 0


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
