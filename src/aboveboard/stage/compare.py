"""Is everything that the scripted person did in what was recorded, and at the right time?

The log of what was sent and the recorded events are walked side by side. An event is the same if it is of the same kind
with the same value, recorded within :data:`NEAR_NS` of when it was sent: one that was left out is not found in a later
one like it, nor all between them taken for lost. Its error is the recorded time less the time just before it was sent.
"""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from aboveboard.base.clock import MILLISECOND_NS
from aboveboard.formats.recording import Button, Key, Marker, Pointer, Scroll, Timed
from aboveboard.stage.xtest import Sent

LOOK_AHEAD = 200
"""How many recorded events further on the next match is looked for."""
NEAR_NS = 500 * MILLISECOND_NS
"""An event that was recorded as of another time than this is not the one that was sent."""

Value = tuple[str, int, int]
HIDDEN = frozenset({"not_decided", "site_not_disclosed", "sensitive_site", "private_window", "log_in"})
"""Why a page is not recorded."""


@dataclass(frozen=True)
class Comparison:
    """``found`` of ``sent`` events were recorded; ``left_out`` of the rest lie in a marked stretch.

    In one of a password field keys are left out; in one of a page, such as a log-in, pointer events too.

    ``error_p50_ns``, ``error_p95_ns``, ``error_max_ns``: absolute errors of the times of those found.
    """

    sent: int
    found: int
    left_out: int
    error_p50_ns: int
    error_p95_ns: int
    error_max_ns: int

    @property
    def lost(self) -> int:
        """Events that are neither recorded nor left out for a reason that the recording states."""
        return self.sent - self.found - self.left_out


def compare(sent: Sequence[Sent], recorded: Iterable[Timed]) -> Comparison:
    """Compare; ``recorded`` in order of time."""
    items = list(recorded)
    hidden = _marked(items, HIDDEN)
    secret = hidden + _marked(items, {"password_field", "focus_unknown"})
    stream = [(value, item.time_ns) for item in items if (value := _value(item)) is not None]
    errors: list[int] = []
    left_out = position = 0
    for event in sent:
        wanted = _sent_value(event)
        if wanted is None:
            continue
        ahead = range(position, min(position + LOOK_AHEAD, len(stream)))
        same = (place for place in ahead if stream[place][0] == wanted)
        found = next((place for place in same if abs(stream[place][1] - event.wall_ns) <= NEAR_NS), None)
        if found is not None:
            errors.append(abs(stream[found][1] - event.wall_ns))
            position = found + 1
        elif any(start <= event.wall_ns <= end for start, end in (secret if event.kind.startswith("key") else hidden)):
            left_out += 1
    errors.sort()
    total = sum(_sent_value(event) is not None for event in sent)
    return Comparison(
        sent=total,
        found=len(errors),
        left_out=left_out,
        error_p50_ns=_quantile(errors, 0.50),
        error_p95_ns=_quantile(errors, 0.95),
        error_max_ns=errors[-1] if errors else 0,
    )


def _marked(items: Sequence[Timed], reasons: Collection[str]) -> list[tuple[int, int]]:
    """The stretches that are marked with one of ``reasons``."""
    markers = [item.event for item in items if isinstance(item.event, Marker) and item.event.reason in reasons]
    return [(marker.start_ns, marker.end_ns) for marker in markers]


def _value(item: Timed) -> Value | None:
    match item.event:
        case Pointer(x=x, y=y):
            return ("move", x, y)
        case Button(button=button, pressed=pressed):
            return ("button_press" if pressed else "button_release", button, 0)
        case Scroll(dx=dx, dy=dy):
            return ("scroll", round(dx), round(dy))
        case Key(keycode=keycode, pressed=pressed):
            return ("key_press" if pressed else "key_release", keycode, 0)
        case _:
            return None


_WHEEL = {4: (0, -1), 5: (0, 1), 6: (-1, 0), 7: (1, 0)}


def _sent_value(event: Sent) -> Value | None:
    """The same for what was sent; the release of a wheel button is no event of its own."""
    if event.kind == "move":
        return ("move", event.x, event.y)
    if event.kind.startswith("key"):
        return (event.kind, event.keycode, 0)
    if event.button in _WHEEL:
        return ("scroll", *_WHEEL[event.button]) if event.kind == "button_press" else None
    return (event.kind, event.button, 0)


def _quantile(ordered: Sequence[int], share: float) -> int:
    """The smallest value that at least ``share`` of the values do not exceed; 0 where there are none."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0
