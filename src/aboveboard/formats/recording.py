"""What is in an opened segment?

An ordinary MCAP file with the profile ``aboveboard``. Every topic has one message type; all but the screen are JSON
with a JSON Schema, the screen is protobuf (``formats.screen_patch``). The log time of a message is the wall time at
which it happened, in nanoseconds. Every segment stands alone: it begins with ``/session``, ``/window`` and, where the
screen is disclosed, a whole frame.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aboveboard.formats.fields import Count, Document, Line, Nanoseconds, SessionId

PROFILE = "aboveboard"
PLAIN_LIMIT_BYTES = 512 * 1024 * 1024
"""The largest segment that is opened, in bytes before sealing."""
MESSAGE_LIMIT = 1_000_000
"""The most messages that are read from one segment."""

Coordinate = Annotated[int, Meta(ge=-65536, le=65536)]
"""A position on the screen in pixels; (0, 0) is the top left corner of the whole desktop."""


class Session(Document, frozen=True):
    """``/session``: what one needs to read the rest."""

    session_id: SessionId
    sequence: Count
    screen_width: Count
    screen_height: Count
    platform: Line
    recorder: Line
    clock_error_ns: Nanoseconds
    """The bound on the error of the mapping from the display server's clock to wall time."""


class Pointer(Document, frozen=True):
    """``/pointer``: the pointer moved to (x, y)."""

    x: Coordinate
    y: Coordinate


class Button(Document, frozen=True):
    """``/button``: a button went down or up. 1 left, 2 middle, 3 right, 8 back, 9 forward."""

    button: Annotated[int, Meta(ge=1, le=255)]
    pressed: bool
    x: Coordinate
    y: Coordinate


class Scroll(Document, frozen=True):
    """``/scroll``: steps of the wheel; ``dy`` > 0 is down, ``dx`` > 0 is right."""

    dx: int
    dy: int
    x: Coordinate
    y: Coordinate


class Key(Document, frozen=True):
    """``/key``: a key went down or up.

    ``keysym`` is X11's number and ``name`` its name ("Return", "a"); ``text`` is what the press types ("" for none).
    ``modifiers`` are those in force just before: a subset of Shift, Control, Alt, Super, CapsLock, NumLock, Level3.
    """

    keycode: Annotated[int, Meta(ge=0, le=65535)]
    keysym: Annotated[int, Meta(ge=0, le=2**32 - 1)]
    name: Annotated[str, Meta(max_length=64)]
    text: Annotated[str, Meta(max_length=16)]
    pressed: bool
    modifiers: list[str]


class KeyCount(Document, frozen=True):
    """``/key_count``: at the fidelity ``count``, how many keys went down since the last message. Nothing else."""

    presses: Count


class Window(Document, frozen=True):
    """``/window``: which window is active. ``app`` is the disclosed name; fields above the fidelity are empty."""

    app: Line
    title: Annotated[str, Meta(max_length=1000)]
    pid: Count
    x: Coordinate
    y: Coordinate
    width: Count
    height: Count


class Marker(Document, frozen=True):
    """``/marker``: from ``start_ns`` to ``end_ns`` (wall time) something was not recorded, and why.

    ``count`` is how many events or regions were left out; 0 where that is not known or would tell too much.
    """

    kind: Literal["suppressed", "gap", "paused", "started", "stopped"]
    reason: Literal[
        "session",
        "password_field",
        "focus_unknown",
        "app_not_disclosed",
        "no_lease",
        "paused_by_person",
        "paused_by_steward",
        "screen_changed_too_fast",
        "overload",
    ]
    start_ns: Nanoseconds
    end_ns: Nanoseconds
    count: Count = 0


TOPICS: dict[str, type[Document]] = {
    "/session": Session,
    "/pointer": Pointer,
    "/button": Button,
    "/scroll": Scroll,
    "/key": Key,
    "/key_count": KeyCount,
    "/window": Window,
    "/marker": Marker,
}
"""The JSON topics. ``/screen`` is the only other one."""

SCREEN_TOPIC = "/screen"

Event = Session | Pointer | Button | Scroll | Key | KeyCount | Window | Marker


class Timed(msgspec.Struct, frozen=True):
    """An event and the wall time at which it happened."""

    time_ns: int
    event: Event


def topic_of(event: Event) -> str:
    """The topic that ``event`` is written to."""
    return _TOPIC_OF[type(event)]


_TOPIC_OF: dict[type[Document], str] = {kind: topic for topic, kind in TOPICS.items()}
