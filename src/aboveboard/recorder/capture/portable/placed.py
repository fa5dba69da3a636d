"""Where is that on the desktop, if the system counts from another corner?

A system may count from the corner of its main monitor, so that one to the left of it has negative positions. Recordings
count from the top left corner of the whole desktop.
"""

from dataclasses import replace

from aboveboard.formats.recording import Button, Key, Monitor, Pointer, Scroll
from aboveboard.recorder.capture.port import Rect, WindowFacts
from aboveboard.recorder.redact.scope import Stacked

LIMIT = 65536


def corner(monitors: tuple[Monitor, ...]) -> tuple[int, int]:
    """The top left corner of the rectangle that holds them all, in the system's coordinates."""
    return min(one.x for one in monitors), min(one.y for one in monitors)


def extent(monitors: tuple[Monitor, ...]) -> tuple[int, int]:
    """Width and height of the rectangle that holds them all."""
    left, top = corner(monitors)
    return max(one.x + one.width for one in monitors) - left, max(one.y + one.height for one in monitors) - top


def rect_from(rect: Rect, origin: tuple[int, int]) -> Rect:
    """``rect``, counted from ``origin``."""
    return Rect(rect.x - origin[0], rect.y - origin[1], rect.width, rect.height)


def facts_from(window: WindowFacts, origin: tuple[int, int]) -> WindowFacts:
    return replace(window, rect=rect_from(window.rect, origin))


def window_from(window: Stacked, origin: tuple[int, int]) -> Stacked:
    return Stacked(
        rect_from(window.outer, origin),
        tuple(rect_from(part, origin) for part in window.shape),
        rect_from(window.content, origin),
        facts_from(window.client, origin) if window.client is not None else None,
    )


def monitor_from(monitor: Monitor, origin: tuple[int, int]) -> Monitor:
    return Monitor(
        name=monitor.name,
        x=monitor.x - origin[0],
        y=monitor.y - origin[1],
        width=monitor.width,
        height=monitor.height,
        scale=monitor.scale,
        primary=monitor.primary,
    )


def event_from(event: Key | Button | Scroll | Pointer, origin: tuple[int, int]) -> Key | Button | Scroll | Pointer:
    match event:
        case Key():
            return event
        case Button():
            x, y = _place(event, origin)
            return Button(button=event.button, pressed=event.pressed, x=x, y=y)
        case Scroll():
            x, y = _place(event, origin)
            return Scroll(dx=event.dx, dy=event.dy, x=x, y=y)
        case _:
            x, y = _place(event, origin)
            return Pointer(x=x, y=y)


def _place(event: Button | Scroll | Pointer, origin: tuple[int, int]) -> tuple[int, int]:
    """Pointers can be told a little outside of the desktop, never far."""
    x, y = event.x - origin[0], event.y - origin[1]
    return min(max(x, -LIMIT), LIMIT), min(max(y, -LIMIT), LIMIT)
