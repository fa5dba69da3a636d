"""How closely is an opened recording seen, if the grant says less closely than it was recorded?

What the grant leaves out is gone before the lab's other code sees the items. What was recorded less closely than the
grant says stays as it is: nothing is made up. One :class:`Lowering` for each segment; it reads no clock.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from aboveboard.formats.grant import Fidelity
from aboveboard.formats.recording import (
    Control,
    Covered,
    Event,
    Key,
    KeyCount,
    Pen,
    Pointer,
    Site,
    Task,
    Timed,
    Touch,
    Window,
)
from aboveboard.formats.screen_patch import ScreenPatch
from aboveboard.rules.shape import Shape


class Lowering:
    """Brings the items of one segment down to ``fidelity``."""

    def __init__(self, fidelity: Fidelity) -> None:
        self._fidelity = fidelity
        self._shape = Shape()
        self._presses = 0

    def lower(self, items: Iterable[Timed | ScreenPatch]) -> Iterator[Timed | ScreenPatch]:
        """The items in their order; at ``count``, the number of keys once, at the time of the last item."""
        last_ns = 0
        for item in items:
            last_ns = item.time_ns
            if not isinstance(item, Timed):
                yield item
                continue
            event = self._lowered(item.event)
            if event is not None:
                yield item if event is item.event else Timed(item.time_ns, event)
        if self._presses:
            yield Timed(last_ns, KeyCount(presses=self._presses))

    def _lowered(self, event: Event) -> Event | None:
        match event:
            case Key():
                return self._key(event)
            case Covered():
                return None if self._fidelity.keystrokes == "count" else event
            case Pointer() | Pen() | Touch():
                return event if self._fidelity.pointer == "full" or _touches(event) else None
            case Window():
                return event if self._fidelity.window == "exact" else replace(event, title="")
            case Site():
                return event if self._fidelity.site == "exact" else replace(event, url="")
            case Control():
                return event if self._fidelity.control == "exact" else _without_words(event)
            case Task():
                return event if self._fidelity.keystrokes == "exact" else replace(event, instruction="")
            case _:
                return event

    def _key(self, key: Key) -> Key | None:
        if self._fidelity.keystrokes == "count":
            self._presses += key.pressed
            return None
        return self._shape.key(key) if self._fidelity.keystrokes == "shape" else key


def _touches(event: Pointer | Pen | Touch) -> bool:
    """Is this a press rather than a movement?"""
    return (isinstance(event, Touch) and event.phase != "move") or (isinstance(event, Pen) and event.touching)


def _without_words(control: Control) -> Control:
    path = [step.partition(":")[0] for step in control.path]
    return replace(control, path=path, name="", value="", options=[], chosen="")
